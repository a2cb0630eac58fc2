package reading

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists repositories in the order in which they were made.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return forgesource.Discover(ctx, query, map[string]forgesource.Lister{discoverRepositories: s.listRepositories})
}

func (s *source) listRepositories(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	f, err := forgesource.ReadFilter(query.Settings)
	if err != nil {
		return err
	}
	var search api.Search
	if f.Owner != "" {
		if !isName(f.Owner) {
			return forgesource.Unfit("owner", f.Owner, "write the name of an organization or user")
		}
		owner, err := s.api.User(ctx, f.Owner) // organizations are among them
		if err != nil {
			return err
		}
		search.Owner = owner.ID
	}
	return forgesource.Each(l, s.api.SearchRepositories(ctx, search), func(r api.Repository) (*schema.Found, error) {
		found := discovered(r)
		if !f.Takes(found) {
			return nil, nil
		}
		if name := r.Repo(); !isName(name.Owner) || !isName(name.Name) || r.ID <= 0 {
			return nil, providers.Errorf(providers.CodeInvalid, "the server lists a repository that has no proper name")
		}
		return found, nil
	})
}

func discovered(r api.Repository) *schema.Found {
	return &schema.Found{
		Identity: body.ID(r.ID), ID: body.ID(r.ID), FullName: r.FullName, Owner: r.Owner.Login, Name: r.Name, Slug: strings.ToLower(r.Name), URL: r.HTMLURL,
		Visibility: body.Visibility(r), Archived: r.Archived, Fork: r.Fork, Empty: r.Empty, SizeMB: (r.Size + 1023) / 1024,
		DefaultBranch: r.DefaultBranch, Topics: r.Topics, License: body.License(r), PushedAt: r.UpdatedAt.UTC(),
	}
}
