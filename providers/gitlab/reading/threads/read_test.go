package threads

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/schema"
)

func issueKeys(numbers ...int64) []string {
	var all []string
	for _, n := range numbers {
		all = append(all, fmt.Sprintf("issue %d", n))
	}
	return all
}

// TestOrder reads in the order of numbers, which is not that of the list, and goes
// on from each checkpoint.
func TestOrder(t *testing.T) {
	f := newForge(t)
	for _, number := range []int64{9, 2, 7, 14, 1, 3, 11, 4, 12, 6, 8} {
		f.add(number)
	}
	got := f.read(providers.ReadRequest{})
	sourcetest.Same(t, "records", issueKeys(1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 14), got.records)
	sourcetest.Same(t, "whole", got.records, got.whole)
	if got.End == nil || !got.End.Complete || got.End.Counts[schema.KindIssue] != 11 {
		t.Errorf("end: %+v", got.End)
	}
	for i, c := range got.Checkpoints {
		rest := f.read(providers.ReadRequest{Cursor: c})
		sourcetest.Same(t, fmt.Sprintf("after checkpoint %d", i), append([]string{}, got.records[got.After[i]:]...), append([]string{}, rest.records...))
		sourcetest.Same(t, "counts", got.End.Counts, rest.End.Counts)
		sourcetest.Same(t, "next", got.End.Next, rest.End.Next)
	}
}

// TestWindows reads a list that shrinks under its hands, and one in which many
// things bear the same date. Pages never get deep where dates differ.
func TestWindows(t *testing.T) {
	for name, test := range map[string]struct {
		same    int // how many issues bear one date
		deepest int
	}{
		"different dates": {1, 1},
		"a few of a date": {4, 2},
		"all of a date":   {40, 8},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForge(t)
			var at time.Time
			var want []int64
			for n := range int64(40) {
				i := f.add(0)
				if int(n)%test.same == 0 {
					at = i.created
				}
				i.created, i.updated = at, at
				want = append(want, n+1)
			}
			got := f.read(providers.ReadRequest{Kinds: []schema.Kind{schema.KindIssue}})
			sourcetest.Same(t, "records", issueKeys(want...), got.records)
			if f.deepest > test.deepest {
				t.Errorf("page %d was asked for", f.deepest)
			}
		})
	}
}

// TestShift deletes issues while the list is read.
func TestShift(t *testing.T) {
	f := newForge(t)
	for range 12 {
		f.add(0)
	}
	f.before["issues"] = func() { // the look
		f.before["issues"] = func() { // the first page
			f.before["issues"] = func() { delete(f.issues, 1); delete(f.issues, 2) }
		}
	}
	sourcetest.Same(t, "records", issueKeys(3, 4, 5, 6, 7, 8, 9, 10, 11, 12), f.read(providers.ReadRequest{}).records)
}

// TestFiles knows a file by the link that leads to it, and counts what the server
// says of itself.
func TestFiles(t *testing.T) {
	const secret = "66dbcd21ec5d24ed6ea225176098d52b"
	f := newForge(t)
	i := f.add(0)
	i.text = "![x](/uploads/" + secret + "/x.png)"
	f.note(i, "again /uploads/"+secret+"/x.png and "+f.url+"/acme/lamp/uploads/"+secret+"/x.png")
	f.note(i, "closed")
	got := f.read(providers.ReadRequest{Kinds: []schema.Kind{schema.KindAttachment}})
	var links []string
	for _, b := range got.bodies {
		_, rest, _ := strings.Cut(b, `"url":"`)
		link, _, _ := strings.Cut(rest, `"`)
		links = append(links, link)
	}
	sourcetest.Same(t, "links", []string{"/uploads/" + secret + "/x.png", f.url + "/acme/lamp/uploads/" + secret + "/x.png"}, links)
	if len(got.Losses) != 1 || got.Losses[0].Code != lostNotes || got.Losses[0].Count != 1 {
		t.Errorf("losses: %v", got.Losses)
	}
}

// TestBroken reads on when the server fails at one issue, and stops when it fails at
// everything.
func TestBroken(t *testing.T) {
	f := newForge(t)
	for range 3 {
		f.note(f.add(0), "hello")
	}
	f.broken["issues/1"], f.broken["issues/2/discussions"] = true, true
	got := f.read(providers.ReadRequest{})
	sourcetest.Same(t, "failed", []string{"issue 1", "comment issues/2#notes"}, got.failed)
	sourcetest.Same(t, "records", []string{"issue 2", "issue 3", "comment issues/3#note_3"}, got.records)
	sourcetest.Same(t, "whole", []string{"issue 3"}, got.whole)
	if got.End == nil || got.End.Counts[schema.KindIssue] != 3 {
		t.Errorf("end: %+v", got.End)
	}
	f.before["issues/3"] = func() { f.down = true }
	if got = f.read(providers.ReadRequest{}); providers.CodeOf(got.err) != providers.CodeUnavailable || got.End != nil {
		t.Errorf("a server that went down: %v, %+v", got.err, got.End)
	}
}

// TestOff is a project without issues.
func TestOff(t *testing.T) {
	f := newForge(t)
	f.off = true
	got := f.read(providers.ReadRequest{})
	if got.err != nil || len(got.records) > 0 || !got.End.Complete {
		t.Errorf("%v, %+v", got.err, got.End)
	}
}

func TestCursors(t *testing.T) {
	f := newForge(t)
	f.add(0)
	for _, c := range []schema.Cursor{"x", `{"v":2}`, `{"v":1,"done":-1,"next":{"v":1}}`, `{"v":1}`} {
		if got := f.read(providers.ReadRequest{Cursor: c}); providers.CodeOf(got.err) != providers.CodeInvalid {
			t.Errorf("cursor %s: %v", c, got.err)
		}
	}
	for _, s := range []schema.Cursor{"x", `{"v":2}`, `{"v":1}`} {
		if got := f.read(providers.ReadRequest{Since: s}); len(got.records) != 1 || !got.End.Complete {
			t.Errorf("since %s: %+v", s, got)
		}
	}
}

func TestPick(t *testing.T) {
	f := newForge(t)
	for range 3 {
		f.note(f.add(0), "hello")
	}
	got := f.read(providers.ReadRequest{Keys: []schema.Key{
		{Kind: schema.KindComment, ID: "issues/3#note_3"}, {Kind: schema.KindIssue, ID: "1"}, {Kind: schema.KindIssue, ID: "77"}, {Kind: schema.KindIssue, ID: "-1"},
		{Kind: schema.KindComment, ID: "issues/2#note_9"}, {Kind: schema.KindComment, ID: "merge_requests/2#note_2"}, {Kind: schema.KindComment, ID: "2"},
	}})
	sourcetest.Same(t, "records", []string{"issue 1", "comment issues/3#note_3"}, got.records)
	if len(got.Checkpoints)+len(got.whole) > 0 || got.End == nil {
		t.Errorf("%+v", got)
	}
}

// TestStop gives up in the middle.
func TestStop(t *testing.T) {
	f := newForge(t)
	for range 30 {
		f.add(0)
	}
	f.before["issues/20"] = func() { f.down = true }
	got := f.read(providers.ReadRequest{})
	if got.err == nil || got.End != nil || !slices.Equal(got.records[:1], issueKeys(1)) {
		t.Errorf("%v, %+v", got.err, got.End)
	}
	f.mu.Lock() // a request that was given up may still arrive
	f.down = false
	f.mu.Unlock()
	rest := f.read(providers.ReadRequest{Cursor: got.Checkpoints[len(got.Checkpoints)-1]})
	if n := len(got.records) + len(rest.records); n != 30 || !rest.End.Complete {
		t.Errorf("%d records in two readings", n)
	}
}
