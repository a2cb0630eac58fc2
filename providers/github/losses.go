package github

import (
	"context"
	"fmt"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers/github/api"
)

// losses tells what stands in the repository and fits no record: a list for
// people to work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	c, owner, name := r.place.client, r.place.owner, r.place.name
	for _, sort := range []listed{
		{"github.secrets", "secrets of Actions, whose values GitHub tells nobody", named(c.Names(ctx, owner, name, api.Secrets))},
		{"github.dependabot_secrets", "secrets of Dependabot, whose values GitHub tells nobody", named(c.Names(ctx, owner, name, api.DependabotSecrets))},
		{"github.variables", "variables of Actions", named(c.Names(ctx, owner, name, api.Variables))},
		{"github.environments", "environments, with their rules, secrets and variables", named(c.Names(ctx, owner, name, api.Environments))},
		{"github.webhooks", "webhooks, whose secrets GitHub tells nobody", hooks(c.Hooks(ctx, owner, name))},
		{"github.deploy_keys", "deploy keys", keys(c.Keys(ctx, owner, name))},
		{"github.autolinks", "autolinks", autolinks(ctx, r.place)},
		{"github.packages", "packages", r.source.packagesOf(ctx, r.place)},
	} {
		if err := r.lose(sort); err != nil {
			return err
		}
	}
	return nil
}

// listed is one sort of thing that is only listed.
type listed struct {
	code  string
	what  string
	names iter.Seq2[string, error]
}

func (r *reading) lose(sort listed) error {
	var names []string
	for name, err := range sort.names {
		switch {
		case hidden(err):
			return r.loss(sort.code, "not carried, and the token may not list them: "+sort.what, 1)
		case err != nil:
			return err
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	return r.loss(sort.code, fmt.Sprintf("not carried, to be made again by hand: %s: %s", sort.what, few(names)), int64(len(names)))
}

// names tells a list by what its items are called.
func names[T any](list iter.Seq2[T, error], name func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range list {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(name(item), nil) {
				return
			}
		}
	}
}

func named(list iter.Seq2[api.Named, error]) iter.Seq2[string, error] {
	return names(list, func(n api.Named) string { return n.Name })
}

// hooks are known by the hosts that they call: the rest of such an address is
// often what lets a caller in.
func hooks(list iter.Seq2[api.Hook, error]) iter.Seq2[string, error] {
	return names(list, func(h api.Hook) string {
		at, err := url.Parse(h.Config.URL)
		if err != nil || at.Host == "" {
			return "an address that cannot be read"
		}
		return at.Host
	})
}

func keys(list iter.Seq2[api.Key, error]) iter.Seq2[string, error] {
	return names(list, func(k api.Key) string { return k.Title })
}

func autolinks(ctx context.Context, p place) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		all, err := p.client.Autolinks(ctx, p.owner, p.name)
		if err != nil {
			yield("", err)
			return
		}
		for _, a := range all {
			if !yield(a.Prefix, nil) {
				return
			}
		}
	}
}

// packageList is what an account holds in packages, or why the token may not see
// it. It is kept: packages are listed by account, one list for each registry, and
// not by repository.
type packageList struct {
	all []api.Package
	err error
}

// packagesOf names the packages that belong to a repository.
func (s *source) packagesOf(ctx context.Context, p place) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		all, err := s.packagesOfOwner(ctx, p.owner)
		if err != nil {
			yield("", err)
			return
		}
		for _, one := range all {
			if one.Repository != nil && one.Repository.ID == p.id && !yield(one.Type+" "+one.Name, nil) {
				return
			}
		}
	}
}

func (s *source) packagesOfOwner(ctx context.Context, owner string) ([]api.Package, error) {
	s.mu.Lock()
	kept, ok := s.packages[owner]
	s.mu.Unlock()
	if ok {
		return kept.all, kept.err
	}
	all, err := s.listPackages(ctx, owner)
	if err != nil && !hidden(err) {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.packages[owner] = packageList{all, err}
	return all, err
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
