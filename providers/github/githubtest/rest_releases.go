package githubtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func (c *call) release(e *Release) fields {
	at := fmt.Sprintf("%s/releases/%d", c.repoURL(e.Repo), e.ID)
	tag := url.PathEscape(e.Tag)
	f := fields{
		"url": at, "assets_url": at + "/assets", "upload_url": strings.Replace(at, "/api/v3/", "/api/uploads/", 1) + "/assets{?name,label}",
		"html_url": c.web + "/" + e.Repo.FullName() + "/releases/tag/" + tag, "id": e.ID, "author": c.user(e.Author), "node_id": e.NodeID(),
		"tag_name": e.Tag, "target_commitish": e.Target, "name": orNull(e.Name), "draft": e.Draft, "immutable": false, "prerelease": e.Prerelease,
		"created_at": stamp(e.CreatedAt), "updated_at": stamp(e.UpdatedAt), "published_at": stamp(e.PublishedAt),
		"tarball_url": c.repoURL(e.Repo) + "/tarball/" + tag, "zipball_url": c.repoURL(e.Repo) + "/zipball/" + tag, "body": orNull(e.Body),
	}
	if e.Draft {
		f["html_url"] = fmt.Sprintf("%s/%s/releases/tag/untagged-%x", c.web, e.Repo.FullName(), e.ID)
		f["tarball_url"], f["zipball_url"] = nil, nil
	}
	if len(e.Reactions) > 0 {
		f["reactions"] = c.reactions(at, &e.Content)
	}
	assets := []fields{}
	for _, a := range e.Assets {
		assets = append(assets, c.asset(a))
	}
	f["assets"] = assets
	return f
}

func (c *call) asset(a *Asset) fields {
	e := a.Release
	sum := sha256.Sum256(a.Data)
	return fields{
		"url": fmt.Sprintf("%s/releases/assets/%d", c.repoURL(e.Repo), a.ID), "id": a.ID, "node_id": a.NodeID(), "name": a.Name,
		"label": orNull(a.Label), "uploader": c.userOrNull(a.Uploader), "content_type": a.ContentType, "state": "uploaded",
		"size": len(a.Data), "digest": "sha256:" + hex.EncodeToString(sum[:]), "download_count": a.Downloads,
		"created_at": stamp(a.CreatedAt), "updated_at": stamp(a.UpdatedAt), "browser_download_url": c.web + assetPath(a),
	}
}

// assetPath is where a browser downloads an asset.
func assetPath(a *Asset) string {
	return "/" + a.Release.Repo.FullName() + "/releases/download/" + url.PathEscape(a.Release.Tag) + "/" + url.PathEscape(a.Name)
}

// seenReleases returns the releases that the token may see, newest first:
// drafts are for those who may push.
func (c *call) seenReleases() []*Release {
	all := slices.Clone(c.repo.Releases)
	if !c.m.May(c.token, c.repo, "write") {
		all = slices.DeleteFunc(all, func(e *Release) bool { return e.Draft })
	}
	slices.Reverse(all)
	return all
}

func listReleases(c *call) (any, error) { return list(c, c.seenReleases(), c.release) }

// oneRelease answers with the first release that is wanted.
func oneRelease(want func(*call, *Release) bool) func(*call) (any, error) {
	return func(c *call) (any, error) {
		for _, e := range c.seenReleases() {
			if want(c, e) {
				return c.release(e), nil
			}
		}
		return nil, notFound()
	}
}

func byID(c *call, e *Release) bool   { return e.ID == c.number("release_id") }
func byTag(c *call, e *Release) bool  { return !e.Draft && e.Tag == c.r.PathValue("tag") }
func latest(_ *call, e *Release) bool { return !e.Draft && !e.Prerelease }

func withRelease(answer func(*call, *Release) (any, error)) func(*call) (any, error) {
	return func(c *call) (any, error) {
		for _, e := range c.seenReleases() {
			if byID(c, e) {
				return answer(c, e)
			}
		}
		return nil, notFound()
	}
}

func listAssets(c *call, e *Release) (any, error) { return list(c, e.Assets, c.asset) }

// getAsset answers with the asset, or leads to its content on another host when
// that is asked for.
func getAsset(c *call) (any, error) {
	a := object[*Asset](c.m, prefixAsset, c.number("asset_id"))
	if a == nil || a.Release.Repo != c.repo || a.Release.Draft && !c.m.May(c.token, c.repo, "write") {
		return nil, notFound()
	}
	if !strings.Contains(c.r.Header.Get("Accept"), "application/octet-stream") {
		return c.asset(a), nil
	}
	return nil, &failure{status: http.StatusFound, message: "Found", url: c.s.signed(fmt.Sprintf("/assets/%d", a.ID))}
}

// serveContent hands out a file.
func serveContent(w http.ResponseWriter, r *http.Request, f *file) {
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.name}))
	w.Header().Set("Content-Length", strconv.Itoa(len(f.data)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.data) // the client may be gone
	}
}
