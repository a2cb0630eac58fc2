package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// The forms of the golden plans: small JSON in which everything that a case is
// not about has a default, and that become Inputs. Every resource is read from
// one source and goes to one target unless it says otherwise.
type (
	migrationForm struct {
		Resources []json.RawMessage             `json:"resources"` // schema.Resource, over the defaults
		Sources   map[string]schema.Connection  `json:"sources"`   // besides "source"
		Targets   map[string]schema.Connection  `json:"targets"`   // besides "target"
		Authors   map[string]schema.AuthorTable `json:"authors"`
		Moved     []schema.Moved                `json:"moved"`
		Removed   []schema.Removed              `json:"removed"`
		Adopt     []schema.Adoption             `json:"adopt"`
		Partial   map[string]string             `json:"partial"`
		Findings  schema.Diagnostics            `json:"findings"`
		Options   Options                       `json:"options"`
	}

	factsForm struct {
		Providers map[string]*providers.Error       `json:"providers"` // those that cannot be used
		Closed    map[string]*providers.Error       `json:"closed"`    // connections that cannot be opened
		Resources map[schema.Address]*resourceFacts `json:"resources"`
	}

	resourceFacts struct {
		Source    *providers.Facts    `json:"source"`
		Unchanged bool                `json:"unchanged"`
		Problem   *providers.Error    `json:"problem"`
		Target    providers.Standing  `json:"target"`
		Adopted   *providers.Standing `json:"adopted"`
		Moving    *providers.Standing `json:"moving"`
		Authors   *[]schema.Author    `json:"authors"`
		Left      *LeftRefs           `json:"left"`
	}

	// entryForm is what the state remembers. Carried are the facts that the last
	// finished run carried over; applied is the resource as it was then, over
	// the one of the plan.
	entryForm struct {
		Entry    json.RawMessage   `json:"entry"` // schema.Entry, over the defaults
		Carried  *providers.Facts  `json:"carried"`
		Applied  json.RawMessage   `json:"applied"`
		Source   string            `json:"source"` // key of the connection; default "source"
		Target   string            `json:"target"`
		Failures []schema.Failure  `json:"failures"`
		Streams  map[string]string `json:"streams"` // validators, over those of carried
		Waiting  int64             `json:"waiting"` // texts that can be completed
	}
)

// goldenProviders are the two providers of the golden plans.
func goldenProviders() map[string]ProviderFacts {
	return map[string]ProviderFacts{
		"origin": {Digest: "sha256:origin", Description: providers.Description{
			Name: "origin", Version: "1.0.0",
			Source: &providers.SourceDescription{
				Git: true,
				Repository: schema.Attributes{
					{Name: "path", OnChange: schema.EffectResync},
					{Name: "note", OnChange: schema.EffectNone},
					{Name: "depth", OnChange: schema.EffectRewrite},
					{Name: "host", OnChange: schema.EffectNewTarget},
				},
				Streams: []providers.Stream{
					{Name: "base", Kinds: []schema.Kind{schema.KindLabel, schema.KindMilestone}},
					{Name: "issues", Kinds: []schema.Kind{schema.KindIssue, schema.KindComment, schema.KindAttachment}},
				},
			},
		}},
		"home": {Digest: "sha256:home", Description: providers.Description{
			Name: "home", Version: "2.0.0",
			Target: &providers.TargetDescription{
				Kinds: []providers.Support{
					{Kind: schema.KindLabel}, {Kind: schema.KindMilestone},
					{Kind: schema.KindIssue, Degraded: "their authors are named in the text"}, {Kind: schema.KindComment},
				},
				Placement: schema.Attributes{{Name: "visibility", OnChange: schema.EffectResync}},
				Batch:     1, Rewrites: true,
			},
		}},
	}
}

// numberedProvider is a target that gives numbers in order, takes small gists only,
// and imports all of an account by itself, for the cases that use it.
func numberedProvider() ProviderFacts {
	p := goldenProviders()["home"]
	p.Description.Name = "numbered"
	p.Description.Target.Numbers, p.Description.Target.SnippetFiles = []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindDiscussion}, 10
	p.Description.Target.Imports = []providers.Importing{{Source: "origin", Block: "gists", Kinds: []providers.Support{{Kind: schema.KindSnippet, Degraded: "comments are lost"}}}}
	return p
}

// apartProvider is a target that numbers changes apart from the rest.
func apartProvider() ProviderFacts {
	p := numberedProvider()
	p.Description.Name = "apart"
	p.Description.Target.Sequences = []providers.Sequence{{Kinds: []schema.Kind{schema.KindIssue, schema.KindDiscussion}, Told: true}, {Kinds: []schema.Kind{schema.KindChange}}}
	return p
}

// inputs turns the three files of a case into what NewPlan is given.
func inputs(t *testing.T, files map[string][]byte) Inputs {
	t.Helper()
	var m migrationForm
	var f factsForm
	h := map[schema.Address]entryForm{}
	for name, v := range map[string]any{"migration.json": &m, "facts.json": &f, "history.json": &h} {
		if data, ok := files[name]; ok {
			decode(t, name, data, v)
		}
	}
	migration := m.migration(t)
	facts := f.facts()
	for _, c := range migration.Targets {
		switch c.Provider {
		case "numbered":
			facts.Providers[c.Provider] = numberedProvider()
		case "apart":
			facts.Providers[c.Provider] = apartProvider()
		}
	}
	return Inputs{Version: "0.3.0", Migration: migration, Facts: facts, History: historyOf(t, h, migration), Options: m.Options}
}

func (m migrationForm) migration(t *testing.T) *schema.Migration {
	out := &schema.Migration{
		Name: "golden", Digest: "sha256:plan", Authors: m.Authors, Moved: m.Moved, Removed: m.Removed, Adopt: m.Adopt, Partial: m.Partial, Findings: m.Findings,
		Sources: map[string]schema.Connection{"source": {Address: "source.origin.a", Provider: "origin", Endpoint: json.RawMessage(`{"url":"a"}`)}},
		Targets: map[string]schema.Connection{"target": {Address: "target.home.b", Provider: "home", Endpoint: json.RawMessage(`{"url":"b"}`)}},
	}
	maps.Copy(out.Sources, m.Sources)
	maps.Copy(out.Targets, m.Targets)
	for _, raw := range m.Resources {
		r := schema.Resource{Source: "source", Target: "target", Namespace: "acme", Settings: json.RawMessage(`{"path":"acme/api"}`), Lifecycle: schema.DefaultLifecycle()}
		decode(t, "resource", raw, &r)
		out.Resources = append(out.Resources, r)
	}
	return out
}

func (f factsForm) facts() *Facts {
	facts := &Facts{
		Providers: goldenProviders(), Closed: f.Closed,
		Sources: map[schema.Address]SourceAnswer{}, Targets: map[schema.Address]providers.Standing{},
		Adopted: map[schema.Address]providers.Standing{}, Moving: map[schema.Address]providers.Standing{},
		Authors: map[schema.Address][]schema.Author{}, LeftRefs: map[schema.Address]LeftRefs{},
	}
	for name, problem := range f.Providers {
		facts.Providers[name] = ProviderFacts{Problem: problem}
	}
	for a, r := range f.Resources {
		if r.Source != nil || r.Unchanged || r.Problem != nil {
			facts.Sources[a] = SourceAnswer{Facts: r.Source, Unchanged: r.Unchanged, Problem: r.Problem}
		}
		facts.Targets[a] = r.Target
		if r.Adopted != nil {
			facts.Adopted[a] = *r.Adopted
		}
		if r.Moving != nil {
			facts.Moving[a] = *r.Moving
		}
		if r.Authors != nil {
			facts.Authors[a] = *r.Authors
		}
		if r.Left != nil {
			facts.LeftRefs[a] = *r.Left
		}
	}
	return facts
}

func historyOf(t *testing.T, forms map[schema.Address]entryForm, m *schema.Migration) History {
	h := History{Waiting: map[schema.Address]int64{}, Validators: map[schema.Address]map[string]string{}, Failures: map[schema.Address][]schema.Failure{}}
	if len(forms) > 0 {
		h.Info = schema.StateInfo{Lineage: "lineage", Generation: 7}
	}
	for _, a := range slices.Sorted(maps.Keys(forms)) {
		form := forms[a]
		h.Entries = append(h.Entries, form.entry(t, a, m))
		h.Failures[a], h.Waiting[a] = form.Failures, form.Waiting
		h.Validators[a] = map[string]string{}
		if form.Carried != nil {
			maps.Copy(h.Validators[a], form.Carried.Streams)
		}
		maps.Copy(h.Validators[a], form.Streams)
	}
	return h
}

func (form entryForm) entry(t *testing.T, a schema.Address, m *schema.Migration) schema.Entry {
	r := schema.Resource{Settings: json.RawMessage(`{"path":"acme/api"}`)}
	for i := range m.Resources {
		if m.Resources[i].Address == a {
			r = m.Resources[i]
		}
	}
	r, err := throughJSON(r) // decoding over a shared copy would change the plan
	if err != nil {
		t.Fatal(err)
	}
	if form.Applied != nil {
		decode(t, "applied", form.Applied, &r)
	}
	source, target := form.Source, form.Target
	if source == "" {
		source = "source"
	}
	if target == "" {
		target = "target"
	}
	e := schema.Entry{
		Address: a, Source: m.Sources[source].Fingerprint(), Target: m.Targets[target].Fingerprint(),
		Identity: "id-api", FullName: "acme/api", SourceName: "api", Namespace: "acme", Name: "api", TargetRef: schema.Ref{ID: "t1"},
		Phase: schema.PhaseSynced, Settings: mustJSON(r), SettingsHash: settingsHash(&r), Rev: 5, Epoch: 1,
		CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
	}
	if f := form.Carried; f != nil {
		p := goldenProviders()
		facts := sourceFacts(f).carrying(carried(p["origin"].Description.Source.Streams, r.Items, p["home"].Description.Target.Kinds))
		e.SourceHash, e.SourceRefs, e.RefsHash, e.ETag = facts.Hash(), facts.RefsHash, facts.RefsHash, f.ETag
	}
	if form.Entry != nil {
		decode(t, "entry", form.Entry, &e)
	}
	return e
}

func decode(t *testing.T, name string, data []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
}
