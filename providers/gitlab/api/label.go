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
	return pages[Label](ctx, c, call{to: project(id, "labels"), query: query, op: "list labels", of: id})
}

// Label returns a label by its number or name.
func (c *Client) Label(ctx context.Context, id ID, label ID) (Label, error) {
	var l Label
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "labels", label), into: &l, op: "look up label", of: id})
	return l, err
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
	var l Label
	err := c.do(ctx, call{method: http.MethodPost, to: project(id, "labels"), body: e, into: &l, op: "create label", of: id})
	return l, err
}

// EditLabel changes a label.
func (c *Client) EditLabel(ctx context.Context, id ID, label int64, e EditLabel) (Label, error) {
	var l Label
	err := c.do(ctx, call{method: http.MethodPut, to: project(id, "labels", label), body: e, into: &l, op: "change label", of: id})
	return l, err
}
