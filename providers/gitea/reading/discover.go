package reading

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// The values of archived and forks.
const (
	wordInclude = "include"
	wordExclude = "exclude"
	wordOnly    = "only"
)

// Discover lists repositories in the order in which they were made. A listing that
// breaks off is told as one that is not complete.
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

// end closes the listing. What fails before anything was listed is an error:
// there is no such owner, or the token is refused.
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
	Owner       string   `json:"owner"`
	Topics      []string `json:"topics"`
	Visibility  string   `json:"visibility"`
	Archived    string   `json:"archived"`
	Forks       string   `json:"forks"`
	PushedSince string   `json:"pushed_since"`

	since time.Time
}

func readFilter(query providers.Query) (filter, error) {
	var f filter
	if err := decode(query.Settings, &f); err != nil {
		return filter{}, err
	}
	if f.Owner != "" && !isName(f.Owner) {
		return filter{}, badSetting("owner", f.Owner, "write the name of an organization or user")
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
	return filter{}, badSetting("pushed_since", f.PushedSince, `write a day such as "2024-01-31", or a moment such as "2024-01-31T12:00:00Z"`)
}

func (f filter) takes(r api.Repository) bool {
	switch {
	case f.Visibility != "" && f.Visibility != body.Visibility(r),
		f.Archived == wordExclude && r.Archived, f.Archived == wordOnly && !r.Archived,
		f.Forks == wordExclude && r.Fork, f.Forks == wordOnly && !r.Fork,
		r.UpdatedAt.Before(f.since):
		return false
	}
	for _, topic := range f.Topics {
		if !slices.Contains(r.Topics, strings.ToLower(topic)) {
			return false
		}
	}
	return true
}

func (l *listing) repositories(ctx context.Context, query providers.Query) error {
	f, err := readFilter(query)
	if err != nil {
		return err
	}
	var search api.Search
	if f.Owner != "" {
		owner, err := l.source.api.User(ctx, f.Owner) // organizations are among them
		if err != nil {
			return err
		}
		search.Owner = owner.ID
	}
	seen := map[int64]bool{} // a page that moved while it was read repeats some
	for r, err := range l.source.api.SearchRepositories(ctx, search) {
		if err != nil {
			return err
		}
		l.found = true
		if seen[r.ID] || !f.takes(r) {
			continue
		}
		seen[r.ID] = true
		if name := r.Repo(); !isName(name.Owner) || !isName(name.Name) || r.ID <= 0 {
			return providers.Errorf(providers.CodeInvalid, "the server lists a repository that has no proper name")
		}
		if err := l.send(providers.Discovered{Item: discovered(r)}); err != nil {
			return err
		}
	}
	return nil
}

func discovered(r api.Repository) *schema.Found {
	return &schema.Found{
		Identity: body.ID(r.ID), ID: body.ID(r.ID), FullName: r.FullName, Owner: r.Owner.Login, Name: r.Name, Slug: strings.ToLower(r.Name), URL: r.HTMLURL,
		Visibility: body.Visibility(r), Archived: r.Archived, Fork: r.Fork, Empty: r.Empty, SizeMB: (r.Size + 1023) / 1024,
		DefaultBranch: r.DefaultBranch, Topics: r.Topics, License: body.License(r), PushedAt: r.UpdatedAt.UTC(),
	}
}
