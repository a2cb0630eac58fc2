package engine_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// standIns are both ends of a changeset as they stand when it is applied.
type standIns struct {
	providers.UnimplementedSource
	facts    map[string]*providers.Facts // by the identity asked for; nil: no answer
	standing func(providers.Place) *providers.Standing
	closed   error // of the target
}

func (*standIns) Secrets(context.Context, string) (map[string]string, error) { return nil, nil }

func (s *standIns) Source(context.Context, string) (providers.Source, error) { return s, nil }
func (s *standIns) Target(context.Context, string) (providers.Target, error) {
	return standInTarget{standing: s.standing}, s.closed
}
func (s *standIns) Provider(context.Context, string) (providers.Description, string, error) {
	return providers.Description{}, "", nil
}

func (s *standIns) Inspect(_ context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, q := range queries {
			if f := s.facts[q.Repo.Identity]; f != nil && !yield(providers.Inspection{ID: q.ID, Facts: f}, nil) {
				return
			}
		}
	}
}

type standInTarget struct {
	providers.UnimplementedTarget
	standing func(providers.Place) *providers.Standing
}

func (s standInTarget) Inspect(_ context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) {
		for _, p := range places {
			standing := s.standing(p)
			if standing == nil {
				continue
			}
			answer := *standing
			answer.ID = p.ID
			if !yield(answer, nil) {
				return
			}
		}
	}
}

// staleCase is a changeset of the resources a and b, what they meet when it is
// applied, and what is said of it.
type staleCase struct {
	changeset *engine.Changeset
	a         *engine.Change
	ends      *standIns
	x         *executor
}

func TestStale(t *testing.T) {
	refs := map[string]string{"refs/heads/main": "aaaa1111"}
	moved := map[string]string{"refs/heads/main": "bbbb2222"}
	there := func(refs map[string]string) *providers.Standing {
		return &providers.Standing{Exists: true, Ref: schema.Ref{ID: "t"}, Refs: refs}
	}
	atA := func(s *providers.Standing) func(providers.Place) *providers.Standing {
		return func(p providers.Place) *providers.Standing {
			if p.Name == "a" {
				return s
			}
			return &providers.Standing{}
		}
	}
	stop := func(c *staleCase, facts *providers.Facts) {
		c.a.Resource.Lifecycle.OnSourceDrift = "stop"
		c.a.Source = engine.SourceFacts{RefsHash: schema.DigestRefs(refs), DefaultBranch: "main"}
		c.ends.facts = map[string]*providers.Facts{"id-a": facts}
	}
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, c *staleCase)
		whole   string // why all of it is refused
		why     string // why a is
		problem string // the error of an end that could not be asked
	}{
		{name: "as planned"},
		{name: "another state", whole: "another state", prepare: func(_ *testing.T, c *staleCase) { c.changeset.State.Lineage = "other" }},
		{name: "expired", whole: "expired on 2025-12-31", prepare: func(_ *testing.T, c *staleCase) { c.changeset.Options.Expires = c.x.clock.Now().Add(-time.Second) }},
		{name: "about to expire", prepare: func(_ *testing.T, c *staleCase) { c.changeset.Options.Expires = c.x.clock.Now() }},
		{name: "revision of the entry", why: "revision 2; the changeset was made from 0", prepare: func(t *testing.T, c *staleCase) {
			c.x.touch(t, schema.Entry{Address: "repository.a", Phase: schema.PhaseSynced, Identity: "id-a"})
		}},
		{name: "the same revision", prepare: func(t *testing.T, c *staleCase) {
			c.a.Base = c.x.touch(t, schema.Entry{Address: "repository.a", Phase: schema.PhaseSynced, Identity: "id-a"})
			c.a.Action = engine.ActionResync
		}},
		{name: "a repository appeared", why: "a repository has appeared at acme/a", prepare: func(_ *testing.T, c *staleCase) { c.ends.standing = atA(there(nil)) }},
		{name: "the repository is gone", why: "the repository at acme/a is gone", prepare: func(_ *testing.T, c *staleCase) {
			c.a.Target = engine.TargetFacts{Exists: true, Ref: schema.Ref{ID: "t"}}
		}},
		{name: "asked at the place where it stands", prepare: func(_ *testing.T, c *staleCase) {
			c.a.Was, c.a.Target.Exists = &engine.Place{Namespace: "acme", Name: "a"}, true
			c.a.Place.Name = "moved"
			c.ends.standing = atA(there(nil))
		}},
		{name: "refs moved at the target", why: "the refs at the target are not what they were", prepare: func(_ *testing.T, c *staleCase) {
			c.a.Target = engine.TargetFacts{Exists: true, RefsHash: schema.DigestRefs(refs)}
			c.ends.standing = atA(there(moved))
		}},
		{name: "refs as they were", prepare: func(_ *testing.T, c *staleCase) {
			c.a.Target = engine.TargetFacts{Exists: true, RefsHash: schema.DigestRefs(refs)}
			c.ends.standing = atA(there(refs))
		}},
		{name: "refs that may be overwritten", prepare: func(_ *testing.T, c *staleCase) {
			c.a.Target = engine.TargetFacts{Exists: true, RefsHash: schema.DigestRefs(refs)}
			c.a.Resource.Lifecycle.OnTargetDrift = "overwrite"
			c.ends.standing = atA(there(moved))
		}},
		{name: "the source moved, and stop", why: "the source moved on since the plan", prepare: func(_ *testing.T, c *staleCase) {
			stop(c, &providers.Facts{Identity: "id-a", DefaultBranch: "main", Refs: moved})
		}},
		{name: "the source did not move, and stop", prepare: func(_ *testing.T, c *staleCase) {
			stop(c, &providers.Facts{Identity: "id-a", DefaultBranch: "main", Refs: refs})
		}},
		{name: "another source, and stop", why: "another repository than the one planned", prepare: func(_ *testing.T, c *staleCase) {
			stop(c, &providers.Facts{Identity: "id-z", DefaultBranch: "main", Refs: refs})
		}},
		{name: "the source moved, and follow", prepare: func(_ *testing.T, c *staleCase) {
			stop(c, &providers.Facts{Identity: "id-a", Refs: moved})
			c.a.Resource.Lifecycle.OnSourceDrift = "follow"
		}},
		{name: "the target cannot be opened", problem: "no route", prepare: func(_ *testing.T, c *staleCase) {
			c.ends.closed = providers.Errorf(providers.CodeUnavailable, "no route")
		}},
		{name: "the place cannot be looked at", problem: "forbidden", prepare: func(_ *testing.T, c *staleCase) {
			c.ends.standing = atA(&providers.Standing{Problem: providers.Errorf(providers.CodeDenied, "forbidden")})
		}},
		{name: "the target does not answer about one", problem: "did not answer", prepare: func(_ *testing.T, c *staleCase) { c.ends.standing = atA(nil) }},
		{name: "the source does not answer, and stop", problem: "did not answer", prepare: func(_ *testing.T, c *staleCase) { stop(c, nil) }},
	} {
		for _, onlyFresh := range []bool{false, true} {
			name := test.name
			if onlyFresh {
				name += ", only what is fresh"
			}
			t.Run(name, func(t *testing.T) {
				var ran []string
				x := newExecutor(t, func(_ context.Context, u engine.Unit) (engine.Result, error) {
					ran = append(ran, string(u.Change.Address))
					return engine.Result{}, nil
				})
				c := &staleCase{changeset: toDo(t, named("a", "b")), x: x, ends: &standIns{standing: atA(&providers.Standing{})}}
				c.a = &c.changeset.Changes[0]
				if test.prepare != nil {
					test.prepare(t, c)
				}
				if _, err := c.changeset.Marshal(); err != nil {
					t.Fatal(err)
				}
				runs := x.runs(t)
				x.work.Ends, x.work.Fresh, x.work.OnlyFresh, x.work.Parallel = c.ends, false, onlyFresh, 1
				var err error
				if x.work.Info, err = x.store.Info(t.Context()); err != nil {
					t.Fatal(err)
				}
				outcome, err := x.apply(t, t.Context(), c.changeset)

				refused := test.whole != "" || (test.why != "" || test.problem != "") && !onlyFresh
				if !refused {
					if err != nil {
						t.Fatal(err)
					}
					wantStale := 0
					if test.why != "" || test.problem != "" {
						wantStale = 1
					}
					if test.name == "the target cannot be opened" {
						wantStale = 2 // that concerns both
					}
					if outcome.Stale != wantStale || len(ran) != 2-wantStale || outcome.Left+outcome.Failed > 0 {
						t.Errorf("outcome %+v of %v", outcome, ran)
					}
					return
				}
				switch {
				case err == nil:
					t.Fatalf("it was applied: %+v", outcome)
				case test.problem != "":
					if errors.Is(err, engine.ErrStale) || !strings.Contains(err.Error(), test.problem) {
						t.Errorf("error %v, want one that says %q and not that something is stale", err, test.problem)
					}
				default:
					x.checkRefusal(t, err, test.whole, test.why)
				}
				if len(ran) > 0 || len(x.events) > 0 || x.runs(t) != runs {
					t.Errorf("something was done: %v, %d events", ran, len(x.events))
				}
			})
		}
	}
}

func (x *executor) checkRefusal(t *testing.T, err error, whole, why string) {
	t.Helper()
	var stale *engine.StaleError
	if !errors.As(err, &stale) || !errors.Is(err, engine.ErrStale) {
		t.Fatalf("error %v, want a StaleError", err)
	}
	if !strings.Contains(stale.Whole, whole) || (stale.Whole == "") != (whole == "") {
		t.Errorf("of the whole it says %q, want %q", stale.Whole, whole)
	}
	var got []schema.Address
	for _, r := range stale.Resources {
		got = append(got, r.Address)
		if !strings.Contains(r.Why, why) {
			t.Errorf("of %s it says %q, want %q", r.Address, r.Why, why)
		}
	}
	var want []schema.Address
	if why != "" {
		want = []schema.Address{"repository.a"}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stale resources (-want +got):\n%s", diff)
	}
}

// touch lets another run write an entry, twice, and returns its revision.
func (x *executor) touch(t *testing.T, e schema.Entry) int64 {
	t.Helper()
	run, err := x.store.Begin(t.Context(), schema.Run{Kind: schema.RunApply})
	if err != nil {
		t.Fatal(err)
	}
	e.Settings = []byte(`{}`)
	ledger, err := x.store.Claim(t.Context(), run.ID, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Save(t.Context(), ledger.Entry()); err != nil {
		t.Fatal(err)
	}
	if err := x.store.End(t.Context(), run.ID, "ok", ""); err != nil {
		t.Fatal(err)
	}
	return ledger.Entry().Rev
}

func (x *executor) runs(t *testing.T) int {
	t.Helper()
	runs, err := x.store.Runs(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return len(runs)
}

// Applying a changeset again does nothing more once it was carried out, whether
// it created, renamed or forgot.
func TestACarriedOutChangesetIsFinished(t *testing.T) {
	ran := 0
	x := newExecutor(t, func(context.Context, engine.Unit) (engine.Result, error) {
		ran++
		return engine.Result{}, nil
	})
	gone := x.touch(t, schema.Entry{Address: "repository.gone", Phase: schema.PhaseSynced})
	old := x.touch(t, schema.Entry{Address: "repository.old", Phase: schema.PhaseSynced, Identity: "id-renamed"})
	c := toDo(t, named("created", "renamed", "gone"))
	renamed, forgotten := &c.Changes[1], &c.Changes[2]
	renamed.Action, renamed.From, renamed.Base, renamed.Steps = engine.ActionRename, "repository.old", old, nil
	forgotten.Action, forgotten.Base, forgotten.Steps, forgotten.Resource = engine.ActionForget, gone, nil, nil
	if _, err := c.Marshal(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []engine.Outcome{{Created: 1, Renamed: 1, Forgotten: 1}, {}, {}} {
		outcome, err := x.apply(t, t.Context(), c)
		if diff := cmp.Diff(want, outcome); diff != "" || err != nil {
			t.Errorf("apply %d: %v, outcome (-want +got):\n%s", i+1, err, diff)
		}
	}
	if ran != 1 {
		t.Errorf("%d units were carried out, want 1", ran)
	}
	entries, err := x.store.Entries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []schema.Address
	for _, e := range entries {
		got = append(got, e.Address)
	}
	if diff := cmp.Diff([]schema.Address{"repository.created", "repository.renamed"}, got); diff != "" {
		t.Errorf("the state knows (-want +got):\n%s", diff)
	}
}
