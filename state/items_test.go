package state_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func issueKey(id string) schema.Key { return schema.Key{Kind: schema.KindIssue, ID: id} }

func newLedger(t testing.TB) (*state.Store, *state.Ledger) {
	t.Helper()
	s := open(t, newPath(t))
	return s, claim(t, s, begin(t, s), entry("api"))
}

func startPass(t testing.TB, l *state.Ledger, stream string) schema.Stream {
	t.Helper()
	pass, err := l.StartPass(t.Context(), stream, "")
	if err != nil {
		t.Fatal(err)
	}
	return pass
}

func lookup(t *testing.T, l *state.Ledger, keys ...schema.Key) []schema.Item {
	t.Helper()
	items, err := l.Lookup(t.Context(), keys)
	check(t, err)
	return items
}

func TestLookup(t *testing.T) {
	_, l := newLedger(t)
	one, two := item(schema.KindIssue, "1", schema.ItemDone), item(schema.KindComment, "1", schema.ItemSkipped)
	check(t, l.Commit(t.Context(), schema.Batch{Items: []schema.Item{one, two}}))
	unknown := schema.Item{Key: issueKey("7")}
	got := lookup(t, l, two.Key, unknown.Key, one.Key, two.Key)
	if diff := cmp.Diff([]schema.Item{two, unknown, one, two}, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if got := lookup(t, l); len(got) != 0 {
		t.Errorf("no keys gave %v", got)
	}
}

func TestItems(t *testing.T) {
	s, l := newLedger(t)
	var batch schema.Batch
	var want []schema.Item
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		want = append(want, item(schema.KindIssue, id, schema.ItemDone))
	}
	batch.Items = append([]schema.Item{item(schema.KindComment, "1", schema.ItemSkipped), item(schema.KindIssue, "6", schema.ItemFailed)}, want...)
	check(t, l.Commit(t.Context(), batch))
	var got []schema.Item
	var sizes []int
	check(t, s.Items(t.Context(), l.Entry().Address, 2, func(items []schema.Item) error {
		got, sizes = append(got, items...), append(sizes, len(items))
		return l.Intend(t.Context(), []schema.Item{item(schema.KindLabel, "new", "")}) // writing meanwhile
	}))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 2, 1}, sizes); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	stop := errors.New("stop")
	if err := s.Items(t.Context(), l.Entry().Address, 2, func([]schema.Item) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of yield", err)
	}
}

func TestIntendKeepsWhereThingsAre(t *testing.T) {
	_, l := newLedger(t)
	done := item(schema.KindIssue, "1", schema.ItemDone)
	check(t, l.Commit(t.Context(), schema.Batch{Items: []schema.Item{done}}))
	again := schema.Item{Key: done.Key, Revision: "r2"}
	check(t, l.Intend(t.Context(), []schema.Item{again, item(schema.KindComment, "9", "")}))

	again.Ref, again.State = done.Ref, schema.ItemIntent
	open, err := l.OpenIntents(t.Context(), 10)
	check(t, err)
	want := []schema.Item{item(schema.KindComment, "9", schema.ItemIntent), again}
	if diff := cmp.Diff(want, open); diff != "" {
		t.Errorf("open intents (-want +got):\n%s", diff)
	}
	if open, err := l.OpenIntents(t.Context(), 1); err != nil || len(open) != 1 {
		t.Errorf("one open intent: %v, %v", open, err)
	}
	failed := schema.Item{Key: done.Key, Revision: "r2", State: schema.ItemFailed}
	check(t, l.Commit(t.Context(), schema.Batch{Items: []schema.Item{failed}}))
	failed.Ref = done.Ref
	if diff := cmp.Diff([]schema.Item{failed}, lookup(t, l, done.Key)); diff != "" {
		t.Errorf("failed item (-want +got):\n%s", diff)
	}
}

func TestCommitIsWholeOrNothing(t *testing.T) {
	s, l := newLedger(t)
	pass := startPass(t, l, "issues")
	good := item(schema.KindIssue, "1", schema.ItemDone)
	tests := []struct {
		name  string
		batch schema.Batch
	}{
		{"unchanged and unknown", schema.Batch{Stream: "issues", Pass: pass.Pass, Cursor: "c", Seen: []schema.Key{issueKey("2")}}},
		{"another pass", schema.Batch{Stream: "issues", Pass: pass.Pass + 1, Cursor: "c"}},
		{"another stream", schema.Batch{Stream: "changes", Pass: 1, Cursor: "c"}},
		{"cursor without stream", schema.Batch{Cursor: "c"}},
		{"endless cursor", schema.Batch{Stream: "issues", Pass: pass.Pass, Cursor: schema.Cursor(strings.Repeat("c", schema.MaxCursor+1))}},
		{"no id", schema.Batch{Items: []schema.Item{{Key: issueKey(""), State: schema.ItemDone}}}},
		{"NUL in the id", schema.Batch{Items: []schema.Item{{Key: issueKey("1\x002"), State: schema.ItemDone}}}},
		{"id that is not text", schema.Batch{Gone: []schema.Key{issueKey("\xff")}}},
		{"endless id", schema.Batch{Gone: []schema.Key{issueKey(strings.Repeat("1", schema.MaxID+1))}}},
		{"endless revision", schema.Batch{Items: []schema.Item{{Key: issueKey("2"), Revision: strings.Repeat("1", schema.MaxID+1), State: schema.ItemDone}}}},
		{"intent", schema.Batch{Items: []schema.Item{{Key: issueKey("2"), State: schema.ItemIntent}}}},
		{"no state", schema.Batch{Items: []schema.Item{{Key: issueKey("2")}}}},
		{"failure of nothing", schema.Batch{Failures: []schema.Failure{{}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.batch.Items = append([]schema.Item{good}, test.batch.Items...)
			if err := l.Commit(t.Context(), test.batch); err == nil {
				t.Error("the batch was taken")
			}
			if got := lookup(t, l, good.Key)[0]; got.State != "" {
				t.Errorf("part of the batch was taken: %v", got)
			}
			streams, err := s.Streams(t.Context(), l.Entry().Address)
			if err != nil || streams["issues"].Cursor != "" {
				t.Errorf("the cursor moved: %v, %v", streams, err)
			}
		})
	}
}

func TestFailuresCloseWithTheirItems(t *testing.T) {
	s, l := newLedger(t)
	ctx, address := t.Context(), l.Entry().Address
	of := func(id, stage string) schema.Failure {
		return schema.Failure{Key: issueKey(id), Stage: stage, Step: "loader", Code: "invalid", Message: "no", Title: "T", URL: "u", Hint: "h", ID: "c-" + id}
	}
	var batch schema.Batch
	for _, id := range []string{"1", "2", "3", "4"} {
		batch.Items = append(batch.Items, item(schema.KindIssue, id, schema.ItemFailed))
		batch.Failures = append(batch.Failures, of(id, "issues"))
	}
	check(t, l.Commit(ctx, batch))
	check(t, l.Fail(ctx, []schema.Failure{{Stage: "push", Code: "denied"}, {Stage: "push", Code: "conflict"}, of("1", "links")}))

	open := func(want ...string) {
		t.Helper()
		failures, err := s.Failures(ctx, address)
		check(t, err)
		var got []string
		for _, f := range failures {
			got = append(got, strings.TrimSpace(f.Stage+" "+f.Key.ID+" "+f.Code))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("open failures (-want +got):\n%s", diff)
		}
	}
	open("issues 1 invalid", "issues 2 invalid", "issues 3 invalid", "issues 4 invalid", "push  conflict", "links 1 invalid")

	check(t, l.Commit(ctx, schema.Batch{
		Items:    []schema.Item{item(schema.KindIssue, "1", schema.ItemDone), item(schema.KindIssue, "2", schema.ItemSkipped)},
		Gone:     []schema.Key{issueKey("3")},
		Failures: []schema.Failure{of("1", "links")}, // done, but for its links
	}))
	open("issues 4 invalid", "push  conflict", "links 1 invalid")

	check(t, l.ResolveFailures(ctx, "push"))
	check(t, l.ResolveFailures(ctx, "issues")) // item 4 is still failed
	open("issues 4 invalid", "links 1 invalid")

	all, err := s.Failures(ctx, "")
	check(t, err)
	want := of("4", "issues")
	want.Address, want.Run, want.At = address, l.Entry().Run, all[0].At
	if diff := cmp.Diff(want, all[0]); diff != "" || want.At.IsZero() {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}

// FuzzKeys checks that a key is either refused or found again as it is, and
// that a key is not taken for another.
func FuzzKeys(f *testing.F) {
	for _, id := range []string{"1", "ü", "'; DROP TABLE item; --", `["a"]`, "\x00", "\xff", "a\u2028b", "\ufeff", "null", "1e5", `\u0041`, "\U0010ffff"} {
		f.Add("issue", id, id+" ")
	}
	s := open(f, newPath(f))
	run := begin(f, s)
	f.Fuzz(func(t *testing.T, kind, id, other string) {
		check(t, s.Forget(t.Context(), run, claim(t, s, run, entry("api")).Entry().Address))
		l := claim(t, s, run, entry("api"))
		want := item(schema.Kind(kind), id, schema.ItemDone)
		commitErr := l.Commit(t.Context(), schema.Batch{Items: []schema.Item{want}})
		got, err := l.Lookup(t.Context(), []schema.Key{want.Key})
		if (err == nil) != (commitErr == nil) {
			t.Fatalf("%q: commit says %v, lookup says %v", want.Key, commitErr, err)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff([]schema.Item{want}, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", want.Key, diff)
		}
		near := schema.Key{Kind: want.Key.Kind, ID: other}
		if got, err := l.Lookup(t.Context(), []schema.Key{near}); err == nil && other != id && got[0].State != "" {
			t.Errorf("%q was taken for %q", near, want.Key)
		}
	})
}
