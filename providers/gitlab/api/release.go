package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Release is a release. It is named by its tag.
type Release struct {
	Tag         string    `json:"tag_name"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"created_at"`
	ReleasedAt  time.Time `json:"released_at"`
	Upcoming    bool      `json:"upcoming_release"`
	Author      User      `json:"author"`
	Commit      struct {
		ID string `json:"id"`
	} `json:"commit"`
	Milestones []struct {
		Title string `json:"title"`
	} `json:"milestones"`
	Assets struct {
		Links []ReleaseLink `json:"links"`
	} `json:"assets"`
	Links struct {
		Self string `json:"self"`
	} `json:"_links"`
}

// Releases lists the releases of a project, the oldest first.
func (c *Client) Releases(ctx context.Context, id ID) iter.Seq2[Release, error] {
	query := url.Values{"order_by": {"created_at"}, "sort": {"asc"}}
	return pages[Release](ctx, c, call{To: project(id, "releases"), Query: query, Op: "list releases", Subject: id})
}

// Release returns the release of a tag.
func (c *Client) Release(ctx context.Context, id ID, tag string) (Release, error) {
	return ask[Release](ctx, c, call{To: project(id, "releases", tag), Op: "look up release", Subject: tag})
}

// EditRelease is what a release is to be. Only a new one takes Tag and Ref; with
// Ref, a tag that is not there is made.
type EditRelease struct {
	Tag         string     `json:"tag_name,omitempty"`
	Ref         string     `json:"ref,omitempty"`
	Name        string     `json:"name"`
	Description string     `json:"description"`
	ReleasedAt  *time.Time `json:"released_at,omitempty"`
}

// CreateRelease makes a release.
func (c *Client) CreateRelease(ctx context.Context, id ID, e EditRelease) (Release, error) {
	return ask[Release](ctx, c, call{Method: http.MethodPost, To: project(id, "releases"), Body: e, Op: "create release", Subject: e.Tag})
}

// EditRelease changes a release.
func (c *Client) EditRelease(ctx context.Context, id ID, tag string, e EditRelease) (Release, error) {
	var r Release
	e.Tag, e.Ref = "", ""
	err := c.do(ctx, call{Method: http.MethodPut, To: project(id, "releases", tag), Body: e, Into: &r, Op: "change release", Subject: tag})
	return r, err
}

// ReleaseLink is an asset of a release: a name and an address.
type ReleaseLink struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	URL       string `json:"url"`
	DirectURL string `json:"direct_asset_url"`
	Type      string `json:"link_type"` // other, runbook, image, package
}

// ReleaseLinks lists the assets of a release.
func (c *Client) ReleaseLinks(ctx context.Context, id ID, tag string) iter.Seq2[ReleaseLink, error] {
	return pages[ReleaseLink](ctx, c, call{To: project(id, "releases", tag, "assets", "links"), Op: "list assets", Subject: tag})
}

// EditReleaseLink is what an asset is to be.
type EditReleaseLink struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	Path string `json:"direct_asset_path,omitempty"` // below the release's own address
	Type string `json:"link_type,omitempty"`
}

// CreateReleaseLink makes an asset.
func (c *Client) CreateReleaseLink(ctx context.Context, id ID, tag string, e EditReleaseLink) (ReleaseLink, error) {
	return ask[ReleaseLink](ctx, c, call{Method: http.MethodPost, To: project(id, "releases", tag, "assets", "links"), Body: e, Op: "create asset", Subject: tag})
}

// EditReleaseLink changes an asset.
func (c *Client) EditReleaseLink(ctx context.Context, id ID, tag string, link int64, e EditReleaseLink) (ReleaseLink, error) {
	return ask[ReleaseLink](ctx, c, call{Method: http.MethodPut, To: project(id, "releases", tag, "assets", "links", link), Body: e, Op: "change asset", Subject: tag})
}
