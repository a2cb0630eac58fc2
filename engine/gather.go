package engine

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Facts is what the two ends told about a plan's resources, and what the state
// adds for those that changed. With schema.Migration and History it is all that
// NewPlan needs.
type Facts struct {
	Providers map[string]ProviderFacts
	Sources   map[schema.Address]SourceAnswer
	Targets   map[schema.Address]providers.Standing
	Adopted   map[schema.Address]providers.Standing // what stands where an adopt block points
	Moving    map[schema.Address]providers.Standing // what stands where a repository is to move to
	Authors   map[schema.Address][]schema.Author
	LeftRefs  map[schema.Address]LeftRefs

	// Kept is what lies beside the state of histories that were read before.
	Kept map[schema.Address]KeptHistory

	// LargeFiles are those of the resources whose plan has not decided about
	// them.
	LargeFiles map[schema.Address]LargeFileReport

	// Closed are the connections that could not be opened.
	Closed map[string]*providers.Error

	people peopleTables
	mu     sync.Mutex // of Closed
}

// ProviderFacts is a provider's description and its executable's digest.
type ProviderFacts struct {
	Description providers.Description
	Digest      string
	Problem     *providers.Error
}

// SourceAnswer is what a source said of one resource.
type SourceAnswer struct {
	Facts     *providers.Facts
	Unchanged bool // nothing changed since the state's entry
	Problem   *providers.Error
}

// LeftRefs are the refs that the state remembers of a resource.
type LeftRefs struct {
	Source map[string]string
	Target map[string]string
	Intent map[string]string
}

// Gathering says how facts are gathered.
type Gathering struct {
	Options Options

	// AuthorCache names a folder where a source may keep what it needs to list
	// a repository's authors.
	AuthorCache func(identity string) string

	// Workspace is the folder for git data in flight; see Work.
	Workspace string

	// Observe is told of progress: how many of how many resources were asked.
	Observe func(asked, all int)
}

const (
	inspectBatch    = 100 // resources in one question
	inspectParallel = 4   // questions under way for one connection
)

// Gather asks sources and targets about the resources of a plan, in batches and
// without changing anything. A resource that could not be asked about has a
// Problem; only the end of ctx and a fault of the state end the whole.
func Gather(ctx context.Context, m *schema.Migration, history History, ends Ends, g Gathering) (*Facts, error) {
	f := &Facts{
		Providers: map[string]ProviderFacts{},
		Sources:   make(map[schema.Address]SourceAnswer, len(m.Resources)),
		Targets:   make(map[schema.Address]providers.Standing, len(m.Resources)),
		Adopted:   map[schema.Address]providers.Standing{},
		Moving:    map[schema.Address]providers.Standing{},
		Authors:   map[schema.Address][]schema.Author{},
		LeftRefs:  map[schema.Address]LeftRefs{},

		Kept:       map[schema.Address]KeptHistory{},
		LargeFiles: map[schema.Address]LargeFileReport{},

		people: newPeopleTables(m.Authors),
	}
	resources := slices.DeleteFunc(selected(m.Resources, g.Options), func(r *schema.Resource) bool {
		return m.Sources[r.Source].Provider == SystemSource // no system was found, so there is nobody to ask
	})
	known := indexEntries(m, history.Entries)

	f.describe(ctx, m, resources, ends)
	if err := f.inspectSources(ctx, resources, known, ends, g); err != nil {
		return nil, err
	}
	if err := f.inspectTargets(ctx, m, resources, known, ends); err != nil {
		return nil, err
	}
	if err := f.readRefs(ctx, resources, known, history); err != nil {
		return nil, err
	}
	if err := f.listAuthors(ctx, m, resources, ends, g); err != nil {
		return nil, err
	}
	if err := f.listLargeFiles(ctx, m, resources, known, ends, g); err != nil {
		return nil, err
	}
	return f, f.lookAtHistories(ctx, m, resources, known, g)
}

// describe asks each provider in use about itself.
func (f *Facts) describe(ctx context.Context, m *schema.Migration, resources []*schema.Resource, ends Ends) {
	for _, r := range resources {
		for _, name := range []string{m.Sources[r.Source].Provider, m.Targets[r.Target].Provider} {
			if _, done := f.Providers[name]; done {
				continue
			}
			d, digest, err := ends.Provider(ctx, name)
			f.Providers[name] = ProviderFacts{Description: d, Digest: digest, Problem: providers.AsError(err)}
		}
	}
}

// batches groups resources by connection and cuts the groups to size.
func batches(resources []*schema.Resource, connection func(*schema.Resource) string) map[string][][]*schema.Resource {
	groups := map[string][][]*schema.Resource{}
	for _, r := range resources {
		key := connection(r)
		g := groups[key]
		if n := len(g); n == 0 || len(g[n-1]) == inspectBatch {
			g = append(g, nil)
		}
		g[len(g)-1] = append(g[len(g)-1], r)
		groups[key] = g
	}
	return groups
}

// eachBatch runs ask over all batches, a few at a time for each connection.
func eachBatch(ctx context.Context, groups map[string][][]*schema.Resource, ask func(ctx context.Context, connection string, batch []*schema.Resource)) error {
	var all sync.WaitGroup
	for connection, list := range groups {
		all.Go(func() {
			var g errgroup.Group
			g.SetLimit(inspectParallel)
			for _, batch := range list {
				g.Go(func() error {
					if ctx.Err() == nil {
						ask(ctx, connection, batch)
					}
					return nil
				})
			}
			g.Wait()
		})
	}
	all.Wait()
	return ctx.Err()
}

func (f *Facts) inspectSources(ctx context.Context, resources []*schema.Resource, known entries, ends Ends, g Gathering) error {
	var mu sync.Mutex
	asked := 0
	note := func(r *schema.Resource, a SourceAnswer) {
		mu.Lock()
		defer mu.Unlock()
		f.Sources[r.Address] = a
		asked++
		if g.Observe != nil {
			g.Observe(asked, len(resources))
		}
	}
	groups := batches(resources, func(r *schema.Resource) string { return r.Source })
	return eachBatch(ctx, groups, func(ctx context.Context, connection string, batch []*schema.Resource) {
		left := make(map[int]*schema.Resource, len(batch))
		queries := make([]providers.Lookup, len(batch))
		for i, r := range batch {
			left[i] = r
			queries[i] = providers.Lookup{ID: i, Repo: providers.Repo{Settings: r.Settings}}
			if e := known.of(r.Address); e != nil {
				if e.Source == known.sources[r.Source] && sameSettings(e, r) {
					queries[i].Repo.Identity = e.Identity
					if e.Phase == schema.PhaseSynced && !bound(r) && e.AuthorsHash == rewritingOf(r, f.people, e.Identity).digest() {
						queries[i].ETag = e.ETag
					}
				}
			}
		}
		problem := f.ask(ctx, connection, queries, ends, func(in providers.Inspection) {
			r, ok := left[in.ID]
			if !ok {
				return
			}
			delete(left, in.ID)
			note(r, SourceAnswer{Facts: in.Facts, Unchanged: in.Unchanged, Problem: in.Problem})
		})
		if problem == nil {
			problem = providers.Errorf(providers.CodeInternal, "the provider did not answer about this repository")
		}
		for _, r := range left {
			note(r, SourceAnswer{Problem: problem})
		}
	})
}

func (f *Facts) ask(ctx context.Context, connection string, queries []providers.Lookup, ends Ends, answer func(providers.Inspection)) *providers.Error {
	source, err := ends.Source(ctx, connection)
	if err != nil {
		return f.closed(connection, err)
	}
	for in, err := range source.Inspect(ctx, queries) {
		if err != nil {
			return providers.AsError(err)
		}
		answer(in)
	}
	return nil
}

// createsNamespace reports whether a namespace that is missing is to be made.
func createsNamespace(target schema.Connection) bool { return target.MissingNamespace == "create" }

func (f *Facts) inspectTargets(ctx context.Context, m *schema.Migration, resources []*schema.Resource, known entries, ends Ends) error {
	var mu sync.Mutex
	adopt := adoptions(m)
	groups := batches(resources, func(r *schema.Resource) string { return r.Target })
	return eachBatch(ctx, groups, func(ctx context.Context, connection string, batch []*schema.Resource) {
		type question struct {
			address schema.Address
			answers map[schema.Address]providers.Standing
		}
		var asked []question
		var places []providers.Place
		add := func(r *schema.Resource, p providers.Place, answers map[schema.Address]providers.Standing) {
			p.ID = len(places)
			p.Placement, p.Block = r.Placement, r.Address.Kind()
			if facts := f.Sources[r.Address].Facts; facts != nil {
				p.Visibility = facts.Visibility
			}
			p.CreateNamespace = createsNamespace(m.Targets[r.Target])
			places = append(places, p)
			asked = append(asked, question{r.Address, answers})
		}
		for _, r := range batch {
			e := f.known(r, known)
			place, ok := f.place(r, e)
			if !ok {
				continue // the source could not be asked, so there is no name
			}
			wanted := providers.Place{Namespace: place.Namespace, Name: place.Name}
			switch a, adopted := adopt[r.Address]; {
			case e == nil && adopted:
				add(r, wanted, f.Targets)
				add(r, providers.Place{Ref: schema.Ref{ID: a.ID}, Namespace: parent(a.Path), Name: base(a.Path)}, f.Adopted)
			case e == nil || e.TargetRef.ID == "":
				add(r, wanted, f.Targets)
			default:
				now := Place{Namespace: e.Namespace, Name: e.Name}
				add(r, providers.Place{Namespace: now.Namespace, Name: now.Name, Ref: e.TargetRef}, f.Targets)
				if now != place {
					add(r, wanted, f.Moving)
				}
			}
		}
		standings := make([]*providers.Standing, len(places))
		problem := f.askTarget(ctx, connection, places, ends, func(s providers.Standing) {
			if s.ID >= 0 && s.ID < len(standings) {
				standings[s.ID] = &s
			}
		})
		if problem == nil {
			problem = providers.Errorf(providers.CodeInternal, "the provider did not answer about this place")
		}
		mu.Lock()
		defer mu.Unlock()
		for i, q := range asked {
			s := standings[i]
			if s == nil {
				s = &providers.Standing{Problem: problem}
			}
			q.answers[q.address] = *s
		}
	})
}

// closed notes that a connection cannot be opened. What concerns every resource
// behind it is told once.
func (f *Facts) closed(connection string, err error) *providers.Error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Closed == nil {
		f.Closed = map[string]*providers.Error{}
	}
	if f.Closed[connection] == nil {
		f.Closed[connection] = providers.AsError(err)
	}
	return f.Closed[connection]
}

func (f *Facts) askTarget(ctx context.Context, connection string, places []providers.Place, ends Ends, answer func(providers.Standing)) *providers.Error {
	if len(places) == 0 {
		return nil
	}
	target, err := ends.Target(ctx, connection)
	if err != nil {
		return f.closed(connection, err)
	}
	for s, err := range target.Inspect(ctx, places) {
		if err != nil {
			return providers.AsError(err)
		}
		answer(s)
	}
	return nil
}

// place is where a resource is to stand. It is not known while neither the
// plan, the source nor the state tells a name.
func (f *Facts) place(r *schema.Resource, e *schema.Entry) (Place, bool) {
	name := r.Name
	if a := f.Sources[r.Address]; name == "" {
		switch {
		case a.Facts != nil:
			name = a.Facts.Name
		case e != nil:
			name = e.SourceName
		}
	}
	return Place{Namespace: r.Namespace, Name: name}, name != ""
}

// readRefs loads the remembered refs of the resources whose refs differ on
// either side, and of those whose last run did not finish.
func (f *Facts) readRefs(ctx context.Context, resources []*schema.Resource, known entries, history History) error {
	for _, r := range resources {
		e := f.known(r, known)
		if e == nil || history.Refs == nil {
			continue
		}
		a, s := f.Sources[r.Address], f.Targets[r.Address]
		changed := e.Phase != schema.PhaseSynced || e.Source != known.sources[r.Source]
		changed = changed || a.Facts != nil && (a.Facts.Identity != e.Identity || refsHash(a.Facts) != e.SourceRefs)
		changed = changed || e.AuthorsHash != rewritingOf(r, f.people, e.Identity).digest()
		changed = changed || s.Exists && schema.DigestRefs(s.Refs) != e.RefsHash
		if !changed {
			continue
		}
		var left LeftRefs
		for side, refs := range map[string]*map[string]string{sideSource: &left.Source, sideTarget: &left.Target, sideIntent: &left.Intent} {
			var err error
			if *refs, err = history.Refs(ctx, e.Address, side); err != nil {
				return err
			}
		}
		f.LeftRefs[r.Address] = left
	}
	return nil
}

// listAuthors asks about people only where the plan would stop for one it does
// not know, because listing them means reading every commit.
func (f *Facts) listAuthors(ctx context.Context, m *schema.Migration, resources []*schema.Resource, ends Ends, g Gathering) error {
	for _, r := range resources {
		a := f.Sources[r.Address]
		if imported(r) || r.Authors == "" || a.Facts == nil || g.AuthorCache == nil || m.Authors[r.Authors].Unmatched != "error" {
			continue
		}
		source, err := ends.Source(ctx, r.Source)
		if err != nil {
			continue // the inspection met the same and said so
		}
		people := []schema.Author{}
		repo := providers.Repo{Settings: r.Settings, Identity: a.Facts.Identity}
		about := f.Providers[m.Sources[r.Source].Provider].Description.Source
		if about == nil {
			continue // an error of its own
		}
		for author, err := range Everyone(ctx, source, *about, repo, g.AuthorCache(a.Facts.Identity)) {
			if err != nil {
				a.Problem = providers.AsError(err)
				f.Sources[r.Address] = a
				break
			}
			people = append(people, author)
		}
		f.Authors[r.Address] = people
	}
	return ctx.Err()
}

// bound reports whether a plan binds the resource to the source as it is now, so
// that the facts must be known even when nothing changed.
func bound(r *schema.Resource) bool {
	return r.Lifecycle.OnSourceDrift == "pin" || r.Lifecycle.OnSourceDrift == "stop"
}

func sameSettings(e *schema.Entry, r *schema.Resource) bool {
	return e.SettingsHash == settingsHash(r) && (r.Name != "" || e.SourceName != "")
}

// settingsHash identifies what the settings ask for, apart from where it goes and
// from how the history is rewritten.
func settingsHash(r *schema.Resource) string {
	parts := []any{compact(r.Settings), compact(r.Placement), r.Items}
	if r.Mentions != "" {
		parts = append(parts, r.Mentions)
	}
	return schema.Digest(parts)
}

func compact(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

func adoptions(m *schema.Migration) map[schema.Address]schema.Adoption {
	byAddress := make(map[schema.Address]schema.Adoption, len(m.Adopt))
	for _, a := range m.Adopt {
		byAddress[a.To] = a
	}
	return byAddress
}
