package threads_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/github/threads"
	"github.com/drover-migrate/drover/schema"
)

// keysOf are the keys that a repository's records must have, and those of
// attachments aside nothing else. They are taken from the model, not from
// answers.
func keysOf(m *githubtest.Model, r *githubtest.Repository) []string {
	var all []string
	add := func(kind schema.Kind, format string, args ...any) {
		all = append(all, schema.Key{Kind: kind, ID: fmt.Sprintf(format, args...)}.String())
	}
	leftOut := []string{"mentioned", "subscribed", "unsubscribed", "issue_type_added", "issue_type_removed", "issue_type_changed"}
	m.View(func() {
		for _, i := range r.Issues {
			kind := schema.KindIssue
			if i.Pull != nil {
				kind = schema.KindChange
			}
			add(kind, "%d", i.Number)
			for _, c := range i.Comments {
				add(schema.KindComment, "%d#issuecomment-%d", i.Number, c.ID)
			}
			for _, e := range i.Events {
				if !slices.Contains(leftOut, e.Name) {
					add(schema.KindEvent, "%d#%s", i.Number, e.NodeID())
				}
			}
			if i.Pull == nil {
				continue
			}
			for _, v := range i.Pull.Reviews {
				if v.State != "PENDING" {
					add(schema.KindReview, "%d#pullrequestreview-%d", i.Number, v.ID)
				}
				for _, c := range v.Comments {
					add(schema.KindComment, "%d#discussion_r%d", i.Number, c.ID)
				}
			}
		}
		for _, d := range r.Discussions {
			add(schema.KindDiscussion, "%d", d.Number)
			for _, c := range d.Comments {
				add(schema.KindComment, "%d#discussioncomment-%d", d.Number, c.ID)
				for _, a := range c.Replies {
					add(schema.KindComment, "%d#discussioncomment-%d", d.Number, a.ID)
				}
			}
		}
	})
	slices.Sort(all)
	return all
}

func TestReadIsTheModel(t *testing.T) {
	w := sample(t)
	o := w.read(w.place(0), providers.ReadRequest{})
	var got []string
	for key := range o.records() {
		if key.Kind != schema.KindAttachment {
			got = append(got, key.String())
		}
	}
	slices.Sort(got)
	same(t, "records", keysOf(w.model, w.repo), got)
	if !o.end.Complete || o.end.Next == "" {
		t.Errorf("a whole reading ends with %+v", o.end)
	}
	counts := map[schema.Kind]int64{}
	for _, k := range threads.Kinds() {
		counts[k] = 0
	}
	for key := range o.records() {
		counts[key.Kind]++
	}
	if diff := cmp.Diff(counts, o.end.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if counts[schema.KindAttachment] == 0 {
		t.Error("the sample has no attachments")
	}
}

// TestOrder checks what the engine relies on: numbers ascend, a parent comes
// before its children, and what a record must follow before it.
func TestOrder(t *testing.T) {
	w := sample(t)
	o := w.read(w.place(0), providers.ReadRequest{})
	seen := map[schema.Key]bool{}
	last := int64(0)
	for _, m := range o.messages {
		if m.Whole != nil {
			if !seen[*m.Whole] {
				t.Errorf("%s is whole before it came", m.Whole)
			}
			continue
		}
		if m.Record == nil {
			t.Fatalf("unexpected %+v", m)
		}
		if err := m.Record.Check(); err != nil {
			t.Error(err)
		}
		if m.Record.Parent == nil {
			n, err := strconv.ParseInt(m.Record.ID, 10, 64)
			if err != nil || n <= last {
				t.Errorf("%s follows number %d", m.Record.Key(), last)
			}
			last = n
		} else if !seen[*m.Record.Parent] || m.Record.Parent.ID != strconv.FormatInt(last, 10) {
			t.Errorf("%s is not directly under its parent", m.Record.Key())
		}
		for _, k := range m.Record.After {
			if k.Kind != schema.KindMilestone && !seen[k] {
				t.Errorf("%s comes before %s", m.Record.Key(), k)
			}
		}
		seen[m.Record.Key()] = true
	}
}

func TestPageSizesMakeNoDifference(t *testing.T) {
	w := sample(t)
	want := lines(w.read(w.place(0), providers.ReadRequest{}).messages)
	for _, size := range []int{1, 2, 7} {
		same(t, fmt.Sprintf("pages of %d", size), want, lines(w.read(w.place(size), providers.ReadRequest{}).messages))
	}
}

func TestResumeAtEveryCheckpoint(t *testing.T) {
	w := sample(t)
	all := w.read(w.place(3), providers.ReadRequest{})
	if len(all.checkpoints) < 10 {
		t.Fatalf("there are %d checkpoints only", len(all.checkpoints))
	}
	for after, cursor := range all.checkpoints {
		rest := w.read(w.place(3), providers.ReadRequest{Cursor: cursor})
		same(t, fmt.Sprintf("after message %d", after), lines(all.messages[after:]), lines(rest.messages))
		if diff := cmp.Diff(all.end, rest.end); diff != "" {
			t.Errorf("after message %d the end is another (-want +got):\n%s", after, diff)
		}
	}
}

func TestForeignCursorIsRefused(t *testing.T) {
	w := empty(t)
	for _, cursor := range []schema.Cursor{"x", "{}", `{"v":2,"done":1,"next":{"v":1}}`, `{"v":1,"done":-1,"next":{"v":1}}`} {
		_, err := collect(t.Context(), w.client(nil), w.place(0), providers.ReadRequest{Cursor: cursor})
		if providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%s: %v", cursor, err)
		}
	}
}

func TestKindsFilter(t *testing.T) {
	w := sample(t)
	all := w.read(w.place(0), providers.ReadRequest{})
	for _, kind := range threads.Kinds() {
		some := w.read(w.place(0), providers.ReadRequest{Kinds: []schema.Kind{kind}})
		var want []string
		for _, m := range all.messages {
			if m.Record != nil && m.Record.Kind == kind || m.Whole != nil {
				want = append(want, lines([]providers.Message{m})...)
			}
		}
		same(t, string(kind), want, lines(some.messages))
		if diff := cmp.Diff(map[schema.Kind]int64{kind: all.end.Counts[kind]}, some.end.Counts); diff != "" {
			t.Errorf("counts of %s (-want +got):\n%s", kind, diff)
		}
	}
}

func TestPickEveryRecord(t *testing.T) {
	w := sample(t)
	all := w.read(w.place(0), providers.ReadRequest{}).records()
	var keys []schema.Key
	for key, want := range all {
		keys = append(keys, key)
		if len(keys)%7 != 0 { // one by one is slow
			continue
		}
		got := w.read(w.place(0), providers.ReadRequest{Keys: []schema.Key{key}}).records()
		if diff := cmp.Diff(map[schema.Key]*schema.Record{key: want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	got := w.read(w.place(0), providers.ReadRequest{Keys: keys}).records()
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("all of them (-want +got):\n%.2000s", diff)
	}
	gone := []schema.Key{{Kind: schema.KindIssue, ID: "999"}, {Kind: schema.KindComment, ID: "1#issuecomment-1"}, {Kind: schema.KindIssue, ID: "x"}, {Kind: schema.KindChange, ID: "1"}}
	if o := w.read(w.place(0), providers.ReadRequest{Keys: gone}); len(o.messages) != 0 {
		t.Errorf("what is gone is yielded: %v", lines(o.messages))
	}
}

func TestSkippedFilesAreALoss(t *testing.T) {
	w := sample(t)
	n := w.read(w.place(0), providers.ReadRequest{}).end.Counts[schema.KindAttachment]
	repo := w.place(0)
	repo.SkipFiles = true
	o := w.read(repo, providers.ReadRequest{})
	if len(o.losses) != 1 || o.losses[0].Count != n || o.losses[0].Code != "github.attachments" {
		t.Errorf("%d files were left out, and the losses are %+v", n, o.losses)
	}
	for key := range o.records() {
		if key.Kind == schema.KindAttachment {
			t.Errorf("%s is yielded", key)
		}
	}
	again := w.read(repo, providers.ReadRequest{Since: o.end.Next})
	if diff := cmp.Diff(o.losses, again.losses); diff != "" {
		t.Errorf("the next reading tells another loss (-want +got):\n%s", diff)
	}
}

// TestOldDates reads a repository whose newest thread has the oldest date, as
// after a transfer.
func TestOldDates(t *testing.T) {
	w := empty(t)
	for n := range 130 {
		w.model.AddIssue(w.repo, githubtest.Issue{Title: "t", Content: githubtest.Content{CreatedAt: githubtest.Epoch.AddDate(0, 0, -n)}})
	}
	w.model.SkipNumbers(w.repo, 300)
	w.model.AddIssue(w.repo, githubtest.Issue{Title: "t", Content: githubtest.Content{CreatedAt: githubtest.Epoch.AddDate(-9, 0, 0)}})
	o := w.read(w.place(0), providers.ReadRequest{})
	if n := o.end.Counts[schema.KindIssue]; n != 131 {
		t.Errorf("%d issues of 131 were read", n)
	}
	if strings.Contains(string(o.end.Next), `"last":130`) {
		t.Errorf("the highest number was not noticed: %s", o.end.Next)
	}
}
