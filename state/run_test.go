package state_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func TestRuns(t *testing.T) {
	s := open(t, newPath(t))
	ctx := t.Context()

	first, err := s.Begin(ctx, schema.Run{Kind: schema.RunApply, Changeset: "sha256:1"})
	check(t, err)
	if _, err := s.Begin(ctx, schema.Run{Kind: schema.RunEdit}); err == nil {
		t.Error("a second run began beside the first")
	}
	if err := s.End(ctx, "01UNKNOWN", "ok", ""); !errors.Is(err, state.ErrUnknown) {
		t.Errorf("end of an unknown run: %v, want ErrUnknown", err)
	}
	if err := s.End(ctx, first.ID, "splendid", ""); err == nil {
		t.Error("an outcome that is none was taken")
	}
	check(t, s.End(ctx, first.ID, "partial", "3 failed"))
	second, err := s.Begin(ctx, schema.Run{Kind: schema.RunEdit, Actor: "lee"})
	check(t, err)

	runs, err := s.Runs(ctx, 0)
	check(t, err)
	first.Ended, first.Outcome, first.Summary = runs[1].Ended, "partial", "3 failed"
	if diff := cmp.Diff([]schema.Run{second, first}, runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if !runs[1].Ended.After(runs[1].Started) {
		t.Errorf("the run ended at %v, before its start", runs[1].Ended)
	}
	if first.Host != "runner-7" || first.PID != 4312 || first.Actor != "kim" || second.Actor != "lee" {
		t.Errorf("origin of the runs: %+v, %+v", first, second)
	}
	if last, err := s.Runs(ctx, 1); err != nil || len(last) != 1 || last[0].ID != second.ID {
		t.Errorf("the last run is %+v, %v", last, err)
	}
	if info, err := s.Info(ctx); err != nil || info.Generation != 2 {
		t.Errorf("info %+v, %v; want generation 2", info, err)
	}
}

func TestHeartbeat(t *testing.T) {
	s := open(t, newPath(t))
	if owner, err := s.Owner(t.Context()); err != nil || owner != nil {
		t.Errorf("owner before a run: %+v, %v", owner, err)
	}
	begin(t, s)
	before, err := s.Owner(t.Context())
	check(t, err)
	check(t, s.Heartbeat(t.Context()))
	after, err := s.Owner(t.Context())
	check(t, err)
	if !after.Heartbeat.After(before.Heartbeat) || !before.Heartbeat.Equal(before.Run.Started) {
		t.Errorf("heartbeat %v, then %v", before.Heartbeat, after.Heartbeat)
	}
}

func TestRunNotEndedIsCrashed(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	crashed := begin(t, s)
	check(t, s.Close())
	s = open(t, path)
	if owner, err := s.Owner(t.Context()); err != nil || owner != nil {
		t.Errorf("owner: %+v, %v; want none", owner, err)
	}
	begin(t, s)
	runs, err := s.Runs(t.Context(), 0)
	check(t, err)
	if runs[1].ID != crashed || runs[1].Outcome != "crashed" || runs[1].Ended.IsZero() {
		t.Errorf("the earlier run: %+v", runs[1])
	}
}

func TestLockedErrorText(t *testing.T) {
	at := time.Date(2026, 1, 2, 14, 1, 0, 0, time.UTC)
	owner := &state.Owner{
		Run:       schema.Run{ID: "01J", Kind: schema.RunApply, Host: "runner-7\x1b[2J", PID: 4312, Started: at},
		Heartbeat: at.Add(time.Minute),
	}
	err := &state.LockedError{Path: "acme.db", Owner: owner, At: at.Add(62 * time.Second)}
	want := `state acme.db is locked since 14:01 UTC by apply 01J, runner-7\x1b[2J, pid 4312, last sign of life 2 s ago. ` +
		`Wait with --lock-timeout, or stop it with drover cancel`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}
