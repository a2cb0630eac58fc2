package api

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Release is a release of a repository.
type Release struct {
	ID          int64        `json:"id"`
	Tag         string       `json:"tag_name"`
	Target      string       `json:"target_commitish"`
	Name        string       `json:"name"`
	Body        string       `json:"body"`
	Draft       bool         `json:"draft"`
	Prerelease  bool         `json:"prerelease"`
	HTMLURL     string       `json:"html_url"`
	Author      User         `json:"author"`
	CreatedAt   time.Time    `json:"created_at"`
	PublishedAt time.Time    `json:"published_at"`
	Assets      []Attachment `json:"assets"`
}

// EditRelease is what a release is made and changed with. A change leaves as
// they are the texts that are empty.
type EditRelease struct {
	Tag        string `json:"tag_name,omitempty"`
	Target     string `json:"target_commitish,omitempty"`
	Name       string `json:"name,omitempty"`
	Body       string `json:"body,omitempty"`
	Draft      *bool  `json:"draft,omitempty"`
	Prerelease *bool  `json:"prerelease,omitempty"`
}

// Releases lists the releases of a repository, drafts among them when the client
// may write.
func (c *Client) Releases(ctx context.Context, repo Repo) iter.Seq2[Release, error] {
	return pages[Release](ctx, c, call{To: repo.to("releases"), Op: "list releases", Subject: repo})
}

// Release returns a release by its id.
func (c *Client) Release(ctx context.Context, repo Repo, id int64) (Release, error) {
	return ask[Release](ctx, c, call{To: repo.to("releases", id), Op: "read release", Subject: repo})
}

// CreateRelease makes a release. A tag that does not exist is made at the target
// unless the release is a draft. Whoever watches the repository is told by mail
// of one that is no draft.
func (c *Client) CreateRelease(ctx context.Context, repo Repo, e EditRelease) (Release, error) {
	return ask[Release](ctx, c, call{Method: http.MethodPost, To: repo.to("releases"), Body: e, Op: "create release", Subject: repo})
}

// EditRelease changes a release. Nobody is told, also when a draft is published.
func (c *Client) EditRelease(ctx context.Context, repo Repo, id int64, e EditRelease) (Release, error) {
	return ask[Release](ctx, c, call{Method: http.MethodPatch, To: repo.to("releases", id), Body: e, Op: "change release", Subject: repo})
}

// ReleaseAssets lists the files of a release. The list has no pages.
func (c *Client) ReleaseAssets(ctx context.Context, repo Repo, release int64) ([]Attachment, error) {
	return ask[[]Attachment](ctx, c, call{To: repo.to("releases", release, "assets"), Op: "list assets", Subject: repo})
}

// UploadReleaseAsset adds the file at path to a release under a name.
func (c *Client) UploadReleaseAsset(ctx context.Context, repo Repo, release int64, name, mediaType, path string) (Attachment, error) {
	return c.upload(ctx, call{To: repo.to("releases", release, "assets"), Op: "upload asset", Subject: repo}, name, mediaType, path)
}

// RenameReleaseAsset changes the name under which a file of a release is shown.
func (c *Client) RenameReleaseAsset(ctx context.Context, repo Repo, release, asset int64, name string) (Attachment, error) {
	body := struct {
		Name string `json:"name"`
	}{name}
	return ask[Attachment](ctx, c, call{Method: http.MethodPatch, To: repo.to("releases", release, "assets", asset), Body: body, Op: "rename asset", Subject: repo})
}

// DeleteReleaseAsset removes a file from a release.
func (c *Client) DeleteReleaseAsset(ctx context.Context, repo Repo, release, asset int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("releases", release, "assets", asset), Op: "delete asset", Subject: repo})
}
