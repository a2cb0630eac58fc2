package bitbucketserver_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/schema"
)

func threads(t testing.TB, since, cursor schema.Cursor, keys ...schema.Key) providers.ReadRequest {
	return providers.ReadRequest{Repo: named(t, "LAMP", "beacon"), Stream: "threads", Since: since, Cursor: cursor, Keys: keys}
}

// comments shows the comments of a pull request, each in a line.
func comments(t testing.TB, g got, change string) []string {
	t.Helper()
	var lines []string
	short := map[string]string{}
	for _, key := range g.Order() {
		if key.Kind != schema.KindComment || !strings.HasPrefix(key.ID, change+"#") {
			continue
		}
		b := sourcetest.Body[schema.Comment](t, g.Reading, key.Kind, key.ID)
		short[key.ID] = fmt.Sprint(len(lines) + 1)
		line := fmt.Sprintf("%s: %q", b.Author.Login, b.Text)
		if b.ReplyTo != "" {
			line += " to " + short[b.ReplyTo]
			if r := g.Record(key); !slices.Contains(r.After, schema.Key{Kind: schema.KindComment, ID: b.ReplyTo}) {
				t.Errorf("%s does not stand after what it answers", key)
			}
		}
		if p := b.Position; p != nil {
			line += fmt.Sprintf(" at %s %s %d-%d", p.Path, p.Side, p.StartLine, p.Line)
			if p.WholeFile {
				line += " whole"
			}
			if p.Outdated {
				line += " outdated"
			}
		}
		if b.Resolved {
			line += " resolved"
		}
		for _, r := range b.Reactions {
			line += " " + r.Name + " by " + r.Person.Login
		}
		lines = append(lines, line)
	}
	return lines
}

// TestThreads reads the sample from both generations of the server and from one that
// has tasks of the old sort.
func TestThreads(t *testing.T) {
	for version, test := range map[string]struct {
		reactions string
		tasks     []string // in their places
	}{
		"10.3.0": {" heart by cy +1 by ada +1 by cy", nil},
		"8.14.2": {" heart by cy +1 by ada +1 by cy", nil},
		"7.1.4":  {" heart by cy +1 by ada +1 by cy", nil},
	} {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t, version)
			g := read(t, w.open(nil), threads(t, "", ""))
			if g.err != nil || g.End == nil || !g.End.Complete {
				t.Fatal(g.err, g.End)
			}
			at := " at a.txt new 1-2"
			want := []string{
				`bob: "Why in capitals?"` + at + test.reactions,
				`ada: "Because." to 1` + at,
				`bob: "No reason." to 2` + at,
				`ada: "It is one." to 3` + at,
				`cy: "- [x] Sleep over it" to 2` + at,
				`cy: "I wonder too." to 1` + at,
				`cy: "- [ ] Explain it\n\n  in a comment" to 1` + at,
				`bob: "And this?" at a.txt old 0-2 outdated` + map[bool]string{true: " resolved"}[version != "7.1.4"],
				`cy: "The whole file" at dir/b.txt  0-0 whole`,
				`bob: "Said in a review"`,
			}
			if version == "7.1.4" { // tasks stand with the comment, before the replies
				want = []string{
					want[0],
					`cy: "- [ ] Explain it\n\n  in a comment" to 1` + at,
					`ada: "Because." to 1` + at,
					`cy: "- [x] Sleep over it" to 3` + at,
					`bob: "No reason." to 3` + at,
					`ada: "It is one." to 5` + at,
					want[5], want[7], want[8], want[9],
					`ada: "not yet"`, // nothing was ever kept back
				}
				want = slices.Insert(slices.Delete(want, 6, 7), 6, `cy: "I wonder too." to 1`+at)
			}
			if diff := cmp.Diff(want, comments(t, g, "3")); diff != "" {
				t.Errorf("comments of 3 (-want +got):\n%s", diff)
			}
			if version != "7.1.4" && g.Loss("bitbucket_server.draft_comments").Count != 1 {
				t.Errorf("losses: %v", g.Losses)
			}
			if g.Loss("bitbucket_server.activities").Count != 1 {
				t.Errorf("losses: %v", g.Losses)
			}
			if l := g.Loss("bitbucket_server.hidden_comments"); l.Code != "" {
				t.Errorf("comments are missing: %+v", l)
			}
			if c := sourcetest.Body[schema.Change](t, g.Reading, schema.KindChange, "3"); c.Draft != (version == "10.3.0") {
				t.Errorf("draft is %t", c.Draft)
			}
		})
	}
}

// TestChanges looks at the pull requests themselves, their reviews and events.
func TestChanges(t *testing.T) {
	w := newWorld(t, "")
	g := read(t, w.open(nil), threads(t, "", ""))
	beacon := w.repository("LAMP", "beacon")
	ada, bob := person(w, "ada"), person(w, "bob")

	pull := beacon.Pulls[0]
	page := w.URL + "/projects/LAMP/repos/beacon"
	link := fileLink(t, g, "1")
	if !strings.HasPrefix(link, page+"/attachments/") {
		t.Errorf("the file is at %s", link)
	}
	one := schema.Change{
		Number: 1, Title: "Brighter", State: "merged", Author: ada, URL: page + "/pull-requests/1",
		Text:        "More *light*.\r\n\r\n![the lamp](" + link + "){width=100}\n\nIn code it stays: `[x](attachment:",
		Head:        schema.Tip{Branch: "brighter", Commit: pull.From.Commit, Gone: true, Ref: "refs/pull-requests/1/from"},
		Base:        schema.Tip{Branch: "main", Commit: pull.To.Commit},
		MergeCommit: pull.MergeCommit, MergedBy: &ada, MergedAt: pull.Closed, ClosedAt: pull.Closed, CreatedAt: pull.Created, UpdatedAt: pull.Updated,
		RequestedReviewers: []schema.Person{bob},
	}
	gotOne := sourcetest.Body[schema.Change](t, g.Reading, schema.KindChange, "1")
	gotOne.Text, _, _ = strings.Cut(gotOne.Text, fmt.Sprint(beacon.ID)+"/")
	if diff := cmp.Diff(one, gotOne); diff != "" {
		t.Errorf("1 (-want +got):\n%s", diff)
	}
	two := sourcetest.Body[schema.Change](t, g.Reading, schema.KindChange, "2")
	if two.State != "closed" || !two.Head.Gone || len(two.RequestedReviewers) != 2 {
		t.Errorf("2: %+v", two)
	}
	if four := sourcetest.Body[schema.Change](t, g.Reading, schema.KindChange, "4"); four.Head.Repository != "~BOB/beacon" || four.Head.Gone || four.State != "open" {
		t.Errorf("4: %+v", four)
	}

	var lines []string
	for _, key := range g.Order() {
		number, _, _ := strings.Cut(key.ID, "#")
		switch key.Kind {
		case schema.KindReview:
			r := sourcetest.Body[schema.Review](t, g.Reading, key.Kind, key.ID)
			lines = append(lines, number+" review "+r.State+" by "+r.Author.Login+map[bool]string{true: " of the head"}[r.Commit != ""])
		case schema.KindEvent:
			e := sourcetest.Body[schema.Event](t, g.Reading, key.Kind, key.ID)
			line := number + " " + e.Name + " by " + e.Actor.Login
			if e.Person != nil {
				line += ": " + e.Person.Login
			}
			lines = append(lines, line)
		}
	}
	want := []string{
		"1 review dismissed by bob", "1 review_dismissed by bob", "1 review changes_requested by cy", "1 review approved by cy of the head", "1 merged by ada",
		"2 head_force_pushed by bob", "2 closed by ada", "2 reopened by bob", "2 review_requested by bob: ada", "2 review_requested by bob: cy", "2 closed by ada",
		"3 auto_merge_enabled by ada",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if n := g.End.Counts[schema.KindChange]; n != 4 {
		t.Errorf("the end counts %d", n)
	}
	for kind, n := range g.End.Counts {
		have := int64(0)
		for _, key := range g.Order() {
			if key.Kind == kind {
				have++
			}
		}
		if have != n {
			t.Errorf("the end counts %d %s, and %d came", n, kind.Plural(), have)
		}
	}
}

func person(w *world, name string) schema.Person {
	u := w.account(name)
	return schema.Person{ID: fmt.Sprint(u.ID), Login: u.Name, Name: u.Full, Email: u.Email}
}

// fileLink is the address of the one file of a pull request.
func fileLink(t *testing.T, g got, change string) string {
	t.Helper()
	for _, key := range g.Order() {
		if key.Kind == schema.KindAttachment && strings.HasPrefix(key.ID, change+"#") {
			return sourcetest.Body[schema.Attachment](t, g.Reading, key.Kind, key.ID).URL
		}
	}
	t.Fatal("there is no file")
	return ""
}

// TestFile downloads what a text links to.
func TestFile(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	g := read(t, s, threads(t, "", ""))
	var blobs []schema.Blob
	for _, key := range g.Order() {
		if r := g.Record(key); r.Blob != nil {
			blobs = append(blobs, *r.Blob)
			if b := sourcetest.Body[schema.Attachment](t, g.Reading, key.Kind, key.ID); b.Name != "the lamp" {
				t.Errorf("the file is called %q", b.Name)
			}
		}
	}
	if len(blobs) != 1 {
		t.Fatalf("there are the files %v", blobs)
	}
	content, err := s.OpenBlob(t.Context(), named(t, "LAMP", "beacon"), blobs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if data, err := io.ReadAll(content); err != nil || string(data) != "\x89PNG one" {
		t.Errorf("the file holds %q, %v", data, err)
	}
	for id, want := range map[string]providers.Code{"nothing": providers.CodeNotFound, "../../x": providers.CodeInvalid, "%2e%2e%2fx": providers.CodeInvalid, "": providers.CodeInvalid} {
		if _, err := s.OpenBlob(t.Context(), named(t, "LAMP", "beacon"), schema.Blob{ID: id}); providers.CodeOf(err) != want {
			t.Errorf("%q: %v, want %s", id, err, want)
		}
	}
}

// TestFileByInnerAddress finds a file that a text names by the address that the server
// is set up with.
func TestFileByInnerAddress(t *testing.T) {
	w := newWorld(t, "")
	pull := w.repository("LAMP", "beacon").Pulls[3]
	const link = bitbucketservertest.Inner + "/projects/LAMP/repos/beacon/attachments/12"
	w.Model.Comment(pull, w.account("cy"), "[it]("+link+") and [not it](https://elsewhere.example/projects/LAMP/repos/beacon/attachments/12)", nil)
	g := read(t, w.open(nil), threads(t, "", ""))
	if got := fileLink(t, g, "4"); got != link || g.End.Counts[schema.KindAttachment] != 2 {
		t.Errorf("the file is at %s, %+v", got, g.End.Counts)
	}
}

// TestChanged reads again what changed, and tells what was kept and what is gone.
func TestChanged(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	beacon := w.repository("LAMP", "beacon")
	w.Model.Wait(time.Hour)
	first := read(t, s, threads(t, "", ""))
	changes := func(g got) (read, kept []string) {
		for _, key := range g.Order() {
			if key.Kind == schema.KindChange {
				read = append(read, key.ID)
			}
		}
		for _, key := range g.Kept {
			kept = append(kept, key.ID)
		}
		return read, kept
	}
	again := func(name string, since schema.Cursor, wantRead, wantKept []string) schema.Cursor {
		t.Helper()
		w.Model.Wait(time.Hour) // or the next reading would see all of this hour again
		g := read(t, s, threads(t, since, ""))
		gotRead, gotKept := changes(g)
		if diff := cmp.Diff([][]string{wantRead, wantKept}, [][]string{gotRead, gotKept}); diff != "" || g.err != nil || !g.End.Complete {
			t.Errorf("%s: %v, %+v (-want +got):\n%s", name, g.err, g.End, diff)
		}
		if g.End == nil {
			t.FailNow()
		}
		if len(g.End.Next) > schema.MaxCursor {
			t.Errorf("%s: the cursor has %d bytes", name, len(g.End.Next))
		}
		return g.End.Next
	}
	next := again("nothing", first.End.Next, nil, []string{"1", "2", "3", "4"})
	ada := w.account("ada")
	w.Model.Comment(beacon.Pulls[1], ada, "late", nil)
	next = again("a comment", next, []string{"2"}, []string{"1", "3", "4"})
	w.Model.Quietly(beacon.Pulls[0], ada, "unseen")
	next = again("a comment that moves no time", next, []string{"1"}, []string{"2", "3", "4"})
	if err := w.Model.DeletePull(beacon.Pulls[1]); err != nil {
		t.Fatal(err)
	}
	next = again("a deleted one", next, nil, []string{"1", "3", "4"})
	if _, err := w.Model.Open(beacon, ada, "New", "", nil, "steadier", "main"); err != nil {
		t.Fatal(err)
	}
	next = again("a new one", next, []string{"5"}, []string{"1", "3", "4"})
	again("what is no cursor of this version", "x", []string{"1", "3", "4", "5"}, nil)
	if again("the same", next, nil, []string{"1", "3", "4", "5"}) == "" {
		t.Error("there is no next")
	}
}

// TestResume begins again at each checkpoint, with and without an earlier reading.
func TestResume(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	whole := read(t, s, threads(t, "", ""))
	w.Model.Comment(w.repository("LAMP", "beacon").Pulls[1], w.account("ada"), "late", nil)
	for _, since := range []schema.Cursor{"", whole.End.Next} {
		all := read(t, s, threads(t, since, ""))
		for i, mark := range all.Checkpoints {
			rest := read(t, s, threads(t, since, mark))
			if !slices.Equal(rest.Order(), all.Order()[len(all.Order())-len(rest.Order()):]) || rest.err != nil || !cmp.Equal(rest.End, all.End) {
				t.Errorf("since %t, after %d marks: %v, %+v, want %+v", since != "", i+1, rest.err, rest.End, all.End)
			}
		}
	}
	if g := read(t, s, threads(t, "", "{}")); providers.CodeOf(g.err) != providers.CodeInvalid {
		t.Errorf("a strange cursor: %v", g.err)
	}
}

// TestPicks asks for single records.
func TestPicks(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	all := read(t, s, threads(t, "", ""))
	var keys []schema.Key
	for i := 0; i < len(all.Order()); i += 3 {
		keys = append(keys, all.Order()[i])
	}
	asked := append(slices.Clone(keys), schema.Key{Kind: schema.KindChange, ID: "99"}, schema.Key{Kind: schema.KindComment, ID: "1#comment-9999"}, schema.Key{Kind: schema.KindChange, ID: "x"})
	slices.Reverse(asked)
	got := read(t, s, threads(t, "", "", asked...))
	if diff := cmp.Diff(keys, got.Order()); diff != "" || got.err != nil || len(got.Checkpoints) > 0 {
		t.Errorf("%v, %d marks (-want +got):\n%s", got.err, len(got.Checkpoints), diff)
	}
	for _, key := range keys {
		if got.Record(key).Revision != all.Record(key).Revision {
			t.Errorf("%s differs", key)
		}
	}
}

// TestUntold reads what the history does not tell: an approval whose activity is not
// there, and a comment that is only counted.
func TestUntold(t *testing.T) {
	w := newWorld(t, "")
	beacon := w.repository("LAMP", "beacon")
	w.Model.View(func() {
		p := beacon.Pulls[3]
		p.Reviewers[0].Status, p.Reviewers[0].Commit = "APPROVED", p.From.Commit
		p.Comments = append(p.Comments, &bitbucketservertest.Comment{ID: 999, Author: w.account("cy"), Text: "unseen"})
	})
	g := read(t, w.open(nil), threads(t, "", ""))
	ada := person(w, "ada")
	got := sourcetest.Body[schema.Review](t, g.Reading, schema.KindReview, "4#reviewer-"+ada.ID)
	if got.State != "approved" || got.Author != ada || got.Commit != beacon.Pulls[3].From.Commit {
		t.Errorf("the review is %+v", got)
	}
	if l := g.Loss("bitbucket_server.hidden_comments"); l.Count != 1 {
		t.Errorf("the losses are %v", g.Losses)
	}
}

// TestDeletedMeanwhile deletes a pull request after it was listed: it costs itself
// only.
func TestDeletedMeanwhile(t *testing.T) {
	for _, path := range []string{"/rest/*/pull-requests/2", "/rest/*/pull-requests/2/activities"} {
		w := newWorld(t, "")
		s := w.open(nil)
		beacon := w.repository("LAMP", "beacon")
		w.Faults(bitbucketservertest.Fault{Path: path, Pass: true, Then: func() {
			if err := w.Model.DeletePull(beacon.Pulls[1]); err != nil {
				t.Error(err)
			}
		}})
		g := read(t, s, threads(t, "", ""))
		if g.err != nil || len(g.Failed) > 0 || g.End.Counts[schema.KindChange] != 3 {
			t.Errorf("%s: %v, %v, %+v", path, g.err, g.Failed, g.End)
		}
		for _, key := range g.Order() {
			if strings.HasPrefix(key.ID, "2") {
				t.Errorf("%s: there is %s", path, key)
			}
		}
	}
}

// TestMovedMeanwhile moves the repository away: what cannot be found then is not
// gone.
func TestMovedMeanwhile(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	beacon := w.repository("LAMP", "beacon")
	w.Faults(bitbucketservertest.Fault{Path: "/rest/*/pull-requests/2", Pass: true, Then: func() { w.Model.Rename(beacon, beacon.Project, "elsewhere") }})
	if g := read(t, s, threads(t, "", "")); providers.CodeOf(g.err) != providers.CodeNotFound {
		t.Errorf("the reading ends with %v, %+v", g.err, g.End)
	}
}

// TestOneFails makes one pull request fail for ever.
func TestOneFails(t *testing.T) {
	for path, want := range map[string]schema.Key{
		"/rest/*/pull-requests/2":            {Kind: schema.KindChange, ID: "2"},
		"/rest/*/pull-requests/2/activities": {Kind: schema.KindComment, ID: "2#activities"},
	} {
		w := newWorld(t, "")
		s := w.open(nil)
		w.Faults(bitbucketservertest.Fault{Path: path, Times: -1, Status: http.StatusInternalServerError})
		g := read(t, s, threads(t, "", ""))
		if g.err != nil || len(g.Failed) != 1 || g.Failed[0].Key != want || g.End.Counts[schema.KindChange] != 4 {
			t.Errorf("%s: %v, %v, %+v", path, g.err, g.Failed, g.End)
		}
	}
	w := newWorld(t, "")
	s := w.open(nil)
	w.Faults(bitbucketservertest.Fault{Path: "/rest/*", From: 5, Times: -1, Status: http.StatusServiceUnavailable})
	if g := read(t, s, threads(t, "", "")); providers.CodeOf(g.err) != providers.CodeUnavailable {
		t.Errorf("a server that is down: %v", g.err)
	}
}

// TestThrottled waits when the server asks for it, and says so.
func TestThrottled(t *testing.T) {
	w := newWorld(t, "")
	s := w.open(nil)
	all := read(t, s, threads(t, "", ""))
	w.Limit(5, 30*time.Second)
	g := read(t, s, threads(t, "", ""))
	if g.err != nil || !slices.Equal(g.Order(), all.Order()) {
		t.Errorf("the reading ends with %v, %+v", g.err, g.End)
	}
	w.Limit(0, 30*time.Second)
	if g := read(t, s, providers.ReadRequest{Repo: named(t, "LAMP", "beacon"), Stream: "base"}); g.err != nil || g.Waits == 0 {
		t.Errorf("base ends with %v after %d waits", g.err, g.Waits)
	}
}
