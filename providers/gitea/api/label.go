package api

import (
	"context"
	"iter"
	"net/http"
)

// Label is a label of a repository.
type Label struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"` // six hex digits
	Description string `json:"description"`
	Exclusive   bool   `json:"exclusive"`
	Archived    bool   `json:"is_archived"`
	URL         string `json:"url"`
}

// EditLabel holds what a label is to be; nil leaves a thing as it is, which a new
// label takes for empty.
type EditLabel struct {
	Name        *string `json:"name,omitempty"`
	Color       *string `json:"color,omitempty"` // with a #
	Description *string `json:"description,omitempty"`
	Exclusive   *bool   `json:"exclusive,omitempty"`
	Archived    *bool   `json:"is_archived,omitempty"`
}

// Labels lists the labels of a repository.
func (c *Client) Labels(ctx context.Context, repo Repo) iter.Seq2[Label, error] {
	return pages[Label](ctx, c, call{To: repo.to("labels"), Op: "list labels", Subject: repo})
}

// Label returns a label by its id.
func (c *Client) Label(ctx context.Context, repo Repo, id int64) (Label, error) {
	return ask[Label](ctx, c, call{To: repo.to("labels", id), Op: "read label", Subject: repo})
}

// CreateLabel makes a label. The server takes several of one name.
func (c *Client) CreateLabel(ctx context.Context, repo Repo, e EditLabel) (Label, error) {
	return ask[Label](ctx, c, call{Method: http.MethodPost, To: repo.to("labels"), Body: e, Op: "create label", Subject: repo})
}

// EditLabel changes a label and returns it as it is then.
func (c *Client) EditLabel(ctx context.Context, repo Repo, id int64, e EditLabel) (Label, error) {
	return ask[Label](ctx, c, call{Method: http.MethodPatch, To: repo.to("labels", id), Body: e, Op: "change label", Subject: repo})
}

// DeleteLabel removes a label, also from all that carries it.
func (c *Client) DeleteLabel(ctx context.Context, repo Repo, id int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("labels", id), Op: "delete label", Subject: repo})
}
