package github

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists repositories or gists, oldest first as far as GitHub does it.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return forgesource.Discover(ctx, query, map[string]forgesource.Lister{discoverRepositories: s.listRepositories, discoverGists: s.listGists})
}

func checkLogin(attribute, login string) error {
	if login == "" || isName(login) {
		return nil
	}
	return forgesource.Unfit(attribute, login, "write the login of an organisation or user")
}

func (s *source) listRepositories(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	f, err := forgesource.ReadFilter(query.Settings)
	if err != nil {
		return err
	}
	if err := checkLogin("owner", f.Owner); err != nil {
		return err
	}
	list := s.client.Repositories(ctx)
	if f.Owner != "" {
		owner, err := s.client.Account(ctx, f.Owner)
		if err != nil {
			return err
		}
		list = s.client.RepositoriesOf(ctx, owner, s.me)
	}
	return forgesource.Each(l, list, func(r api.Repository) (*schema.Found, error) {
		found := foundRepository(r)
		if !f.Takes(found) {
			return nil, nil
		}
		owner, name, ok := splitName(r.FullName)
		if !ok || r.ID <= 0 {
			return nil, providers.Errorf(providers.CodeInvalid, "GitHub lists a repository that has no proper name")
		}
		s.remember(place{choice: choice{id: r.ID, owner: owner, name: name}, nodeID: r.NodeID, url: r.URL})
		return found, nil
	})
}

func foundRepository(r api.Repository) *schema.Found {
	item := &schema.Found{
		Identity: number(r.ID), ID: number(r.ID), FullName: r.FullName, Owner: r.Owner.Login, Name: r.Name, Slug: strings.ToLower(r.Name), URL: r.URL,
		Visibility: visibility(r), Archived: r.Archived, Fork: r.Fork, Empty: r.Size == 0, SizeMB: (r.Size + 1023) / 1024,
		DefaultBranch: r.DefaultBranch, Topics: r.Topics, PushedAt: r.PushedAt.UTC(),
	}
	if r.License != nil && r.License.SPDX != "NOASSERTION" {
		item.License = r.License.SPDX
	}
	return item
}

func (s *source) listGists(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	var of struct {
		Username string `json:"username"`
	}
	if err := forgesource.Decode(query.Settings, &of); err != nil {
		return err
	}
	if err := checkLogin("username", of.Username); err != nil {
		return err
	}
	if sameName(of.Username, s.me) { // the list of a user has only public ones
		of.Username = ""
	}
	return forgesource.Each(l, s.client.GistsOf(ctx, of.Username), func(g api.Gist) (*schema.Found, error) {
		if !isName(g.ID) {
			return nil, providers.Errorf(providers.CodeInvalid, "GitHub lists a gist that has no proper id")
		}
		return foundGist(g), nil
	})
}

// foundGist tells what people know a gist by in what only this source knows: its
// description and the number of its files.
func foundGist(g api.Gist) *schema.Found {
	return &schema.Found{
		Identity: gistPrefix + g.ID, ID: g.ID, FullName: gistName(g), Owner: person(g.Owner).Login, Name: g.ID, Slug: strings.ToLower(g.ID), URL: g.URL,
		Visibility: gistVisibility(g), Empty: len(g.Files) == 0, PushedAt: g.UpdatedAt.UTC(),
		Custom: custom(map[string]any{"description": g.Description, "files": len(g.Files), "comments": g.Comments}),
	}
}
