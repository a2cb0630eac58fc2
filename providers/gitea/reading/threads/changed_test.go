package threads

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/schema"
)

// TestChanged takes a repository through a life and reads what changed after each
// step.
func TestChanged(t *testing.T) {
	f := newForge(t)
	for n := range 8 {
		if i := f.add(0); n%2 == 0 {
			f.comment(i, "hello")
		}
	}
	since := f.read(providers.ReadRequest{}).next(t)
	steps := []struct {
		name          string
		do            func()
		records, kept []string
		complete      bool
	}{
		{"nothing", func() {}, nil, nil, false},
		{"a thread was changed", func() { f.threads[3].updated = f.tick() }, []string{"issue 3", "comment 3#issuecomment-2"}, nil, false},
		{"a comment was edited", func() { f.comments[3].updated = f.tick() }, []string{"issue 7", "comment 7#issuecomment-4"}, nil, false},
		{"a comment was added", func() { f.comment(f.threads[2], "late") }, []string{"issue 2", "comment 2#issuecomment-5"}, nil, false},
		{"threads were made", func() { f.add(0); f.add(0).pull = true }, []string{"issue 9", "change 10"}, nil, false},
		{"a thread was deleted", func() { f.remove(8) }, nil, []string{"issue 1", "issue 2", "issue 3", "issue 4", "issue 5", "issue 6", "issue 7", "issue 9", "change 10"}, true},
		{"one was made and one was deleted", func() { f.remove(9); f.add(0) }, []string{"issue 11"}, []string{"issue 1", "issue 2", "issue 3", "issue 4", "issue 5", "issue 6", "issue 7", "change 10"}, true},
		{"a comment was deleted", func() { f.comments = f.comments[1:] }, []string{
			"issue 1", "issue 2", "comment 2#issuecomment-5", "issue 3", "comment 3#issuecomment-2", "issue 4", "issue 5", "comment 5#issuecomment-3",
			"issue 6", "issue 7", "comment 7#issuecomment-4", "change 10", "issue 11",
		}, nil, true},
		{"nothing again", func() {}, nil, nil, false},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			f.tick()
			step.do()
			f.t = t
			got := f.read(providers.ReadRequest{Since: since})
			sourcetest.Same(t, "records", step.records, got.records)
			sourcetest.Same(t, "kept", step.kept, got.kept)
			since = got.next(t)
			if got.End.Complete != step.complete {
				t.Errorf("complete: %t", got.End.Complete)
			}
		})
	}
}

// TestChangedCosts asks no more than it must when nothing changed.
func TestChangedCosts(t *testing.T) {
	f := newForge(t)
	for range 40 {
		f.comment(f.add(0), "hello")
	}
	since := f.read(providers.ReadRequest{}).next(t)
	f.tick()
	f.answered = 0
	f.read(providers.ReadRequest{Since: since})
	if f.answered > 6 {
		t.Errorf("%d requests for nothing", f.answered)
	}
}

// TestAppeared reads everything when the token sees threads that it did not see
// before and that are not new.
func TestAppeared(t *testing.T) {
	f := newForge(t)
	for range 4 {
		f.add(0)
	}
	hidden := f.threads[2]
	f.remove(2)
	since := f.read(providers.ReadRequest{}).next(t)
	f.tick()
	f.threads[2], f.order = hidden, append([]int64{2}, f.order...)
	sourcetest.Same(t, "records", issueKeys(1, 2, 3, 4), f.read(providers.ReadRequest{Since: since}).records)
}

// TestChangedResumes begins a reading of changes again after each checkpoint.
func TestChangedResumes(t *testing.T) {
	for _, deletes := range []bool{false, true} {
		t.Run(fmt.Sprint("deletes ", deletes), func(t *testing.T) {
			f := newForge(t)
			for range 6 {
				f.comment(f.add(0), "hello")
			}
			since := f.read(providers.ReadRequest{}).next(t)
			f.tick()
			f.threads[2].updated, f.threads[4].updated = f.tick(), f.tick()
			if deletes {
				f.comments = f.comments[1:]
			}
			all := f.read(providers.ReadRequest{Since: since})
			for i, c := range all.Checkpoints {
				rest := f.read(providers.ReadRequest{Since: since, Cursor: c})
				sourcetest.Same(t, fmt.Sprintf("after checkpoint %d", i), append([]string{}, all.records[all.After[i]:]...), append([]string{}, rest.records...))
				sourcetest.Same(t, "next", all.End.Next, rest.End.Next)
				if rest.End.Complete != all.End.Complete {
					t.Error("one is complete and the other is not")
				}
			}
			if want := map[bool]int{false: 2, true: 6}[deletes]; len(all.Checkpoints) != want {
				t.Errorf("%d checkpoints; want %d", len(all.Checkpoints), want)
			}
		})
	}
}

func TestPick(t *testing.T) {
	f := newForge(t)
	for range 3 {
		f.comment(f.add(0), "hello")
	}
	got := f.read(providers.ReadRequest{Keys: []schema.Key{
		{Kind: schema.KindComment, ID: "3#issuecomment-3"}, {Kind: schema.KindIssue, ID: "1"}, {Kind: schema.KindIssue, ID: "77"}, {Kind: schema.KindIssue, ID: "-1"}, {Kind: schema.KindComment, ID: "2#issuecomment-9"},
	}})
	sourcetest.Same(t, "records", []string{"issue 1", "comment 3#issuecomment-3"}, got.records)
	if len(got.Checkpoints)+len(got.whole) > 0 || got.End == nil {
		t.Errorf("%+v", got)
	}
}
