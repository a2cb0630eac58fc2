package reading

import (
	"context"
	"iter"
	"path"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists projects or groups in the order in which they were made.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return forgesource.Discover(ctx, query, map[string]forgesource.Lister{discoverRepositories: s.listProjects, discoverGroups: s.listGroups})
}

func readFilter(query providers.Query) (forgesource.Filter, error) {
	f, err := forgesource.ReadFilter(query.Settings)
	f.Owner = strings.Trim(f.Owner, "/")
	if err == nil && f.Owner != "" && !isPath(f.Owner) {
		err = forgesource.Unfit("owner", f.Owner, "write the full path of a group, or the name of a user")
	}
	return f, err
}

// whose is which projects an owner has.
func (s *source) whose(ctx context.Context, owner string, subgroups bool) (api.Select, error) {
	if owner == "" {
		return api.Select{Member: !s.user.IsAdmin}, nil
	}
	g, err := s.api.Group(ctx, api.ID(owner))
	if err == nil {
		return api.Select{Group: api.Number(g.ID), Subgroups: subgroups}, nil
	}
	if !api.IsNotFound(err) || strings.Contains(owner, "/") {
		return api.Select{}, err
	}
	u, err := s.api.UserByName(ctx, owner)
	if api.IsNotFound(err) {
		err = &providers.Error{Code: providers.CodeNotFound, Op: "look up owner", Subject: owner, Attribute: "owner",
			Message: "the server has neither a group nor a user of that name", Hint: "correct the name, or give the token access: to one without, a private group does not exist"}
	}
	return api.Select{User: api.Number(u.ID)}, err
}

func (s *source) listProjects(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	f, err := readFilter(query)
	if err != nil {
		return err
	}
	below := struct {
		Subgroups bool `json:"subgroups"`
	}{true}
	if err := forgesource.Decode(query.Settings, &below); err != nil {
		return err
	}
	of, err := s.whose(ctx, f.Owner, below.Subgroups)
	if err != nil {
		return err
	}
	after := int64(0)
	list := pages(func(n int) (api.Page[api.Project], error) {
		page, err := s.api.ProjectsPage(ctx, of, after, n)
		for _, p := range page.Items {
			after = max(after, p.ID)
		}
		return page, err
	})
	return forgesource.Each(l, list, func(p api.Project) (*schema.Found, error) {
		if !isPath(p.PathWithNamespace) || p.ID <= 0 {
			return nil, providers.Errorf(providers.CodeInvalid, "the server lists a project that has no proper path")
		}
		found := &schema.Found{
			Identity: body.ID(p.ID), ID: body.ID(p.ID), FullName: p.PathWithNamespace, Owner: path.Dir(p.PathWithNamespace),
			Name: p.Path, Slug: strings.ToLower(p.Path), URL: p.WebURL, Visibility: p.Visibility, Archived: p.Archived, Fork: p.ForkedFrom != nil,
			Empty: p.EmptyRepo, DefaultBranch: p.DefaultBranch, Topics: p.Topics, PushedAt: p.ActiveAt.UTC(),
		}
		if p.DeletionOn != "" || !f.Takes(found) {
			return nil, nil
		}
		return found, nil
	})
}

func (s *source) listGroups(ctx context.Context, query providers.Query, l *forgesource.Listing) error {
	f, err := readFilter(query)
	if err != nil {
		return err
	}
	list := pages(func(n int) (api.Page[api.Group], error) { return s.api.GroupsPage(ctx, api.ID(f.Owner), n) })
	return forgesource.Each(l, list, func(g api.Group) (*schema.Found, error) {
		if !isPath(g.FullPath) || g.ID <= 0 {
			return nil, providers.Errorf(providers.CodeInvalid, "the server lists a group that has no proper path")
		}
		found := &schema.Found{
			Identity: groupPrefix + body.ID(g.ID), ID: body.ID(g.ID), FullName: g.FullPath, Name: g.Path, Slug: strings.ToLower(g.Path),
			URL: g.WebURL, Visibility: g.Visibility, Archived: g.Archived,
		}
		if owner := path.Dir(g.FullPath); owner != "." {
			found.Owner = owner
		}
		if g.DeletionOn != "" || !f.Takes(found) {
			return nil, nil
		}
		return found, nil
	})
}

// pages yields the items of pages, the first of which has the number 1.
func pages[T any](read func(n int) (api.Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for n := 1; ; n++ {
			page, err := read(n)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if len(page.Items) == 0 || !page.More {
				return
			}
		}
	}
}
