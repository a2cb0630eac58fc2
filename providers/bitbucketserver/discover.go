package bitbucketserver

import (
	"cmp"
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists repositories in the order of the server.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return forgesource.Discover(ctx, query, map[string]forgesource.Lister{discoverRepositories: s.listRepositories})
}

func (s *source) listRepositories(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	f, err := forgesource.ReadFilter(query.Settings)
	if err != nil {
		return err
	}
	if f.Owner = projectKey(f.Owner); f.Owner != "" && !isProject(f.Owner) {
		return forgesource.Unfit("owner", f.Owner, `write the key of a project, such as "ACME", or "~jane"`)
	}
	return forgesource.Each(l, s.listed(ctx, f.Owner, f.Archived), func(r api.Repository) (*schema.Found, error) {
		if !f.Takes(s.discovered(place{found: r})) {
			return nil, nil
		}
		p, err := place{found: r}.complete()
		if providers.CodeOf(err) == providers.CodeUnavailable { // it is being made
			return nil, nil
		}
		return s.discovered(p), err
	})
}

// listed are the repositories that may be wanted.
func (s *source) listed(ctx context.Context, owner, archived string) api.List[api.Repository] {
	if owner != "" {
		return s.api.RepositoriesOf(ctx, owner)
	}
	which := map[string]string{forgesource.Only: api.ArchivedOnly, forgesource.Exclude: api.ArchivedNone}[archived]
	return s.api.Repositories(ctx, cmp.Or(which, api.ArchivedAll))
}

func (s *source) discovered(p place) *schema.Found {
	r := p.found
	return &schema.Found{
		Identity: body.ID(r.ID), ID: body.ID(r.ID), FullName: p.fullName(), Owner: p.name.Project, Name: r.Name, Slug: r.Slug, URL: s.page(p),
		Visibility: body.Visibility(r), Archived: r.Archived, Fork: r.Origin != nil, DefaultBranch: r.DefaultBranch,
	}
}
