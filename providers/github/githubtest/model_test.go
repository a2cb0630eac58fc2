package githubtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plain returns a model without git, with one repository and two people.
func plain(t *testing.T) (m *Model, r *Repository, ann, bob *User) {
	t.Helper()
	m = NewModel("http://github.test", "")
	ann, bob = m.AddUser(User{Login: "ann"}), m.AddUser(User{Login: "bob"})
	r, err := m.AddRepository(ann, &Repository{Name: "lamp"})
	if err != nil {
		t.Fatal(err)
	}
	return m, r, ann, bob
}

// events tells the events of an issue in short.
func events(i *Issue) []string {
	var all []string
	for _, e := range i.Events {
		text := e.Name
		switch {
		case e.Label != nil:
			text += " " + e.Label.Name
		case e.Assignee != nil:
			text += " " + e.Assignee.Login
		case e.Milestone != "":
			text += " " + e.Milestone
		case e.To != "":
			text += " " + e.From + "→" + e.To
		case e.Source != nil:
			text += fmt.Sprintf(" #%d", e.Source.Number)
		case e.StateReason != "":
			text += " " + e.StateReason
		}
		all = append(all, text)
	}
	return all
}

func TestEditsMakeEvents(t *testing.T) {
	m, r, ann, bob := plain(t)
	a, b := m.AddLabel(r, Label{Name: "a"}), m.AddLabel(r, Label{Name: "b"})
	one, two := m.AddMilestone(r, Milestone{Title: "one"}), m.AddMilestone(r, Milestone{Title: "two"})
	kind := &IssueType{Name: "Bug"}
	parent := m.AddIssue(r, Issue{Title: "parent"})
	i := m.AddIssue(r, Issue{Title: "old", Labels: []*Label{a}, Milestone: one})
	edits := []struct {
		name string
		edit func(*Issue)
		want []string
	}{
		{"title", func(i *Issue) { i.Title = "new" }, []string{"renamed old→new"}},
		{"nothing", func(*Issue) {}, nil},
		{"labels", func(i *Issue) { i.Labels = []*Label{b} }, []string{"labeled b", "unlabeled a"}},
		{"people", func(i *Issue) { i.Assignees = []*User{ann, bob} }, []string{"assigned ann", "assigned bob"}},
		{"fewer people", func(i *Issue) { i.Assignees = []*User{bob} }, []string{"unassigned ann"}},
		{"milestone", func(i *Issue) { i.Milestone = two }, []string{"demilestoned one", "milestoned two"}},
		{"type", func(i *Issue) { i.Type = kind }, []string{"issue_type_added"}},
		{"parent", func(i *Issue) { i.Parent = parent }, []string{"parent_issue_added #1"}},
		{"lock", func(i *Issue) { i.Locked, i.LockReason = true, "spam" }, []string{"locked"}},
		{"unlock", func(i *Issue) { i.Locked = false }, []string{"unlocked"}},
		{"pin", func(i *Issue) { i.PinnedAt = Epoch }, []string{"pinned"}},
		{"close", func(i *Issue) { i.State = "closed" }, []string{"closed completed"}},
		{"reopen", func(i *Issue) { i.State = "open" }, []string{"reopened reopened"}},
	}
	for _, e := range edits {
		before := len(i.Events)
		m.EditIssue(i, ann, e.edit)
		if diff := cmp.Diff(e.want, events(i)[before:], cmp.Transformer("", func(s []string) string { return fmt.Sprint(s) })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.name, diff)
		}
	}
	if got := events(parent); !slices.Equal(got, []string{"sub_issue_added #2"}) || len(parent.SubIssues) != 1 {
		t.Errorf("the parent: %v, %d sub-issues", got, len(parent.SubIssues))
	}
	if i.ClosedBy != nil || !i.ClosedAt.IsZero() {
		t.Error("an open issue says when it was closed")
	}
}

// TestUpdates tells what counts as an update of an issue or pull request.
func TestUpdates(t *testing.T) {
	m, r, ann, bob := plain(t)
	i := m.AddIssue(r, Issue{Title: "lamp"})
	p, err := m.AddPull(r, Issue{Title: "lamp", Pull: &Pull{Head: Tip{Branch: "x", Commit: commitID(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	c := m.AddComment(i, Comment{Content: by(bob, "hm")})
	m.AddReview(p, Review{Content: by(bob, "")}, Note{Body: "n", Place: Place{Path: "f", Line: 1}})
	thread := p.Pull.Threads[0]
	tests := []struct {
		name string
		do   func()
		want bool
	}{
		{"a comment", func() { m.AddComment(i, Comment{Content: by(bob, "ho")}) }, true},
		{"an edited comment", func() { m.EditComment(c, bob, func(c *Comment) { c.Body = "hum" }) }, true},
		{"a reaction", func() { m.AddReaction(i, "heart", bob) }, false},
		{"a reaction to a comment", func() { m.AddReaction(c, "heart", bob) }, false},
		{"a reference", func() { m.AddIssue(r, Issue{Title: "other", Content: by(ann, "see #1 and #2")}) }, false},
		{"a pin", func() { m.EditIssue(i, ann, func(i *Issue) { i.PinnedAt = Epoch }) }, false},
		{"a deleted comment", func() { m.DeleteComment(c, ann) }, true},
		{"a resolved thread", func() { m.ResolveThread(thread, ann) }, false},
		{"an edited review comment", func() { m.EditReviewComment(thread.Comments[0], bob, func(c *ReviewComment) { c.Body = "x" }) }, true},
		{"a deleted review comment", func() { m.DeleteReviewComment(thread.Comments[0]) }, true},
	}
	for _, test := range tests {
		before := [2]time.Time{i.UpdatedAt, p.UpdatedAt}
		test.do()
		if got := before != [2]time.Time{i.UpdatedAt, p.UpdatedAt}; got != test.want {
			t.Errorf("%s: updated is %t", test.name, got)
		}
	}
	if len(p.Pull.Threads) != 0 || len(p.Pull.Reviews) != 1 {
		t.Errorf("%d threads, %d reviews are left", len(p.Pull.Threads), len(p.Pull.Reviews))
	}
}

func TestReferences(t *testing.T) {
	texts := map[string]bool{
		"see #1":                        true,
		"#1":                            true,
		"(#1)":                          true,
		"ann/lamp#1":                    true,
		"http://x.test/ann/lamp/pull/1": true,
		"https://github.test/ann/lamp/issues/1#issuecomment-3": true,
		"`#1`":                   false,
		"```\n#1\n```":           false,
		"x#1":                    false,
		"&#1;":                   false,
		"bob/lamp#1":             false,
		"#12":                    false,
		"http://x.test/ann/lamp": false,
	}
	for text, want := range texts {
		m, r, ann, _ := plain(t)
		target := m.AddIssue(r, Issue{Title: "target"})
		from := m.AddIssue(r, Issue{Title: "from"})
		m.AddComment(from, Comment{Content: by(ann, text)})
		m.AddComment(from, Comment{Content: by(ann, text)})
		if got := len(target.Events); got != 0 != want || got > 1 {
			t.Errorf("%q: %d events, want any: %t", text, got, want)
		}
	}
}

// TestNodes finds every object of the sample by its global id.
func TestNodes(t *testing.T) {
	m := NewModel("http://github.test", t.TempDir())
	if err := Sample(m); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range m.objects {
		n, ok := o.(interface{ NodeID() string })
		if !ok {
			continue // hooks and keys have none
		}
		id := n.NodeID()
		if got := m.Node(id); got != o {
			t.Errorf("%s is %v, want %v", id, got, o)
		}
		seen[id] = true
	}
	if len(seen) < 100 {
		t.Errorf("only %d objects", len(seen))
	}
	for _, id := range []string{"", "I_kwDO", "I_kwDOAAAAAAAA", "X_kwDO////////", "nonsense"} {
		if got := m.Node(id); got != nil {
			t.Errorf("%q is %v", id, got)
		}
	}
}

func TestDeletedUser(t *testing.T) {
	m, r, ann, bob := plain(t)
	i := m.AddIssue(r, Issue{Title: "lamp", Content: by(bob, "x"), Assignees: []*User{ann, bob}})
	c := m.AddComment(i, Comment{Content: by(bob, "y")})
	reaction := m.AddReaction(i, "heart", bob)
	m.DeleteUser(bob)
	if i.Author != nil || c.Author != nil || reaction.User != nil || !slices.Equal(i.Assignees, []*User{ann}) || m.User("bob") != nil {
		t.Errorf("bob is still there: %v %v %v %v", i.Author, c.Author, reaction.User, i.Assignees)
	}
}

func TestDiscussions(t *testing.T) {
	m, r, ann, bob := plain(t)
	issue := m.AddIssue(r, Issue{Title: "lamp"})
	d := m.AddDiscussion(r, Discussion{Title: "light?", Category: m.AddCategory(r, Category{Name: "Q&A", Answerable: true}), Content: by(ann, "x")})
	if d.Number != issue.Number+1 || r.Discussion(d.Number) != d || r.Issue(d.Number) != nil {
		t.Errorf("discussion %d does not share the numbers of issues", d.Number)
	}
	c := m.AddDiscussionComment(d, DiscussionComment{Content: by(bob, "y")})
	reply := m.AddDiscussionComment(d, DiscussionComment{Content: by(ann, "z"), ReplyTo: c})
	m.EditDiscussion(d, ann, func(d *Discussion) { d.Answer, d.State = c, "closed" })
	if d.AnswerBy != ann || d.AnswerAt.IsZero() || d.ClosedAt.IsZero() || !d.EditedAt.IsZero() {
		t.Errorf("answered by %v at %s, closed at %s, edited at %s", d.AnswerBy, d.AnswerAt, d.ClosedAt, d.EditedAt)
	}
	m.EditDiscussionComment(reply, ann, func(c *DiscussionComment) { c.Body = "zz" })
	if reply.EditedAt.IsZero() || !d.UpdatedAt.Equal(reply.UpdatedAt) {
		t.Errorf("edited at %s, the discussion was updated at %s", reply.EditedAt, d.UpdatedAt)
	}
	m.DeleteDiscussionComment(c)
	if len(d.Comments) != 0 || d.Answer != nil || m.Node(reply.NodeID()) != nil {
		t.Errorf("%d comments, answer %v, reply %v", len(d.Comments), d.Answer, m.Node(reply.NodeID()))
	}
	m.DeleteDiscussion(d)
	if next := m.AddIssue(r, Issue{}); next.Number != 3 || r.Discussion(2) != nil {
		t.Errorf("the number of a deleted discussion was given again: %d", next.Number)
	}
}

func BenchmarkLarge(b *testing.B) {
	for b.Loop() {
		m := NewModel("http://github.test", "")
		if _, err := Large(m, 100_000, 5); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
}
