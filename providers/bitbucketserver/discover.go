package bitbucketserver

import (
	"context"
	"errors"
	"iter"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists repositories in the order of the server. A listing that breaks off
// is told as one that is not complete.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		l := &listing{source: s, yield: yield}
		ctx = forgehttp.Throttles(ctx, l.throttled)
		var err error
		if query.Kind == discoverRepositories {
			err = l.repositories(ctx, query)
		} else {
			err = providers.Errorf(providers.CodeUnsupported, "this server has no %q to discover", schema.Printable(query.Kind))
		}
		l.end(ctx, err)
	}
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// listing is one call of Discover.
type listing struct {
	source  *source
	yield   func(providers.Discovered, error) bool
	found   bool // something was listed
	stopped bool // the caller wants no more
}

func (l *listing) send(d providers.Discovered) error {
	if l.stopped = l.stopped || !l.yield(d, nil); l.stopped {
		return errEnough
	}
	return nil
}

func (l *listing) throttled(t providers.Throttle) { _ = l.send(providers.Discovered{Throttled: &t}) }

// end closes the listing. What fails before anything was listed is an error: there
// is no such project, or the token is refused.
func (l *listing) end(ctx context.Context, err error) {
	switch {
	case l.stopped, errors.Is(err, errEnough):
	case err == nil:
		_ = l.send(providers.Discovered{End: &providers.ListingEnd{Complete: true}})
	case !l.found || ctx.Err() != nil:
		l.yield(providers.Discovered{}, providers.AsError(err))
	default:
		_ = l.send(providers.Discovered{End: &providers.ListingEnd{Problem: providers.AsError(err)}})
	}
}

// filter is what a discover block says.
type filter struct {
	Owner      string `json:"owner"`
	Visibility string `json:"visibility"`
	Archived   string `json:"archived"`
	Forks      string `json:"forks"`
}

func readFilter(query providers.Query) (filter, error) {
	var f filter
	if err := decode(query.Settings, &f); err != nil {
		return filter{}, err
	}
	if f.Owner = projectKey(f.Owner); f.Owner != "" && !isProject(f.Owner) {
		return filter{}, badSetting("owner", f.Owner, `write the key of a project, such as "ACME", or "~jane"`)
	}
	return f, nil
}

// takes reports whether a repository is asked for.
func (f filter) takes(r api.Repository) bool {
	switch {
	case f.Visibility != "" && f.Visibility != body.Visibility(r),
		f.Archived == wordExclude && r.Archived, f.Archived == wordOnly && !r.Archived,
		f.Forks == wordExclude && r.Origin != nil, f.Forks == wordOnly && r.Origin == nil:
		return false
	}
	return true
}

// list asks for the repositories that may be taken.
func (f filter) list(ctx context.Context, client *api.Client) api.List[api.Repository] {
	if f.Owner != "" {
		return client.RepositoriesOf(ctx, f.Owner)
	}
	archived := map[string]string{wordOnly: api.ArchivedOnly, wordExclude: api.ArchivedNone}[f.Archived]
	if archived == "" {
		archived = api.ArchivedAll
	}
	return client.Repositories(ctx, archived)
}

func (l *listing) repositories(ctx context.Context, query providers.Query) error {
	f, err := readFilter(query)
	if err != nil {
		return err
	}
	seen := map[int64]bool{} // a page that moved while it was read repeats some
	for r, err := range f.list(ctx, l.source.api) {
		if err != nil {
			return err
		}
		l.found = true
		if seen[r.ID] || !f.takes(r) {
			continue
		}
		seen[r.ID] = true
		p, err := place{found: r}.complete()
		if providers.CodeOf(err) == providers.CodeUnavailable { // it is being made
			continue
		}
		if err != nil {
			return err
		}
		if err := l.send(providers.Discovered{Item: l.source.discovered(p)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) discovered(p place) *schema.Found {
	r := p.found
	return &schema.Found{
		Identity: body.ID(r.ID), ID: body.ID(r.ID), FullName: p.fullName(), Owner: p.name.Project, Name: r.Name, Slug: r.Slug, URL: s.page(p),
		Visibility: body.Visibility(r), Archived: r.Archived, Fork: r.Origin != nil, DefaultBranch: r.DefaultBranch,
	}
}
