package github

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
)

// losses tells what stands in the repository and fits no record: a list for
// people to work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	c, owner, name := r.place.client, r.place.owner, r.place.name
	return forgesource.Tell(r.Out,
		forgesource.Leave("github.secrets", "secrets of Actions, whose values GitHub tells nobody", named(c.Names(ctx, owner, name, api.Secrets))),
		forgesource.Leave("github.dependabot_secrets", "secrets of Dependabot, whose values GitHub tells nobody", named(c.Names(ctx, owner, name, api.DependabotSecrets))),
		forgesource.Leave("github.variables", "variables of Actions", named(c.Names(ctx, owner, name, api.Variables))),
		forgesource.Leave("github.environments", "environments, with their rules, secrets and variables", named(c.Names(ctx, owner, name, api.Environments))),
		forgesource.Leave("github.webhooks", "webhooks, whose secrets GitHub tells nobody", forgesource.Names(c.Hooks(ctx, owner, name), func(h api.Hook) string { return forgesource.Host(h.Config.URL) })),
		forgesource.Leave("github.deploy_keys", "deploy keys", forgesource.Names(c.Keys(ctx, owner, name), func(k api.Key) string { return k.Title })),
		forgesource.Leave("github.autolinks", "autolinks", forgesource.NamesOf(func() ([]string, error) {
			all, err := c.Autolinks(ctx, owner, name)
			var prefixes []string
			for _, a := range all {
				prefixes = append(prefixes, a.Prefix)
			}
			return prefixes, err
		})),
		forgesource.Leave("github.packages", "packages", forgesource.NamesOf(func() ([]string, error) { return r.source.packagesOf(ctx, r.place) })),
	)
}

func named(list iter.Seq2[api.Named, error]) iter.Seq2[string, error] {
	return forgesource.Names(list, func(n api.Named) string { return n.Name })
}

// packagesOf names the packages that belong to a repository.
func (s *source) packagesOf(ctx context.Context, p place) ([]string, error) {
	all, err := s.packages.Get(p.owner, func() ([]api.Package, error) { return s.listPackages(ctx, p.owner) })
	var names []string
	for _, one := range all {
		if one.Repository != nil && one.Repository.ID == p.id {
			names = append(names, one.Type+" "+one.Name)
		}
	}
	return names, err
}

func (s *source) listPackages(ctx context.Context, owner string) ([]api.Package, error) {
	account, err := s.client.Account(ctx, owner)
	if err != nil {
		return nil, err
	}
	var all []api.Package
	for p, err := range s.client.Packages(ctx, account) {
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}
