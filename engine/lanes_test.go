package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

// Records with one parent are written in their order, whatever the number of
// lanes, and each is told where its parent stands.
func TestALaneKeepsItsOrder(t *testing.T) {
	f := newForges(t)
	const issues, comments = 4, 5
	for i := range issues {
		issue := schema.Key{Kind: schema.KindIssue, ID: fmt.Sprint("i", i)}
		f.from.add(schema.KindIssue, issue.ID, nil, fmt.Sprintf(`{"number":%d,"title":"a","state":"open"}`, i+1))
		for n := range comments {
			f.from.add(schema.KindComment, fmt.Sprint(issue.ID, "-", n), &issue, fmt.Sprintf(`{"text":"comment %d"}`, n))
		}
	}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	for i := range issues {
		var want, got []string
		want = append(want, fmt.Sprint("create issue i", i))
		for n := range comments {
			want = append(want, fmt.Sprintf("create comment i%d-%d", i, n))
		}
		for _, call := range f.to.calls {
			if strings.Contains(call, fmt.Sprint(" i", i)) {
				got = append(got, call)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lane of issue %d (-want +got):\n%s", i, diff)
		}
		for n := range comments {
			o, _ := f.to.of(schema.KindComment, fmt.Sprintf("i%d-%d", i, n))
			parent := f.to.idOf(schema.KindIssue, fmt.Sprint("i", i))
			if len(o.related) != 1 || o.related[0].Ref.ID != parent {
				t.Errorf("comment %d of issue %d was told of %+v, want %s", n, i, o.related, parent)
			}
		}
	}
}

// Two lanes are written at the same time: their comments meet at the target, in
// the order in which a source yields them, each issue followed by its comments.
func TestLanesRunInParallel(t *testing.T) {
	f := newForges(t)
	for _, id := range []string{"a", "b"} {
		issue := schema.Key{Kind: schema.KindIssue, ID: id}
		f.from.add(schema.KindIssue, id, nil, `{"number":1,"title":"a","state":"open"}`)
		f.from.add(schema.KindComment, "of "+id, &issue, `{"text":"hello"}`)
	}
	both := newMeeting(2)
	f.to.gate = func(ctx context.Context, r schema.Record) {
		if r.Kind == schema.KindComment && !both.join(ctx) {
			t.Errorf("the comment %q was written alone", r.ID)
		}
	}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Errorf("outcome %+v", outcome)
	}
}

// What a record names is at the target before it, in whatever lane that stands,
// and it is told where.
func TestWhatIsNamedGoesFirst(t *testing.T) {
	f := newForges(t)
	one, two := schema.Key{Kind: schema.KindIssue, ID: "1"}, schema.Key{Kind: schema.KindIssue, ID: "2"}
	f.from.add(schema.KindIssue, "1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindIssue, "2", nil, `{"number":2,"title":"b","state":"open"}`)
	f.from.add(schema.KindComment, "1-a", &one, `{"text":"first"}`)
	f.from.add(schema.KindComment, "2-a", &two, `{"text":"answers the first"}`).After = []schema.Key{{Kind: schema.KindComment, ID: "1-a"}}
	f.from.add(schema.KindComment, "1-b", &one, `{"text":"answers that"}`).After = []schema.Key{{Kind: schema.KindComment, ID: "2-a"}, two}
	f.from.add(schema.KindComment, "1-c", &one, `{"text":"names nothing that is there"}`).After = []schema.Key{{Kind: schema.KindComment, ID: "never"}}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	order := func(id string) int { return slices.Index(f.to.calls, "create comment "+id) }
	if order("1-a") > order("2-a") || order("2-a") > order("1-b") {
		t.Errorf("order of calls: %v", f.to.calls)
	}
	for id, want := range map[string][]string{
		"2-a": {f.to.idOf(schema.KindIssue, "2"), f.to.idOf(schema.KindComment, "1-a")},
		"1-b": {f.to.idOf(schema.KindIssue, "1"), f.to.idOf(schema.KindComment, "2-a"), f.to.idOf(schema.KindIssue, "2")},
		"1-c": {f.to.idOf(schema.KindIssue, "1")},
	} {
		o, _ := f.to.of(schema.KindComment, id)
		var got []string
		for _, r := range o.related {
			got = append(got, r.Ref.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s was told of (-want +got):\n%s", id, diff)
		}
	}
}
