package threads

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// TestKilledAnywhere writes a conversation with a program that dies at its n-th
// request, for every n, and then with one that does not. What stands at the
// target is each time what it is without deaths.
func TestKilledAnywhere(t *testing.T) {
	l := startStandIn(t)
	h := newHistory(t)
	base := h.Git("rev-parse", "main")
	head := h.Branch("topic")
	h.Git("merge", "-q", "--no-ff", "-m", "merge topic", "topic")
	h.add(4, "topic", stateMerged, h.Git("rev-parse", "main"), schema.Change{
		Text: "Adds it.", Head: schema.Tip{Commit: head, Gone: true}, Base: schema.Tip{Commit: base}, Labels: []string{"new"},
		Reactions: []schema.Reaction{reaction("heart", person("bob"))},
	})
	records := [][]schema.Record{
		{record(t, schema.KindIssue, "i1", nil, schema.Issue{Number: 1, Title: "first", State: "closed", Author: person("eve"), Assignees: []schema.Person{person("bob")}, Labels: []string{"old"}, Locked: true})},
		{record(t, schema.KindChange, "p4", nil, h.changes["topic"])},
		{
			record(t, schema.KindReview, "r1", &schema.Key{Kind: schema.KindChange, ID: "p4"}, schema.Review{State: "commented", Text: "hm", Author: person("bob"), SubmittedAt: at}),
			record(t, schema.KindComment, "c1", &schema.Key{Kind: schema.KindChange, ID: "p4"}, schema.Comment{Text: "here", Review: "r1", Author: person("bob"), CreatedAt: at, UpdatedAt: at, Resolved: true,
				Position: &schema.Position{Path: "topic2", Line: 2, Side: "new"}}),
			record(t, schema.KindComment, "c2", &schema.Key{Kind: schema.KindChange, ID: "p4"}, schema.Comment{Text: "there", Author: person("carol"), CreatedAt: at, UpdatedAt: at}),
		},
	}
	var want []string
	for n := 0; ; n = standin.NextDeath(n) {
		repo := l.repo(t, fmt.Sprint("killed-", n))
		h.push(l, repo, "main", "refs/drover/*:refs/drover/*")
		died := false
		if n > 0 {
			died = runUntil(t, l, repo, records, int64(n))
		}
		refs := carry(t.Context(), t, l.writer(), repo, records, true)
		got := l.everything(t, repo)
		if n == 0 {
			want = got
			t.Logf("%s", strings.Join(want, "\n"))
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("killed at request %d (-want +got):\n%s", n, diff)
		}
		if len(refs) != 5 {
			t.Errorf("killed at request %d: %d refs", n, len(refs))
		}
		if !died {
			if n < 20 {
				t.Errorf("all was written with %d requests", n)
			}
			return
		}
	}
}

// TestKilledGivingAway kills a program at its n-th request while it merges a pull
// request that was open, whose branch stays: the pull request goes with the name
// of the branch, which is then made anew. Whether or not the next run pushes
// before it writes, the branch is there afterwards and the pull request merged.
func TestKilledGivingAway(t *testing.T) {
	l := startStandIn(t)
	h := newHistory(t)
	base := h.Git("rev-parse", "main")
	open := schema.Change{Head: schema.Tip{Commit: h.Branch("kept")}, Base: schema.Tip{Commit: base}}
	h.add(1, "kept", stateOpen, "", open)
	before := h.changes["kept"]
	h.Git("merge", "-q", "--no-ff", "-m", "merge kept", "kept")
	h.add(1, "kept", stateMerged, h.Git("rev-parse", "main"), open)
	want := h.want["kept"]
	want.Head = temporaryHead(1)
	missed := 0
	for n, died := int64(1), true; died; n++ {
		for _, pushes := range []bool{true, false} {
			if !standin.Soak() && pushes == (n%2 == 0) {
				continue // the sample tries them in turn
			}
			repo := l.repo(t, fmt.Sprintf("given-%v-%d", pushes, n))
			h.push(l, repo, base+":refs/heads/main", "kept", "refs/drover/*:refs/drover/*")
			one := providers.Write{Record: record(t, schema.KindChange, "1", nil, before)}
			one.Ref = store(t, l.writer(), repo, one)[0].Ref
			h.push(l, repo, "main")
			one.Record = record(t, schema.KindChange, "1", nil, h.changes["kept"])
			died = killedWriting(t, l, repo, n, one)

			refs := map[string]string{}
			for _, name := range l.branches(t, repo) {
				refs["refs/heads/"+name] = name
			}
			missing := InPlace(refs)
			if missed += len(missing); refs["refs/heads/kept"] == "" && missing["refs/heads/kept"] == "" {
				t.Errorf("killed at request %d: the branch is missed by nobody", n)
			}
			for name := range missing {
				if pushes {
					h.push(l, repo, "kept:"+name)
				}
			}
			w := l.writer()
			found, err := w.Find(t.Context(), repo, []providers.Wanted{{Key: one.Record.Key(), Ref: one.Ref, Number: 1}})
			if err != nil {
				t.Fatal(err)
			}
			one.Ref = found[0]
			store(t, w, repo, one)
			if err := w.Finish(t.Context(), repo); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, l.shown(t, repo, 1)); diff != "" {
				t.Errorf("killed at request %d (-want +got):\n%s", n, diff)
			}
			if diff := cmp.Diff([]string{"kept", "main"}, l.branches(t, repo)); diff != "" {
				t.Errorf("killed at request %d, branches (-want +got):\n%s", n, diff)
			}
			kept, err := l.api.Branch(t.Context(), repo.Repo, "kept")
			if err != nil || kept.Commit.ID != open.Head.Commit {
				t.Errorf("killed at request %d: the branch is at %s, %v", n, kept.Commit.ID, err)
			}
			if len(missing) == 0 {
				break // there was nothing to push
			}
		}
	}
	if missed == 0 {
		t.Error("no death left a branch missing")
	}
}

// runUntil writes until the n-th request. It reports whether there was one.
func runUntil(t *testing.T, l *live, repo Repo, records [][]schema.Record, n int64) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client, err := api.New(api.Options{URL: l.url, Token: l.token, Transport: targettest.NewDying(n, cancel)})
	if err != nil {
		t.Fatal(err)
	}
	carry(ctx, t, New(Options{API: client, User: "boss", Admin: true}), repo, records, false)
	return ctx.Err() != nil
}

// carry writes lanes as the engine does: what may be there is looked for first.
func carry(ctx context.Context, t *testing.T, w *Writer, repo Repo, lanes [][]schema.Record, must bool) map[schema.Key]schema.Ref {
	t.Helper()
	refs := map[schema.Key]schema.Ref{}
	for _, lane := range lanes {
		writes := make([]providers.Write, len(lane))
		wanted := make([]providers.Wanted, len(lane))
		for i, r := range lane {
			writes[i].Record = r
			wanted[i].Key = r.Key()
			if r.Parent != nil {
				related := providers.Related{Key: *r.Parent, Ref: refs[*r.Parent]}
				writes[i].Related = []providers.Related{related}
				wanted[i].Parent = &related
			}
		}
		found, err := w.Find(ctx, repo, wanted)
		if err != nil {
			if must {
				t.Fatal(err)
			}
			return refs
		}
		for i := range writes {
			writes[i].Ref = found[i]
		}
		for i, a := range w.Write(ctx, repo, writes) {
			if a.Problem != nil && must {
				t.Errorf("%s: %v", writes[i].Record.ID, a.Problem)
			}
			if a.Problem == nil {
				refs[writes[i].Record.Key()] = a.Ref
			}
		}
		if ctx.Err() != nil {
			return refs
		}
	}
	if err := w.Finish(ctx, repo); err != nil && must {
		t.Error(err)
	}
	return refs
}

// everything lists what stands in a repository.
func (l *live) everything(t *testing.T, repo Repo) []string {
	t.Helper()
	all := []string{fmt.Sprint("branches ", l.branches(t, repo))}
	issues, err := api.Collect(l.api.Issues(t.Context(), repo.Repo))
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		line := fmt.Sprintf("#%d %s by %s, %s, locked=%v, %q", i.Number, i.Title, i.User.Login, i.State, i.Locked, i.Body)
		for _, label := range i.Labels {
			line += " " + label.Name
		}
		for _, u := range i.Assignees {
			line += " @" + u.Login
		}
		reactions, err := l.api.IssueReactions(t.Context(), repo.Repo, i.Number)
		if err != nil {
			t.Fatal(err)
		}
		for _, reaction := range reactions {
			line += " " + reaction.Content + " of " + reaction.User.Login
		}
		all = append(all, line)
		comments, err := l.api.Comments(t.Context(), repo.Repo, i.Number)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range comments {
			all = append(all, fmt.Sprintf("comment by %s: %q", c.User.Login, c.Body))
		}
		if i.PullRequest == nil {
			continue
		}
		all = append(all, fmt.Sprintf("%+v", l.shown(t, repo, i.Number)))
		reviews, err := api.Collect(l.api.Reviews(t.Context(), repo.Repo, i.Number))
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range reviews {
			all = append(all, fmt.Sprintf("review %s by %s: %q", v.State, v.User.Login, v.Body))
			remarks, err := l.api.ReviewRemarks(t.Context(), repo.Repo, i.Number, v.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range remarks {
				all = append(all, fmt.Sprintf("%s:%d by %s, resolved=%v: %q", c.Path, c.NewLine, c.User.Login, c.Resolver != nil, c.Body))
			}
		}
	}
	return all
}
