package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Who may, from everybody down to nobody.
const (
	byWriters  = "write"
	byMaintain = "maintain"
	byAdmins   = "admin"
	byNobody   = "nobody"
)

// protections yields what holds for branches and tags: one record for each
// pattern, whether classic rules or rulesets say it. Several that say something
// of the same pattern hold together, so the strictest of each counts; a target
// has only one rule for a pattern. The pattern is therefore the record's id.
func (r *reading) protections(ctx context.Context) error {
	const unseen = "the rules over branches and tags are not carried: the token may not see them, it would have to be an administrator's"
	settings, err := r.settings(ctx)
	if err != nil {
		return err
	}
	var found rules
	if err = r.classicRules(ctx, &found); err == nil {
		err = r.rulesets(ctx, &found, settings)
	}
	switch {
	case forgesource.IsHidden(err):
		return r.Loss("github.protections", unseen, 1)
	case err != nil:
		return err
	case len(found.all) == 0 && !settings.ViewerCanAdminister: // to others GitHub shows an empty list
		return r.Loss("github.protections", unseen, 1)
	}
	for _, p := range found.all {
		id := p.Ref + ":" + p.Pattern
		if len(id) > schema.MaxID {
			id = p.Ref + ":" + schema.Digest(p.Pattern)
		}
		if err := r.put(schema.KindProtection, id, nil, *p, nil); err != nil {
			return err
		}
	}
	for _, l := range found.losses {
		if err := r.Loss(l.Code, l.Message, l.Count); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) classicRules(ctx context.Context, into *rules) error {
	for page, err := range r.place.client.Protections(ctx, r.place.nodeID) {
		if err != nil {
			return err
		}
		for _, p := range page {
			into.classic(p)
		}
	}
	return nil
}

func (r *reading) rulesets(ctx context.Context, into *rules, settings api.Settings) error {
	var branch string
	if settings.DefaultBranchRef != nil {
		branch = settings.DefaultBranchRef.Name
	}
	for page, err := range r.place.client.Rulesets(ctx, r.place.nodeID) {
		if err != nil {
			return err
		}
		for _, set := range page {
			into.ruleset(set, branch)
		}
	}
	return nil
}

// rules gathers protections, in the order in which they were met.
type rules struct {
	all    []*schema.Protection
	losses []schema.Loss
}

// free is a protection that forbids nothing yet.
func free(ref, pattern string) schema.Protection {
	return schema.Protection{Ref: ref, Pattern: pattern, Push: byWriters, Merge: byWriters, ForcePush: true, Deletion: true}
}

// add lets p hold beside what was said of its pattern before.
func (s *rules) add(p schema.Protection) {
	at := slices.IndexFunc(s.all, func(have *schema.Protection) bool { return have.Ref == p.Ref && have.Pattern == p.Pattern })
	if at < 0 {
		s.all = append(s.all, &p)
		return
	}
	have := s.all[at]
	have.Push, have.PushPeople = stricter(have.Push, have.PushPeople, p.Push, p.PushPeople)
	have.Merge, have.MergePeople = stricter(have.Merge, have.MergePeople, p.Merge, p.MergePeople)
	have.ForcePush = have.ForcePush && p.ForcePush
	have.Deletion = have.Deletion && p.Deletion
	have.Approvals = max(have.Approvals, p.Approvals)
	have.CodeOwners = have.CodeOwners || p.CodeOwners
	have.Signed = have.Signed || p.Signed
	have.Linear = have.Linear || p.Linear
	have.Conversations = have.Conversations || p.Conversations
	for _, check := range p.RequiredChecks {
		if !slices.Contains(have.RequiredChecks, check) {
			have.RequiredChecks = append(have.RequiredChecks, check)
		}
	}
}

// stricter is who may when two rules say so: the smaller circle, with the people
// that are let through it.
func stricter(a string, people []schema.Person, b string, others []schema.Person) (string, []schema.Person) {
	order := []string{byWriters, byMaintain, byAdmins, byNobody}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b, others
	}
	if a != b {
		return a, people
	}
	return a, slices.DeleteFunc(slices.Clone(people), func(p schema.Person) bool {
		return !slices.ContainsFunc(others, func(o schema.Person) bool { return o.ID == p.ID })
	})
}

// classic takes over a classic rule. Where a pull request is asked for, nobody
// pushes, but those whom the rule lets.
func (s *rules) classic(from api.Protection) {
	p := free("branch", from.Pattern)
	p.ForcePush, p.Deletion = from.AllowsForcePushes, from.AllowsDeletions
	p.Signed, p.Linear, p.Conversations = from.RequiresCommitSignatures, from.RequiresLinearHistory, from.RequiresConversationResolution
	if from.RequiresStatusChecks {
		p.RequiredChecks = slices.Clone(from.RequiredStatusCheckContexts)
	}
	if from.RestrictsPushes {
		p.Push, p.PushPeople = byNobody, s.people(from.PushAllowances, from.Pattern)
		p.Merge, p.MergePeople = byNobody, p.PushPeople
	}
	if from.RequiresApprovingReviews {
		p.Approvals, p.CodeOwners = from.RequiredApprovingReviewCount, from.RequiresCodeOwnerReviews
		p.Push, p.PushPeople = byNobody, s.people(from.BypassAllowances, from.Pattern)
	}
	if from.LockBranch {
		p.Push, p.PushPeople, p.Merge, p.MergePeople = byNobody, nil, byNobody, nil
	}
	s.add(p)
}

// people are the users among those whom a rule lets through. Teams and apps are
// no people.
func (s *rules) people(allowed api.Few[api.Allowance], pattern string) []schema.Person {
	var people []schema.Person
	var others []string
	for _, a := range allowed.Nodes {
		switch {
		case a.Actor == nil:
		case a.Actor.Type == "User":
			people = append(people, schema.Person{ID: number(a.Actor.DatabaseID), Login: a.Actor.Login, Name: a.Actor.Name})
		default:
			others = append(others, strings.ToLower(a.Actor.Type)+" "+a.Actor.Team+a.Actor.App)
		}
	}
	if missing := allowed.TotalCount - int64(len(allowed.Nodes)); missing > 0 {
		s.lose("github.protection_actor", pattern, fmt.Sprintf("%d more of those whom a rule lets through are not carried", missing), missing)
	}
	if len(others) > 0 {
		s.lose("github.protection_actor", pattern, "a rule lets through who is not a person, which is not carried: "+stream.Few(others), int64(len(others)))
	}
	return people
}

// ruleset takes over a set of rules, for each of its patterns.
func (s *rules) ruleset(from api.Ruleset, defaultBranch string) {
	name := schema.Printable(from.Name)
	ref, known := map[string]string{"BRANCH": "branch", "TAG": "tag"}[from.Target]
	switch {
	case from.Enforcement != "ACTIVE":
		s.lose("github.ruleset", from.Name, fmt.Sprintf("the ruleset %s is not enforced and is not carried", name), 1)
		return
	case !known:
		s.lose("github.ruleset", from.Name, fmt.Sprintf("the ruleset %s is about pushes to the whole repository and is not carried", name), 1)
		return
	}
	p := s.combined(from)
	p.Ref = ref
	if from.Conditions.RefName == nil {
		return
	}
	if n := len(from.Conditions.RefName.Exclude); n > 0 {
		s.lose("github.ruleset_exclude", from.Name, fmt.Sprintf("the ruleset %s leaves out some names (%s), for which its rules hold now as well", name, stream.Few(slices.Clone(from.Conditions.RefName.Exclude))), int64(n))
	}
	for _, include := range from.Conditions.RefName.Include {
		if p.Pattern = pattern(include, defaultBranch); p.Pattern != "" { // a repository without a branch has no default
			s.add(p)
		}
	}
}

// pattern is a condition of a ruleset without its words for all and default, and
// without the beginning that all names of refs share.
func pattern(include, defaultBranch string) string {
	switch include {
	case "~ALL":
		return "**"
	case "~DEFAULT_BRANCH":
		return defaultBranch
	}
	return strings.TrimPrefix(strings.TrimPrefix(include, "refs/heads/"), "refs/tags/")
}

// combined is what the rules of a set say together.
func (s *rules) combined(from api.Ruleset) schema.Protection {
	p := free("", "")
	var lost []string
	if from.Rules == nil {
		return p
	}
	for _, rule := range from.Rules.Nodes {
		switch rule.Type {
		case "DELETION":
			p.Deletion = false
		case "NON_FAST_FORWARD":
			p.ForcePush = false
		case "UPDATE", "LOCK_BRANCH":
			p.Push, p.Merge = byNobody, byNobody
		case "REQUIRED_SIGNATURES":
			p.Signed = true
		case "REQUIRED_LINEAR_HISTORY":
			p.Linear = true
		case "REQUIRED_REVIEW_THREAD_RESOLUTION":
			p.Conversations = true
		case "PULL_REQUEST":
			p.Push = byNobody
			if q := rule.Parameters; q != nil {
				p.Approvals, p.CodeOwners, p.Conversations = q.Approvals, q.CodeOwners, p.Conversations || q.Conversations
			}
		case "REQUIRED_STATUS_CHECKS":
			if rule.Parameters != nil {
				for _, c := range rule.Parameters.Checks {
					p.RequiredChecks = append(p.RequiredChecks, c.Context)
				}
			}
		default:
			lost = append(lost, strings.ToLower(rule.Type))
		}
	}
	if len(lost) > 0 {
		s.lose("github.ruleset_rule", from.Name, fmt.Sprintf("the ruleset %s has rules that are not carried: %s", schema.Printable(from.Name), stream.Few(lost)), int64(len(lost)))
	}
	s.bypassed(&p, from)
	return p
}

// bypassed widens who may to the roles that need not obey.
func (s *rules) bypassed(p *schema.Protection, from api.Ruleset) {
	if from.BypassActors == nil || p.Push != byNobody {
		return
	}
	others := int64(0)
	for _, b := range from.BypassActors.Nodes {
		role := b.RoleName
		if b.OrganizationAdmin {
			role = byAdmins
		}
		order := []string{byWriters, byMaintain, byAdmins, byNobody}
		switch at := slices.Index(order, role); {
		case at < 0:
			others++
		case at < slices.Index(order, p.Push):
			if p.Merge == p.Push {
				p.Merge = role
			}
			p.Push = role
		}
	}
	if others > 0 {
		s.lose("github.protection_actor", from.Name, "a ruleset lets through teams, apps or keys, which are not carried", others)
	}
}

func (s *rules) lose(code, about, message string, count int64) {
	s.losses = append(s.losses, schema.Loss{Code: code, Ref: schema.Printable(about), Message: message, Count: count})
}
