package bitbucketcloud_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/schema"
)

func (w *world) person(u *bitbucketcloudtest.User) schema.Person {
	return schema.Person{ID: u.AccountID, Login: u.Nickname, Name: u.DisplayName}
}

func TestBase(t *testing.T) {
	w := newWorld(t)
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "base"})
	want := schema.Repository{
		Name: "The Beacon", FullName: "lantern/beacon", Description: "A light.", Homepage: "https://beacon.example.org", Visibility: "private", DefaultBranch: "main",
		URL: w.URL + "/lantern/beacon", CreatedAt: w.Beacon.CreatedOn, Features: map[string]bool{"changes": true, "issues": true, "wiki": true},
	}
	if diff := cmp.Diff(want, sourcetest.Body[schema.Repository](t, g, schema.KindRepository, "repository")); diff != "" {
		t.Errorf("repository (-want +got):\n%s", diff)
	}
	var labels []string
	for _, l := range bodies[schema.Label](t, g, schema.KindLabel) {
		labels = append(labels, l.Name)
	}
	slices.Sort(labels)
	if want := "component:lens kind:bug kind:enhancement kind:proposal kind:task priority:blocker priority:critical priority:major priority:minor priority:trivial " +
		"state:duplicate state:invalid state:new state:on hold state:resolved state:submitted state:wontfix version:1.0"; strings.Join(labels, " ") != want {
		t.Errorf("labels:\n%s\nwant:\n%s", strings.Join(labels, " "), want)
	}
	if diff := cmp.Diff(map[string]schema.Milestone{"3": {Title: "First light", State: "open"}, "4": {Title: "Storm", State: "open"}}, bodies[schema.Milestone](t, g, schema.KindMilestone)); diff != "" {
		t.Errorf("milestones (-want +got):\n%s", diff)
	}
	members := map[string]schema.Member{w.Ada.UUID: {Person: w.person(w.Ada), Access: "admin"}, w.Linus.UUID: {Person: w.person(w.Linus), Access: "write"}}
	if diff := cmp.Diff(members, bodies[schema.Member](t, g, schema.KindMember)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	protections := map[string]schema.Protection{
		"branch:main":       {Ref: "branch", Pattern: "main", Push: "nobody", Merge: "write", PushPeople: []schema.Person{w.person(w.Ada)}, Deletion: true, Approvals: 2},
		"branch:release/**": {Ref: "branch", Pattern: "release/**", Push: "write", Merge: "write", ForcePush: true},
	}
	if diff := cmp.Diff(protections, bodies[schema.Protection](t, g, schema.KindProtection)); diff != "" {
		t.Errorf("protections (-want +got):\n%s", diff)
	}
	codes := map[string]int64{}
	for _, code := range []string{"protection_groups", "protection_rules", "groups", "webhooks", "deploy_keys", "downloads", "default_reviewers"} {
		codes["bitbucket_cloud."+code] = 1
	}
	if diff := cmp.Diff(codes, g.Codes()); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	for _, l := range g.Losses {
		if strings.Contains(l.Message, "very/secret") {
			t.Errorf("a loss tells the address of a webhook: %s", l.Message)
		}
	}
}

// TestBaseHidden reads as somebody who administers nothing: what is hidden is told as
// that, and stops nothing.
func TestBaseHidden(t *testing.T) {
	w := newWorld(t)
	w.AddToken("grace", bitbucketcloudtest.Token{User: w.Grace, Scopes: bitbucketcloudtest.ReaderScopes()[:4]})
	w.token = "grace"
	s := w.open(map[string]any{"bitbucket_email": w.Grace.Email})
	g := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "base"})
	codes := map[string]int64{}
	for _, code := range []string{"protections", "members", "groups", "webhooks", "deploy_keys", "downloads", "default_reviewers"} {
		codes["bitbucket_cloud."+code] = 1
	}
	if diff := cmp.Diff(codes, g.Codes()); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// TestBaseOptional leaves members out, and says how many.
func TestBaseOptional(t *testing.T) {
	w := newWorld(t)
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: bare(t, "lantern/beacon"), Stream: "base"})
	if n := g.Codes()["bitbucket_cloud.members"]; n != 2 || len(bodies[schema.Member](t, g, schema.KindMember)) > 0 {
		t.Errorf("%d members are told as left out, want 2; and records: %v", n, g.Keys())
	}
}

func TestIssues(t *testing.T) {
	w := newWorld(t)
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads"})
	ada := w.person(w.Ada)
	one := sourcetest.Body[schema.Issue](t, g, schema.KindIssue, "issues/1")
	want := schema.Issue{
		Number: 1, Title: "It does not shine",
		Text:  "Ask @{" + w.Grace.AccountID + " " + w.Grace.Nickname + "} and @{" + w.Linus.AccountID + " linus}, see pull request !1.\n\n![dark](" + w.PictureURL("dark.png") + ")\n\n*On Bitbucket: 3 votes, 2 watchers*",
		State: "closed", StateReason: "completed", Author: ada, Assignees: []schema.Person{ada},
		Labels: []string{"kind:bug", "priority:critical", "component:lens", "version:1.0", "state:resolved"}, Milestone: "3",
		URL: w.URL + "/lantern/beacon/issues/1/it-does-not-shine", CreatedAt: w.Beacon.Issues[0].CreatedOn, ClosedAt: w.Beacon.Issues[0].Changes[1].CreatedOn, ClosedBy: &ada,
	}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Errorf("issue (-want +got):\n%s", diff)
	}
	old := sourcetest.Body[schema.Issue](t, g, schema.KindIssue, "issues/2")
	if old.Text != "= Creole =" || old.State != "open" || old.Author.Name != "Former user" || !slices.Contains(old.Labels, "state:on hold") {
		t.Errorf("the old issue is %+v", old)
	}
	if n := g.Codes()["bitbucket_cloud.markup"]; n != 1 {
		t.Errorf("%d texts are told as not Markdown, want 1", n)
	}
	var events []string
	for _, r := range g.Records {
		if r.Kind == schema.KindEvent && strings.HasPrefix(r.ID, "issues/4/") {
			e := sourcetest.Body[schema.Event](t, g, r.Kind, r.ID)
			events = append(events, e.Name+" "+e.From+">"+e.To)
		}
	}
	wantEvents := []string{"unlabeled >state:new", "labeled >state:duplicate", "closed >", "labeled >component:lens", "milestoned >Storm", "unlabeled >state:duplicate", "reopened >", "renamed Again>Dark again"}
	if diff := cmp.Diff(wantEvents, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	assigned := sourcetest.Body[schema.Event](t, g, schema.KindEvent, "issues/1/changes/13/assignee_account_id/unassigned")
	if grace := w.person(w.Grace); assigned.Person == nil || *assigned.Person != grace {
		t.Errorf("unassigned is %+v, want %+v", assigned.Person, grace)
	}
	comment := sourcetest.Body[schema.Comment](t, g, schema.KindComment, "issues/1/comments/11")
	if comment.Text != "Works for me, `@{"+w.Ada.AccountID+"}`. [Card](https://example.org/x)" {
		t.Errorf("the comment is %q", comment.Text)
	}
}

func TestPulls(t *testing.T) {
	w := newWorld(t)
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads"})
	ada, grace, linus := w.person(w.Ada), w.person(w.Grace), w.person(w.Linus)
	pulls := w.Beacon.Pulls
	web := w.URL + "/lantern/beacon/pull-requests/"
	want := map[string]schema.Change{
		"pullrequests/1": {
			Number: 1, Title: "A lamp", Text: "For #1.\n\n- [ ] A changelog", State: "open", Author: linus, RequestedReviewers: []schema.Person{grace},
			Head: schema.Tip{Branch: "lamp", Commit: pulls[0].SourceCommit, Ref: "refs/pull-requests/1/from"}, Base: schema.Tip{Branch: "main", Commit: pulls[0].TargetCommit},
			URL: web + "1", CreatedAt: pulls[0].CreatedOn,
		},
		"pullrequests/2": {
			Number: 2, Title: "Declined", State: "closed", Author: ada,
			Head: schema.Tip{Branch: "declined", Commit: pulls[1].SourceCommit, Ref: "refs/pull-requests/2/from", Gone: true}, Base: schema.Tip{Branch: "main", Commit: pulls[1].TargetCommit},
			URL: web + "2", CreatedAt: pulls[1].CreatedOn, ClosedAt: pulls[1].ClosedOn,
		},
		"pullrequests/3": {
			Number: 3, Title: "Squashed", State: "merged", Author: ada, MergeCommit: pulls[2].MergeCommit, MergedBy: &linus,
			Head: schema.Tip{Branch: "squashed", Commit: pulls[2].SourceCommit, Ref: "refs/pull-requests/3/from", Gone: true}, Base: schema.Tip{Branch: "main", Commit: pulls[2].TargetCommit},
			URL: web + "3", CreatedAt: pulls[2].CreatedOn, ClosedAt: pulls[2].ClosedOn, MergedAt: pulls[2].ClosedOn,
		},
		"pullrequests/4": {
			Number: 4, Title: "Merged", State: "merged", Author: grace, MergeCommit: pulls[3].MergeCommit, MergedBy: &linus,
			Head: schema.Tip{Branch: "merged", Commit: pulls[3].SourceCommit, Ref: "refs/pull-requests/4/from", Gone: true}, Base: schema.Tip{Branch: "main", Commit: pulls[3].TargetCommit},
			URL: web + "4", CreatedAt: pulls[3].CreatedOn, ClosedAt: pulls[3].ClosedOn, MergedAt: pulls[3].ClosedOn,
		},
		"pullrequests/5": {
			Number: 5, Title: "Superseded", State: "closed", Author: schema.Person{Name: "Former user"},
			Head: schema.Tip{Branch: "old", Commit: pulls[4].SourceCommit, Ref: "refs/pull-requests/5/from"}, Base: schema.Tip{Branch: "main", Commit: pulls[4].TargetCommit},
			URL: web + "5", CreatedAt: pulls[4].CreatedOn, ClosedAt: pulls[4].ClosedOn,
		},
		"pullrequests/6": {
			Number: 6, Title: "From a fork", State: "open", Draft: true, Author: grace,
			Head: schema.Tip{Branch: "from-fork", Commit: pulls[5].SourceCommit, Repository: "grace/beacon", Ref: "refs/pull-requests/6/from"}, Base: schema.Tip{Branch: "main", Commit: pulls[5].TargetCommit},
			URL: web + "6", CreatedAt: pulls[5].CreatedOn,
		},
	}
	if diff := cmp.Diff(want, bodies[schema.Change](t, g, schema.KindChange)); diff != "" {
		t.Errorf("pull requests (-want +got):\n%s", diff)
	}
	states := map[string]string{}
	for id, r := range bodies[schema.Review](t, g, schema.KindReview) {
		states[id] = r.State + " by " + r.Author.Login
	}
	wantStates := map[string]string{
		"pullrequests/1/participants/" + w.Ada.UUID:   "changes_requested by ada",
		"pullrequests/3/participants/" + w.Linus.UUID: "approved by linus",
		"pullrequests/4/participants/" + w.Linus.UUID: "approved by linus",
	}
	if diff := cmp.Diff(wantStates, states); diff != "" {
		t.Errorf("reviews (-want +got):\n%s", diff)
	}
	if c := sourcetest.Body[schema.Comment](t, g, schema.KindComment, "pullrequests/2/reason"); c.Text != "Not now." || c.Author != linus {
		t.Errorf("the reason is %+v", c)
	}
	if e := sourcetest.Body[schema.Event](t, g, schema.KindEvent, "pullrequests/3/state"); e.Name != "merged" || e.Commit != pulls[2].MergeCommit || e.Actor != linus {
		t.Errorf("the end of the squashed one is %+v", e)
	}
}

func TestDiffComments(t *testing.T) {
	w := newWorld(t)
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads", Kinds: []schema.Kind{schema.KindComment}})
	open := w.Beacon.Pulls[0]
	at := func(p schema.Position) *schema.Position {
		p.Commit, p.Base = open.SourceCommit, open.TargetCommit
		return &p
	}
	type note struct {
		Text, ReplyTo string
		Resolved      bool
		Position      *schema.Position
	}
	got := map[string]note{}
	for id, c := range bodies[schema.Comment](t, g, schema.KindComment) {
		if strings.HasPrefix(id, "pullrequests/1/") {
			got[strings.TrimPrefix(id, "pullrequests/1/comments/")] = note{c.Text, c.ReplyTo, c.Resolved, c.Position}
		}
	}
	want := map[string]note{
		"16": {"Why so bright?\n\n- [x] Less bright\n- [ ] A test (Grace Hopper)", "", true, at(schema.Position{Path: "src/lamp.txt", Side: "new", Line: 3, StartLine: 2})},
		"17": {"It is a lamp, @{" + w.Ada.AccountID + " ada}.", "pullrequests/1/comments/16", true, at(schema.Position{Path: "src/lamp.txt", Side: "new", Line: 3, StartLine: 2})},
		"18": {"This line is gone.", "", false, at(schema.Position{Path: "README.md", Side: "old", Line: 1, Outdated: true})},
		"19": {"The whole file.", "", false, at(schema.Position{Path: "README.md", WholeFile: true})},
		"20": {"*(deleted)*", "", false, nil},
		"21": {"An answer to what is gone.", "pullrequests/1/comments/20", false, nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
}

// TestMentionsWithoutPeople reads with a token that may look nobody up: who is in the
// thread is known all the same, in whichever order threads are read.
func TestMentionsWithoutPeople(t *testing.T) {
	w := newWorld(t)
	w.AddToken("narrow", bitbucketcloudtest.Token{User: w.Ada, Scopes: bitbucketcloudtest.ReaderScopes()[:4]})
	w.token = "narrow"
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads"})
	text := sourcetest.Body[schema.Issue](t, g, schema.KindIssue, "issues/1").Text
	if want := "Ask @{" + w.Grace.AccountID + "} and @{" + w.Linus.AccountID + " linus}, see"; !strings.HasPrefix(text, want) {
		t.Errorf("the text is %q, want %q: grace has left no trace in it, linus has", text, want)
	}
	again := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads", Keys: []schema.Key{{Kind: schema.KindIssue, ID: "issues/1"}}})
	if got := sourcetest.Body[schema.Issue](t, again, schema.KindIssue, "issues/1").Text; got != text {
		t.Errorf("read alone, the text is %q", got)
	}
}

func TestIncremental(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	repo := named(t, "lantern/beacon")
	first := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads"})
	if !first.End.Complete || first.End.Next == "" {
		t.Fatalf("the first reading ends with %+v", first.End)
	}
	// Far enough from what was changed last that the margin does not reach it.
	w.Model.Edit(func() {
		for _, r := range []*bitbucketcloudtest.Repository{w.Beacon} {
			for _, i := range r.Issues {
				i.UpdatedOn = i.UpdatedOn.Add(-time.Hour)
			}
			r.Issues[2].UpdatedOn = r.Issues[2].UpdatedOn.Add(time.Hour)
		}
	})
	w.Model.Comment(w.Beacon.Issues[1], w.Ada, "Still here.")
	w.Model.Judge(w.Beacon.Pulls[2], w.Ada, "approved")
	second := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads", Since: first.End.Next})
	var threads []string
	for _, k := range second.Whole {
		threads = append(threads, k.ID)
	}
	want := []string{"issues/2", "issues/4", "pullrequests/3", "pullrequests/6"} // 4 and 6 were the newest before
	if diff := cmp.Diff(want, threads); diff != "" {
		t.Errorf("changed threads (-want +got):\n%s", diff)
	}
	if second.End.Complete || len(second.Kept) > 0 {
		t.Errorf("nothing was deleted, and the end is %+v, kept %v", second.End, second.Kept)
	}
	if diff := cmp.Diff(map[schema.Kind]int64{schema.KindIssue: 3, schema.KindChange: 6}, second.End.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(first.Codes(), second.Codes()); diff != "" {
		t.Errorf("losses are told in every reading (-first +second):\n%s", diff)
	}

	w.Model.DeleteIssue(w.Beacon, 1)
	w.Model.AddIssue(w.Beacon, bitbucketcloudtest.Issue{Title: "New", Reporter: w.Ada})
	third := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads", Since: second.End.Next})
	there := map[string]bool{}
	for _, k := range slices.Concat(third.Kept, third.Whole) {
		there[k.ID] = true
	}
	for _, id := range []string{"issues/2", "issues/4", "issues/5", "pullrequests/1", "pullrequests/6"} {
		if !there[id] {
			t.Errorf("%s is neither yielded nor kept", id)
		}
	}
	if there["issues/1"] || !third.End.Complete {
		t.Errorf("issue 1 was deleted: there %v, complete %v", there["issues/1"], third.End.Complete)
	}
	fourth := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads", Since: third.End.Next})
	if fourth.End.Complete || fourth.End.Counts[schema.KindIssue] != 3 {
		t.Errorf("a reading after the deletion ends with %+v", fourth.End)
	}
}

// TestIncrementalFromNothing reads everything when there was nothing to date by.
func TestIncrementalFromNothing(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	repo := named(t, "lantern/empty")
	first := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads"})
	w.Model.AddIssue(w.Model.Repository("lantern", "empty"), bitbucketcloudtest.Issue{Title: "First", Reporter: w.Ada})
	second := sourcetest.Read(t, s, providers.ReadRequest{Repo: repo, Stream: "threads", Since: first.End.Next})
	if diff := cmp.Diff([]string{"issue issues/1"}, second.Keys()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestPicks(t *testing.T) {
	w := newWorld(t)
	s := w.open(nil)
	all := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads"})
	var keys []schema.Key
	want := map[schema.Key]string{}
	for i, r := range all.Records {
		if i%4 == 0 {
			keys = append(keys, r.Key())
			want[r.Key()] = r.Revision
		}
	}
	keys = append(keys, schema.Key{Kind: schema.KindIssue, ID: "issues/99"}, schema.Key{Kind: schema.KindComment, ID: "x"}, schema.Key{Kind: schema.KindChange, ID: "pullrequests/-1"})
	picked := sourcetest.Read(t, s, providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads", Keys: keys})
	got := map[schema.Key]string{}
	for _, r := range picked.Records {
		got[r.Key()] = r.Revision
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("picked (-want +got):\n%s", diff)
	}
}

// TestDeletedWhileRead deletes an issue between two pages, so that another moves to a
// page that was read.
func TestDeletedWhileRead(t *testing.T) {
	w := newWorld(t)
	r := w.Model.Repository("lantern", "empty")
	for range 120 {
		w.Model.AddIssue(r, bitbucketcloudtest.Issue{Title: "Many", Reporter: w.Ada})
	}
	w.Faults(bitbucketcloudtest.Fault{Path: "/2.0/repositories/*/*/issues/5/comments", Pass: true, Then: func() { w.Model.DeleteIssue(r, 50) }})
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: bare(t, "lantern/empty"), Stream: "threads"})
	seen := map[string]int{}
	for _, record := range g.Records {
		seen[record.ID]++
	}
	for n := 1; n <= 120; n++ {
		if id := "issues/" + itoa(n); n != 50 && seen[id] != 1 {
			t.Errorf("%s came %d times", id, seen[id])
		}
	}
}

// TestOneThreadFails reads on when the server fails at one thing.
func TestOneThreadFails(t *testing.T) {
	w := newWorld(t)
	w.Faults(bitbucketcloudtest.Fault{Path: "/2.0/repositories/*/*/pullrequests/1/comments", Times: -1, Status: 500})
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: named(t, "lantern/beacon"), Stream: "threads"})
	if len(g.Failed) != 1 || g.Failed[0].Key != (schema.Key{Kind: schema.KindComment, ID: "pullrequests/1/comments"}) {
		t.Fatalf("failed: %+v", g.Failed)
	}
	if slices.Contains(g.Whole, schema.Key{Kind: schema.KindChange, ID: "pullrequests/1"}) {
		t.Error("a pull request without its comments is told as whole")
	}
	if n := len(bodies[schema.Change](t, g, schema.KindChange)); n != 6 {
		t.Errorf("%d pull requests, want 6", n)
	}
}
