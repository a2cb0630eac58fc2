package api

import (
	"context"
	"iter"
	"time"
)

// Protection is a classic rule over branches.
type Protection struct {
	ID         string `json:"id"`
	DatabaseID int64  `json:"databaseId"`
	Pattern    string `json:"pattern"`

	RequiresApprovingReviews       bool     `json:"requiresApprovingReviews"`
	RequiredApprovingReviewCount   int64    `json:"requiredApprovingReviewCount"`
	RequiresCodeOwnerReviews       bool     `json:"requiresCodeOwnerReviews"`
	RequiresCommitSignatures       bool     `json:"requiresCommitSignatures"`
	RequiresConversationResolution bool     `json:"requiresConversationResolution"`
	RequiresLinearHistory          bool     `json:"requiresLinearHistory"`
	RequiresStatusChecks           bool     `json:"requiresStatusChecks"`
	RequiredStatusCheckContexts    []string `json:"requiredStatusCheckContexts"`
	RestrictsPushes                bool     `json:"restrictsPushes"`
	LockBranch                     bool     `json:"lockBranch"`
	IsAdminEnforced                bool     `json:"isAdminEnforced"`
	AllowsForcePushes              bool     `json:"allowsForcePushes"`
	AllowsDeletions                bool     `json:"allowsDeletions"`

	PushAllowances   Few[Allowance] `json:"pushAllowances"`
	BypassAllowances Few[Allowance] `json:"bypassPullRequestAllowances"`
}

// Allowance is somebody whom a rule lets do something.
type Allowance struct {
	Actor *struct {
		Type       string `json:"__typename"` // User, Team, App
		Login      string `json:"login"`
		DatabaseID int64  `json:"databaseId"`
		Name       string `json:"name"`
		Team       string `json:"team"`
		App        string `json:"app"`
	} `json:"actor"`
}

const protectionFields = `fragment Protection on BranchProtectionRule {
  id databaseId pattern requiresApprovingReviews requiredApprovingReviewCount requiresCodeOwnerReviews requiresCommitSignatures
  requiresConversationResolution requiresLinearHistory requiresStatusChecks requiredStatusCheckContexts restrictsPushes lockBranch
  isAdminEnforced allowsForcePushes allowsDeletions
  pushAllowances(first: 50) { totalCount nodes { actor { __typename ... on User { login databaseId name } ... on Team { team: slug } ... on App { app: slug } } } }
  bypassPullRequestAllowances(first: 50) { totalCount nodes { actor { __typename ... on User { login databaseId name } ... on Team { team: slug } ... on App { app: slug } } } }
}
`

// Protections lists the classic rules of a repository.
func (c *Client) Protections(ctx context.Context, nodeID string) iter.Seq2[[]Protection, error] {
	const query = `query($id: ID!, $after: String) {
  node(id: $id) { ... on Repository { branchProtectionRules(first: 50, after: $after) { nodes { ...Protection } pageInfo { hasNextPage endCursor } } } }
}
` + protectionFields
	return pages[Protection](ctx, c, query, nodeID, "branchProtectionRules")
}

// Ruleset is a set of rules over branches or tags.
type Ruleset struct {
	ID          string    `json:"id"`
	DatabaseID  int64     `json:"databaseId"`
	Name        string    `json:"name"`
	Enforcement string    `json:"enforcement"` // ACTIVE, DISABLED, EVALUATE
	Target      string    `json:"target"`      // BRANCH, TAG, PUSH
	UpdatedAt   time.Time `json:"updatedAt"`
	Conditions  struct {
		RefName *struct {
			Include []string `json:"include"`
			Exclude []string `json:"exclude"`
		} `json:"refName"`
	} `json:"conditions"`
	Rules        *Few[Rule]   `json:"rules"`
	BypassActors *Few[Bypass] `json:"bypassActors"`
}

// Rule is one rule of a set.
type Rule struct {
	Type       string `json:"type"` // DELETION, PULL_REQUEST, ...
	Parameters *struct {
		Approvals     int64 `json:"requiredApprovingReviewCount"`
		CodeOwners    bool  `json:"requireCodeOwnerReview"`
		Conversations bool  `json:"requiredReviewThreadResolution"`
		Checks        []struct {
			Context string `json:"context"`
		} `json:"requiredStatusChecks"`
	} `json:"parameters"`
}

// Bypass is who need not obey a set of rules.
type Bypass struct {
	RoleName          string `json:"repositoryRoleName"`
	OrganizationAdmin bool   `json:"organizationAdmin"`
	DeployKey         bool   `json:"deployKey"`
}

// Rulesets lists the sets of rules that hold in a repository, those of its
// organisation too.
func (c *Client) Rulesets(ctx context.Context, nodeID string) iter.Seq2[[]Ruleset, error] {
	const query = `query($id: ID!, $after: String) {
  node(id: $id) { ... on Repository { rulesets(first: 50, after: $after, includeParents: true) {
    nodes {
      id databaseId name enforcement target updatedAt conditions { refName { include exclude } }
      bypassActors(first: 50) { totalCount nodes { repositoryRoleName organizationAdmin deployKey } }
      rules(first: 100) { totalCount nodes { type parameters {
        ... on PullRequestParameters { requiredApprovingReviewCount requireCodeOwnerReview requiredReviewThreadResolution }
        ... on RequiredStatusChecksParameters { requiredStatusChecks { context } }
      } } }
    }
    pageInfo { hasNextPage endCursor }
  } } }
}`
	return pages[Ruleset](ctx, c, query, nodeID, "rulesets")
}
