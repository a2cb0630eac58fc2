package engine_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// applyBy plans and applies once, by a clock.
func (w *world) applyBy(t *testing.T, clock func() time.Time) engine.Outcome {
	t.Helper()
	s, err := state.Open(t.Context(), filepath.Join(w.dir, "state.db"), state.Options{Create: true, Version: "0.3.0", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := w.plan(t, s)
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := engine.Apply(t.Context(), c, engine.Work{
		Store: memory{s}, Info: info, Ends: w, Run: schema.Run{Kind: schema.RunApply, Version: "0.3.0"},
		Workspace: filepath.Join(w.dir, "work"), Parallel: 2, Lanes: 2, Grace: time.Second, Fresh: true,
		Now: clock,
		Wait: func(ctx context.Context, _ time.Time) error { // no clock says when
			<-ctx.Done()
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// TestClockThatJumps applies by clocks that are years wrong, in either
// direction, from one run to the next and from one moment to the next. Nothing
// that decides what is carried over may depend on them.
func TestClockThatJumps(t *testing.T) {
	w := newWorld(t, t.TempDir())
	at := func(year int) func() time.Time {
		return func() time.Time { return time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC) }
	}
	var calls atomic.Int64
	clocks := []struct {
		name  string
		clock func() time.Time
	}{
		{"in the future", at(2199)},
		{"in the past", at(1971)},
		{"back and forth", func() time.Time { return at(2000 + int(calls.Add(1)%2)*100)() }},
		{"right again", time.Now},
	}
	for i, c := range clocks {
		t.Run(c.name, func(t *testing.T) {
			w.commit(t, c.name)
			if outcome := w.applyBy(t, c.clock); !outcome.Complete() || outcome.Created+outcome.Resynced != 1 {
				t.Errorf("outcome of run %d: %+v", i+1, outcome)
			}
			want, got := tree(t, filepath.Join(w.dir, "in")), tree(t, filepath.Join(w.dir, "out"))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("archives differ (-in +out):\n%s", diff)
			}
			w.checkSound(t)
		})
	}
	s := w.open(t)
	defer s.Close()
	runs, err := s.Runs(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != len(clocks) {
		t.Errorf("%d runs are remembered, want %d: %+v", len(runs), len(clocks), runs)
	}
	for _, r := range runs {
		if r.Outcome != "ok" {
			t.Errorf("run %s ended with %q, want ok", r.ID, r.Outcome)
		}
	}
}

// commit adds a commit to the source.
func (w *world) commit(t *testing.T, message string) {
	t.Helper()
	git := filepath.Join(w.dir, "git")
	for _, args := range [][]string{
		{"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", message},
		{"push", "-q", filepath.Join(w.dir, "in", "acme", "api.git"), "main"},
	} {
		if out, err := exec.Command("git", append([]string{"-C", git}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// TestExpiredByClock shows that only what a person said about time depends on
// the clock: an expired changeset is refused before anything is done.
func TestExpiredByClock(t *testing.T) {
	w := newWorld(t, t.TempDir())
	s := w.open(t)
	defer s.Close()
	c := w.plan(t, s)
	c.Options.Expires = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := engine.Apply(t.Context(), c, engine.Work{
		Store: memory{s}, Ends: w, Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC) },
	})
	if want := "the changeset is stale: it expired on 2026-01-01T00:00:00Z"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %q", err, want)
	}
	runs, rerr := s.Runs(t.Context(), 1)
	if rerr != nil || len(runs) != 0 {
		t.Errorf("runs = %v, %v; want none", runs, rerr)
	}
}
