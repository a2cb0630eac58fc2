package threads

import (
	"fmt"
	"slices"
	"strings"
	"testing"

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

// TestOrder reads in the order of numbers, which is not that of the list.
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
		sourcetest.Same(t, fmt.Sprintf("after checkpoint %d", i), slices.Clip(got.records[got.After[i]:]), append([]string{}, rest.records...))
		sourcetest.Same(t, "counts", got.End.Counts, rest.End.Counts)
	}
}

// TestShift deletes a thread while the list is read: those after it move to a
// page that was read already.
func TestShift(t *testing.T) {
	f := newForge(t)
	for range 12 {
		f.add(0)
	}
	f.before["issues?page=2"] = func() { f.remove(12); f.remove(11) }
	got := f.read(providers.ReadRequest{})
	sourcetest.Same(t, "records", issueKeys(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), got.records)
}

// TestTimeline finds the end of a timeline that the server shows parts of.
func TestTimeline(t *testing.T) {
	line := func(n int, what string) []string { return slices.Repeat([]string{what}, n) }
	tests := map[string]struct {
		lines   []string
		remarks []int
		seesAll bool
		pages   int
	}{
		"none":                      {nil, nil, true, 1},
		"a short page":              {line(4, "pin"), nil, true, 1},
		"a full page":               {line(5, "pin"), nil, true, 2},
		"remarks fill a page":       {slices.Concat(line(5, "hidden"), line(3, "pin")), []int{5}, true, 2},
		"remarks in between":        {slices.Concat(line(2, "pin"), line(4, "hidden"), line(6, "pin")), []int{3, 1}, true, 3},
		"references are hidden":     {slices.Concat(line(4, "pin"), line(1, "hidden"), line(2, "pin")), nil, false, 2},
		"few lines, nothing hidden": {line(1, "pin"), nil, false, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newForge(t)
			i := f.add(0)
			i.pull, i.lines, i.reviews = true, test.lines, test.remarks
			got := f.read(providers.ReadRequest{Kinds: []schema.Kind{schema.KindEvent}}, func(r *Repository) { r.SeesAll = test.seesAll })
			want := len(test.lines) - len(slices.DeleteFunc(slices.Clone(test.lines), func(s string) bool { return s != "hidden" }))
			if len(got.records) != want || f.asked["issues/1/timeline"] != test.pages {
				t.Errorf("%d events in %d requests; want %d in %d", len(got.records), f.asked["issues/1/timeline"], want, test.pages)
			}
		})
	}
}

// TestRemarks makes a conversation of the remarks at one place.
func TestRemarks(t *testing.T) {
	f := newForge(t)
	i := f.add(0)
	i.pull, i.reviews = true, []int{4}
	got := f.read(providers.ReadRequest{}, func(r *Repository) { r.Heads = map[int64]string{1: "kept"} })
	sourcetest.Same(t, "records", []string{"change 1", "review 1#review-1", "comment 1#issuecomment-1000", "comment 1#issuecomment-1001", "comment 1#issuecomment-1002", "comment 1#issuecomment-1003"}, got.records)
	for n, reply := range []string{2: "", 3: `"reply_to":"1#issuecomment-1000"`, 4: "", 5: `"reply_to":"1#issuecomment-1002"`} {
		if n >= 2 && strings.Contains(got.bodies[n], "reply_to") != (reply != "") || !strings.Contains(got.bodies[n], reply) {
			t.Errorf("%s: %s; want %q", got.records[n], got.bodies[n], reply)
		}
	}
	if !strings.Contains(got.bodies[0], `"commit":"kept"`) {
		t.Errorf("the head is not the one that the server keeps: %s", got.bodies[0])
	}
}

// TestReviewText reads the text of a review as people see it, which is not the one
// that the review itself tells once somebody changed it.
func TestReviewText(t *testing.T) {
	f := newForge(t)
	i := f.add(0)
	i.pull, i.reviews, i.lines = true, []int{0, 0}, []string{"close", "review: changed"}
	got := f.read(providers.ReadRequest{})
	for key, text := range map[string]string{"review 1#review-1": `"text":"changed"`, "review 1#review-2": `"text":"at first"`} {
		if n := slices.Index(got.records, key); n < 0 || !strings.Contains(got.bodies[n], text) {
			t.Errorf("%s is not %s: %v %v", key, text, got.records, got.bodies)
		}
	}
}

// TestFiles knows a file by the link that leads to it.
func TestFiles(t *testing.T) {
	const one, two, three = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"
	f := newForge(t)
	i := f.add(0)
	i.assets = []string{one, two, "../../etc"}
	f.comment(i, "see [the plan](/attachments/"+one+"), http://elsewhere/attachments/"+one+" and ![x]("+f.url+"/o/r/attachments/"+three+")")
	f.comment(i, "again /attachments/"+one+", and https://evil.example/attachments/"+two)
	got := f.read(providers.ReadRequest{Kinds: []schema.Kind{schema.KindAttachment}})
	links := map[string]bool{}
	for _, b := range got.bodies {
		_, rest, _ := strings.Cut(b, `"url":"`)
		link, _, _ := strings.Cut(rest, `"`)
		links[link] = true
	}
	sourcetest.Same(t, "links", map[string]bool{"/attachments/" + one: true, "http://elsewhere/attachments/" + one: true, f.url + "/o/r/attachments/" + three: true, "http://elsewhere/attachments/" + two: true}, links)
	if len(got.records) != len(links) {
		t.Errorf("records: %v", got.records)
	}
	without := f.read(providers.ReadRequest{}, func(r *Repository) { r.SkipFiles = true })
	if len(without.Losses) != 1 || without.Losses[0].Count != 4 {
		t.Errorf("losses: %v", without.Losses)
	}
}

// TestBroken reads on when the server fails at one thread, and stops when it fails
// at everything.
func TestBroken(t *testing.T) {
	f := newForge(t)
	for range 3 {
		f.comment(f.add(0), "hello")
	}
	f.broken["issues/1"], f.broken["issues/2/comments"] = true, true
	got := f.read(providers.ReadRequest{})
	sourcetest.Same(t, "failed", []string{"issue 1", "comment 2#comments"}, got.failed)
	sourcetest.Same(t, "records", []string{"issue 2", "issue 3", "comment 3#issuecomment-3"}, got.records)
	sourcetest.Same(t, "whole", []string{"issue 3"}, got.whole)
	if got.End == nil || got.End.Counts[schema.KindIssue] != 3 {
		t.Errorf("end: %+v", got.End)
	}
	f.before["issues/3?page="] = func() { f.down = true }
	if got = f.read(providers.ReadRequest{}); providers.CodeOf(got.err) != providers.CodeUnavailable || got.End != nil {
		t.Errorf("a server that went down: %v, %+v", got.err, got.End)
	}
}

// TestOff is a repository without issues and pull requests.
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
