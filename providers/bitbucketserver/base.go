package bitbucketserver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// repositoryID is the id of the one record of a repository's settings.
const repositoryID = "repository"

// sections are the parts of the stream base, in the order in which a target can take
// them.
func (r *reading) sections(out *stream.Out) []stream.Section {
	return []stream.Section{
		{Name: "repository", Kinds: []schema.Kind{schema.KindRepository}, Read: func(ctx context.Context) error { return r.repository(ctx, out) }},
		{Name: "members", Kinds: []schema.Kind{schema.KindMember}, Read: func(ctx context.Context) error { return r.members(ctx, out) }},
		{Name: "protections", Kinds: []schema.Kind{schema.KindProtection}, Read: func(ctx context.Context) error { return r.protections(ctx, out) }},
		{Name: "losses", Read: func(ctx context.Context) error { return r.losses(ctx, out) }},
	}
}

// repository is the repository's own settings. Its labels are what others call
// topics.
func (r *reading) repository(ctx context.Context, out *stream.Out) error {
	labels, err := api.Collect(r.source.api.Labels(ctx, r.place.name))
	if err != nil && !api.IsHidden(err) { // servers before 5.13 have none
		return err
	}
	var topics []string
	for _, l := range labels {
		topics = append(topics, l.Name)
	}
	slices.Sort(topics)
	settings, err := r.source.api.PullRequestSettings(ctx, r.place.name)
	if err != nil && !api.IsHidden(err) {
		return err
	}
	b := body.Repository(r.place.found, r.source.page(r.place), strings.TrimPrefix(r.defaultBranch, "refs/heads/"), topics, body.Merge(settings))
	return out.Put(stream.Record{Key: schema.Key{Kind: schema.KindRepository, ID: repositoryID}, Body: b})
}

// members are the people who were given access to the repository itself.
func (r *reading) members(ctx context.Context, out *stream.Out) error {
	for p, err := range r.source.api.PermittedUsers(ctx, r.place.name) {
		if api.IsHidden(err) {
			return out.Loss("bitbucket_server.members", "the people with access to the repository are left out: it takes an administrator of the repository to list them", 1)
		}
		if err == nil {
			err = out.Put(stream.Record{Key: schema.Key{Kind: schema.KindMember, ID: body.ID(p.User.ID)}, Body: body.Member(p)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// protections are the rules over branches and tags, those of the project among them.
func (r *reading) protections(ctx context.Context, out *stream.Out) error {
	restrictions, err := api.Collect(r.source.api.Restrictions(ctx, r.place.name))
	if api.IsHidden(err) {
		return out.Loss("bitbucket_server.protections", "branch permissions are left out: it takes an administrator of the repository to list them", 1)
	}
	if err != nil {
		return err
	}
	rules, unlike := body.Rules(restrictions)
	groups, creates := 0, 0
	for _, rule := range rules {
		groups += rule.Groups
		if err := out.Put(stream.Record{Key: schema.Key{Kind: schema.KindProtection, ID: rule.ID}, Body: rule.Protection}); err != nil {
			return err
		}
	}
	for _, one := range restrictions {
		if one.Type == api.NoCreates {
			creates++
		}
	}
	for _, lost := range []struct {
		code, message string
		count         int
	}{
		{"bitbucket_server.protection_groups", "groups and access keys that are exempt from branch permissions are left out: no other forge knows them", groups},
		{"bitbucket_server.protection_creation", "branch permissions that forbid to create branches are left out", creates},
		{"bitbucket_server.protection_model", fmt.Sprintf("branch permissions over sorts of branches of the branching model are left out: %s", stream.Few(unlike)), len(unlike)},
	} {
		if lost.count > 0 && out.Wants(schema.KindProtection) {
			if err := out.Loss(lost.code, lost.message, int64(lost.count)); err != nil {
				return err
			}
		}
	}
	return nil
}
