package githubtest

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

type release struct {
	*graph
	e *Release
}

func (g *graph) release(e *Release) graphql.Object { return release{g, e} }

// visibleReleases leaves drafts out for those who may not push.
func (r repository) visibleReleases() []*Release {
	return filtered(r.r.Releases, func(e *Release) bool { return !e.Draft || r.mayPush() })
}

func (r repository) latestRelease() any {
	var latest *Release
	for _, e := range r.r.Releases {
		if !e.Draft && !e.Prerelease && (latest == nil || !e.CreatedAt.Before(latest.CreatedAt)) {
			latest = e
		}
	}
	if latest == nil {
		return nil
	}
	return r.release(latest)
}

func (release) TypeName() string { return "Release" }

func (e release) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(e.e.ID)
	case "name":
		return optional(e.e.Name)
	case "tagName":
		return e.e.Tag
	case "tag":
		return e.ref(e.e.Repo, "refs/tags/"+e.e.Tag)
	case "tagCommit":
		return e.commitOf(e.e.Repo, "refs/tags/"+e.e.Tag)
	case "description":
		return optional(e.e.Body)
	case "descriptionHTML", "shortDescriptionHTML":
		return e.text(e.e, "bodyHTML", c)
	case "isDraft":
		return e.e.Draft
	case "isPrerelease":
		return e.e.Prerelease
	case "isLatest":
		return repository{e.graph, e.e.Repo}.latestRelease() == e
	case "author":
		return e.user(e.e.Author)
	case "publishedAt":
		return e.e.PublishedAt
	case "releaseAssets":
		of := filtered(e.e.Assets, func(a *Asset) bool { return !c.Has("name") || a.Name == c.String("name") })
		return page(c, of, func(a *Asset) int64 { return a.ID }, func(a *Asset) graphql.Object { return asset{e.graph, a} })
	case "mentions":
		return c.Page(graphql.List{})
	case "repository":
		return e.repository(e.e.Repo)
	case "url", "resourcePath":
		tag := url.PathEscape(e.e.Tag)
		if e.e.Draft {
			tag = fmt.Sprintf("untagged-%x", e.e.ID)
		}
		return e.address(name, "/"+e.e.Repo.FullName()+"/releases/tag/"+tag)
	}
	return e.text(e.e, name, c)
}

type asset struct {
	*graph
	a *Asset
}

func (asset) TypeName() string { return "ReleaseAsset" }

func (a asset) Field(name string, _ *graphql.Call) any {
	repo := a.a.Release.Repo.FullName()
	switch name {
	case "id":
		return a.a.NodeID()
	case "name":
		return a.a.Name
	case "contentType":
		return a.a.ContentType
	case "size":
		return len(a.a.Data)
	case "downloadCount":
		return a.a.Downloads
	case "downloadUrl":
		return a.m.Base() + "/" + repo + "/releases/download/" + url.PathEscape(a.a.Release.Tag) + "/" + url.PathEscape(a.a.Name)
	case "url":
		return a.m.Base() + "/api/v3/repos/" + repo + "/releases/assets/" + strconv.FormatInt(a.a.ID, 10)
	case "createdAt":
		return a.a.CreatedAt
	case "updatedAt":
		return a.a.UpdatedAt
	case "uploadedBy":
		// The schema knows no asset without somebody who uploaded it.
		if a.a.Uploader == nil || a.a.Uploader.Kind != KindUser {
			return a.user(a.m.Ghost)
		}
		return a.user(a.a.Uploader)
	case "release":
		return a.release(a.a.Release)
	}
	return graphql.NotServed{}
}
