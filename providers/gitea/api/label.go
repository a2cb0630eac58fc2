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
	return pages[Label](ctx, c, call{to: repo.to("labels"), op: "list labels", of: repo})
}

// Label returns a label by its id.
func (c *Client) Label(ctx context.Context, repo Repo, id int64) (Label, error) {
	var l Label
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("labels", id), into: &l, op: "read label", of: repo})
	return l, err
}

// CreateLabel makes a label. The server takes several of one name.
func (c *Client) CreateLabel(ctx context.Context, repo Repo, e EditLabel) (Label, error) {
	var l Label
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("labels"), body: e, into: &l, op: "create label", of: repo})
	return l, err
}

// EditLabel changes a label and returns it as it is then.
func (c *Client) EditLabel(ctx context.Context, repo Repo, id int64, e EditLabel) (Label, error) {
	var l Label
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("labels", id), body: e, into: &l, op: "change label", of: repo})
	return l, err
}

// DeleteLabel removes a label, also from all that carries it.
func (c *Client) DeleteLabel(ctx context.Context, repo Repo, id int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("labels", id), op: "delete label", of: repo})
}
