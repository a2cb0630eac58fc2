package threads

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// story is what is written, lane by lane, and the history that it is about.
type story struct {
	name     string
	history  *history // nil: it is about none
	lanes    [][]schema.Record
	requests int // it takes at least
	writes   int // of these
}

func stories(t *testing.T) []story {
	t.Helper()
	h := newHistory(t)
	base, head := h.main(), h.Branch("topic")
	h.Git("merge", "-q", "--no-ff", "-m", "merge topic", "topic")
	h.keep(4, head)
	by := person("bob")
	issue, change := &schema.Key{Kind: schema.KindIssue, ID: "i2"}, &schema.Key{Kind: schema.KindChange, ID: "p4"}
	return []story{
		{"issue", nil, [][]schema.Record{
			{record(t, schema.KindIssue, "i2", nil, schema.Issue{Number: 2, Title: "second", Text: "a", State: stateClosed, Author: person("bob"), Assignees: []schema.Person{person("alice")}, Labels: []string{"old"}, Locked: true, CreatedAt: at, ClosedAt: at})},
			{
				record(t, schema.KindComment, "c1", issue, schema.Comment{Text: "one", Author: person("bob"), CreatedAt: at, Reactions: []schema.Reaction{{Name: "+1", Person: person("alice")}}}),
				record(t, schema.KindComment, "c2", issue, schema.Comment{Text: "two", Author: stranger("zoe"), CreatedAt: at, ReplyTo: "c1"}),
			},
		}, 12, 6},
		{"change", h, [][]schema.Record{
			{record(t, schema.KindChange, "p4", nil, schema.Change{Number: 3, Title: "third", State: stateMerged, Text: "Adds it.", Author: person("alice"), MergedBy: &by, MergedAt: at, MergeCommit: h.main(),
				Head: schema.Tip{Commit: head, Branch: "topic", Gone: true}, Base: schema.Tip{Commit: base, Branch: "main"}, Labels: []string{"new"}, Reactions: []schema.Reaction{{Name: "heart", Person: person("bob")}}})},
			{
				record(t, schema.KindReview, "r1", change, schema.Review{State: "approved", Text: "fine", Author: person("olga"), SubmittedAt: at}),
				record(t, schema.KindComment, "c3", change, schema.Comment{Text: "here", Review: "r1", Author: person("bob"), CreatedAt: at, Resolved: true, Position: &schema.Position{Path: "topic2", Line: 2, Side: "new"}}),
				record(t, schema.KindComment, "c4", change, schema.Comment{Text: "there", Author: person("carol"), CreatedAt: at}),
			},
		}, 25, 12},
	}
}

// begin makes a project with the history of a story.
func (s *site) begin(of story, name string) Project {
	s.t.Helper()
	p := s.project(name)
	if of.history != nil {
		of.history.push(s, p, "main", "refs/pull/*:refs/pull/*")
	}
	return p
}

// TestKilledAnywhere writes a story with a program that dies at its n-th request,
// for every n, and then with one that does not. What stands at the target is each
// time what it is without deaths.
func TestKilledAnywhere(t *testing.T) {
	for _, story := range stories(t) {
		t.Run(story.name, func(t *testing.T) { killAnywhere(t, story) })
	}
}

func killAnywhere(t *testing.T, story story) {
	s := newSite(t)
	var want []string
	var stored int
	for n := 0; ; n = standin.NextDeath(n) {
		p := s.begin(story, fmt.Sprint("killed-", n))
		died := n > 0 && s.runUntil(p, story.lanes, int64(n))
		refs := carry(t.Context(), t, s.writer("boss"), p, story.lanes, true)
		got := s.everything(p)
		if n == 0 {
			want, stored = got, len(refs)
			t.Logf("%s", strings.Join(want, "\n"))
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("killed at request %d (-want +got):\n%s", n, diff)
		}
		if len(refs) != stored {
			t.Errorf("killed at request %d: %d refs", n, len(refs))
		}
		if !died {
			if n < story.requests {
				t.Errorf("all was written with %d requests", n)
			}
			return
		}
	}
}

// runUntil writes until the n-th request. It reports whether there was one.
func (s *site) runUntil(p Project, lanes [][]schema.Record, n int64) bool {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	carry(ctx, s.t, s.writerWith("boss", targettest.NewDying(n, cancel)), p, lanes, false)
	return ctx.Err() != nil
}

// carry writes lanes as the engine does: what may be there is looked for first.
func carry(ctx context.Context, t *testing.T, w *Writer, p Project, lanes [][]schema.Record, must bool) map[schema.Key]schema.Ref {
	t.Helper()
	refs := map[schema.Key]schema.Ref{}
	for _, lane := range lanes {
		for _, r := range lane {
			one := providers.Write{Record: r}
			wanted := providers.Wanted{Key: r.Key(), Number: numberIn(r)}
			if r.Parent != nil {
				related := providers.Related{Key: *r.Parent, Ref: refs[*r.Parent]}
				one.Related, wanted.Parent = []providers.Related{related}, &related
			}
			if r.ID == "c2" {
				one.Related = append(one.Related, providers.Related{Key: schema.Key{Kind: schema.KindComment, ID: "c1"}, Ref: refs[schema.Key{Kind: schema.KindComment, ID: "c1"}]})
			}
			found, err := w.Find(ctx, p, []providers.Wanted{wanted})
			if err == nil {
				one.Ref = found[0]
			} else if must {
				t.Fatal(err)
			}
			answer := w.Write(ctx, p, []providers.Write{one})[0]
			for try := 0; answer.Problem != nil && answer.Problem.Code == providers.CodeUnavailable && try < 3 && ctx.Err() == nil; try++ {
				found, err := w.Find(ctx, p, []providers.Wanted{wanted})
				if err != nil {
					t.Fatal(err)
				}
				one.Ref = found[0]
				answer = w.Write(ctx, p, []providers.Write{one})[0]
			}
			if answer.Problem != nil && must {
				t.Fatalf("%s: %v", r.ID, answer.Problem)
			}
			if ctx.Err() != nil {
				return refs
			}
			refs[r.Key()] = answer.Ref
		}
	}
	if err := w.Finish(ctx, p); err != nil && must {
		t.Fatal(err)
	}
	return refs
}

func numberIn(r schema.Record) int64 {
	switch r.ID {
	case "i2":
		return 2
	case "p4":
		return 3
	}
	return 0
}

// everything is what stands in a project, in a form that can be compared.
func (s *site) everything(p Project) []string {
	s.t.Helper()
	var all []string
	add := func(what string, of summary, i *gitlabtest.Item) {
		all = append(all, fmt.Sprintf("%s %+v", what, of))
		for _, n := range notesOf(i) {
			all = append(all, fmt.Sprintf("  %+v", n))
		}
	}
	m := s.model(p)
	for _, i := range m.Issues {
		add("issue", ofIssue(i), &i.Item)
	}
	for _, r := range m.MergeRequests {
		add("merge request", summarize(&r.Item), &r.Item)
		var approved []string
		for _, a := range r.Approvals {
			approved = append(approved, a.User.Username)
		}
		d := s.displayed(p, r.IID)
		all = append(all, fmt.Sprintf("  shows %+v, approved by %v", d, approved))
	}
	return append(all, "branches "+strings.Join(s.branches(p), " "))
}

// TestLostAnswers writes a story to a server that carries a request out and then
// fails, once for each request that changes something. The record is looked for and
// written again, as the engine does.
func TestLostAnswers(t *testing.T) {
	for _, story := range stories(t) {
		t.Run(story.name, func(t *testing.T) { loseAnswers(t, story) })
	}
}

func loseAnswers(t *testing.T, story story) {
	s := newSite(t)
	p := s.begin(story, "whole")
	carry(t.Context(), t, s.writer("boss"), p, story.lanes, true)
	want := s.everything(p)
	for n := 1; ; n = standin.NextDeath(n) {
		p := s.begin(story, fmt.Sprint("lost-", n))
		struck := false
		s.server.Faults(gitlabtest.Fault{Path: "/api/v4/*", Writes: true, From: n, After: true, Status: http.StatusBadGateway, Then: func() { struck = true }})
		w := s.writer("boss")
		carry(t.Context(), t, w, p, story.lanes, false)
		s.server.ClearFaults()
		carry(t.Context(), t, w, p, story.lanes, true)
		if diff := cmp.Diff(want, s.everything(p)); diff != "" {
			t.Errorf("the answer to write %d was lost (-want +got):\n%s", n, diff)
		}
		if !struck {
			if n < story.writes {
				t.Errorf("all was written with %d writes", n)
			}
			return
		}
	}
}
