package bitbucketcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// Discover lists the repositories of a workspace in the order in which they were
// made. A listing that breaks off is told as one that is not complete.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		l := &listing{source: s, yield: yield}
		err := error(providers.Errorf(providers.CodeUnsupported, "Bitbucket Cloud has no %q to discover", schema.Printable(query.Kind)))
		if query.Kind == discoverRepositories {
			err = l.repositories(forgehttp.Throttles(ctx, l.throttled), query)
		}
		l.end(ctx, err)
	}
}

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

// end closes the listing. What fails before anything was listed is an error: there is
// no such workspace, or the credentials are refused.
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
	Owner       string `json:"owner"`
	Visibility  string `json:"visibility"`
	Forks       string `json:"forks"`
	PushedSince string `json:"pushed_since"`

	since time.Time
}

func readFilter(query providers.Query) (filter, error) {
	var f filter
	if err := decode(query.Settings, &f); err != nil {
		return filter{}, err
	}
	if !isName(f.Owner) {
		return filter{}, unfit("owner", fmt.Sprintf("%q cannot be used", schema.Printable(f.Owner)), "write the name of a workspace, as addresses have it")
	}
	if f.PushedSince == "" {
		return f, nil
	}
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, f.PushedSince); err == nil {
			f.since = t
			return f, nil
		}
	}
	return filter{}, unfit("pushed_since", fmt.Sprintf("%q cannot be used", schema.Printable(f.PushedSince)), `write a day such as "2024-01-31", or a moment such as "2024-01-31T12:00:00Z"`)
}

func (f filter) takes(r api.Repository) bool {
	fork := r.Parent != nil
	switch {
	case f.Visibility != "" && f.Visibility != visibility(r),
		f.Forks == wordExclude && fork, f.Forks == wordOnly && !fork,
		r.UpdatedOn.Before(f.since):
		return false
	}
	return true
}

func (l *listing) repositories(ctx context.Context, query providers.Query) error {
	f, err := readFilter(query)
	if err != nil {
		return err
	}
	seen := map[string]bool{} // a page that moved while it was read repeats some
	for r, err := range l.source.client.Repositories(ctx, f.Owner) {
		if err != nil {
			return err
		}
		l.found = true
		if seen[r.UUID] || !f.takes(r) {
			continue
		}
		seen[r.UUID] = true
		p, err := at(choice{}, r)
		if err != nil {
			return err
		}
		if err := l.send(providers.Discovered{Item: discovered(p)}); err != nil {
			return err
		}
	}
	return nil
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
