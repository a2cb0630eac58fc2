package engine_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// census is both ends of a plan's resources, and notes what it is asked.
type census struct {
	providers.UnimplementedSource
	facts func(providers.Lookup) *providers.Inspection // nil: no answer

	mu      sync.Mutex
	queries []providers.Lookup
	batches []int
}

func (c *census) Source(context.Context, string) (providers.Source, error) { return c, nil }
func (c *census) Target(context.Context, string) (providers.Target, error) {
	return standInTarget{standing: func(providers.Place) *providers.Standing { return &providers.Standing{} }}, nil
}
func (c *census) Secrets(context.Context, string) (map[string]string, error) { return nil, nil }

func (c *census) Provider(context.Context, string) (providers.Description, string, error) {
	return newForge().description(), "sha256:test", nil
}

func (c *census) Inspect(_ context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	c.mu.Lock()
	c.queries = append(c.queries, queries...)
	c.batches = append(c.batches, len(queries))
	c.mu.Unlock()
	return func(yield func(providers.Inspection, error) bool) {
		for i := range queries { // in an order of its own
			q := queries[len(queries)-1-i]
			answer := c.facts(q)
			if answer == nil {
				continue
			}
			answer.ID = q.ID
			if !yield(*answer, nil) {
				return
			}
		}
	}
}

func censusPlan(resources ...schema.Resource) *schema.Migration {
	m := &schema.Migration{
		Sources: map[string]schema.Connection{"source": {Provider: "forge"}},
		Targets: map[string]schema.Connection{"target": {Provider: "forge"}},
	}
	for _, r := range resources {
		r.Source, r.Target = "source", "target"
		if r.Settings == nil {
			r.Settings = []byte(`{}`)
		}
		m.Resources = append(m.Resources, r)
	}
	return m
}

// Many resources are asked about in questions of a bounded size, and each gets
// the answer that is its own. One that is not answered has a problem.
func TestGatherAsksInBatches(t *testing.T) {
	const n = 250
	var list []schema.Resource
	for i := range n {
		list = append(list, schema.Resource{Address: schema.Address(fmt.Sprint("repository.r", i)), Settings: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	c := &census{facts: func(q providers.Lookup) *providers.Inspection {
		switch string(q.Repo.Settings) {
		case `{"n":7}`:
			return nil
		case `{"n":8}`:
			return &providers.Inspection{Problem: providers.Errorf(providers.CodeNotFound, "no such repository")}
		}
		return &providers.Inspection{Facts: &providers.Facts{Identity: string(q.Repo.Settings), Name: "x"}}
	}}
	asked := 0
	facts, err := engine.Gather(t.Context(), censusPlan(list...), engine.History{}, c, engine.Gathering{Observe: func(done, all int) {
		if asked++; done != asked || all != n {
			t.Errorf("told of %d of %d after %d", done, all, asked)
		}
	}})
	if err != nil || asked != n {
		t.Fatalf("asked about %d, %v", asked, err)
	}
	total := 0
	for _, size := range c.batches {
		total += size
		if size > 100 {
			t.Errorf("asked about %d at once", size)
		}
	}
	if total != n {
		t.Errorf("asked about %d in all", total)
	}
	for i, r := range list {
		a := facts.Sources[r.Address]
		switch {
		case i == 7 && (a.Problem == nil || a.Problem.Code != providers.CodeInternal):
			t.Errorf("the one without an answer is %+v", a)
		case i == 8 && (a.Problem == nil || a.Problem.Code != providers.CodeNotFound):
			t.Errorf("the one that is not there is %+v", a)
		case i != 7 && i != 8 && (a.Facts == nil || a.Facts.Identity != string(r.Settings)):
			t.Errorf("%s got the answer %+v", r.Address, a)
		}
	}
}

// The validator of what is known is sent only where "nothing changed" would be
// answer enough.
func TestWhenTheETagIsSent(t *testing.T) {
	for _, test := range []struct {
		name     string
		resource schema.Resource
		entry    func(e *schema.Entry)
		want     string
	}{
		{"known and finished", schema.Resource{}, func(*schema.Entry) {}, "e1"},
		{"not finished", schema.Resource{}, func(e *schema.Entry) { e.Phase = schema.PhaseFailed }, ""},
		{"the plan is bound to the refs", schema.Resource{Lifecycle: schema.Lifecycle{OnSourceDrift: "pin"}}, func(*schema.Entry) {}, ""},
		{"the plan must not meet another source", schema.Resource{Lifecycle: schema.Lifecycle{OnSourceDrift: "stop"}}, func(*schema.Entry) {}, ""},
		{"other settings", schema.Resource{Settings: []byte(`{"path":"other"}`)}, func(*schema.Entry) {}, ""},
		{"the history is to be mapped", schema.Resource{LargeFiles: schema.LargeFiles{UseLFS: "opt_in"}}, func(*schema.Entry) {}, ""},
		{"another source", schema.Resource{}, func(e *schema.Entry) { e.Source = "elsewhere" }, ""},
		{"the name comes from the source and is not known", schema.Resource{}, func(e *schema.Entry) { e.SourceName = "" }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.resource.Address = "repository.api"
			m := censusPlan(test.resource)
			e := schema.Entry{
				Address: "repository.api", Source: m.Sources["source"].Fingerprint(), Target: m.Targets["target"].Fingerprint(), Identity: "id",
				SourceName: "api", Phase: schema.PhaseSynced, ETag: "e1",
				SettingsHash: schema.Digest([]any{map[string]any{}, nil, schema.Items{}}),
			}
			test.entry(&e)
			c := &census{facts: func(providers.Lookup) *providers.Inspection {
				return &providers.Inspection{Facts: &providers.Facts{Identity: "id", Name: "api"}}
			}}
			if _, err := engine.Gather(t.Context(), m, engine.History{Entries: []schema.Entry{e}}, c, engine.Gathering{}); err != nil {
				t.Fatal(err)
			}
			if len(c.queries) != 1 || c.queries[0].ETag != test.want {
				t.Errorf("asked %+v, want the etag %q", c.queries, test.want)
			}
		})
	}
}

// A source without permanent ids moved to another address, commits and all. It
// is the same repository: the refs of the last apply say so.
func TestAMovedSourceIsTheSame(t *testing.T) {
	w := newWorld(t, t.TempDir(), schema.KindLabel)
	w.apply(t, nil)
	w.source = elsewhere{w.source}
	s := w.open(t)
	defer s.Close()
	c := w.plan(t, s)
	if ch := c.Changes[0]; ch.Action == engine.ActionError || ch.Identity != "elsewhere" {
		t.Errorf("it is %s: %+v", ch.Action, ch.Findings)
	}
}

// elsewhere is a source whose repositories have another identity, and which
// knows no validators of before.
type elsewhere struct{ providers.Source }

func (s elsewhere) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for i := range queries {
			queries[i].ETag = ""
		}
		for in, err := range s.Source.Inspect(ctx, queries) {
			if in.Facts != nil {
				in.Facts.Identity = "elsewhere"
			}
			if !yield(in, err) {
				return
			}
		}
	}
}

// A repository that was moved by a run that was killed before it could say so is
// found at its new place, whether or not that run also left the entry
// unfinished.
func TestAMoveThatWasCutOff(t *testing.T) {
	w := newWorld(t, t.TempDir(), schema.KindLabel)
	w.apply(t, nil)
	want := tree(t, filepath.Join(w.dir, "out"))
	if _, err := w.target.Move(t.Context(), schema.Ref{ID: "acme/api"}, providers.Place{Namespace: "core", Name: "service"}); err != nil {
		t.Fatal(err)
	}
	w.migration.Resources[0].Namespace, w.migration.Resources[0].Name = "core", "service"
	c, outcome := w.apply(t, nil)
	if !outcome.Complete() || outcome.Renamed != 1 {
		t.Fatalf("outcome %+v of %s: %+v", outcome, c.Changes[0].Action, c.Changes[0].Findings)
	}
	got := map[string]string{}
	for name, text := range tree(t, filepath.Join(w.dir, "out")) {
		got[strings.Replace(name, filepath.Join("core", "service"), filepath.Join("acme", "api"), 1)] = text
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("target, but for its place (-want +got):\n%s", diff)
	}
	w.checkSound(t)
}
