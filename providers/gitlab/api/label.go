package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// Label is a label of a project, or of a group above it.
type Label struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"` // #rrggbb
	Description string `json:"description"`
	Priority    *int64 `json:"priority"`
	OfProject   bool   `json:"is_project_label"`
}

// Labels lists the labels that a project has, with those of the groups above it
// when asked to.
func (c *Client) Labels(ctx context.Context, id ID, above bool) iter.Seq2[Label, error] {
	query := url.Values{"include_ancestor_groups": {"false"}}
	if above {
		query.Set("include_ancestor_groups", "true")
	}
	return pages[Label](ctx, c, call{To: project(id, "labels"), Query: query, Op: "list labels", Subject: id})
}

// Label returns a label by its number or name.
func (c *Client) Label(ctx context.Context, id ID, label ID) (Label, error) {
	return ask[Label](ctx, c, call{To: project(id, "labels", label), Op: "look up label", Subject: id})
}

// EditLabel is what a label is to be. Only a change takes a new name, and only a
// new label a name.
type EditLabel struct {
	Name        string `json:"name,omitempty"`
	NewName     string `json:"new_name,omitempty"`
	Color       string `json:"color"`
	Description string `json:"description"`
	Priority    *int64 `json:"priority"`
}

// CreateLabel makes a label.
func (c *Client) CreateLabel(ctx context.Context, id ID, e EditLabel) (Label, error) {
	return ask[Label](ctx, c, call{Method: http.MethodPost, To: project(id, "labels"), Body: e, Op: "create label", Subject: id})
}

// EditLabel changes a label.
func (c *Client) EditLabel(ctx context.Context, id ID, label int64, e EditLabel) (Label, error) {
	return ask[Label](ctx, c, call{Method: http.MethodPut, To: project(id, "labels", label), Body: e, Op: "change label", Subject: id})
}
