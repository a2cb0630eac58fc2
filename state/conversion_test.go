package state_test

import (
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func revisions(list ...schema.Revision) iter.Seq2[schema.Revision, error] {
	return func(yield func(schema.Revision, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func gatherRevisions(t *testing.T, s *state.Store, address schema.Address, names ...string) []schema.Revision {
	t.Helper()
	var list []schema.Revision
	for r, err := range s.Revisions(t.Context(), address, names) {
		check(t, err)
		list = append(list, r)
	}
	return list
}

func TestRevisions(t *testing.T) {
	s := open(t, newPath(t))
	l := claim(t, s, begin(t, s), entry("api"))
	address := l.Entry().Address
	r1 := schema.Revision{Revision: "r1", Commit: "aa11", Branch: "trunk"}
	r2 := schema.Revision{Revision: "r2", Commit: "bb22", Branch: "trunk"}
	r2b := schema.Revision{Revision: "r2", Commit: "bb33", Branch: "old"}
	r3 := schema.Revision{Revision: "r3", Commit: "cc44", Branch: "trunk"}

	check(t, l.SaveRevisions(t.Context(), 0, revisions(r1, r2, r2b)))
	check(t, l.SaveRevisions(t.Context(), 2, revisions(r2b, r3)))
	if diff := cmp.Diff([]schema.Revision{r1, r2, r2b, r3}, gatherRevisions(t, s, address)); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]schema.Revision{r1, r2, r2b}, gatherRevisions(t, s, address, "r2", "aa")); diff != "" {
		t.Errorf("some (-want +got):\n%s", diff)
	}
	for range s.Revisions(t.Context(), address, nil) {
		break // the rest is not read, and that is no error
	}

	// All or nothing.
	broken := errors.New("broken")
	err := l.SaveRevisions(t.Context(), 0, func(yield func(schema.Revision, error) bool) {
		if yield(r3, nil) {
			yield(schema.Revision{}, broken)
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got := gatherRevisions(t, s, address); len(got) != 4 {
		t.Errorf("after a write that failed: %v", got)
	}
}

func TestLossesAndConversion(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	l := claim(t, s, run, entry("api"))
	address := l.Entry().Address
	fetched := []schema.Loss{
		{Code: "subversion.externals", Message: "not carried over", Path: "trunk", Revision: "r7", Count: 3},
		{Code: "path.git", Message: "left out", Path: "trunk/.git/config", Ref: "refs/heads/main", Count: 1},
	}
	mapped := []schema.Loss{{Code: "signature", Message: "dropped", Count: 5}}
	check(t, l.SaveLosses(t.Context(), "map", mapped))
	check(t, l.SaveLosses(t.Context(), "fetch", fetched[:1]))
	check(t, l.SaveLosses(t.Context(), "fetch", fetched))
	got, err := s.Losses(t.Context(), address)
	check(t, err)
	if diff := cmp.Diff(append(fetched, mapped...), got); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	counts, err := s.LossCounts(t.Context())
	check(t, err)
	if counts[address] != 9 {
		t.Errorf("counted %v", counts)
	}

	want := schema.Conversion{Commits: 12, Rewritten: 3, LargeFiles: 1, LargeBytes: 1 << 30}
	check(t, l.SaveConversion(t.Context(), schema.Conversion{Commits: 1}))
	check(t, l.SaveConversion(t.Context(), want))
	all, err := s.Conversions(t.Context())
	check(t, err)
	if diff := cmp.Diff(map[schema.Address]schema.Conversion{address: want}, all); diff != "" {
		t.Errorf("conversions (-want +got):\n%s", diff)
	}

	check(t, s.Forget(t.Context(), run, address))
	if got, err := s.Losses(t.Context(), address); err != nil || len(got) != 0 {
		t.Errorf("after Forget: %v, %v", got, err)
	}
}
