package reading

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// repositoryID is the id of the one record of a project's settings.
const repositoryID = "repository"

// base are the parts of the stream base, in the order in which a target can take
// them.
func (r *reading) base() []stream.Section {
	return []stream.Section{
		{Name: "repository", Kinds: []schema.Kind{schema.KindRepository}, Read: r.repository},
		{Name: "labels", Kinds: []schema.Kind{schema.KindLabel}, Read: r.labels},
		{Name: "milestones", Kinds: []schema.Kind{schema.KindMilestone}, Read: r.milestones},
		{Name: "members", Kinds: []schema.Kind{schema.KindMember}, Read: r.members},
		{Name: "protections", Kinds: []schema.Kind{schema.KindProtection}, Read: r.protections},
		{Name: "losses", Read: r.losses},
	}
}

func (r *reading) repository(context.Context) error {
	return r.put(schema.KindRepository, repositoryID, nil, body.Repository(r.place.found.Project), nil)
}

// labels are those of the project and of the groups above it, which all projects
// below have.
func (r *reading) labels(ctx context.Context) error {
	for l, err := range r.source.api.Labels(ctx, r.place.id, true) {
		if err == nil {
			err = r.put(schema.KindLabel, body.ID(l.ID), nil, body.Label(l), nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) milestones(ctx context.Context) error {
	for m, err := range r.source.api.FullMilestones(ctx, r.place.id, !r.source.server.Version.AtLeast(16, 7)) {
		if forgesource.IsHidden(err) { // neither issues nor merge requests are switched on
			return nil
		}
		if err == nil {
			err = r.put(schema.KindMilestone, body.ID(m.ID), nil, body.Milestone(m), nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// members are those of the project itself.
func (r *reading) members(ctx context.Context) error {
	left := int64(0)
	for m, err := range r.source.api.Members(ctx, r.place.id) {
		if forgesource.IsHidden(err) {
			return r.Loss("gitlab.members", "the members of the project are left out: the token may not list them", 1)
		}
		if err == nil && !r.place.members {
			left++
			continue
		}
		if err == nil {
			err = r.put(schema.KindMember, body.ID(m.ID), nil, body.Member(m), nil)
		}
		if err != nil {
			return err
		}
	}
	if left > 0 {
		return r.Loss("gitlab.members", "the members of the project are left out, because migrate_memberships is off", left)
	}
	return nil
}

// Ids of rules say what they are rules over.
const (
	branchRule = "branch:"
	tagRule    = "tag:"
)

func (r *reading) protections(ctx context.Context) error {
	var groups, keys []string
	note := func(name string, left body.Unnamed) {
		if left.Groups > 0 {
			groups = append(groups, name)
		}
		if left.Keys > 0 {
			keys = append(keys, name)
		}
	}
	for b, err := range r.source.api.ProtectedBranches(ctx, r.place.id) {
		if forgesource.IsHidden(err) {
			return r.Loss("gitlab.protections", "the rules over branches and tags are left out: the token may not read them", 1)
		}
		if err != nil {
			return err
		}
		rule, left := body.Branches(b, r.place.found.AllResolved)
		note(b.Name, left)
		if err := r.rule(ctx, branchRule+b.Name, rule); err != nil {
			return err
		}
	}
	for t, err := range r.source.api.ProtectedTags(ctx, r.place.id) {
		if forgesource.IsHidden(err) {
			return r.Loss("gitlab.protections", "the rules over tags are left out: the token may not read them", 1)
		}
		if err != nil {
			return err
		}
		rule, left := body.Tags(t)
		note(t.Name, left)
		if err := r.rule(ctx, tagRule+t.Name, rule); err != nil {
			return err
		}
	}
	if len(groups) > 0 {
		if err := r.Loss("gitlab.protection_groups", fmt.Sprintf("groups that rules name are left out of them: %s", stream.Few(groups)), int64(len(groups))); err != nil {
			return err
		}
	}
	if len(keys) > 0 {
		return r.Loss("gitlab.protection_keys", fmt.Sprintf("deploy keys that rules name are left out of them: %s", stream.Few(keys)), int64(len(keys)))
	}
	return nil
}

// rule yields a rule with the names of the people in it, of whom it tells the
// numbers.
func (r *reading) rule(ctx context.Context, id string, rule schema.Protection) error {
	for _, people := range [][]schema.Person{rule.PushPeople, rule.MergePeople} {
		for i := range people {
			named, err := r.source.person(ctx, people[i])
			if err != nil {
				return err
			}
			people[i] = named
		}
	}
	return r.put(schema.KindProtection, id, nil, rule, nil)
}

// person completes somebody of whom the number is known. Somebody who is not there
// any more stays a number.
func (s *source) person(ctx context.Context, p schema.Person) (schema.Person, error) {
	var id int64
	if _, err := fmt.Sscan(p.ID, &id); err != nil || p.Login != "" {
		return p, nil
	}
	u, err := s.people.Get(id, func() (api.User, error) { return s.api.UserByID(ctx, id) })
	if err != nil && !forgesource.IsHidden(err) {
		return p, err
	}
	if u.ID != id {
		return p, nil
	}
	return body.Person(&api.User{ID: u.ID, Username: u.Username, Name: u.Name}), nil
}
