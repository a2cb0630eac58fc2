package threads

import (
	"fmt"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// TestChanged takes a project through a life and reads what changed after each step.
func TestChanged(t *testing.T) {
	for _, uncounted := range []bool{false, true} {
		f := newForge(t)
		f.uncount = uncounted
		for n := range 8 {
			if i := f.add(0); n%2 == 0 {
				f.note(i, "hello")
			}
		}
		f.tick()
		since := f.read(providers.ReadRequest{}).next(t)
		for _, step := range []struct {
			name          string
			do            func()
			records, kept []string
			complete      bool
		}{
			{"nothing", func() {}, nil, nil, false},
			{"one was changed", func() { f.issues[3].updated = f.tick() }, []string{"issue 3", "comment issues/3#note_2"}, nil, false},
			{"a note was added", func() { f.tick(); f.note(f.issues[2], "late") }, []string{"issue 2", "comment issues/2#note_5"}, nil, false},
			{"some were made", func() { f.add(0); f.add(0) }, issueKeys(9, 10), nil, false},
			{"one was deleted", func() { delete(f.issues, 8) }, nil, issueKeys(1, 2, 3, 4, 5, 6, 7, 9, 10), true},
			{"one was made and one was deleted", func() { delete(f.issues, 9); f.add(0) }, issueKeys(11), issueKeys(1, 2, 3, 4, 5, 6, 7, 10), true},
			{"nothing again", func() {}, nil, nil, false},
		} {
			t.Run(fmt.Sprint(step.name, ", uncounted ", uncounted), func(t *testing.T) {
				f.tick()
				step.do()
				f.t = t
				f.tick()
				got := f.read(providers.ReadRequest{Since: since})
				sourcetest.Same(t, "records", step.records, got.records)
				sourcetest.Same(t, "kept", step.kept, got.kept)
				since = got.next(t)
				if got.End.Complete != step.complete || got.End.Counts[schema.KindIssue] != int64(len(f.issues)) {
					t.Errorf("end: %+v", got.End)
				}
			})
		}
	}
}

// TestThrottledTouch sees a note that was written within a minute after the one
// before it, which moves no time, although a reading was in between.
func TestThrottledTouch(t *testing.T) {
	f := newForge(t)
	i := f.add(0)
	f.tick()
	f.note(i, "first")
	f.now = f.now.Add(20 * time.Second)
	before := look(t, f)
	since := f.read(providers.ReadRequest{}).next(t)
	f.now = f.now.Add(20 * time.Second)
	f.note(i, "second")
	f.tick()
	if look(t, f) == before {
		t.Error("the second note does not show")
	}
	sourcetest.Same(t, "records", []string{"issue 1", "comment issues/1#note_1", "comment issues/1#note_2"}, f.read(providers.ReadRequest{Since: since}).records)
}

func look(t *testing.T, f *forge) Head {
	t.Helper()
	client, err := api.New(api.Options{URL: f.url, Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	h, err := Look(t.Context(), client, 12, Issues())
	if err != nil {
		t.Fatal(err)
	}
	h.At = time.Time{}
	return h
}

// TestChangedCosts asks no more than it must when nothing changed.
func TestChangedCosts(t *testing.T) {
	f := newForge(t)
	for range 40 {
		f.note(f.add(0), "hello")
	}
	f.tick()
	since := f.read(providers.ReadRequest{}).next(t)
	f.tick()
	f.answered = 0
	f.read(providers.ReadRequest{Since: since})
	if f.answered > 2 {
		t.Errorf("%d requests for nothing", f.answered)
	}
}

// TestAppeared reads everything when the token sees issues that it did not see before
// and that are not new.
func TestAppeared(t *testing.T) {
	f := newForge(t)
	for range 4 {
		f.add(0)
	}
	hidden := f.issues[2]
	delete(f.issues, 2)
	f.tick()
	since := f.read(providers.ReadRequest{}).next(t)
	f.tick()
	f.issues[2] = hidden
	sourcetest.Same(t, "records", issueKeys(1, 2, 3, 4), f.read(providers.ReadRequest{Since: since}).records)
}

// TestMadeMeanwhile makes an issue while the others are listed: the next reading has
// it, and nothing is read twice.
func TestMadeMeanwhile(t *testing.T) {
	f := newForge(t)
	for range 4 {
		f.add(0)
	}
	f.tick()
	since := f.read(providers.ReadRequest{}).next(t)
	f.tick()
	delete(f.issues, 1) // so that all are listed
	f.before["issues"] = func() {
		f.before["issues"] = func() {
			f.before["issues"] = func() { f.add(0) }
		}
	}
	got := f.read(providers.ReadRequest{Since: since})
	sourcetest.Same(t, "kept", issueKeys(2, 3, 4, 5), got.kept)
	f.tick()
	sourcetest.Same(t, "then", issueKeys(5), f.read(providers.ReadRequest{Since: got.next(t)}).records)
}

// TestChangedResumes begins a reading of changes again after each checkpoint.
func TestChangedResumes(t *testing.T) {
	for _, deletes := range []bool{false, true} {
		t.Run(fmt.Sprint("deletes ", deletes), func(t *testing.T) {
			f := newForge(t)
			for range 6 {
				f.note(f.add(0), "hello")
			}
			f.tick()
			since := f.read(providers.ReadRequest{}).next(t)
			f.tick()
			f.issues[2].updated, f.issues[4].updated = f.tick(), f.tick()
			if deletes {
				delete(f.issues, 1)
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
			if len(all.Checkpoints) != 2 {
				t.Errorf("%d checkpoints; want 2", len(all.Checkpoints))
			}
		})
	}
}
