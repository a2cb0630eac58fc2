package githubtest

import (
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// protection is a classic branch protection rule.
type protection struct {
	*graph
	r *Repository
	p *Protection
}

func (protection) TypeName() string { return "BranchProtectionRule" }

func (o protection) Field(name string, c *graphql.Call) any {
	p := o.p
	switch name {
	case "id":
		return p.NodeID()
	case "databaseId":
		return small(p.ID)
	case "pattern":
		return p.Pattern
	case "creator":
		return o.actor(p.Creator)
	case "repository":
		return o.repository(o.r)
	case "requiredApprovingReviewCount":
		if !p.RequireReviews {
			return nil
		}
		return p.Approvals
	case "requiredStatusCheckContexts":
		return append([]string{}, p.StatusChecks...)
	case "requiredStatusChecks":
		checks := []graphql.Object{}
		for _, s := range p.StatusChecks {
			checks = append(checks, statusCheck{"RequiredStatusCheckDescription", s})
		}
		return checks
	case "requiredDeploymentEnvironments":
		return []string{}
	case "matchingRefs":
		return c.Page(graphql.List{})
	case "pushAllowances":
		return o.allowances(c, "PushAllowance", p.PushUsers)
	case "bypassPullRequestAllowances":
		return o.allowances(c, "BypassPullRequestAllowance", p.BypassReviewsUsers)
	case "bypassForcePushAllowances", "reviewDismissalAllowances":
		return c.Page(graphql.List{})
	}
	return o.flag(name)
}

func (o protection) flag(name string) any {
	p := o.p
	switch name {
	case "requiresApprovingReviews":
		return p.RequireReviews
	case "dismissesStaleReviews":
		return p.DismissStale
	case "requiresCodeOwnerReviews":
		return p.CodeOwners
	case "requireLastPushApproval":
		return p.LastPushApproval
	case "requiresStatusChecks":
		return p.StatusChecks != nil
	case "requiresStrictStatusChecks":
		return p.StrictChecks
	case "requiresCommitSignatures":
		return p.Signatures
	case "requiresLinearHistory":
		return p.Linear
	case "requiresConversationResolution":
		return p.Conversations
	case "allowsForcePushes":
		return p.ForcePushes
	case "allowsDeletions":
		return p.Deletions
	case "isAdminEnforced":
		return p.EnforceAdmins
	case "blocksCreations":
		return p.BlockCreations
	case "lockBranch":
		return p.LockBranch
	case "lockAllowsFetchAndMerge":
		return p.ForkSyncing
	case "restrictsPushes":
		return p.RestrictPushes
	case "restrictsReviewDismissals", "requiresDeployments":
		return false
	}
	return graphql.NotServed{}
}

func (o protection) allowances(c *graphql.Call, typeName string, people []*User) any {
	return fixed(c, people, func(u *User) graphql.Object { return allowance{o, typeName, u} })
}

// allowance is what somebody may do in spite of a rule.
type allowance struct {
	protection
	typeName string
	u        *User
}

func (a allowance) TypeName() string { return a.typeName }

func (a allowance) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return a.typeName + "_" + a.p.NodeID() + a.u.NodeID()
	case "actor":
		return a.actor(a.u)
	case "branchProtectionRule":
		return a.protection
	}
	return graphql.NotServed{}
}

// statusCheck is a check that must pass, in a rule of either kind.
type statusCheck struct{ typeName, context string }

func (s statusCheck) TypeName() string { return s.typeName }

func (s statusCheck) Field(name string, _ *graphql.Call) any {
	switch name {
	case "context":
		return s.context
	case "app", "integrationId":
		return nil
	}
	return graphql.NotServed{}
}

type ruleset struct {
	*graph
	r *Repository
	s *Ruleset
}

func (ruleset) TypeName() string { return "RepositoryRuleset" }

func (o ruleset) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return o.s.NodeID()
	case "databaseId":
		return small(o.s.ID)
	case "name":
		return o.s.Name
	case "target":
		return enum(o.s.Target)
	case "enforcement":
		return enum(o.s.Enforcement)
	case "createdAt":
		return o.s.CreatedAt
	case "updatedAt":
		return o.s.UpdatedAt
	case "source":
		return o.repository(o.r)
	case "conditions":
		return conditions{o.s}
	case "bypassActors":
		var of []bypassActor
		for n, b := range o.s.Bypass {
			of = append(of, bypassActor{o, b, n})
		}
		return fixed(c, of, func(b bypassActor) graphql.Object { return b })
	case "rules":
		var of []rule
		for n, r := range o.s.Rules {
			if !c.Has("type") || enum(r.Type) == c.String("type") {
				of = append(of, rule{o, r, n})
			}
		}
		return fixed(c, of, func(r rule) graphql.Object { return r })
	}
	return graphql.NotServed{}
}

// conditions say which refs a ruleset is for.
type conditions struct{ s *Ruleset }

func (conditions) TypeName() string { return "RepositoryRuleConditions" }

func (o conditions) Field(name string, _ *graphql.Call) any {
	switch name {
	case "refName":
		return refNames(o)
	case "repositoryId", "repositoryName", "repositoryProperty":
		return nil
	}
	return graphql.NotServed{}
}

type refNames struct{ s *Ruleset }

func (refNames) TypeName() string { return "RefNameConditionTarget" }

func (o refNames) Field(name string, _ *graphql.Call) any {
	switch name {
	case "include":
		return append([]string{}, o.s.Include...)
	case "exclude":
		return append([]string{}, o.s.Exclude...)
	}
	return graphql.NotServed{}
}

type bypassActor struct {
	ruleset
	b RulesetBypass
	n int
}

func (bypassActor) TypeName() string { return "RepositoryRulesetBypassActor" }

func (o bypassActor) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "RRBA_" + o.s.NodeID() + strconv.Itoa(o.n)
	case "actor":
		if o.b.ActorType == "Team" {
			return o.object(object[*Team](o.m, prefixTeam, o.b.ActorID))
		}
		return nil
	case "bypassMode":
		return enum(o.b.Mode)
	case "organizationAdmin":
		return o.b.ActorType == "OrganizationAdmin"
	case "deployKey", "enterpriseOwner":
		return false
	case "repositoryRoleDatabaseId":
		if o.b.ActorType == "RepositoryRole" {
			return small(o.b.ActorID)
		}
		return nil
	case "repositoryRoleName":
		return o.role()
	case "repositoryRuleset":
		return o.ruleset
	}
	return graphql.NotServed{}
}

// role is the name of a built-in role by its number.
func (o bypassActor) role() any {
	names := map[int64]string{1: "read", 2: "maintain", 3: "triage", 4: "write", 5: "admin"}
	if o.b.ActorType != "RepositoryRole" {
		return nil
	}
	return optional(names[o.b.ActorID])
}

type rule struct {
	ruleset
	rule Rule
	n    int
}

func (rule) TypeName() string { return "RepositoryRule" }

func (o rule) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "RRU_" + o.s.NodeID() + strconv.Itoa(o.n)
	case "type":
		return strings.ToUpper(o.rule.Type)
	case "repositoryRuleset":
		return o.ruleset
	case "parameters":
		switch o.rule.Type {
		case "pull_request", "required_status_checks", "update":
			return parameters(o.rule)
		}
		return nil
	}
	return graphql.NotServed{}
}

// parameters are the details of a rule that has any.
type parameters Rule

func (p parameters) TypeName() string {
	switch p.Type {
	case "pull_request":
		return "PullRequestParameters"
	case "update":
		return "UpdateParameters"
	}
	return "RequiredStatusChecksParameters"
}

func (p parameters) Field(name string, _ *graphql.Call) any {
	switch name {
	case "requiredApprovingReviewCount":
		return p.Approvals
	case "dismissStaleReviewsOnPush":
		return p.DismissStale
	case "requireCodeOwnerReview":
		return p.CodeOwners
	case "requireLastPushApproval":
		return p.LastPush
	case "requiredReviewThreadResolution":
		return p.Conversations
	case "allowedMergeMethods":
		return nil
	case "requiredStatusChecks":
		checks := []graphql.Object{}
		for _, s := range p.Checks {
			checks = append(checks, statusCheck{"StatusCheckConfiguration", s})
		}
		return checks
	case "strictRequiredStatusChecksPolicy":
		return p.Strict
	case "doNotEnforceOnCreate", "updateAllowsFetchAndMerge":
		return false
	}
	return graphql.NotServed{}
}
