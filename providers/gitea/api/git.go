package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/drover-migrate/drover/providers"
)

// Refs returns all refs of a repository's code, by their full names, in one
// answer. A repository without any has none.
func (c *Client) Refs(ctx context.Context, repo Repo) (map[string]string, error) {
	var all []struct {
		Ref    string `json:"ref"`
		Object struct {
			SHA string `json:"sha"`
		} `json:"object"`
	}
	err := c.do(ctx, call{To: repo.to("git", "refs"), Into: &all, Op: "list refs", Subject: repo})
	var e *providers.Error
	if errors.As(err, &e) && (e.Code == providers.CodeNotFound || e.Code == providers.CodeConflict) { // no refs; an empty repository
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	refs := make(map[string]string, len(all))
	for _, r := range all {
		refs[r.Ref] = r.Object.SHA
	}
	return refs, nil
}

// CreateBranch makes a branch at a commit of the repository.
func (c *Client) CreateBranch(ctx context.Context, repo Repo, branch, commit string) error {
	body := struct {
		Name string `json:"new_branch_name"`
		From string `json:"old_ref_name"`
	}{branch, commit}
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("branches"), Body: body, Op: "create branch", Subject: repo})
}

// DeleteBranch removes a branch.
func (c *Client) DeleteBranch(ctx context.Context, repo Repo, branch string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("branches", branch), Op: "delete branch", Subject: repo})
}
