package github

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers/github/api"
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
		{Name: "comments", Kinds: []schema.Kind{schema.KindComment}, Read: r.commitComments},
		{Name: "losses", Read: r.losses},
	}
}

func (r *reading) repository(ctx context.Context) error {
	settings, err := r.settings(ctx)
	if err != nil {
		return err
	}
	return r.put(schema.KindRepository, repositoryID, nil, repository(settings), nil)
}

// repository leaves out when the repository changed last: that moves with every
// push and every star.
func repository(s api.Settings) schema.Repository {
	converted := schema.Repository{
		Name: s.Name, FullName: s.NameWithOwner, Description: s.Description, Homepage: s.HomepageURL, Visibility: strings.ToLower(s.Visibility),
		Archived: s.IsArchived, Fork: s.IsFork, URL: s.URL, CreatedAt: s.CreatedAt.UTC(),
		Features: map[string]bool{
			"issues": s.HasIssuesEnabled, "wiki": s.HasWikiEnabled, "projects": s.HasProjectsEnabled, "discussions": s.HasDiscussionsEnabled, "changes": true,
		},
		Merge: map[string]bool{
			"merge": s.MergeCommitAllowed, "squash": s.SquashMergeAllowed, "rebase": s.RebaseMergeAllowed, "delete_branch": s.DeleteBranchOnMerge,
		},
	}
	if s.DefaultBranchRef != nil {
		converted.DefaultBranch = s.DefaultBranchRef.Name
	}
	if s.LicenseInfo != nil && s.LicenseInfo.SPDX != "NOASSERTION" {
		converted.License = s.LicenseInfo.SPDX
	}
	for _, t := range s.RepositoryTopics.Nodes {
		converted.Topics = append(converted.Topics, t.Topic.Name)
	}
	return converted
}

func (r *reading) labels(ctx context.Context) error {
	for l, err := range r.place.client.Labels(ctx, r.place.owner, r.place.name) {
		if err != nil {
			return err
		}
		if err := r.put(schema.KindLabel, number(l.ID), nil, schema.Label{Name: l.Name, Color: l.Color, Description: l.Description}, nil); err != nil {
			return err
		}
	}
	return nil
}

// milestones are known by their numbers, which stay and are not used again:
// GraphQL, which names them in threads, has no other permanent id for them.
func (r *reading) milestones(ctx context.Context) error {
	for m, err := range r.place.client.Milestones(ctx, r.place.owner, r.place.name) {
		if err != nil {
			return err
		}
		body := schema.Milestone{
			Number: m.Number, Title: m.Title, Description: m.Description, State: m.State, DueOn: day(m.DueOn),
			CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC(), ClosedAt: moment(m.ClosedAt),
		}
		if err := r.put(schema.KindMilestone, number(m.Number), nil, body, nil); err != nil {
			return err
		}
	}
	return nil
}

// commitComments stand alone: a commit is no record.
func (r *reading) commitComments(ctx context.Context) error {
	list := r.place.client.CommitComments(ctx, r.place.owner, r.place.name)
	return inPages(list, r.place.client.PageSize(), func(some []api.CommitComment) error {
		var reacted []string
		for _, c := range some {
			if c.Reactions.Total > 0 {
				reacted = append(reacted, c.NodeID)
			}
		}
		who, err := r.place.client.Reactions(ctx, reacted, r.subject())
		if err != nil {
			return err
		}
		for _, c := range some {
			if err := r.put(schema.KindComment, number(c.ID), nil, commitComment(c, who[c.NodeID]), nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func commitComment(c api.CommitComment, who []api.Reaction) schema.Comment {
	converted := schema.Comment{
		Text: c.Body, Author: person(c.User), Commit: c.Commit, Reactions: reactions(who), URL: c.URL,
		CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
	}
	if c.Path != "" {
		converted.Position = &schema.Position{Path: c.Path, Line: c.Line, Commit: c.Commit, WholeFile: c.Line == 0}
		if c.Line > 0 {
			converted.Position.Side = "new"
		}
	}
	return converted
}
