package bitbucketcloud

import (
	"context"
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// Who may.
const (
	byWriters = "write"
	byNobody  = "nobody"
)

// protections yields the rules over branches. Bitbucket has one for each thing that
// is restricted; those over the same branches are one protection.
func (r *reading) protections(ctx context.Context) error {
	rules := rules{}
	var model *api.BranchingModel
	for restriction, err := range r.source.client.Restrictions(ctx, r.place.repo) {
		if api.IsHidden(err) {
			return r.Loss("bitbucket_cloud.protections", "the rules over branches are left out: they are told to administrators of the repository only", 1)
		}
		if err != nil {
			return err
		}
		if restriction.Match == "branching_model" && model == nil {
			m, err := r.source.client.BranchingModel(ctx, r.place.repo)
			if err != nil && !api.IsHidden(err) {
				return err
			}
			model = &m
		}
		rules.add(restriction, patterns(restriction, model))
	}
	for _, p := range rules.all {
		if err := r.put(schema.KindProtection, "branch:"+p.Pattern, *p); err != nil {
			return err
		}
	}
	for _, lost := range []struct {
		code, message string
		names         []string
	}{
		{"bitbucket_cloud.protection_groups", "groups that rules over branches let through are not carried: %s", rules.groups},
		{"bitbucket_cloud.protection_rules", "rules over branches that have no counterpart are not carried: %s", rules.lost},
	} {
		if len(lost.names) > 0 {
			if err := r.Loss(lost.code, fmt.Sprintf(lost.message, stream.Few(lost.names)), int64(len(lost.names))); err != nil {
				return err
			}
		}
	}
	return nil
}

// patterns are the branches that a restriction is about.
func patterns(r api.Restriction, model *api.BranchingModel) []string {
	if r.Match != "branching_model" {
		return []string{r.Pattern}
	}
	if model == nil {
		return nil
	}
	single := func(b *api.ModelBranch) []string {
		switch {
		case b == nil:
			return nil
		case b.Branch != nil && b.Branch.Name != "":
			return []string{b.Branch.Name}
		case b.Name != "":
			return []string{b.Name}
		}
		return nil
	}
	switch r.BranchType {
	case "development":
		return single(model.Development)
	case "production":
		return single(model.Production)
	}
	var all []string
	for _, t := range model.Types {
		if t.Kind == r.BranchType && t.Prefix != "" {
			all = append(all, t.Prefix+"**")
		}
	}
	return all
}

// rules gathers protections, in the order in which they were met.
type rules struct {
	all    []*schema.Protection
	groups []string // that are let through
	lost   []string // restrictions that are not carried
}

// over is the protection of a pattern, which forbids nothing at first.
func (s *rules) over(pattern string) *schema.Protection {
	at := slices.IndexFunc(s.all, func(p *schema.Protection) bool { return p.Pattern == pattern })
	if at < 0 {
		s.all = append(s.all, &schema.Protection{Ref: "branch", Pattern: pattern, Push: byWriters, Merge: byWriters, ForcePush: true, Deletion: true})
		at = len(s.all) - 1
	}
	return s.all[at]
}

// add takes over a restriction. Those who are named in it may; nobody else may.
func (s *rules) add(r api.Restriction, patterns []string) {
	name := r.Kind + " of " + r.Pattern + r.BranchType
	if len(patterns) == 0 || !carried(r.Kind) {
		s.lost = append(s.lost, name)
		return
	}
	var people []schema.Person
	for i := range r.Users {
		people = append(people, threads.Person(&r.Users[i]))
	}
	if r.Kind == "push" || r.Kind == "restrict_merges" {
		for _, g := range r.Groups {
			s.groups = append(s.groups, g.Name+" ("+name+")")
		}
	}
	for _, pattern := range patterns {
		p := s.over(pattern)
		switch r.Kind {
		case "push":
			p.Push, p.PushPeople = byNobody, people
		case "restrict_merges":
			p.Merge, p.MergePeople = byNobody, people
		case "force":
			p.ForcePush = false
		case "delete":
			p.Deletion = false
		case "require_approvals_to_merge":
			p.Approvals = max(p.Approvals, r.Value)
		case "require_all_comments_resolved":
			p.Conversations = true
		}
	}
}

// carried reports whether a protection can say what a kind of restriction does.
func carried(kind string) bool {
	switch kind {
	case "push", "restrict_merges", "force", "delete", "require_approvals_to_merge", "require_all_comments_resolved":
		return true
	}
	return false
}
