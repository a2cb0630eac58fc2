package github

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// The values of archived and forks.
const (
	wordInclude = "include"
	wordExclude = "exclude"
	wordOnly    = "only"
)

// Discover lists repositories or gists, oldest first as far as GitHub does it.
// A listing that breaks off is told as one that is not complete.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		l := &listing{source: s, yield: yield}
		ctx = forgehttp.Throttles(ctx, l.throttled)
		var err error
		switch query.Kind {
		case discoverRepositories:
			err = l.repositories(ctx, query)
		case discoverGists:
			err = l.gists(ctx, query)
		default:
			err = providers.Errorf(providers.CodeUnsupported, "GitHub has no %q to discover", schema.Printable(query.Kind))
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

// filter is what a discover block for repositories says.
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
	if err := checkLogin("owner", f.Owner); err != nil {
		return filter{}, err
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

func checkLogin(attribute, login string) error {
	if login == "" || isName(login) {
		return nil
	}
	return badSetting(attribute, login, "write the login of an organisation or user")
}

func (f filter) takes(r api.Repository) bool {
	switch {
	case f.Visibility != "" && f.Visibility != visibility(r),
		f.Archived == wordExclude && r.Archived, f.Archived == wordOnly && !r.Archived,
		f.Forks == wordExclude && r.Fork, f.Forks == wordOnly && !r.Fork,
		r.PushedAt.Before(f.since):
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
	s := l.source
	list := s.client.Repositories(ctx)
	if f.Owner != "" {
		owner, err := s.client.Account(ctx, f.Owner)
		if err != nil {
			return err
		}
		list = s.client.RepositoriesOf(ctx, owner, s.me)
	}
	seen := map[int64]bool{} // a page that moved while it was read repeats some
	for r, err := range list {
		if err != nil {
			return err
		}
		l.found = true
		if seen[r.ID] || !f.takes(r) {
			continue
		}
		seen[r.ID] = true
		owner, name, ok := splitName(r.FullName)
		if !ok || r.ID <= 0 {
			return providers.Errorf(providers.CodeInvalid, "GitHub lists a repository that has no proper name")
		}
		s.remember(place{choice: choice{id: r.ID, owner: owner, name: name}, nodeID: r.NodeID, url: r.URL})
		if err := l.send(providers.Discovered{Item: foundRepository(r)}); err != nil {
			return err
		}
	}
	return nil
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

func (l *listing) gists(ctx context.Context, query providers.Query) error {
	var settings struct {
		Username string `json:"username"`
	}
	if err := decode(query.Settings, &settings); err != nil {
		return err
	}
	if err := checkLogin("username", settings.Username); err != nil {
		return err
	}
	if sameName(settings.Username, l.source.me) { // the list of a user has only public ones
		settings.Username = ""
	}
	seen := map[string]bool{}
	for g, err := range l.source.client.GistsOf(ctx, settings.Username) {
		if err != nil {
			return err
		}
		l.found = true
		if seen[g.ID] {
			continue
		}
		seen[g.ID] = true
		if !isName(g.ID) {
			return providers.Errorf(providers.CodeInvalid, "GitHub lists a gist that has no proper id")
		}
		if err := l.send(providers.Discovered{Item: foundGist(g)}); err != nil {
			return err
		}
	}
	return nil
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
