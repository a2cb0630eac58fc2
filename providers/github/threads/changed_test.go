package threads_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// editor edits a repository at random, only in ways that an incremental reading
// can notice.
type editor struct {
	*world
	random *rand.Rand
	people []*githubtest.User
	labels []*githubtest.Label
}

func newEditor(w *world, seed uint64) *editor {
	e := &editor{world: w, random: rand.New(rand.NewPCG(seed, 1))}
	for n := range 4 {
		e.people = append(e.people, w.model.AddUser(githubtest.User{Login: fmt.Sprintf("dev%d-%d", seed, n)}))
	}
	for _, name := range []string{"bug", "wish"} {
		e.labels = append(e.labels, w.model.AddLabel(w.repo, githubtest.Label{Name: fmt.Sprintf("%s%d", name, seed)}))
	}
	w.model.AddCategory(w.repo, githubtest.Category{Name: "Ideas", Slug: "ideas"})
	return e
}

func (e *editor) someone() *githubtest.User { return e.people[e.random.IntN(len(e.people))] }

func pickOne[T any](r *rand.Rand, all []T) (T, bool) {
	if len(all) == 0 {
		var none T
		return none, false
	}
	return all[r.IntN(len(all))], true
}

// text is a text that may refer to other threads and hold an attachment.
func (e *editor) text() githubtest.Content {
	words := []string{"It blinks.", "As said.", fmt.Sprintf("See #%d.", 1+e.random.IntN(20)), fmt.Sprintf("GH-%d again", 1+e.random.IntN(9)),
		fmt.Sprintf("![x](%s/user-attachments/assets/00000000-0000-4000-8000-%012d)", e.server.URL, e.random.IntN(50))}
	return githubtest.Content{Author: e.someone(), Body: fmt.Sprintf("%s %d", words[e.random.IntN(len(words))], e.random.IntN(1000))}
}

func (e *editor) edit() {
	m, r := e.model, e.repo
	var plain, pulls []*githubtest.Issue
	for _, i := range r.Issues {
		if i.Pull != nil {
			pulls = append(pulls, i)
		} else {
			plain = append(plain, i)
		}
	}
	issue, hasIssue := pickOne(e.random, r.Issues)
	discussion, hasDiscussion := pickOne(e.random, r.Discussions)
	switch n := e.random.IntN(16); {
	case n == 0 || !hasIssue:
		m.AddIssue(r, githubtest.Issue{Title: "Blinking", Content: e.text()})
	case n == 1:
		head := githubtest.Tip{Branch: "fix", Commit: strings.Repeat("a", 40), Repo: r, Owner: r.Owner}
		m.AddIssue(r, githubtest.Issue{Title: "Fix", Content: e.text(), Pull: &githubtest.Pull{Head: head, Base: githubtest.Tip{Branch: "main", Commit: strings.Repeat("b", 40), Repo: r, Owner: r.Owner}}})
	case n == 2:
		m.AddDiscussion(r, githubtest.Discussion{Title: "Idea", Content: e.text(), Category: r.Categories[0]})
	case n == 3:
		m.EditIssue(issue, e.someone(), func(i *githubtest.Issue) { i.Title += "!" })
	case n == 4:
		m.EditIssue(issue, e.someone(), func(i *githubtest.Issue) { i.Body = e.text().Body })
	case n == 5:
		m.EditIssue(issue, e.someone(), func(i *githubtest.Issue) {
			i.Labels = []*githubtest.Label{e.labels[e.random.IntN(2)]}
			i.Assignees = []*githubtest.User{e.someone()}
		})
	case n == 6:
		m.EditIssue(issue, e.someone(), func(i *githubtest.Issue) {
			i.State = map[string]string{"open": "closed", "closed": "open"}[i.State]
		})
	case n == 7:
		if c, ok := pickOne(e.random, issue.Comments); ok {
			m.EditComment(c, c.Author, func(c *githubtest.Comment) { c.Body = e.text().Body })
		}
	case n == 8:
		if c, ok := pickOne(e.random, issue.Comments); ok {
			m.DeleteComment(c, c.Author)
		}
	case n == 9:
		if i, ok := pickOne(e.random, plain); ok && e.random.IntN(2) == 0 {
			m.DeleteIssue(i)
		}
	case n == 10 && hasDiscussion:
		m.AddDiscussionComment(discussion, githubtest.DiscussionComment{Content: e.text()})
	case n == 11 && hasDiscussion && e.random.IntN(3) == 0:
		m.DeleteDiscussion(discussion)
	case n == 12:
		if i, ok := pickOne(e.random, pulls); ok {
			m.AddReview(i, githubtest.Review{State: "APPROVED", Content: e.text()}, githubtest.Note{Body: "Why?", Place: githubtest.Place{Path: "a.go", Line: 3}, Hunk: "@@"})
		}
	case n == 13:
		if i, ok := pickOne(e.random, plain); ok {
			m.EditIssue(i, e.someone(), func(i *githubtest.Issue) {
				i.PinnedAt = map[bool]time.Time{true: githubtest.Epoch}[i.PinnedAt.IsZero()]
			})
		}
	default:
		c := m.AddComment(issue, githubtest.Comment{Content: e.text()})
		if e.random.IntN(3) == 0 { // before anybody reads it
			m.AddReaction(c, "heart", e.someone())
		}
	}
}

// TestChangesConverge edits at random, reads what changed, and compares what a
// target has then with a whole reading.
func TestChangesConverge(t *testing.T) {
	sequences := 100
	switch {
	case standin.Soak():
		sequences = 1000
	case testing.Short():
		sequences = 30
	}
	w := empty(t)
	for seed := range sequences {
		name := fmt.Sprintf("lamp%d", seed)
		r, err := w.model.AddRepository(w.repo.Owner, &githubtest.Repository{Name: name, Visibility: "public"})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, server: w.server, model: w.model, repo: r, token: w.token}
		e := newEditor(w, uint64(seed))
		for range e.random.IntN(25) {
			e.edit()
		}
		size := []int{0, 1, 3, 10}[seed%4]
		first := w.read(w.place(size), providers.ReadRequest{})
		target := store{}
		target.apply(first)
		since := first.end.Next
		for round := range 3 {
			for range 1 + e.random.IntN(8) {
				e.edit()
			}
			o := w.read(w.place(size), providers.ReadRequest{Since: since})
			if at, cursor, ok := someCheckpoint(e.random, o); ok { // as if it had been killed there
				rest := w.read(w.place(size), providers.ReadRequest{Since: since, Cursor: cursor})
				o = outcome{messages: append(o.messages[:at:at], rest.messages...), end: rest.end}
			}
			target.apply(o)
			since = o.end.Next
			want := store{}
			want.apply(w.read(w.place(0), providers.ReadRequest{}))
			if diff := cmp.Diff(want.text(), target.text()); diff != "" {
				t.Fatalf("sequence %d, round %d (-want +got):\n%.3000s", seed, round, diff)
			}
		}
	}
}

func someCheckpoint(random *rand.Rand, o outcome) (int, schema.Cursor, bool) {
	for at, cursor := range o.checkpoints {
		return at, cursor, random.IntN(2) == 0
	}
	return 0, "", false
}

// TestChangesCostLittle reads one edited thread of many.
func TestChangesCostLittle(t *testing.T) {
	w := empty(t)
	for range 250 {
		w.model.AddIssue(w.repo, githubtest.Issue{Title: "t"})
	}
	client := w.client(nil)
	first, err := collect(t.Context(), client, w.place(0), providers.ReadRequest{})
	if err != nil {
		t.Fatal(err)
	}
	w.model.SetClock(w.model.Now().Add(time.Hour), time.Minute)
	w.model.AddComment(w.repo.Issue(7), githubtest.Comment{Content: githubtest.Content{Body: "like #9"}})
	before := client.Requests()
	o, err := collect(t.Context(), client, w.place(0), providers.ReadRequest{Since: first.end.Next})
	if err != nil {
		t.Fatal(err)
	}
	if n := client.Requests() - before; n > 8 {
		t.Errorf("it took %d requests", n)
	}
	if o.end.Complete {
		t.Error("nothing was deleted, and everything was listed")
	}
	if got := body[schema.Event](t, o, schema.KindEvent, "9#"+w.repo.Issue(9).Events[0].NodeID()); got.Name != "cross_referenced" {
		t.Errorf("the reference made a %q", got.Name)
	}
	if n := len(o.records()); n > 10 {
		t.Errorf("%d records came", n)
	}
	w.model.SetClock(w.model.Now().Add(time.Hour), time.Minute)
	w.model.DeleteIssue(w.repo.Issue(8))
	gone, err := collect(t.Context(), client, w.place(0), providers.ReadRequest{Since: o.end.Next})
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, m := range gone.messages {
		if m.Kept != nil {
			kept++
		}
	}
	if !gone.end.Complete || kept < 240 {
		t.Errorf("after a deletion %d threads were kept, complete: %t", kept, gone.end.Complete)
	}
	nothing, err := collect(t.Context(), client, w.place(0), providers.ReadRequest{Since: "of another version"})
	if err != nil || !nothing.end.Complete {
		t.Errorf("what another version left is not read as nothing: %v", err)
	}
}

// TestDeletionAfterInterruption deletes a thread after another one was added to a
// reading that was interrupted: the number of threads is the same as when it began.
func TestDeletionAfterInterruption(t *testing.T) {
	w := empty(t)
	for range 5 {
		w.model.AddIssue(w.repo, githubtest.Issue{Title: "t"})
	}
	part := w.read(w.place(1), providers.ReadRequest{})
	var cursor schema.Cursor
	for at, c := range part.checkpoints {
		if at == 4 { // two issues, and that they are whole
			cursor = c
		}
	}
	if cursor == "" {
		t.Fatalf("there is no checkpoint after two issues: %v", part.checkpoints)
	}
	w.model.AddIssue(w.repo, githubtest.Issue{Title: "new"})
	rest := w.read(w.place(1), providers.ReadRequest{Cursor: cursor})
	w.model.DeleteIssue(w.repo.Issue(1))
	o := w.read(w.place(1), providers.ReadRequest{Since: rest.end.Next})
	if !o.end.Complete {
		t.Error("the deletion is not noticed")
	}
}
