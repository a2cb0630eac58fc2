package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// Branch is a branch of a project.
type Branch struct {
	Name   string `json:"name"`
	Commit Commit `json:"commit"`
}

// Commit is a commit of a project.
type Commit struct {
	ID      string   `json:"id"`
	Parents []string `json:"parent_ids"`
}

// Branch returns a branch.
func (c *Client) Branch(ctx context.Context, id ID, name string) (Branch, error) {
	return ask[Branch](ctx, c, call{To: project(id, "repository", "branches", name), Op: "read branch", Subject: name})
}

// BranchesBelow lists the branches whose names begin with a prefix.
func (c *Client) BranchesBelow(ctx context.Context, id ID, prefix string) iter.Seq2[Branch, error] {
	return pages[Branch](ctx, c, call{To: project(id, "repository", "branches"), Query: url.Values{"search": {"^" + prefix}}, Op: "list branches", Subject: id})
}

// CreateBranch makes a branch at a commit or at another branch. A branch that is
// there is a conflict; a commit that is not there is invalid.
func (c *Client) CreateBranch(ctx context.Context, id ID, name, at string) (Branch, error) {
	return ask[Branch](ctx, c, call{Method: http.MethodPost, To: project(id, "repository", "branches"), Op: "create branch", Subject: name,
		Body: map[string]string{"branch": name, "ref": at}})
}

// DeleteBranch deletes a branch.
func (c *Client) DeleteBranch(ctx context.Context, id ID, name string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id, "repository", "branches", name), Op: "delete branch", Subject: name})
}

// Commit returns a commit by its id.
func (c *Client) Commit(ctx context.Context, id ID, sha string) (Commit, error) {
	return ask[Commit](ctx, c, call{To: project(id, "repository", "commits", sha), Op: "read commit", Subject: sha})
}

// MergeBase returns the commit at which two histories parted. None is not found.
func (c *Client) MergeBase(ctx context.Context, id ID, one, other string) (Commit, error) {
	return ask[Commit](ctx, c, call{To: project(id, "repository", "merge_base"), Query: url.Values{"refs[]": {one, other}}, Op: "find merge base", Subject: other})
}

// IsOpenFrom reports whether an open merge request comes from a branch.
func (c *Client) IsOpenFrom(ctx context.Context, id ID, branch string) (bool, error) {
	var open []MergeRequest
	err := c.do(ctx, call{To: project(id, "merge_requests"), Into: &open, Op: "list merge requests", Subject: id,
		Query: url.Values{"state": {"opened"}, "source_branch": {branch}, "per_page": {"1"}}})
	return len(open) > 0, err
}
