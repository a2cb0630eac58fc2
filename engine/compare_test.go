package engine_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// remembered is what a state knows of one resource.
type remembered struct {
	source, target map[string]string
	counts         schema.Counts
	items          []schema.Item
	err            error
}

func (r remembered) Refs(_ context.Context, _ schema.Address, side string) (map[string]string, error) {
	if side == "source" {
		return r.source, r.err
	}
	return r.target, r.err
}

func (r remembered) Counts(context.Context, schema.Address) (schema.Counts, error) {
	return r.counts, r.err
}

func (r remembered) Lookup(_ context.Context, _ schema.Address, keys []schema.Key) ([]schema.Item, error) {
	items := make([]schema.Item, len(keys))
	for i, k := range keys {
		items[i].Key = k
		for _, item := range r.items {
			if item.Key == k {
				items[i] = item
			}
		}
	}
	return items, r.err
}

// Items yields them two at a time.
func (r remembered) Items(_ context.Context, _ schema.Address, _ int, yield func([]schema.Item) error) error {
	for list := r.items; len(list) > 0; list = list[min(2, len(list)):] {
		if err := yield(list[:min(2, len(list))]); err != nil {
			return err
		}
	}
	return r.err
}

// sides are the two ends of one resource as they are now.
type sides struct {
	facts    *providers.Facts
	standing providers.Standing
	missing  map[schema.Key]bool // what the target no longer holds
	versions map[schema.Key]string
	short    bool // Find answers less than it was asked

	sourceClosed, targetClosed, sourceSays error
}

func (s *sides) Source(_ context.Context, connection string) (providers.Source, error) {
	if connection != "source" {
		return nil, errors.New("no connection " + connection)
	}
	return comparedSource{sides: s}, s.sourceClosed
}

func (s *sides) Target(_ context.Context, connection string) (providers.Target, error) {
	if connection != "target" {
		return nil, errors.New("no connection " + connection)
	}
	return comparedTarget{sides: s}, s.targetClosed
}

func (s *sides) Secrets(context.Context, string) (map[string]string, error) { return nil, nil }

func (s *sides) Provider(context.Context, string) (providers.Description, string, error) {
	return providers.Description{}, "", nil
}

type comparedSource struct {
	providers.UnimplementedSource
	*sides
}

func (s comparedSource) Inspect(_ context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		yield(providers.Inspection{ID: queries[0].ID, Facts: s.facts, Problem: providers.AsError(s.sourceSays)}, nil)
	}
}

type comparedTarget struct {
	providers.UnimplementedTarget
	*sides
}

func (s comparedTarget) Inspect(context.Context, []providers.Place) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) { yield(s.standing, nil) }
}

func (s comparedTarget) Find(_ context.Context, _ schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	if s.short {
		return nil, nil
	}
	refs := make([]schema.Ref, len(wanted))
	for i, w := range wanted {
		if !s.missing[w.Key] {
			refs[i] = schema.Ref{ID: "t-" + w.Key.ID, Version: s.versions[w.Key]}
		}
	}
	return refs, nil
}

func TestCompare(t *testing.T) {
	const main, tag = "refs/heads/main", "refs/tags/v1"
	issue := func(id string) schema.Item {
		return schema.Item{Key: schema.Key{Kind: schema.KindIssue, ID: id}, State: schema.ItemDone, Ref: schema.Ref{ID: "t-" + id}}
	}
	type expected struct {
		source, target, foreign []engine.Difference
		checked                 engine.Checked
		sourceProblem, problem  providers.Code
	}
	checked := engine.Checked{Refs: 2, Kinds: 1}
	for _, test := range []struct {
		name   string
		deep   bool
		change func(s *sides, m *remembered)
		want   expected
	}{
		{"equal", false, func(*sides, *remembered) {}, expected{checked: checked}},
		{"equal, item by item", true, func(*sides, *remembered) {}, expected{checked: engine.Checked{Refs: 2, Kinds: 1, Items: 3}}},
		{"a ref is missing at the target", false, func(s *sides, _ *remembered) { delete(s.standing.Refs, tag) },
			expected{checked: checked, target: []engine.Difference{{Kind: schema.KindRef, Name: tag, Was: "a1", Text: "gone"}}}},
		{"a ref was moved at the target", false, func(s *sides, _ *remembered) { s.standing.Refs[main] = "b2" },
			expected{checked: checked, target: []engine.Difference{{Kind: schema.KindRef, Name: main, Was: "a1", Is: "b2", Text: "moved"}}}},
		{"someone's own ref at the target", false, func(s *sides, _ *remembered) { s.standing.Refs["refs/heads/own"] = "c3" },
			expected{checked: checked, foreign: []engine.Difference{{Kind: schema.KindRef, Name: "refs/heads/own", Is: "c3", Text: "new"}}}},
		{"fewer records", false, func(s *sides, _ *remembered) { s.standing.Counts[schema.KindIssue] = 1 },
			expected{checked: checked, target: []engine.Difference{{Kind: schema.KindIssue, Was: "3", Is: "1", Text: "2 of 3 are missing"}}}},
		{"records that the target does not count", false, func(s *sides, _ *remembered) { delete(s.standing.Counts, schema.KindIssue) },
			expected{checked: engine.Checked{Refs: 2}}},
		{"more records", false, func(s *sides, _ *remembered) { s.standing.Counts[schema.KindIssue] = 4 },
			expected{checked: checked, foreign: []engine.Difference{{Kind: schema.KindIssue, Was: "3", Is: "4", Text: "1 more than were carried over"}}}},
		{"records of a kind that was not carried", false, func(s *sides, _ *remembered) { s.standing.Counts[schema.KindLabel] = 7 },
			expected{checked: engine.Checked{Refs: 2, Kinds: 2}, foreign: []engine.Difference{{Kind: schema.KindLabel, Was: "0", Is: "7", Text: "7 more than were carried over"}}}},
		{"one item replaced by another, seen by its number", false, func(s *sides, _ *remembered) { s.missing = map[schema.Key]bool{issue("3").Key: true} },
			expected{checked: checked}},
		{"one item replaced by another, seen by itself", true, func(s *sides, _ *remembered) { s.missing = map[schema.Key]bool{issue("3").Key: true} },
			expected{checked: engine.Checked{Refs: 2, Kinds: 1, Items: 3}, target: []engine.Difference{{Kind: schema.KindIssue, Name: "3", Was: "t-3", Text: "missing"}}}},
		{"the target does not answer about every item", true, func(s *sides, _ *remembered) { s.short = true },
			expected{checked: checked, problem: providers.CodeInternal}},
		{"the source moved on", false, func(s *sides, _ *remembered) {
			s.facts.Refs = map[string]string{main: "b2", "refs/heads/topic": "c3"}
			s.facts.FullName = "acme/renamed"
		}, expected{checked: checked, source: []engine.Difference{
			{Kind: schema.KindRef, Name: main, Was: "a1", Is: "b2", Text: "moved"},
			{Kind: schema.KindRef, Name: "refs/heads/topic", Is: "c3", Text: "new"},
			{Kind: schema.KindRef, Name: tag, Was: "a1", Text: "gone"},
			{Kind: schema.KindRepository, Name: "name", Was: "acme/api", Is: "acme/renamed", Text: "renamed"},
		}}},
		{"the target is gone", false, func(s *sides, _ *remembered) { s.standing = providers.Standing{} },
			expected{target: []engine.Difference{{Kind: schema.KindRepository, Name: "acme/api", Text: "the repository is gone"}}}},
		{"the source is switched off", false, func(s *sides, _ *remembered) {
			s.sourceClosed = providers.Errorf(providers.CodeUnavailable, "no route")
		},
			expected{checked: checked, sourceProblem: providers.CodeUnavailable}},
		{"the source no longer has it", false, func(s *sides, _ *remembered) { s.sourceSays = providers.Errorf(providers.CodeNotFound, "gone") },
			expected{checked: checked, sourceProblem: providers.CodeNotFound}},
		{"the target cannot be asked", false, func(s *sides, _ *remembered) { s.targetClosed = providers.Errorf(providers.CodeAuth, "expired") },
			expected{problem: providers.CodeAuth}},
		{"the place cannot be looked at", false, func(s *sides, _ *remembered) {
			s.standing = providers.Standing{Problem: providers.Errorf(providers.CodeDenied, "forbidden")}
		}, expected{problem: providers.CodeDenied}},
		{"the state cannot be read", false, func(_ *sides, m *remembered) { m.err = errors.New("disk") },
			expected{problem: providers.CodeInternal}},
	} {
		t.Run(test.name, func(t *testing.T) {
			refs := func() map[string]string { return map[string]string{main: "a1", tag: "a1"} }
			s := &sides{
				facts:    &providers.Facts{Identity: "id-api", FullName: "acme/api", Refs: refs()},
				standing: providers.Standing{Exists: true, Refs: refs(), Counts: map[schema.Kind]int64{schema.KindIssue: 3}},
			}
			m := &remembered{source: refs(), target: refs(), counts: schema.Counts{schema.KindIssue: {Imported: 3}}, items: []schema.Item{issue("1"), issue("2"), issue("3")}}
			test.change(s, m)
			e := schema.Entry{
				Address: "repository.api", Identity: "id-api", FullName: "acme/api", Namespace: "acme", Name: "api", TargetRef: schema.Ref{ID: "t"},
				Settings: []byte(`{"settings":{"path":"acme/api"}}`), Connections: []byte(`{}`),
			}
			got := engine.Compare(t.Context(), e, m, s, engine.Depth{Deep: test.deep})
			if got.Address != "repository.api" || got.Path != "acme/api" {
				t.Errorf("it is about %s at %s", got.Address, got.Path)
			}
			result := expected{source: got.Source, target: got.Target, foreign: got.Foreign, checked: got.Checked}
			if got.Problem != nil {
				result.problem = got.Problem.Code
			}
			if got.SourceProblem != nil {
				result.sourceProblem = got.SourceProblem.Code
			}
			if diff := cmp.Diff(test.want, result, cmp.AllowUnexported(expected{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("comparison (-want +got):\n%s", diff)
			}
			if same := len(test.want.target) == 0 && test.want.problem == ""; got.Same() != same {
				t.Errorf("Same() is %v", got.Same())
			}
		})
	}
}

// A resource that was never carried to its end has nothing to be compared with
// at the source, and says so.
func TestCompareBeforeTheFirstApply(t *testing.T) {
	s := &sides{facts: &providers.Facts{}, standing: providers.Standing{Exists: true}}
	got := engine.Compare(t.Context(), schema.Entry{Address: "repository.api"}, remembered{}, s, engine.Depth{})
	if p := got.SourceProblem; p == nil || p.Code != providers.CodeUnsupported {
		t.Errorf("the problem is %v", p)
	}
}
