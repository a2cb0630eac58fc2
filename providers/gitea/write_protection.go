package gitea

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) writeProtection(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Protection](w)
	if err != nil {
		return providers.Written{}, err
	}
	if body.Pattern == "" {
		return skipped("A rule for no branch or tag protects nothing."), nil
	}
	if body.Ref == "tag" {
		return t.protectTags(ctx, known, w, body)
	}
	wanted, lost := t.branchRule(body)
	repo := known.repo()
	standing, err := known.catalog.protections.Find(wanted.RuleName, ruleName, func() iter.Seq2[api.BranchProtection, error] {
		return forgetarget.Each(t.api.BranchProtections(ctx, repo))
	})
	if err != nil {
		return providers.Written{}, err
	}
	note := func(p api.BranchProtection, err error) (api.BranchProtection, error) {
		if err == nil {
			known.catalog.protections.Put(p.RuleName, p)
		}
		return p, err
	}
	create := func() (api.BranchProtection, error) { return note(t.api.CreateBranchProtection(ctx, repo, wanted)) }
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.BranchProtection]{
		Wanted:  ruleVersion(wanted),
		Version: ruleVersion,
		Ref:     func(p api.BranchProtection) schema.Ref { return t.branchRuleRef(repo, p) },
		Read: func(id string) (api.BranchProtection, error) {
			return t.api.BranchProtection(ctx, repo, strings.TrimPrefix(id, branchRulePrefix))
		},
		Create: create,
		Edit: func(_ string, now api.BranchProtection) (api.BranchProtection, error) {
			if now.RuleName == wanted.RuleName {
				return note(t.api.EditBranchProtection(ctx, repo, wanted))
			}
			// A rule cannot be renamed. The new one comes first, so that at no
			// moment there is none.
			made, err := create()
			if err == nil {
				err = t.api.DeleteBranchProtection(ctx, repo, now.RuleName)
			}
			return made, err
		},
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// Ids of rules say what they are rules over.
const (
	branchRulePrefix = "branch:"
	tagRulePrefix    = "tag:"
)

func (t *target) branchRuleRef(repo api.Repo, p api.BranchProtection) schema.Ref {
	return schema.Ref{ID: branchRulePrefix + p.RuleName, URL: t.api.Base() + "/" + repo.String() + "/settings/branches", Version: ruleVersion(p)}
}

func (t *target) tagRuleRef(repo api.Repo, p api.TagProtection) schema.Ref {
	return schema.Ref{ID: tagRulePrefix + strconv.FormatInt(p.ID, 10), URL: t.api.Base() + "/" + repo.String() + "/settings/tags", Version: tagRuleVersion(p)}
}

func tagRuleVersion(p api.TagProtection) string { return digest(p.Pattern, folded(p.Usernames)) }

// branchRule is the server's rule for one of the source's, and what is lost.
func (t *target) branchRule(body schema.Protection) (api.BranchProtection, string) {
	p := api.BranchProtection{
		RuleName:   body.Pattern,
		EnablePush: true, RequiredApprovals: max(0, body.Approvals), RequireSignedCommits: body.Signed,
		EnableStatusCheck: len(body.RequiredChecks) > 0, StatusCheckContexts: append([]string{}, body.RequiredChecks...),
		PushWhitelistUsernames: []string{}, MergeWhitelistUsernames: []string{}, ForcePushAllowlistUsernames: []string{},
	}
	if !open(body.Push) {
		p.EnablePushWhitelist, p.PushWhitelistUsernames = true, t.people(body.PushPeople)
	}
	if !open(body.Merge) {
		p.EnableMergeWhitelist, p.MergeWhitelistUsernames = true, t.people(body.MergePeople)
	}
	if t.forcesPushes() {
		p.EnableForcePush = true
		if !body.ForcePush {
			p.EnableForcePushAllowlist, p.ForcePushAllowlistUsernames = true, t.people(nil)
		}
	}
	var lost []string
	for _, l := range []struct {
		holds bool
		what  string
	}{
		{body.CodeOwners, "reviews by code owners"},
		{body.Linear, "a linear history"},
		{body.Conversations, "resolved conversations"},
		{body.Deletion, "deletion of the branch"},
		{body.ForcePush && !t.forcesPushes(), "forced pushes"},
		{role(body.Push) || role(body.Merge), "roles that may push or merge, where people are named instead"},
		{len(accounts(body.PushPeople)) < len(body.PushPeople) || len(accounts(body.MergePeople)) < len(body.MergePeople), "people without an account"},
	} {
		if l.holds {
			lost = append(lost, l.what)
		}
	}
	if len(lost) == 0 {
		return p, ""
	}
	return p, "What the rule loses: " + strings.Join(lost, ", ") + "."
}

// forcesPushes reports whether the server can allow forced pushes to protected
// branches.
func (t *target) forcesPushes() bool { return !t.server.Forgejo && t.server.Gitea.AtLeast(1, 23) }

// open reports whether all who may write may do what a rule is about.
func open(who string) bool { return who == "" || who == "everyone" || who == "write" }

func role(who string) bool { return who == "maintain" || who == "admin" }

// people are the accounts of people and that of the token, which has to push
// when the migration runs again.
func (t *target) people(list []schema.Person) []string {
	all := append(accounts(list), t.user.Login)
	slices.Sort(all)
	return slices.Compact(all)
}

func accounts(list []schema.Person) []string {
	all := []string{}
	for _, p := range list {
		if p.User != "" {
			all = append(all, p.User)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ruleName(p api.BranchProtection) string { return p.RuleName }

func ruleVersion(p api.BranchProtection) string {
	return digest(p.RuleName, p.EnablePush, p.EnablePushWhitelist, folded(p.PushWhitelistUsernames), p.EnableForcePush, p.EnableForcePushAllowlist,
		folded(p.ForcePushAllowlistUsernames), p.EnableMergeWhitelist, folded(p.MergeWhitelistUsernames), p.EnableStatusCheck,
		slices.Sorted(slices.Values(p.StatusCheckContexts)), p.RequiredApprovals, p.RequireSignedCommits)
}

// folded are names as the server compares them.
func folded(names []string) []string {
	all := []string{}
	for _, n := range names {
		all = append(all, strings.ToLower(n))
	}
	slices.Sort(all)
	return all
}

// protectTags writes a rule over tags, which says who may make and move them.
func (t *target) protectTags(ctx context.Context, known *repository, w providers.Write, body schema.Protection) (providers.Written, error) {
	repo := known.repo()
	change := api.EditTagProtection{Pattern: strings.TrimSpace(body.Pattern), Usernames: t.people(body.PushPeople)}
	standing, err := known.catalog.tagRules.Find(change.Pattern, func(p api.TagProtection) string { return p.Pattern }, func() iter.Seq2[api.TagProtection, error] {
		return t.api.TagProtections(ctx, repo)
	})
	if err != nil {
		return providers.Written{}, err
	}
	note := func(p api.TagProtection, err error) (api.TagProtection, error) {
		if err == nil {
			known.catalog.tagRules.Put(p.Pattern, p)
		}
		return p, err
	}
	return forgetarget.Store(w, standing, forgetarget.Object[api.TagProtection]{
		Wanted:  tagRuleVersion(api.TagProtection{Pattern: change.Pattern, Usernames: change.Usernames}),
		Version: tagRuleVersion,
		Ref:     func(p api.TagProtection) schema.Ref { return t.tagRuleRef(repo, p) },
		Read: func(id string) (api.TagProtection, error) {
			return forgetarget.ByNumber(strings.TrimPrefix(id, tagRulePrefix), func(n int64) (api.TagProtection, error) { return t.api.TagProtection(ctx, repo, n) })
		},
		Create: func() (api.TagProtection, error) { return note(t.api.CreateTagProtection(ctx, repo, change)) },
		Edit: func(_ string, now api.TagProtection) (api.TagProtection, error) {
			return note(t.api.EditTagProtection(ctx, repo, now.ID, change))
		},
	})
}
