package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// Each batch of the writer is this many items.
const writerBatch = 20

// playWriter continues a resource's ledger for ever. It tells what is durable
// only after the call that made it so has returned.
func playWriter(ctx context.Context, path string) error {
	s, err := state.Open(ctx, path, state.Options{Create: true, LockTimeout: time.Hour})
	if err != nil {
		return err
	}
	run, err := s.Begin(ctx, schema.Run{Kind: schema.RunApply})
	if err != nil {
		return err
	}
	l, err := s.Claim(ctx, run.ID, entry("api"))
	if err != nil {
		return err
	}
	pass, err := l.StartPass(ctx, "issues", "")
	if err != nil {
		return err
	}
	n := 0
	if pass.Cursor != "" {
		if n, err = strconv.Atoi(string(pass.Cursor)); err != nil {
			return err
		}
	}
	for ; ; n++ {
		batch := schema.Batch{Stream: "issues", Pass: pass.Pass, Cursor: schema.Cursor(strconv.Itoa(n + 1))}
		for i := range writerBatch {
			batch.Items = append(batch.Items, item(schema.KindIssue, fmt.Sprintf("%d-%d", n, i), schema.ItemDone))
		}
		if err := l.Intend(ctx, batch.Items); err != nil {
			return err
		}
		fmt.Println("intended", n)
		if err := l.Commit(ctx, batch); err != nil {
			return err
		}
		fmt.Println("committed", n)
	}
}

func TestKill(t *testing.T) {
	path := newPath(t)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		writer := process(t, "write", path)
		out, _ := start(t, writer)
		for range 1 + random.IntN(30) {
			line(t, out)
		}
		check(t, writer.Process.Kill())
		intended, committed := -1, -1
		read := func(s string) {
			fmt.Sscanf(s, "intended %d", &intended)
			fmt.Sscanf(s, "committed %d", &committed)
		}
		read(out.Text())
		for out.Scan() { // what it said before it died
			read(out.Text())
		}
		writer.Wait()
		inspectKilled(t, path, round, intended, committed)
	}
}

// inspectKilled checks what a killed writer left, of which it had told that
// batches up to intended and committed were durable.
func inspectKilled(t *testing.T, path string, round, intended, committed int) {
	t.Helper()
	s, err := state.Open(t.Context(), path, state.Options{}) // the real clock, as the writer's
	check(t, err)
	defer s.Close()
	problems, err := s.Check(t.Context())
	check(t, err)
	for _, p := range problems {
		if !strings.Contains(p.Message, "never ended") && !strings.Contains(p.Message, "not active") && !strings.Contains(p.Message, "cut off") {
			t.Errorf("round %d: %s", round, p.Message)
		}
	}
	e, err := s.Entry(t.Context(), entry("api").Address)
	check(t, err)
	streams, err := s.Streams(t.Context(), e.Address)
	check(t, err)
	done, err := strconv.Atoi("0" + string(streams["issues"].Cursor))
	check(t, err)
	if done < committed+1 || done > max(intended, committed)+2 {
		t.Errorf("round %d: the cursor is %d after batch %d was committed", round, done, committed)
	}
	run := begin(t, s)
	runs, err := s.Runs(t.Context(), 2)
	check(t, err)
	if runs[1].Outcome != "crashed" {
		t.Errorf("round %d: the killed run has the outcome %q", round, runs[1].Outcome)
	}
	l := claim(t, s, run, e)
	open, err := l.OpenIntents(t.Context(), 1000)
	check(t, err)
	if len(open) != 0 && len(open) != writerBatch {
		t.Errorf("round %d: %d open intents; a batch has %d", round, len(open), writerBatch)
	}
	counts, err := l.Tally(t.Context())
	check(t, err)
	if got := counts[schema.KindIssue].Imported; got != int64(done*writerBatch) {
		t.Errorf("round %d: %d items are done, and the cursor says %d", round, got, done*writerBatch)
	}
	if intended >= done && len(open) == 0 {
		t.Errorf("round %d: the intent of batch %d is lost", round, intended)
	}
	check(t, s.End(t.Context(), run, "ok", ""))
}
