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
	var b Branch
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "repository", "branches", name), into: &b, op: "read branch", of: name})
	return b, err
}

// BranchesBelow lists the branches whose names begin with a prefix.
func (c *Client) BranchesBelow(ctx context.Context, id ID, prefix string) iter.Seq2[Branch, error] {
	return pages[Branch](ctx, c, call{to: project(id, "repository", "branches"), query: url.Values{"search": {"^" + prefix}}, op: "list branches", of: id})
}

// CreateBranch makes a branch at a commit or at another branch. A branch that is
// there is a conflict; a commit that is not there is invalid.
func (c *Client) CreateBranch(ctx context.Context, id ID, name, at string) (Branch, error) {
	var b Branch
	err := c.do(ctx, call{method: http.MethodPost, to: project(id, "repository", "branches"), into: &b, op: "create branch", of: name,
		body: map[string]string{"branch": name, "ref": at}})
	return b, err
}

// DeleteBranch deletes a branch.
func (c *Client) DeleteBranch(ctx context.Context, id ID, name string) error {
	return c.do(ctx, call{method: http.MethodDelete, to: project(id, "repository", "branches", name), op: "delete branch", of: name})
}

// Commit returns a commit by its id.
func (c *Client) Commit(ctx context.Context, id ID, sha string) (Commit, error) {
	var commit Commit
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "repository", "commits", sha), into: &commit, op: "read commit", of: sha})
	return commit, err
}

// MergeBase returns the commit at which two histories parted. None is not found.
func (c *Client) MergeBase(ctx context.Context, id ID, one, other string) (Commit, error) {
	var base Commit
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "repository", "merge_base"), query: url.Values{"refs[]": {one, other}}, into: &base, op: "find merge base", of: other})
	return base, err
}

// IsOpenFrom reports whether an open merge request comes from a branch.
func (c *Client) IsOpenFrom(ctx context.Context, id ID, branch string) (bool, error) {
	var open []MergeRequest
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "merge_requests"), into: &open, op: "list merge requests", of: id,
		query: url.Values{"state": {"opened"}, "source_branch": {branch}, "per_page": {"1"}}})
	return len(open) > 0, err
}
