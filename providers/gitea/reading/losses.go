package reading

import (
	"context"
	"iter"
	"slices"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/api"
)

// losses tells what stands in the repository and fits no record: a list for people
// to work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	c, name := r.place.api, r.place.name
	leave := func(code, what string, names iter.Seq2[string, error]) forgesource.Leftover {
		if r.place.found.Permissions.Admin { // what is hidden is switched off at the server, or in the repository
			names = forgesource.IfAny(names)
		}
		return forgesource.Leave(code, what, names)
	}
	return forgesource.Tell(r.Out,
		leave("gitea.secrets", "secrets of workflows, whose values the server tells nobody", named(c.Secrets(ctx, name))),
		leave("gitea.variables", "variables of workflows", named(c.Variables(ctx, name))),
		leave("gitea.webhooks", "web hooks, whose secrets the server tells nobody", forgesource.Names(c.Hooks(ctx, name), func(h api.Hook) string { return forgesource.Origin(h.Config["url"]) })),
		leave("gitea.deploy_keys", "deploy keys", forgesource.Names(c.Keys(ctx, name), func(k api.Key) string { return k.Title })),
		leave("gitea.push_mirrors", "servers that the repository is pushed to", forgesource.Names(c.PushMirrors(ctx, name), func(m api.Mirror) string { return forgesource.Origin(m.Address) })),
		leave("gitea.packages", "packages", forgesource.NamesOf(func() ([]string, error) { return r.source.packagesOf(ctx, r.place) })),
	)
}

func named(list iter.Seq2[api.Named, error]) iter.Seq2[string, error] {
	return forgesource.Names(list, func(n api.Named) string { return n.Name })
}

// packagesOf names the packages that belong to a repository, each once.
func (s *source) packagesOf(ctx context.Context, p place) ([]string, error) {
	all, err := s.packages.Get(p.name.Owner, func() ([]api.Package, error) { return api.Collect(s.api.Packages(ctx, p.name.Owner)) })
	var names []string
	for _, one := range all {
		name := one.Type + " " + one.Name
		if one.Repository != nil && one.Repository.ID == p.id && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}
