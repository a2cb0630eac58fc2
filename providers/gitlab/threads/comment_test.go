package threads

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// said is what a note is like.
type said struct {
	Author, Created, Type, Line, Text string
	Thread                            int // which of the threads, from 1
	Resolved, Internal                bool
	Place                             string
	Awards                            []string
}

func notesOf(i *gitlabtest.Item) []said {
	threads := map[*gitlabtest.Discussion]int{}
	var all []said
	for _, n := range i.Notes() {
		if threads[n.Discussion] == 0 {
			threads[n.Discussion] = len(threads) + 1
		}
		s := said{Author: n.Author.Username, Created: dayOf(n.Created), Type: n.Type, Thread: threads[n.Discussion], Resolved: n.Resolved, Internal: n.Internal}
		s.Line, s.Text = split(n.Body)
		if p := n.Position; p != nil {
			s.Place = fmt.Sprintf("%s:%d %s:%d", p.OldPath, p.OldLine, p.NewPath, p.NewLine)
		}
		for _, a := range n.Awards {
			s.Awards = append(s.Awards, a.User.Username+" "+a.Name)
		}
		all = append(all, s)
	}
	return all
}

// issueOf makes an issue by olga, who may set dates.
func issueOf(t *testing.T, s *site, w *Writer, p Project) (schema.Key, schema.Ref, *gitlabtest.Item) {
	t.Helper()
	k := schema.Key{Kind: schema.KindIssue, ID: "i"}
	ref := store(t, w, p, providers.Write{Record: record(t, schema.KindIssue, "i", nil, schema.Issue{Number: 1, Title: "x", State: stateOpen, Author: person("olga"), CreatedAt: at})})[0].Ref
	return k, ref, &s.model(p).Issue(1).Item
}

func TestComments(t *testing.T) {
	s := newSite(t)
	p, w := s.project("comments"), s.writer("boss")
	i, ref, issue := issueOf(t, s, w, p)
	day := func(n int) schema.Time { return at.AddDate(0, 0, n) }
	for n, test := range []struct {
		body schema.Comment
		want said
		lost losses
	}{
		{schema.Comment{Text: "by nobody", Author: stranger("zoe"), CreatedAt: day(1), URL: "https://example.org/1"},
			said{Author: "boss", Created: "2021-03-05 10:00", Line: "> `zoe` commented · [original](<https://example.org/1>)", Text: "by nobody"}, losses{lossAuthor}},
		{schema.Comment{Text: "by an owner", Author: person("olga"), CreatedAt: day(2), UpdatedAt: day(3), Reactions: []schema.Reaction{{Name: "rocket", Person: person("alice")}, {Name: "No Sense", Person: person("alice")}}},
			said{Author: "olga", Created: "2021-03-06 10:00", Line: "> edited 2021-03-07 10:00 UTC · reactions: `No Sense` × 1", Text: "by an owner", Awards: []string{"alice rocket"}}, losses{lossReaction}},
		{schema.Comment{Text: "by a reporter", Author: person("bob"), CreatedAt: day(4)},
			said{Author: "bob", Created: "now", Line: "> 2021-03-08 10:00 UTC", Text: "by a reporter"}, nil},
		{schema.Comment{Text: "by nobody, after that", Author: stranger("zoe"), CreatedAt: day(5)},
			said{Author: "boss", Created: "now", Line: "> `zoe` commented on 2021-03-09 10:00 UTC", Text: "by nobody, after that"}, losses{lossAuthor}},
		{schema.Comment{Text: "by who is not a member", Author: person("carol"), CreatedAt: day(6)},
			said{Author: "carol", Created: "now", Line: "> 2021-03-10 10:00 UTC", Text: "by who is not a member"}, nil},
		{schema.Comment{Text: "by who has no account", Author: person("nobody"), CreatedAt: day(7), Hidden: "off_topic"},
			said{Author: "boss", Created: "now", Line: "> **Nobody** (`gh-nobody`) commented on 2021-03-11 10:00 UTC",
				Text: "<details><summary>Hidden as <code>off topic</code></summary>\n\nby who has no account\n\n</details>"}, losses{lossAuthor}},
		{schema.Comment{Text: "in secret", Author: person("bob"), CreatedAt: day(8), Internal: true},
			said{Author: "boss", Created: "now", Line: "> **Bob** (`gh-bob`) commented on 2021-03-12 10:00 UTC", Text: "in secret", Internal: true}, losses{lossAuthor}},
	} {
		one := targettest.Under(t, i, ref, schema.KindComment, fmt.Sprint("c", n), test.body)
		first := store(t, w, p, one)[0]
		got := notesOf(issue)
		if len(got) != n+1 {
			t.Fatalf("%s: there are %d notes", test.body.Text, len(got))
		}
		test.want.Thread = n + 1
		if diff := cmp.Diff(test.want, got[n]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.body.Text, diff)
		}
		if first.Degraded != test.lost.String() {
			t.Errorf("%s: degraded: %q, not %q", test.body.Text, first.Degraded, test.lost)
		}
		if len(test.body.Reactions) == 0 {
			checkAgain(t, s, w, p, one, first)
		}
	}
	s.quiet()
}

// What is written in a later run knows when the newest note was made.
func TestCommentsLater(t *testing.T) {
	s := newSite(t)
	p := s.project("later")
	i, ref, issue := issueOf(t, s, s.writer("boss"), p)
	for n, author := range []schema.Person{person("bob"), stranger("zoe"), person("olga")} {
		store(t, s.writer("boss"), p, targettest.Under(t, i, ref, schema.KindComment, fmt.Sprint("c", n), schema.Comment{Text: fmt.Sprint("said ", n), Author: author, CreatedAt: at}))
	}
	for n, note := range notesOf(issue) {
		if note.Text != fmt.Sprint("said ", n) || note.Created != "now" {
			t.Errorf("the note %d is %+v", n, note)
		}
	}
}

// Who may not write to a locked issue is named in the text there, and speaks
// elsewhere.
func TestLocked(t *testing.T) {
	s := newSite(t)
	p, w := s.project("locked"), s.writer("boss")
	for i, author := range []string{"boss", "carol"} {
		n := int64(i + 1)
		k := schema.Key{Kind: schema.KindIssue, ID: fmt.Sprint("i", n)}
		ref := store(t, w, p, providers.Write{Record: record(t, k.Kind, k.ID, nil, schema.Issue{Number: n, Title: "x", State: stateOpen, Locked: n == 1})})[0].Ref
		store(t, w, p, targettest.Under(t, k, ref, schema.KindComment, k.ID, schema.Comment{Text: "x", Author: person("carol")}))
		notes := s.model(p).Issue(n).Notes()
		if len(notes) != 1 || notes[0].Author.Username != author {
			t.Errorf("under %d stands %+v", n, notes)
		}
		if s.model(p).Issue(n).Locked != (n == 1) {
			t.Errorf("%d is locked: %v", n, n != 1)
		}
	}
}

func TestReplies(t *testing.T) {
	s := newSite(t)
	p, w := s.project("replies"), s.writer("olga")
	i, ref, issue := issueOf(t, s, w, p)
	root := targettest.Under(t, i, ref, schema.KindComment, "root", schema.Comment{Text: "root", CreatedAt: at})
	first := store(t, w, p, root)[0]
	other := targettest.Under(t, i, ref, schema.KindComment, "other", schema.Comment{Text: "other", CreatedAt: at})
	store(t, w, p, other)
	reply := func(id string, to string, at schema.Ref) providers.Write {
		one := targettest.Under(t, i, ref, schema.KindComment, id, schema.Comment{Text: id, ReplyTo: to, CreatedAt: issue.Created})
		one.Related = append(one.Related, providers.Related{Key: schema.Key{Kind: schema.KindComment, ID: to}, Ref: at})
		return one
	}
	one := reply("one", "root", first.Ref)
	answer := store(t, w, p, one)[0]
	checkAgain(t, s, w, p, one, answer)
	two := store(t, w, p, reply("two", "one", answer.Ref))[0]
	if two.Degraded != "" {
		t.Errorf("degraded: %s", two.Degraded)
	}
	store(t, w, p, reply("three", "nowhere", schema.Ref{}))
	// One call may bring a comment and its answer.
	store(t, w, p, targettest.Under(t, i, ref, schema.KindComment, "four", schema.Comment{Text: "four", CreatedAt: at}),
		targettest.Under(t, i, ref, schema.KindComment, "five", schema.Comment{Text: "five", ReplyTo: "four", CreatedAt: at}))
	want := map[string]int{"root": 1, "other": 2, "one": 1, "two": 1, "three": 3, "four": 4, "five": 4}
	got := map[string]int{}
	for _, n := range notesOf(issue) {
		got[n.Text] = n.Thread
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("threads (-want +got):\n%s", diff)
	}
}

// changeWithDiff makes an open merge request that changes four lines.
func changeWithDiff(t *testing.T, s *site, w *Writer, p Project) (schema.Key, schema.Ref, *gitlabtest.Item) {
	t.Helper()
	h := newHistory(t)
	h.Commit("f.go", "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n")
	base := h.main()
	h.Git("checkout", "-q", "-b", "topic")
	head := h.Commit("f.go", "one\nTWO\nTWO AND A HALF\nthree\nfour\nfive\nsix\nseven\neight\nten\n")
	h.Git("checkout", "-q", "main")
	h.push(s, p, "main", "topic")
	k := schema.Key{Kind: schema.KindChange, ID: "m"}
	c := schema.Change{Number: 1, Title: "x", State: stateOpen, Author: person("alice"), Head: schema.Tip{Commit: head, Branch: "topic"}, Base: schema.Tip{Commit: base, Branch: "main"}}
	ref := store(t, w, p, providers.Write{Record: record(t, schema.KindChange, "m", nil, c)})[0].Ref
	return k, ref, &s.model(p).MergeRequest(1).Item
}

func TestRemarks(t *testing.T) {
	s := newSite(t)
	p, w := s.project("remarks"), s.writer("olga")
	m, ref, change := changeWithDiff(t, s, w, p)
	hunk := "@@ -1,2 +1,3 @@\n one\n-two\n+TWO"
	quote := "```diff\n" + hunk + "\n```\n\n"
	for n, test := range []struct {
		name     string
		comment  schema.Comment
		want     said
		lost     losses
		requests int
	}{
		{"added", schema.Comment{Text: "a\n```suggestion\nx\n```", Position: &schema.Position{Path: "f.go", Side: "new", Line: 2, Hunk: hunk}},
			said{Type: "DiffNote", Place: "f.go:0 f.go:2", Text: "a\n```suggestion:-0+0\nx\n```"}, nil, 3},
		{"removed", schema.Comment{Text: "b", Resolved: true, Position: &schema.Position{Path: "f.go", Side: "old", Line: 2}},
			said{Type: "DiffNote", Place: "f.go:2 f.go:0", Text: "b", Resolved: true}, nil, 2},
		{"context", schema.Comment{Text: "c", Position: &schema.Position{Path: "f.go", Side: "new", Line: 4}},
			said{Type: "DiffNote", Place: "f.go:3 f.go:4", Text: "c"}, nil, 1},
		{"range", schema.Comment{Text: "d", Position: &schema.Position{Path: "f.go", Side: "new", StartLine: 2, Line: 3}},
			said{Type: "DiffNote", Place: "f.go:0 f.go:3", Text: "d"}, nil, 1},
		{"outdated", schema.Comment{Text: "e", Resolved: true, Position: &schema.Position{Path: "f.go", Side: "new", Line: 2, Hunk: hunk, Outdated: true}},
			said{Type: "DiscussionNote", Line: "> on `f.go`, line 2 (outdated)", Text: quote + "e", Resolved: true}, losses{lossPosition}, 2},
		{"another file", schema.Comment{Text: "f", Position: &schema.Position{Path: "g.go", Side: "new", Line: 2, Hunk: hunk}},
			said{Type: "DiscussionNote", Line: "> on `g.go`, line 2", Text: quote + "f"}, losses{lossPosition}, 1},
		{"a line that is nowhere", schema.Comment{Text: "g", Position: &schema.Position{Path: "f.go", Side: "new", Line: 999}},
			said{Type: "DiscussionNote", Line: "> on `f.go`, line 999", Text: "g"}, losses{lossPosition}, 2},
	} {
		test.comment.CreatedAt, test.comment.URL = at.AddDate(0, 0, 2*n), "https://example.org/c"
		test.want.Line = strings.TrimPrefix(test.want.Line+" · [original](<https://example.org/c>)", " · ")
		if !strings.HasPrefix(test.want.Line, ">") {
			test.want.Line = "> " + test.want.Line
		}
		one := targettest.Under(t, m, ref, schema.KindComment, test.name, test.comment)
		before := s.requests()
		first := store(t, w, p, one)[0]
		if got := s.requests() - before; got != test.requests {
			t.Errorf("%s: %d requests, not %d: %+v", test.name, got, test.requests, s.server.Requests()[before:])
		}
		got := notesOf(change)
		test.want.Author, test.want.Thread, test.want.Created = "olga", n+1, dayOf(test.comment.CreatedAt)
		found := slices.IndexFunc(got, func(s said) bool { return s.Text == test.want.Text })
		if found < 0 {
			t.Fatalf("%s: it is not among %+v", test.name, got)
		}
		if diff := cmp.Diff(test.want, got[found]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if first.Degraded != test.lost.String() {
			t.Errorf("%s: degraded: %q, not %q", test.name, first.Degraded, test.lost)
		}
		checkAgain(t, s, w, p, one, first)
		reply := targettest.Under(t, m, ref, schema.KindComment, test.name+"-reply", schema.Comment{Text: "reply", ReplyTo: test.name, CreatedAt: at.AddDate(0, 0, 2*n+1), Position: test.comment.Position})
		reply.Related = append(reply.Related, providers.Related{Key: one.Record.Key(), Ref: first.Ref})
		checkAgain(t, s, w, p, reply, store(t, w, p, reply)[0])
	}
	for _, n := range notesOf(change) {
		if n.Text == "reply" && (n.Thread > 7 || n.Type == "") {
			t.Errorf("a reply stands alone: %+v", n)
		}
	}
	if r := s.model(p).MergeRequest(1).Discussions[3].Notes[0].Position; r == nil || r.LineRange == nil {
		t.Errorf("the range is %+v", r)
	}
	s.quiet()
}

func TestReviews(t *testing.T) {
	s := newSite(t)
	p, w := s.project("reviews"), s.writer("boss")
	m, ref, change := changeWithDiff(t, s, w, p)
	for n, test := range []struct {
		review  schema.Review
		want    said // without Thread
		lost    losses
		skipped bool
	}{
		{schema.Review{State: "approved", Author: person("alice"), SubmittedAt: at}, said{}, losses{lossDay}, false},
		{schema.Review{State: "approved", Author: person("olga"), Text: "Good.", SubmittedAt: at},
			said{Author: "olga", Created: "2021-03-04 10:00", Line: "> **approved these changes**", Text: "Good."}, losses{lossDay}, false},
		{schema.Review{State: "approved", Author: person("carol"), SubmittedAt: at},
			said{Author: "carol", Created: "now", Line: "> 2021-03-04 10:00 UTC · **approved these changes**"}, losses{lossVerdict}, false},
		{schema.Review{State: "changes_requested", Author: person("bob"), Text: "/close", SubmittedAt: at},
			said{Author: "bob", Created: "now", Line: "> 2021-03-04 10:00 UTC · **requested changes**", Text: `\/close`}, losses{lossRequested}, false},
		{schema.Review{State: "dismissed", Author: stranger("zoe"), Text: "no", SubmittedAt: at},
			said{Author: "boss", Created: "now", Line: "> `zoe` reviewed on 2021-03-04 10:00 UTC · **gave a review that was dismissed**", Text: "no"}, losses{lossDismissed, lossAuthor}, false},
		{schema.Review{State: "commented", Author: person("bob")}, said{}, nil, true},
		{schema.Review{State: "pending", Author: person("bob"), Text: "x"}, said{}, nil, true},
	} {
		name := fmt.Sprint(n, " ", test.review.State, " by ", test.review.Author.Login)
		before := len(change.Notes())
		one := targettest.Under(t, m, ref, schema.KindReview, fmt.Sprint("r", n), test.review)
		first := store(t, w, p, one)[0]
		if (first.Skipped != "") != test.skipped {
			t.Errorf("%s: %+v", name, first)
			continue
		}
		if first.Degraded != test.lost.String() {
			t.Errorf("%s: degraded: %q, not %q", name, first.Degraded, test.lost)
		}
		notes := notesOf(change)
		var got said
		if len(notes) > before {
			got = notes[len(notes)-1]
			got.Thread = 0
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if !test.skipped { // again, as after an answer that was lost
			found, err := w.Find(t.Context(), p, []providers.Wanted{{Key: one.Record.Key(), Ref: first.Ref}})
			if err != nil || found[0] != first.Ref {
				t.Errorf("%s: found %+v, %v; not %+v", name, found, err, first.Ref)
			}
			one.Ref = first.Ref
			if diff := cmp.Diff(first, store(t, w, p, one)[0]); diff != "" {
				t.Errorf("%s: written again (-first +second):\n%s", name, diff)
			}
		}
	}
	var who []string
	for _, a := range s.model(p).MergeRequest(1).Approvals {
		who = append(who, a.User.Username)
	}
	if diff := cmp.Diff([]string{"alice", "olga"}, who, sorted()); diff != "" {
		t.Errorf("approved by (-want +got):\n%s", diff)
	}
}

func TestElsewhere(t *testing.T) {
	s := newSite(t)
	p, w := s.project("elsewhere"), s.writer("olga")
	h := newHistory(t)
	h.push(s, p, "main")
	commit := providers.Write{Record: record(t, schema.KindComment, "on a commit", nil, schema.Comment{Text: "x", Commit: h.main(), Author: stranger("zoe"), CreatedAt: at, URL: "https://example.org/1", Position: &schema.Position{Path: "a", Line: 1}})}
	first := store(t, w, p, commit)[0]
	commit.Ref = first.Ref
	if diff := cmp.Diff(first, store(t, w, p, commit)[0]); diff != "" {
		t.Errorf("written again (-first +second):\n%s", diff)
	}
	said := notesOf(s.model(p).Commits[h.main()])
	if len(said) != 1 || said[0].Text != "x" || !strings.Contains(said[0].Line, "on `a`, line 1") {
		t.Errorf("of the commit is said %+v", said)
	}
	release := schema.Key{Kind: schema.KindRelease, ID: "r"}
	if answer := store(t, w, p, providers.Write{Record: record(t, schema.KindComment, "c", &release, schema.Comment{Text: "x"})})[0]; answer.Skipped == "" {
		t.Errorf("on a release: %+v", answer)
	}
	secret := targettest.Under(t, schema.Key{Kind: schema.KindSnippet, ID: "s"}, schema.Ref{ID: "snippet/1"}, schema.KindComment, "c", schema.Comment{Text: "x", Internal: true})
	if answer := store(t, w, p, secret)[0]; answer.Skipped == "" {
		t.Errorf("a secret where there are none: %+v", answer)
	}
	orphan := w.Write(t.Context(), p, []providers.Write{{Record: record(t, schema.KindComment, "c", &schema.Key{Kind: schema.KindIssue, ID: "i"}, schema.Comment{Text: "x"})}})[0]
	if providers.CodeOf(orphan.Problem) != providers.CodeInvalid || orphan.Problem.Hint == "" {
		t.Errorf("under nothing: %+v", orphan)
	}
}

func TestAttachments(t *testing.T) {
	s := newSite(t)
	p, w := s.project("files"), s.writer("olga")
	i, ref, _ := issueOf(t, s, w, p)
	path := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(path, []byte("contents"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := targettest.Under(t, i, ref, schema.KindAttachment, "a", schema.Attachment{Name: "../a b.txt", MediaType: "text/plain"})
	one.Content = path
	first := store(t, w, p, one)[0]
	uploads := s.model(p).Uploads
	if len(uploads) != 1 || string(uploads[0].Data) != "contents" || first.Ref.URL != "/uploads/"+uploads[0].Secret+"/"+strings.ReplaceAll(uploads[0].Name, " ", "%20") {
		t.Errorf("%+v leads to %+v", first.Ref, uploads)
	}
	found, err := w.Find(t.Context(), p, []providers.Wanted{{Key: one.Record.Key(), Ref: first.Ref}, {Key: one.Record.Key(), Ref: schema.Ref{ID: "upload/00/x"}}, {Key: one.Record.Key()}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]schema.Ref{first.Ref, {}, {}}, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	one.Ref = first.Ref
	if diff := cmp.Diff(first, store(t, w, p, one)[0]); diff != "" {
		t.Errorf("written again (-first +second):\n%s", diff)
	}
	one.Ref.ID = "upload/00/x"
	if again := store(t, w, p, one)[0]; again.Ref == first.Ref || len(s.model(p).Uploads) != 2 {
		t.Errorf("a file that is gone: %+v", again)
	}
}
