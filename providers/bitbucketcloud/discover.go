package bitbucketcloud

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists the repositories of a workspace in the order in which they were
// made.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return forgesource.Discover(ctx, query, map[string]forgesource.Lister{discoverRepositories: s.listRepositories})
}

func (s *source) listRepositories(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	f, err := forgesource.ReadFilter(query.Settings)
	if err != nil {
		return err
	}
	if !isName(f.Owner) {
		return forgesource.Unfit("owner", f.Owner, "write the name of a workspace, as addresses have it")
	}
	return forgesource.Each(l, s.client.Repositories(ctx, f.Owner), func(r api.Repository) (*schema.Found, error) {
		if !f.Takes(discovered(place{found: r})) {
			return nil, nil
		}
		p, err := at(choice{}, r)
		return discovered(p), err
	})
}

// discovered leaves the size out of what says whether there is anything: an empty
// repository has some bytes too.
func discovered(p place) *schema.Found {
	r := p.found
	item := &schema.Found{
		Identity: r.UUID, ID: r.UUID, FullName: p.fullName(), Owner: p.repo.Workspace, Name: r.Name, Slug: p.repo.Slug, URL: r.Links.HTML.Href,
		Visibility: visibility(r), Fork: r.Parent != nil, Empty: r.Main == nil, SizeMB: (r.Size + 1<<20 - 1) >> 20,
		DefaultBranch: branch(r), PushedAt: r.UpdatedOn.UTC(),
	}
	told := map[string]any{"language": r.Language, "issues": r.HasIssues, "wiki": r.HasWiki}
	if r.Project != nil {
		told["project_key"], told["project_name"] = r.Project.Key, r.Project.Name
	}
	if data, err := json.Marshal(told); err == nil { // texts and booleans are always JSON
		item.Custom = data
	}
	return item
}
