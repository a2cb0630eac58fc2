package githubtest

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// branch is a branch or tag and the commit it leads to.
type branch struct{ name, commit string }

// refs returns the refs of a repository below prefix, by name.
func refs(r *Repository, prefix string) ([]branch, error) {
	if r.Dir == "" {
		return nil, nil
	}
	out, err := git(r.Dir, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", prefix)
	if err != nil {
		return nil, err
	}
	var all []branch
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		all = append(all, branch{strings.TrimPrefix(f[0], prefix), f[len(f)-1]})
	}
	return all, nil
}

// protectionOf returns the rule over a branch, or nil.
func protectionOf(r *Repository, name string) *Protection {
	for _, p := range r.Protections {
		if ok, err := path.Match(p.Pattern, name); p.Pattern == name || err == nil && ok {
			return p
		}
	}
	return nil
}

func (c *call) branchURL(name string) string {
	return c.repoURL(c.repo) + "/branches/" + url.PathEscape(name)
}

func (c *call) branch(b branch) fields {
	p := protectionOf(c.repo, b.name)
	f := fields{
		"name": b.name, "commit": fields{"sha": b.commit, "url": c.repoURL(c.repo) + "/commits/" + b.commit},
		"protected": p != nil, "protection_url": c.branchURL(b.name) + "/protection",
		"protection": fields{"enabled": p != nil, "required_status_checks": fields{"enforcement_level": "off", "contexts": []string{}, "checks": []string{}}},
	}
	return f
}

func listBranches(c *call) (any, error) {
	all, err := refs(c.repo, "refs/heads/")
	if err != nil {
		return nil, err
	}
	var out []branch
	for _, b := range all {
		if want := c.query("protected"); want == "" || (want == "true") == (protectionOf(c.repo, b.name) != nil) {
			out = append(out, b)
		}
	}
	return list(c, out, c.branch)
}

func listTags(c *call) (any, error) {
	all, err := refs(c.repo, "refs/tags/")
	if err != nil {
		return nil, err
	}
	return list(c, all, func(b branch) fields {
		return fields{
			"name": b.name, "commit": fields{"sha": b.commit, "url": c.repoURL(c.repo) + "/commits/" + b.commit}, "node_id": "REF_" + b.commit,
			"zipball_url": c.repoURL(c.repo) + "/zipball/refs/tags/" + b.name, "tarball_url": c.repoURL(c.repo) + "/tarball/refs/tags/" + b.name,
		}
	})
}

func getProtection(c *call) (any, error) {
	if !c.m.May(c.token, c.repo, "admin") {
		return nil, notFound()
	}
	name := c.r.PathValue("branch")
	p := protectionOf(c.repo, name)
	if p == nil {
		return nil, &failure{status: http.StatusNotFound, message: "Branch not protected"}
	}
	at := c.branchURL(name) + "/protection"
	on := func(enabled bool) fields { return fields{"enabled": enabled} }
	f := fields{
		"url": at, "required_signatures": fields{"url": at + "/required_signatures", "enabled": p.Signatures},
		"enforce_admins":          fields{"url": at + "/enforce_admins", "enabled": p.EnforceAdmins},
		"required_linear_history": on(p.Linear), "allow_force_pushes": on(p.ForcePushes), "allow_deletions": on(p.Deletions),
		"block_creations": on(p.BlockCreations), "required_conversation_resolution": on(p.Conversations), "lock_branch": on(p.LockBranch),
		"allow_fork_syncing": on(p.ForkSyncing),
	}
	if p.RequireReviews {
		review := fields{
			"url": at + "/required_pull_request_reviews", "dismiss_stale_reviews": p.DismissStale, "require_code_owner_reviews": p.CodeOwners,
			"require_last_push_approval": p.LastPushApproval, "required_approving_review_count": p.Approvals,
		}
		if len(p.BypassReviewsUsers) > 0 {
			review["bypass_pull_request_allowances"] = fields{"users": c.users(p.BypassReviewsUsers), "teams": []fields{}, "apps": []fields{}}
		}
		f["required_pull_request_reviews"] = review
	}
	if p.StatusChecks != nil {
		checks := []fields{}
		for _, name := range p.StatusChecks {
			checks = append(checks, fields{"context": name, "app_id": nil})
		}
		f["required_status_checks"] = fields{
			"url": at + "/required_status_checks", "strict": p.StrictChecks, "contexts": p.StatusChecks,
			"contexts_url": at + "/required_status_checks/contexts", "checks": checks,
		}
	}
	if p.RestrictPushes {
		f["restrictions"] = fields{
			"url": at + "/restrictions", "users_url": at + "/restrictions/users", "teams_url": at + "/restrictions/teams",
			"apps_url": at + "/restrictions/apps", "users": c.users(p.PushUsers), "teams": []fields{}, "apps": []fields{},
		}
	}
	return f, nil
}

// ruleset is a ruleset as lists show it.
func (c *call) ruleset(s *Ruleset) fields {
	at := fmt.Sprintf("%s/rulesets/%d", c.repoURL(c.repo), s.ID)
	return fields{
		"id": s.ID, "name": s.Name, "target": s.Target, "source_type": "Repository", "source": c.repo.FullName(), "enforcement": s.Enforcement,
		"node_id": s.NodeID(), "created_at": stamp(s.CreatedAt), "updated_at": stamp(s.UpdatedAt),
		"_links": fields{"self": fields{"href": at}, "html": fields{"href": fmt.Sprintf("%s/%s/rules/%d", c.web, c.repo.FullName(), s.ID)}},
	}
}

func listRulesets(c *call) (any, error) { return list(c, c.repo.Rulesets, c.ruleset) }

func getRuleset(c *call) (any, error) {
	s := object[*Ruleset](c.m, prefixRuleset, c.number("ruleset_id"))
	for _, o := range c.repo.Rulesets {
		if o == s {
			return c.wholeRuleset(s), nil
		}
	}
	return nil, notFound()
}

func (c *call) wholeRuleset(s *Ruleset) fields {
	f := c.ruleset(s)
	f["conditions"] = fields{"ref_name": fields{"include": append([]string{}, s.Include...), "exclude": append([]string{}, s.Exclude...)}}
	rules := []fields{}
	for _, r := range s.Rules {
		rules = append(rules, ruleOf(r))
	}
	f["rules"] = rules
	if c.m.May(c.token, c.repo, "admin") {
		bypass := []fields{}
		for _, b := range s.Bypass {
			bypass = append(bypass, fields{"actor_id": b.ActorID, "actor_type": b.ActorType, "bypass_mode": b.Mode})
		}
		f["bypass_actors"], f["current_user_can_bypass"] = bypass, "never"
	}
	return f
}

func ruleOf(r Rule) fields {
	f := fields{"type": r.Type}
	switch r.Type {
	case "pull_request":
		f["parameters"] = fields{
			"allowed_merge_methods": []string{"merge", "squash", "rebase"}, "dismiss_stale_reviews_on_push": r.DismissStale, "require_code_owner_review": r.CodeOwners,
			"require_last_push_approval": r.LastPush, "required_approving_review_count": r.Approvals, "required_review_thread_resolution": r.Conversations,
		}
	case "required_status_checks":
		checks := []fields{}
		for _, name := range r.Checks {
			checks = append(checks, fields{"context": name})
		}
		f["parameters"] = fields{"required_status_checks": checks, "strict_required_status_checks_policy": r.Strict, "do_not_enforce_on_create": false}
	case "update":
		f["parameters"] = fields{"update_allows_fetch_and_merge": false}
	}
	return f
}
