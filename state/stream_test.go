package state_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func TestPasses(t *testing.T) {
	s, l := newLedger(t)
	ctx, address := t.Context(), l.Entry().Address
	same := func(what string, want, got schema.Stream) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	validators := func(want map[schema.Address]map[string]string) {
		t.Helper()
		got, err := s.AllValidators(ctx)
		check(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("validators (-want +got):\n%s", diff)
		}
	}

	same("the first pass", schema.Stream{Pass: 1}, startPass(t, l, "issues"))
	check(t, l.Commit(ctx, schema.Batch{Stream: "issues", Pass: 1, Cursor: "page 2"}))
	check(t, l.Commit(ctx, schema.Batch{Stream: "issues", Pass: 1})) // moves no cursor
	same("left and continued", schema.Stream{Pass: 1, Cursor: "page 2"}, startPass(t, l, "issues"))
	check(t, l.RestartStream(ctx, "issues"))
	same("restarted", schema.Stream{Pass: 1}, startPass(t, l, "issues"))

	source := map[schema.Kind]int64{schema.KindIssue: 3}
	if _, err := l.FinishPass(ctx, "issues", 1, nil, schema.PassEnd{Validator: "v1", Source: source, Complete: true}); err != nil {
		t.Fatal(err)
	}
	streams, err := s.Streams(ctx, address)
	check(t, err)
	same("finished", schema.Stream{Pass: 1, Done: true, Validator: "v1", Source: source}, streams["issues"])
	validators(map[schema.Address]map[string]string{address: {"issues": "v1"}})
	if _, err := l.FinishPass(ctx, "issues", 1, nil, schema.PassEnd{Validator: "v1", Source: source, Complete: true}); err == nil {
		t.Error("a pass was finished twice")
	}
	if err := l.Commit(ctx, schema.Batch{Stream: "issues", Pass: 1}); err == nil {
		t.Error("a batch was taken after the pass was finished")
	}

	same("the next pass", schema.Stream{Pass: 2, Validator: "v1", Source: source}, startPass(t, l, "issues"))
	validators(map[schema.Address]map[string]string{})
	same("the next pass, cut off", schema.Stream{Pass: 2, Source: source}, startPass(t, l, "issues"))
	if _, err := l.FinishPass(ctx, "issues", 2, nil, schema.PassEnd{Validator: "v2", Next: "from here"}); err != nil {
		t.Fatal(err)
	}
	streams, err = s.Streams(ctx, address)
	check(t, err)
	same("finished without counts", schema.Stream{Pass: 2, Done: true, Validator: "v2", Since: "from here"}, streams["issues"])
	same("a pass that starts there", schema.Stream{Pass: 3, Validator: "v2", Since: "from here"}, startPass(t, l, "issues"))
	same("the same pass, cut off", schema.Stream{Pass: 3, Since: "from here"}, startPass(t, l, "issues"))
	check(t, l.RestartStream(ctx, "issues"))
	same("the same pass, from the beginning", schema.Stream{Pass: 3}, startPass(t, l, "issues"))
}

func TestSweep(t *testing.T) {
	s, l := newLedger(t)
	ctx := t.Context()
	comment := func(id string) schema.Key { return schema.Key{Kind: schema.KindComment, ID: id} }

	startPass(t, l, "issues")
	startPass(t, l, "changes")
	check(t, l.Commit(ctx, schema.Batch{Stream: "issues", Pass: 1, Items: []schema.Item{
		item(schema.KindIssue, "stays", schema.ItemDone),
		item(schema.KindIssue, "goes", schema.ItemDone),
		item(schema.KindIssue, "failed goes", schema.ItemFailed),
		item(schema.KindIssue, "back", schema.ItemDone),
		item(schema.KindComment, "of another kind", schema.ItemDone),
	}, Failures: []schema.Failure{{Key: issueKey("failed goes"), Stage: "issues", Code: "invalid"}}}))
	check(t, l.Commit(ctx, schema.Batch{Stream: "changes", Pass: 1, Items: []schema.Item{
		item(schema.KindComment, "of another stream", schema.ItemDone),
	}}))
	check(t, l.Commit(ctx, schema.Batch{Items: []schema.Item{item(schema.KindIssue, "of no stream", schema.ItemDone)}}))
	finish := func(complete bool, kinds ...schema.Kind) int64 {
		t.Helper()
		pass := startPass(t, l, "issues")
		check(t, l.Commit(ctx, schema.Batch{Stream: "issues", Pass: pass.Pass, Seen: []schema.Key{issueKey("stays")}}))
		check(t, l.Intend(ctx, []schema.Item{item(schema.KindIssue, "open", "")}))
		gone, err := l.FinishPass(ctx, "issues", pass.Pass, kinds, schema.PassEnd{Complete: complete})
		check(t, err)
		return gone
	}
	_, err := l.FinishPass(ctx, "issues", 1, nil, schema.PassEnd{Complete: true})
	check(t, err)
	if gone := finish(false, schema.KindIssue); gone != 0 {
		t.Errorf("a pass that was not complete swept %d items", gone)
	}
	if gone := finish(true, schema.KindIssue); gone != 3 {
		t.Errorf("%d items are gone, want 3", gone)
	}
	want := []schema.ItemState{schema.ItemDone, schema.ItemGone, schema.ItemGone, schema.ItemGone, schema.ItemDone, schema.ItemDone, schema.ItemDone, schema.ItemIntent}
	var got []schema.ItemState
	for _, i := range lookup(t, l, issueKey("stays"), issueKey("goes"), issueKey("failed goes"), issueKey("back"),
		comment("of another kind"), comment("of another stream"), issueKey("of no stream"), issueKey("open")) {
		got = append(got, i.State)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if failures, err := s.Failures(ctx, ""); err != nil || len(failures) > 0 {
		t.Errorf("failures of what is gone: %v, %v", failures, err)
	}

	pass := startPass(t, l, "issues")
	check(t, l.Commit(ctx, schema.Batch{Stream: "issues", Pass: pass.Pass, Seen: []schema.Key{issueKey("back")}}))
	if got := lookup(t, l, issueKey("back"))[0]; got.State != schema.ItemDone {
		t.Errorf("an item that came back is %+v, want done", got)
	}
}

// A kind of two streams, of which one counts it and the other, which read only
// what changed, does not.
func TestTallyOfTwoStreams(t *testing.T) {
	_, l := newLedger(t)
	ctx := t.Context()
	for stream, items := range map[string][]string{"releases": {"r1"}, "threads": {"t1", "t2", "t3"}} {
		startPass(t, l, stream)
		batch := schema.Batch{Stream: stream, Pass: 1}
		for _, id := range items {
			batch.Items = append(batch.Items, item(schema.KindAttachment, id, schema.ItemDone))
		}
		check(t, l.Commit(ctx, batch))
	}
	check(t, l.Commit(ctx, schema.Batch{Gone: []schema.Key{{Kind: schema.KindAttachment, ID: "t3"}}}))
	_, err := l.FinishPass(ctx, "releases", 1, nil, schema.PassEnd{Source: map[schema.Kind]int64{schema.KindAttachment: 1}})
	check(t, err)
	_, err = l.FinishPass(ctx, "threads", 1, nil, schema.PassEnd{})
	check(t, err)
	got, err := l.Tally(ctx)
	check(t, err)
	want := schema.Counts{schema.KindAttachment: {Source: 3, Fetched: 3, Imported: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}
}

func TestTally(t *testing.T) {
	s, l := newLedger(t)
	ctx := t.Context()
	startPass(t, l, "issues")
	check(t, l.Commit(ctx, schema.Batch{Stream: "issues", Pass: 1, Items: []schema.Item{
		item(schema.KindIssue, "1", schema.ItemDone), item(schema.KindIssue, "2", schema.ItemSkipped),
		item(schema.KindIssue, "3", schema.ItemFailed), item(schema.KindIssue, "4", schema.ItemDone),
		item(schema.KindLabel, "1", schema.ItemDone),
	}}))
	check(t, l.Commit(ctx, schema.Batch{Gone: []schema.Key{issueKey("4"), issueKey("never seen")}}))
	check(t, l.Intend(ctx, []schema.Item{item(schema.KindLabel, "2", "")}))
	_, err := l.FinishPass(ctx, "issues", 1, nil, schema.PassEnd{Source: map[schema.Kind]int64{schema.KindIssue: 5, schema.KindMilestone: 1}})
	check(t, err)
	want := schema.Counts{
		schema.KindIssue:     {Source: 5, Fetched: 3, Imported: 1, Skipped: 1, Failed: 1},
		schema.KindLabel:     {Source: 2, Fetched: 2, Imported: 1},
		schema.KindMilestone: {Source: 1},
	}
	got, err := l.Tally(ctx)
	check(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tally (-want +got):\n%s", diff)
	}

	check(t, l.SaveCounts(ctx, schema.Counts{schema.KindRef: {Source: 1}}))
	check(t, l.SaveCounts(ctx, want))
	address := l.Entry().Address
	if got, err := s.Counts(ctx, address); err != nil || !cmp.Equal(want, got) {
		t.Errorf("counts: %v (-want +got):\n%s", err, cmp.Diff(want, got))
	}
	if got, err := s.AllCounts(ctx); err != nil || !cmp.Equal(map[schema.Address]schema.Counts{address: want}, got) {
		t.Errorf("all counts: %v, %v", got, err)
	}
}
