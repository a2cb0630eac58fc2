package reading

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers/gitea/api"
)

// losses tells what stands in the repository and fits no record: a list for people
// to work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	c, name := r.place.api, r.place.name
	for _, sort := range []lost{
		{"gitea.secrets", "secrets of workflows, whose values the server tells nobody", named(c.Secrets(ctx, name))},
		{"gitea.variables", "variables of workflows", named(c.Variables(ctx, name))},
		{"gitea.webhooks", "web hooks, whose secrets the server tells nobody", names(c.Hooks(ctx, name), func(h api.Hook) string { return bare(h.Config["url"]) })},
		{"gitea.deploy_keys", "deploy keys", names(c.Keys(ctx, name), func(k api.Key) string { return k.Title })},
		{"gitea.push_mirrors", "servers that the repository is pushed to", names(c.PushMirrors(ctx, name), func(m api.Mirror) string { return bare(m.Address) })},
		{"gitea.packages", "packages", r.source.packagesOf(ctx, r.place)},
	} {
		if err := r.lose(sort); err != nil {
			return err
		}
	}
	return nil
}

// lost is one sort of thing that is only listed.
type lost struct {
	code  string
	what  string
	names iter.Seq2[string, error]
}

func (r *reading) lose(sort lost) error {
	var names []string
	for name, err := range sort.names {
		switch {
		case hidden(err) && r.place.found.Permissions.Admin:
			return nil // they are switched off at the server, or in the repository
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

// bare is an address without what may be a secret in it: credentials, the path
// of which many services make one, and the query.
func bare(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}

// packageList is what an account holds in packages, or why the token may not see
// it. It is kept: packages are listed by account and not by repository.
type packageList struct {
	all []api.Package
	err error
}

// packagesOf names the packages that belong to a repository, each once.
func (s *source) packagesOf(ctx context.Context, p place) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		all, err := s.packagesOfOwner(ctx, p.name.Owner)
		if err != nil {
			yield("", err)
			return
		}
		seen := map[string]bool{}
		for _, one := range all {
			name := one.Type + " " + one.Name
			if one.Repository == nil || one.Repository.ID != p.id || seen[name] {
				continue
			}
			seen[name] = true
			if !yield(name, nil) {
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
	all, err := api.Collect(s.api.Packages(ctx, owner))
	if err != nil && !hidden(err) {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.packages[owner] = packageList{all, err}
	return all, err
}
