package bitbucketcloud

import (
	"context"
	"fmt"
	"strconv"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// reading is one reading of the stream base.
type reading struct {
	*stream.Out
	source *source
	place  place

	issues *int64 // how many there are; nil: not asked for yet
}

// sections are the parts of the stream base, in the order in which a target can take
// them.
func (r *reading) sections() []stream.Section {
	return []stream.Section{
		{Name: "repository", Kinds: []schema.Kind{schema.KindRepository}, Read: r.repository},
		{Name: "labels", Kinds: []schema.Kind{schema.KindLabel}, Read: r.labels},
		{Name: "milestones", Kinds: []schema.Kind{schema.KindMilestone}, Read: r.milestones},
		{Name: "members", Kinds: []schema.Kind{schema.KindMember}, Read: r.members},
		{Name: "protections", Kinds: []schema.Kind{schema.KindProtection}, Read: r.protections},
		{Name: "losses", Read: r.losses},
	}
}

func (r *reading) put(kind schema.Kind, id string, body any) error {
	return r.Put(stream.Record{Key: schema.Key{Kind: kind, ID: id}, Body: body})
}

// repository leaves out when the repository changed last: that moves with every push.
func (r *reading) repository(context.Context) error {
	f := r.place.found
	return r.put(schema.KindRepository, "repository", schema.Repository{
		Name: f.Name, FullName: r.place.fullName(), Description: f.Description, Homepage: f.Website, Visibility: visibility(f),
		DefaultBranch: branch(f), Fork: f.Parent != nil, URL: f.Links.HTML.Href, CreatedAt: f.CreatedOn.UTC(),
		Features: map[string]bool{"issues": f.HasIssues, "wiki": f.HasWiki, "changes": true},
	})
}

// hasIssues reports whether there is any issue.
func (r *reading) hasIssues(ctx context.Context) (bool, error) {
	if !r.place.found.HasIssues {
		return false, nil
	}
	if r.issues == nil {
		h, err := r.source.client.IssuesHead(ctx, r.place.repo)
		if err != nil {
			return false, err
		}
		r.issues = &h.Count
	}
	return *r.issues > 0, nil
}

// labels stand for what Bitbucket has fields for: the kinds, priorities and states of
// issues, and the components and versions that people made up.
func (r *reading) labels(ctx context.Context) error {
	if there, err := r.hasIssues(ctx); err != nil || !there {
		return err
	}
	for _, sort := range []struct {
		prefix string
		values []string
	}{{threads.LabelKind, threads.IssueKinds()}, {threads.LabelPriority, threads.Priorities()}, {threads.LabelState, threads.States()}} {
		for _, value := range sort.values {
			if err := r.put(schema.KindLabel, sort.prefix+value, schema.Label{Name: sort.prefix + value}); err != nil {
				return err
			}
		}
	}
	for _, sort := range []struct{ prefix, list string }{{threads.LabelComponent, api.Components}, {threads.LabelVersion, api.Versions}} {
		for n, err := range r.source.client.Named(ctx, r.place.repo, sort.list) {
			if err == nil {
				err = r.put(schema.KindLabel, sort.prefix+strconv.FormatInt(n.ID, 10), schema.Label{Name: sort.prefix + n.Name})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// milestones have a name and nothing else.
func (r *reading) milestones(ctx context.Context) error {
	if !r.place.found.HasIssues {
		return nil
	}
	for m, err := range r.source.client.Named(ctx, r.place.repo, api.Milestones) {
		if err == nil {
			err = r.put(schema.KindMilestone, strconv.FormatInt(m.ID, 10), schema.Milestone{Title: m.Name, State: "open"})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// members are the people who were given access to the repository itself. What
// somebody may do as a member of the workspace, of its project or of a group is not
// the repository's to carry.
func (r *reading) members(ctx context.Context) error {
	const code = "bitbucket_cloud.members"
	n := 0
	for p, err := range r.source.client.Users(ctx, r.place.repo) {
		if api.IsHidden(err) {
			return r.Loss(code, "who was given access to the repository is not carried: it is told to its administrators only", 1)
		}
		if err != nil {
			return err
		}
		if p.User == nil || p.Permission == "none" {
			continue
		}
		if n++; !r.place.members {
			continue
		}
		if err := r.put(schema.KindMember, p.User.UUID, schema.Member{Person: threads.Person(p.User), Access: p.Permission}); err != nil {
			return err
		}
	}
	if n > 0 && !r.place.members {
		return r.Loss(code, fmt.Sprintf("%d people who were given access to the repository are not carried, because collaborators_import is not set", n), int64(n))
	}
	return nil
}
