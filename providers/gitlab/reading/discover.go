package reading

import (
	"context"
	"errors"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

// The values of archived and forks.
const (
	wordInclude = "include"
	wordExclude = "exclude"
	wordOnly    = "only"
)

// Discover lists projects or groups in the order in which they were made. A listing
// that breaks off is told as one that is not complete.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		l := &listing{source: s, yield: yield, seen: map[int64]bool{}}
		ctx = forgehttp.Throttles(ctx, l.throttled)
		f, err := readFilter(query)
		switch {
		case err != nil:
		case query.Kind == discoverRepositories:
			err = l.projects(ctx, f)
		case query.Kind == discoverGroups:
			err = l.groups(ctx, f)
		default:
			err = providers.Errorf(providers.CodeUnsupported, "this server has no %q to discover", schema.Printable(query.Kind))
		}
		l.end(ctx, err)
	}
}

// listing is one call of Discover.
type listing struct {
	source  *source
	yield   func(providers.Discovered, error) bool
	seen    map[int64]bool // a page that moved while it was read repeats some
	stopped bool           // the caller wants no more
}

func (l *listing) send(d providers.Discovered) error {
	if l.stopped = l.stopped || !l.yield(d, nil); l.stopped {
		return stream.ErrEnough
	}
	return nil
}

func (l *listing) throttled(t providers.Throttle) { _ = l.send(providers.Discovered{Throttled: &t}) }

// end closes the listing. What fails before anything was listed is an error: there
// is no such owner, or the token is refused.
func (l *listing) end(ctx context.Context, err error) {
	switch {
	case l.stopped, errors.Is(err, stream.ErrEnough):
	case err == nil:
		_ = l.send(providers.Discovered{End: &providers.ListingEnd{Complete: true}})
	case len(l.seen) == 0 || ctx.Err() != nil:
		l.yield(providers.Discovered{}, providers.AsError(err))
	default:
		_ = l.send(providers.Discovered{End: &providers.ListingEnd{Problem: providers.AsError(err)}})
	}
}

// filter is what a discover block says.
type filter struct {
	Owner       string   `json:"owner"`
	Subgroups   *bool    `json:"subgroups"`
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
	f.Owner = strings.Trim(f.Owner, "/")
	if f.Owner != "" && !isPath(f.Owner) {
		return filter{}, badSetting("owner", f.Owner, "write the full path of a group, or the name of a user")
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

func (f filter) takes(p api.Project) bool {
	fork := p.ForkedFrom != nil
	switch {
	case f.Visibility != "" && f.Visibility != p.Visibility,
		f.Archived == wordExclude && p.Archived, f.Archived == wordOnly && !p.Archived,
		f.Forks == wordExclude && fork, f.Forks == wordOnly && !fork,
		p.ActiveAt.Before(f.since), p.DeletionOn != "":
		return false
	}
	for _, topic := range f.Topics {
		if !slices.ContainsFunc(p.Topics, func(t string) bool { return strings.EqualFold(t, topic) }) {
			return false
		}
	}
	return true
}

// whose is which projects the filter's owner has.
func (l *listing) whose(ctx context.Context, f filter) (api.Select, error) {
	if f.Owner == "" {
		return api.Select{Member: !l.source.user.IsAdmin}, nil
	}
	g, err := l.source.api.Group(ctx, api.ID(f.Owner))
	if err == nil {
		return api.Select{Group: api.Number(g.ID), Subgroups: f.Subgroups == nil || *f.Subgroups}, nil
	}
	if !api.IsNotFound(err) || strings.Contains(f.Owner, "/") {
		return api.Select{}, err
	}
	u, err := l.source.api.UserByName(ctx, f.Owner)
	if api.IsNotFound(err) {
		err = &providers.Error{Code: providers.CodeNotFound, Op: "look up owner", Subject: f.Owner, Attribute: "owner",
			Message: "the server has neither a group nor a user of that name", Hint: "correct the name, or give the token access: to one without, a private group does not exist"}
	}
	return api.Select{User: api.Number(u.ID)}, err
}

func (l *listing) projects(ctx context.Context, f filter) error {
	s, err := l.whose(ctx, f)
	if err != nil {
		return err
	}
	after := int64(0)
	for n := 1; ; n++ {
		page, err := l.source.api.ProjectsPage(ctx, s, after, n)
		if err != nil {
			return err
		}
		for _, p := range page.Items {
			after = max(after, p.ID)
			if err := l.project(p, f); err != nil {
				return err
			}
		}
		if len(page.Items) == 0 || !page.More {
			return nil
		}
	}
}

func (l *listing) project(p api.Project, f filter) error {
	if !isPath(p.PathWithNamespace) || p.ID <= 0 {
		return providers.Errorf(providers.CodeInvalid, "the server lists a project that has no proper path")
	}
	if l.seen[p.ID] {
		return nil
	}
	l.seen[p.ID] = true
	if !f.takes(p) {
		return nil
	}
	return l.send(providers.Discovered{Item: &schema.Found{
		Identity: body.ID(p.ID), ID: body.ID(p.ID), FullName: p.PathWithNamespace, Owner: path.Dir(p.PathWithNamespace),
		Name: p.Path, Slug: strings.ToLower(p.Path), URL: p.WebURL, Visibility: p.Visibility, Archived: p.Archived, Fork: p.ForkedFrom != nil,
		Empty: p.EmptyRepo, DefaultBranch: p.DefaultBranch, Topics: p.Topics, PushedAt: p.ActiveAt.UTC(),
	}})
}

func (l *listing) groups(ctx context.Context, f filter) error {
	below := api.ID(f.Owner)
	for n := 1; ; n++ {
		page, err := l.source.api.GroupsPage(ctx, below, n)
		if err != nil {
			return err
		}
		for _, g := range page.Items {
			if err := l.group(g, f); err != nil {
				return err
			}
		}
		if len(page.Items) == 0 || !page.More {
			return nil
		}
	}
}

func (l *listing) group(g api.Group, f filter) error {
	if !isPath(g.FullPath) || g.ID <= 0 {
		return providers.Errorf(providers.CodeInvalid, "the server lists a group that has no proper path")
	}
	if l.seen[g.ID] {
		return nil
	}
	l.seen[g.ID] = true
	if f.Visibility != "" && f.Visibility != g.Visibility || g.DeletionOn != "" {
		return nil
	}
	found := schema.Found{
		Identity: groupPrefix + body.ID(g.ID), ID: body.ID(g.ID), FullName: g.FullPath, Name: g.Path, Slug: strings.ToLower(g.Path),
		URL: g.WebURL, Visibility: g.Visibility, Archived: g.Archived,
	}
	if owner := path.Dir(g.FullPath); owner != "." {
		found.Owner = owner
	}
	return l.send(providers.Discovered{Item: &found})
}
