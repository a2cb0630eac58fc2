package reading

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// repositoryID is the id of the one record of a repository's settings.
const repositoryID = "repository"

// baseSections are the parts of the stream base, in the order in which a target
// can take them.
func (r *reading) baseSections() []stream.Section {
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
	return r.put(schema.KindRepository, repositoryID, nil, body.Repository(r.place.found), nil)
}

// labels are those of the repository and those of its organization, which all
// repositories of it have. An account that is a person has none.
func (r *reading) labels(ctx context.Context) error {
	archived := 0
	put := func(l api.Label) error {
		if l.Archived {
			archived++
		}
		return r.put(schema.KindLabel, body.ID(l.ID), nil, body.Label(l), nil)
	}
	for l, err := range r.place.api.Labels(ctx, r.place.name) {
		if err == nil {
			err = put(l)
		}
		if err != nil {
			return err
		}
	}
	for l, err := range r.place.api.OrganizationLabels(ctx, r.place.name.Owner) {
		if forgesource.IsHidden(err) {
			break
		}
		if err == nil {
			err = put(l)
		}
		if err != nil {
			return err
		}
	}
	if archived > 0 && r.Wants(schema.KindLabel) {
		return r.Loss("gitea.archived_labels", "archived labels are carried as ordinary ones", int64(archived))
	}
	return nil
}

func (r *reading) milestones(ctx context.Context) error {
	for m, err := range r.place.api.Milestones(ctx, r.place.name) {
		if err == nil {
			err = r.put(schema.KindMilestone, body.ID(m.ID), nil, body.Milestone(m), nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// members are the people who were given access to the repository itself. Those who
// have it through a team of an organization are told by nobody but the teams.
func (r *reading) members(ctx context.Context) error {
	n := 0
	for u, err := range r.place.api.Collaborators(ctx, r.place.name) {
		if forgesource.IsHidden(err) {
			break
		}
		if err != nil {
			return err
		}
		if n++; !r.place.members {
			continue
		}
		permission, err := r.place.api.Permission(ctx, r.place.name, u.Login)
		if forgesource.IsHidden(err) {
			return r.Loss("gitea.members", "the people with access to the repository are left out: the token may not ask what they may do", 1)
		}
		if err == nil {
			err = r.put(schema.KindMember, body.ID(u.ID), nil, body.Member(u, permission), nil)
		}
		if err != nil {
			return err
		}
	}
	if n > 0 && !r.place.members {
		return r.Loss("gitea.members", "people who were given access to the repository are left out, because collaborators_import is off", int64(n))
	}
	return nil
}

// Ids of rules say what they are rules over.
const (
	branchRule = "branch:"
	tagRule    = "tag:"
)

func (r *reading) protections(ctx context.Context) error {
	branches, err := r.place.api.BranchProtections(ctx, r.place.name)
	if forgesource.IsHidden(err) {
		return r.Loss("gitea.protections", "the rules over branches and tags are left out: the token may not read them", 1)
	}
	if err != nil {
		return err
	}
	var teams, patterns []string
	for _, p := range branches {
		if len(p.PushWhitelistTeams)+len(p.MergeWhitelistTeams) > 0 {
			teams = append(teams, p.RuleName)
		}
		if p.ProtectedFilePatterns != "" {
			patterns = append(patterns, p.RuleName)
		}
		if err := r.put(schema.KindProtection, branchRule+p.RuleName, nil, body.Branches(p), nil); err != nil {
			return err
		}
	}
	for p, err := range r.place.api.TagProtections(ctx, r.place.name) {
		if api.IsNotFound(err) { // an older server
			break
		}
		if err != nil {
			return err
		}
		if len(p.Teams) > 0 {
			teams = append(teams, p.Pattern)
		}
		if err := r.put(schema.KindProtection, tagRule+body.ID(p.ID), nil, body.Tags(p), nil); err != nil {
			return err
		}
	}
	if len(teams) > 0 {
		err = r.Loss("gitea.protection_teams", fmt.Sprintf("teams that rules name are left out of them: %s", stream.Few(teams)), int64(len(teams)))
	}
	if err == nil && len(patterns) > 0 {
		err = r.Loss("gitea.protected_files", fmt.Sprintf("patterns of protected files are left out of rules: %s", stream.Few(patterns)), int64(len(patterns)))
	}
	return err
}
