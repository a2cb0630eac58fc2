package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// killedKinds are what the killed applies carry, each in a stream of its own:
// something that stands alone, lanes, and contents. Kills in the streams of the
// other kinds would show nothing else.
func killedKinds() []schema.Kind {
	return []schema.Kind{schema.KindLabel, schema.KindIssue, schema.KindComment, schema.KindAttachment}
}

// TestKillAtEveryEvent kills an apply with SIGKILL at its first event, at its
// second, and so on, applies again, and compares with an apply that nobody
// disturbed. The production code has no hook for it: the observer of progress
// kills its own process. Deaths between two events are the subject of
// TestDeathWithEveryEffect.
func TestKillAtEveryEvent(t *testing.T) {
	undisturbed := volatileDir(t)
	w := newWorld(t, undisturbed, killedKinds()...)
	source := os.DirFS(filepath.Join(undisturbed, "in"))
	events := 0
	w.apply(t, func(engine.Event) { events++ })
	want := tree(t, filepath.Join(undisturbed, "out"))
	if events < 20 {
		t.Fatalf("only %d events: the test would kill hardly anywhere", events)
	}
	for at := 1; at <= events; at++ {
		if testing.Short() && at%5 != 0 {
			continue
		}
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			dir := volatileDir(t)
			if err := os.CopyFS(filepath.Join(dir, "in"), source); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestApplyInChild$")
			// Whoever is killed cleans up nothing, so its temporary files lie here too.
			cmd.Env = append(os.Environ(), "TMPDIR="+dir, "DROVER_TEST_DIR="+dir, "DROVER_TEST_KILL_AT="+strconv.Itoa(at))
			out, err := cmd.CombinedOutput()
			status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
				t.Fatalf("the apply was not killed at event %d: %v\n%s", at, err, out)
			}
			w := newWorld(t, dir, killedKinds()...)
			_, outcome := w.apply(t, nil)
			if !outcome.Complete() {
				t.Errorf("the second apply is not complete: %+v", outcome)
			}
			if diff := cmp.Diff(want, tree(t, filepath.Join(dir, "out"))); diff != "" {
				t.Errorf("killed at event %d (-undisturbed +resumed):\n%s", at, diff)
			}
			w.checkSound(t)
		})
	}
}

// TestApplyInChild is the process that TestKillAtEveryEvent kills.
func TestApplyInChild(t *testing.T) {
	dir := os.Getenv("DROVER_TEST_DIR")
	if dir == "" {
		t.Skip("runs as a child of TestKillAtEveryEvent")
	}
	at, err := strconv.Atoi(os.Getenv("DROVER_TEST_KILL_AT"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	newWorld(t, dir, killedKinds()...).apply(t, func(engine.Event) {
		if n++; n == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	})
}

// checkSound asks the state whether anything is left open, and plans once more:
// there must be nothing to do.
func (w *world) checkSound(t *testing.T) {
	t.Helper()
	s := w.open(t)
	defer s.Close()
	problems, err := s.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) > 0 {
		t.Errorf("state check: %v", problems)
	}
	if c := w.plan(t, s); c.Summary.Work() != 0 {
		t.Errorf("the next plan has work: %+v %+v", c.Summary, c.Changes)
	}
}
