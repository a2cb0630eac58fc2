package api

import (
	"context"
	"iter"
	"net/http"
)

// BranchProtection is a rule over branches. It is also what one is made and
// changed with: a change that leaves a field out leaves it as it is.
type BranchProtection struct {
	RuleName string `json:"rule_name,omitempty"` // a name or a glob; not part of a change

	EnablePush             bool     `json:"enable_push"`
	EnablePushWhitelist    bool     `json:"enable_push_whitelist"`
	PushWhitelistUsernames []string `json:"push_whitelist_usernames"`

	// Gitea only; Forgejo lets nobody force a push to a protected branch.
	EnableForcePush             bool     `json:"enable_force_push"`
	EnableForcePushAllowlist    bool     `json:"enable_force_push_allowlist"`
	ForcePushAllowlistUsernames []string `json:"force_push_allowlist_usernames"`

	EnableMergeWhitelist    bool     `json:"enable_merge_whitelist"`
	MergeWhitelistUsernames []string `json:"merge_whitelist_usernames"`

	EnableStatusCheck    bool     `json:"enable_status_check"`
	StatusCheckContexts  []string `json:"status_check_contexts"`
	RequiredApprovals    int64    `json:"required_approvals"`
	RequireSignedCommits bool     `json:"require_signed_commits"`

	PushWhitelistTeams    []string `json:"push_whitelist_teams,omitempty"`
	MergeWhitelistTeams   []string `json:"merge_whitelist_teams,omitempty"`
	ProtectedFilePatterns string   `json:"protected_file_patterns,omitempty"`
}

// BranchProtections lists the rules over branches. The list has no pages.
func (c *Client) BranchProtections(ctx context.Context, repo Repo) ([]BranchProtection, error) {
	var all []BranchProtection
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("branch_protections"), into: &all, op: "list branch protections", of: repo})
	return all, err
}

// BranchProtection returns the rule of a name.
func (c *Client) BranchProtection(ctx context.Context, repo Repo, rule string) (BranchProtection, error) {
	var p BranchProtection
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("branch_protections", rule), into: &p, op: "read branch protection", of: repo})
	return p, err
}

// CreateBranchProtection makes a rule.
func (c *Client) CreateBranchProtection(ctx context.Context, repo Repo, p BranchProtection) (BranchProtection, error) {
	var made BranchProtection
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("branch_protections"), body: p, into: &made, op: "create branch protection", of: repo})
	return made, err
}

// EditBranchProtection changes the rule of p's name.
func (c *Client) EditBranchProtection(ctx context.Context, repo Repo, p BranchProtection) (BranchProtection, error) {
	rule := p.RuleName
	p.RuleName = ""
	var changed BranchProtection
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("branch_protections", rule), body: p, into: &changed, op: "change branch protection", of: repo})
	return changed, err
}

// DeleteBranchProtection removes a rule.
func (c *Client) DeleteBranchProtection(ctx context.Context, repo Repo, rule string) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("branch_protections", rule), op: "delete branch protection", of: repo})
}

// TagProtection is a rule over tags: who may make, move and delete them.
type TagProtection struct {
	ID        int64    `json:"id"`
	Pattern   string   `json:"name_pattern"` // a name, a glob, or /a regular expression/
	Usernames []string `json:"whitelist_usernames"`
	Teams     []string `json:"whitelist_teams"`
}

// EditTagProtection is what a rule over tags is made and changed with.
type EditTagProtection struct {
	Pattern   string   `json:"name_pattern"`
	Usernames []string `json:"whitelist_usernames"`
	Teams     []string `json:"whitelist_teams,omitempty"`
}

// TagProtections lists the rules over tags. The list has no pages.
func (c *Client) TagProtections(ctx context.Context, repo Repo) iter.Seq2[TagProtection, error] {
	return func(yield func(TagProtection, error) bool) {
		var all []TagProtection
		if err := c.do(ctx, call{method: http.MethodGet, to: repo.to("tag_protections"), into: &all, op: "list tag protections", of: repo}); err != nil {
			yield(TagProtection{}, err)
			return
		}
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// TagProtection returns a rule over tags by its id.
func (c *Client) TagProtection(ctx context.Context, repo Repo, id int64) (TagProtection, error) {
	var p TagProtection
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("tag_protections", id), into: &p, op: "read tag protection", of: repo})
	return p, err
}

// CreateTagProtection makes a rule over tags.
func (c *Client) CreateTagProtection(ctx context.Context, repo Repo, e EditTagProtection) (TagProtection, error) {
	var p TagProtection
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("tag_protections"), body: e, into: &p, op: "create tag protection", of: repo})
	return p, err
}

// EditTagProtection changes a rule over tags.
func (c *Client) EditTagProtection(ctx context.Context, repo Repo, id int64, e EditTagProtection) (TagProtection, error) {
	var p TagProtection
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("tag_protections", id), body: e, into: &p, op: "change tag protection", of: repo})
	return p, err
}
