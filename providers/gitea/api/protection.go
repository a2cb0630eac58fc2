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
	return ask[[]BranchProtection](ctx, c, call{To: repo.to("branch_protections"), Op: "list branch protections", Subject: repo})
}

// BranchProtection returns the rule of a name.
func (c *Client) BranchProtection(ctx context.Context, repo Repo, rule string) (BranchProtection, error) {
	return ask[BranchProtection](ctx, c, call{To: repo.to("branch_protections", rule), Op: "read branch protection", Subject: repo})
}

// CreateBranchProtection makes a rule.
func (c *Client) CreateBranchProtection(ctx context.Context, repo Repo, p BranchProtection) (BranchProtection, error) {
	return ask[BranchProtection](ctx, c, call{Method: http.MethodPost, To: repo.to("branch_protections"), Body: p, Op: "create branch protection", Subject: repo})
}

// EditBranchProtection changes the rule of p's name.
func (c *Client) EditBranchProtection(ctx context.Context, repo Repo, p BranchProtection) (BranchProtection, error) {
	rule := p.RuleName
	p.RuleName = ""
	return ask[BranchProtection](ctx, c, call{Method: http.MethodPatch, To: repo.to("branch_protections", rule), Body: p, Op: "change branch protection", Subject: repo})
}

// DeleteBranchProtection removes a rule.
func (c *Client) DeleteBranchProtection(ctx context.Context, repo Repo, rule string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("branch_protections", rule), Op: "delete branch protection", Subject: repo})
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
		if err := c.do(ctx, call{To: repo.to("tag_protections"), Into: &all, Op: "list tag protections", Subject: repo}); err != nil {
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
	return ask[TagProtection](ctx, c, call{To: repo.to("tag_protections", id), Op: "read tag protection", Subject: repo})
}

// CreateTagProtection makes a rule over tags.
func (c *Client) CreateTagProtection(ctx context.Context, repo Repo, e EditTagProtection) (TagProtection, error) {
	return ask[TagProtection](ctx, c, call{Method: http.MethodPost, To: repo.to("tag_protections"), Body: e, Op: "create tag protection", Subject: repo})
}

// EditTagProtection changes a rule over tags.
func (c *Client) EditTagProtection(ctx context.Context, repo Repo, id int64, e EditTagProtection) (TagProtection, error) {
	return ask[TagProtection](ctx, c, call{Method: http.MethodPatch, To: repo.to("tag_protections", id), Body: e, Op: "change tag protection", Subject: repo})
}
