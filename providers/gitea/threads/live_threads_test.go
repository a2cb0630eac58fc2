package threads

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/livetest"
	"github.com/drover-migrate/drover/schema"
)

func reaction(name string, p schema.Person) schema.Reaction {
	return schema.Reaction{Name: name, Person: p}
}

// testIssues writes an issue with all that an issue can have, twice, then with
// something else, and looks at what the server shows.
func testIssues(t *testing.T, l *live) {
	repo, w := l.repo(t, "issues"), l.writer()
	milestone, err := l.api.CreateMilestone(t.Context(), repo.Repo, api.EditMilestone{Title: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	carol := person("carol") // has an account and may not be assigned
	body := schema.Issue{
		Number: 1, Title: "  It\nbreaks ", Text: "Since `v0`.", State: "closed", StateReason: "not_planned", Type: "Bug",
		Author: person("alice"), Assignees: []schema.Person{person("bob"), carol, stranger("zoe")}, Labels: []string{"bug", "ui"},
		Milestone: "m1", Locked: true, LockReason: "too heated", Pinned: true, DueOn: "2030-01-02",
		Reactions: []schema.Reaction{reaction("heart", person("bob")), reaction("heart", stranger("zoe")), reaction("+1", stranger("yan")), reaction("heart", stranger("yan"))},
		URL:       "https://example.org/o/r/issues/1", CreatedAt: at, ClosedAt: at.Add(time.Hour), ClosedBy: &schema.Person{Login: "gh-bob", User: "bob"},
	}
	one := providers.Write{
		Record:  record(t, schema.KindIssue, "101", nil, body),
		Related: []providers.Related{{Key: schema.Key{Kind: schema.KindMilestone, ID: "m1"}, Ref: schema.Ref{ID: fmt.Sprint(milestone.ID)}}},
	}
	answer := store(t, w, repo, one)[0]
	want := "> 2021-03-04 10:00 UTC · type `Bug` · closed by `gh-bob` on 2021-03-04 11:00 UTC as `not planned` · " +
		"assigned to **Carol** (`gh-carol`), `zoe` · reactions: 👍 × 1, ❤️ × 2 · [original](<https://example.org/o/r/issues/1>)\n\n" +
		"Since `v0`.\n\n<!-- drover issue 101 -->"
	issue := l.issue(t, repo, 1)
	if diff := cmp.Diff(want, issue.Body); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	type facts struct {
		Title, State, User, Due string
		Labels, Assignees       []string
		Milestone               int64
		Locked, Pinned          bool
	}
	got := facts{Title: issue.Title, State: issue.State, User: issue.User.Login, Due: dueOn(issue), Milestone: issue.Milestone.ID, Locked: issue.Locked, Pinned: issue.PinOrder > 0}
	for _, label := range issue.Labels {
		got.Labels = append(got.Labels, label.Name)
	}
	for _, u := range issue.Assignees {
		got.Assignees = append(got.Assignees, u.Login)
	}
	if diff := cmp.Diff(facts{"It breaks", "closed", "alice", "2030-01-02", []string{"bug", "ui"}, []string{"bob"}, milestone.ID, !l.forgejo, true}, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("issue (-want +got):\n%s", diff)
	}
	reactions, err := l.api.IssueReactions(t.Context(), repo.Repo, 1)
	if err != nil || len(reactions) != 1 || reactions[0].User.Login != "bob" {
		t.Errorf("reactions %v, %v", reactions, err)
	}
	lost := losses{lossAssignee, lossReaction}
	if l.forgejo {
		lost.Add(lossLock)
	}
	if want := lost.String(); answer.Degraded != want {
		t.Errorf("degraded: %q, not %q", answer.Degraded, want)
	}
	if answer.Ref.Text != "#1" || answer.Ref.URL != l.url+"/boss/issues/issues/1" {
		t.Errorf("ref %+v", answer.Ref)
	}
	sameAgain(t, l, w, repo, one, answer)

	// Comments on a locked issue, also of somebody who may not write to it.
	parent := one.Record.Key()
	eve := person("eve")
	comment := targettest.Under(t, parent, answer.Ref, schema.KindComment, "201", schema.Comment{
		Text: "me too", Author: eve, CreatedAt: at, UpdatedAt: at.Add(time.Minute), Reactions: []schema.Reaction{reaction("eyes", person("alice"))},
	})
	hidden := targettest.Under(t, parent, answer.Ref, schema.KindComment, "202", schema.Comment{Text: "buy", Author: stranger("spammer"), Hidden: "spam", CreatedAt: at, UpdatedAt: at})
	secret := targettest.Under(t, parent, answer.Ref, schema.KindComment, "203", schema.Comment{Text: "psst", Internal: true})
	said := store(t, w, repo, comment, hidden, secret)
	if said[2].Skipped == "" || said[1].Degraded != lossAuthor || said[0].Degraded != "" {
		t.Errorf("answers %+v", said)
	}
	comments, err := l.api.Comments(t.Context(), repo.Repo, 1)
	if err != nil || len(comments) != 2 {
		t.Fatalf("%d comments, %v", len(comments), err)
	}
	if c := comments[0]; c.User.Login != "eve" || c.Body != "> 2021-03-04 10:00 UTC · edited 2021-03-04 10:01 UTC\n\nme too\n\n<!-- drover comment 201 -->" {
		t.Errorf("comment of %s: %q", c.User.Login, c.Body)
	}
	if c := comments[1]; c.User.Login != "boss" || !strings.HasPrefix(c.Body, "> `spammer` commented on 2021-03-04 10:00 UTC\n\n<details><summary>Hidden as <code>spam</code>") {
		t.Errorf("comment of %s: %q", c.User.Login, c.Body)
	}
	if !l.forgejo && !l.issue(t, repo, 1).Locked {
		t.Error("a comment unlocked the issue for good")
	}
	sameAgain(t, l, w, repo, comment, said[0])

	// Something else, and people mapped otherwise.
	body.State, body.StateReason, body.ClosedBy, body.ClosedAt, body.Locked, body.Pinned, body.DueOn = "open", "", nil, time.Time{}, false, false, ""
	body.Labels, body.Assignees, body.Milestone, body.Author, body.Reactions = []string{"ui"}, nil, "", stranger("al"), nil
	one.Record, one.Ref = record(t, schema.KindIssue, "101", nil, body), answer.Ref
	answer = store(t, w, repo, one)[0]
	issue = l.issue(t, repo, 1)
	if issue.State != "open" || issue.Locked || issue.PinOrder > 0 || issue.DueDate != nil || len(issue.Labels) != 1 || len(issue.Assignees) > 0 || issue.Milestone != nil ||
		!strings.HasPrefix(issue.Body, "> `al` opened this issue on 2021-03-04 10:00 UTC · type `Bug` · ") {
		t.Errorf("the issue is now %+v", issue)
	}
	if answer.Degraded != lossAuthor {
		t.Errorf("degraded: %q", answer.Degraded)
	}

	// What somebody changed at the target is not written over.
	l.ask(t, "", "PATCH", "repos/boss/issues/issues/1", map[string]any{"title": "mine"}, nil)
	one.Ref = answer.Ref
	if refused := w.Write(t.Context(), repo, []providers.Write{one})[0]; refused.Problem == nil || refused.Problem.Code != providers.CodeConflict {
		t.Errorf("written over what somebody changed: %+v", refused)
	}
	one.Overwrite = true
	store(t, w, repo, one)
	if title := l.issue(t, repo, 1).Title; title != "It breaks" {
		t.Errorf("title %q", title)
	}
	l.quiet(t, w, repo)
}

func (l *live) issue(t *testing.T, repo Repo, number int64) api.Issue {
	t.Helper()
	issue, err := l.api.Issue(t.Context(), repo.Repo, number)
	if err != nil {
		t.Fatal(err)
	}
	return issue
}

// sameAgain writes a record again, found by a run that knows nothing, and
// asserts that nothing changes.
func sameAgain(t *testing.T, l *live, w *Writer, repo Repo, one providers.Write, answer providers.Written) {
	t.Helper()
	wanted := []providers.Wanted{{Key: one.Record.Key(), Ref: answer.Ref}, {Key: one.Record.Key()}}
	if one.Record.Parent != nil {
		wanted[1].Parent = &one.Related[0]
	}
	fresh := l.writer()
	found, err := fresh.Find(t.Context(), repo, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if one.Record.Kind == schema.KindAttachment {
		found[1] = answer.Ref
	}
	if diff := cmp.Diff([]schema.Ref{answer.Ref, answer.Ref}, found); diff != "" {
		t.Errorf("%s: found otherwise than written (-want +got):\n%s", one.Record.ID, diff)
	}
	number := must(parsePlace(answer.Ref.ID)).number
	before := l.timeline(t, repo, number)
	one.Ref = found[1]
	again := store(t, fresh, repo, one)[0]
	if diff := cmp.Diff(answer, again); diff != "" {
		t.Errorf("%s: written again (-first +second):\n%s", one.Record.ID, diff)
	}
	if diff := cmp.Diff(before, l.timeline(t, repo, number)); diff != "" {
		t.Errorf("%s: writing again left traces (-before +after):\n%s", one.Record.ID, diff)
	}
}

func must(p place, err error) place {
	if err != nil {
		panic(err)
	}
	return p
}

// testReviews writes reviews of open and merged pull requests.
func testReviews(t *testing.T, l *live) {
	h := newHistory(t)
	head := h.Branch("topic")
	h.add(1, "topic", stateOpen, "", schema.Change{Head: schema.Tip{Commit: head}, Base: schema.Tip{Commit: h.Git("rev-parse", "main")}})
	h.Commit("other", "x\n")
	late := h.Branch("late")
	h.Git("merge", "-q", "--no-ff", "-m", "merge late", "late")
	h.add(2, "late", stateMerged, h.Git("rev-parse", "main"), schema.Change{Head: schema.Tip{Commit: late, Gone: true}})
	repo, w := l.repo(t, "reviews"), l.writer()
	h.push(l, repo, "main", "topic", "refs/drover/*:refs/drover/*")
	refs := map[string]schema.Ref{}
	for _, name := range []string{"topic", "late"} {
		refs[name] = store(t, w, repo, providers.Write{Record: record(t, schema.KindChange, name, nil, h.changes[name])})[0].Ref
	}
	open, merged := schema.Key{Kind: schema.KindChange, ID: "topic"}, schema.Key{Kind: schema.KindChange, ID: "late"}
	bob, carol := person("bob"), person("carol")
	on := func(line int64, p schema.Position) *schema.Position {
		p.Path, p.Line = "topic2", line
		return &p
	}
	remark := func(parent schema.Key, ref schema.Ref, id string, c schema.Comment) providers.Write {
		c.CreatedAt, c.UpdatedAt = at, at
		one := targettest.Under(t, parent, ref, schema.KindComment, id, c)
		return one
	}
	writes := []providers.Write{
		targettest.Under(t, open, refs["topic"], schema.KindReview, "r1", schema.Review{State: "changes_requested", Author: bob, SubmittedAt: at}),
		remark(open, refs["topic"], "c1", schema.Comment{Text: "why", Review: "r1", Author: bob, Position: on(2, schema.Position{Side: "new"}), Resolved: true,
			Reactions: []schema.Reaction{reaction("+1", person("alice"))}}),
		remark(open, refs["topic"], "c2", schema.Comment{Text: "range", Review: "r1", Author: bob, Position: on(4, schema.Position{Side: "new", StartLine: 3})}),
		remark(open, refs["topic"], "c3", schema.Comment{Text: "gone", Review: "r1", Author: bob, Position: on(9, schema.Position{Side: "new", Outdated: true, Hunk: "@@ -0,0 +1,2 @@\n+x\n+```"})}),
		remark(open, refs["topic"], "c4", schema.Comment{Text: "because", ReplyTo: "c1", Review: "r9", Author: person("alice"), Position: on(2, schema.Position{Side: "new"})}),
		targettest.Under(t, open, refs["topic"], schema.KindReview, "r2", schema.Review{State: "approved", Text: "fine", Author: carol, SubmittedAt: at}),
		targettest.Under(t, open, refs["topic"], schema.KindReview, "r3", schema.Review{State: "approved", Author: person("alice"), SubmittedAt: at}),
		targettest.Under(t, open, refs["topic"], schema.KindReview, "r4", schema.Review{State: "dismissed", Text: "no", Author: stranger("zoe"), SubmittedAt: at}),
		targettest.Under(t, open, refs["topic"], schema.KindReview, "r5", schema.Review{State: "pending", Author: bob}),
	}
	answers := store(t, w, repo, writes...)
	lost := make([]string, len(answers))
	for i, a := range answers {
		lost[i] = a.Degraded + a.Skipped
	}
	resolved := ""
	if l.forgejo {
		resolved = lossResolved
	}
	if diff := cmp.Diff([]string{"", resolved, lossRange, lossPosition, "", "", lossOwnReview, lossDismissed + "; " + lossAuthor, "it was never submitted"}, lost); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	type said struct {
		State, User, Text string
		Remarks           []string
	}
	var got []said
	reviews, err := api.Collect(l.api.Reviews(t.Context(), repo.Repo, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range reviews {
		s := said{State: v.State, User: v.User.Login, Text: attribution.Strip(v.Body)}
		remarks, err := l.api.ReviewRemarks(t.Context(), repo.Repo, 1, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range remarks {
			s.Remarks = append(s.Remarks, fmt.Sprintf("%s:%d %s resolved=%v", c.Path, c.NewLine, attribution.Strip(c.Body), c.Resolver != nil))
		}
		slices.Sort(s.Remarks)
		got = append(got, s)
	}
	want := []said{
		{"REQUEST_CHANGES", "bob", "", []string{fmt.Sprintf("topic2:2 why resolved=%v", !l.forgejo), "topic2:4 range resolved=false"}},
		{"COMMENT", "alice", "", []string{"topic2:2 because resolved=false"}},
		{"APPROVED", "carol", "fine", nil},
		{"COMMENT", "alice", "", nil},
		{"COMMENT", "boss", "no", nil},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reviews (-want +got):\n%s", diff)
	}
	comments, err := l.api.Comments(t.Context(), repo.Repo, 1)
	if err != nil || len(comments) != 1 || !strings.Contains(comments[0].Body, "· on `topic2`, line 9 (outdated)\n\n````diff\n@@ -0,0 +1,2 @@\n+x\n+```\n````\n\ngone") {
		t.Errorf("comments %+v, %v", comments, err)
	}
	for i := range writes {
		if answers[i].Skipped == "" {
			sameAgain(t, l, w, repo, writes[i], answers[i])
		}
	}
	late1 := store(t, w, repo,
		targettest.Under(t, merged, refs["late"], schema.KindReview, "r6", schema.Review{State: "approved", Author: bob, SubmittedAt: at}),
		remark(merged, refs["late"], "c6", schema.Comment{Text: "nice", Review: "r6", Author: bob, Position: &schema.Position{Path: "late1", Line: 1, Side: "new"}}))
	if late1[0].Degraded != lossClosedReview || late1[1].Degraded != "" {
		t.Errorf("answers %+v", late1)
	}
	// A line that the diff does not have.
	odd := remark(merged, refs["late"], "c7", schema.Comment{Text: "odd", Author: bob, Position: &schema.Position{Path: "no/such file", Line: 7, Side: "old"}})
	store(t, w, repo, odd)
	l.quiet(t, w, repo)
}

// testNumbers leaves gaps, is killed between them, and finds numbers taken.
func testNumbers(t *testing.T, l *live) {
	issue := func(number int64) providers.Write {
		return providers.Write{Record: record(t, schema.KindIssue, fmt.Sprint("i", number), nil, schema.Issue{Number: number, Title: "x", State: "open", Author: person("alice")})}
	}
	for _, gaps := range []Gaps{Reproduce, Placeholder, Renumber} {
		t.Run(string(gaps), func(t *testing.T) {
			repo := l.repo(t, "numbers-"+string(gaps))
			repo.Gaps = gaps
			w := l.writer()
			var numbers []string
			for _, n := range []int64{1, 4, 5} {
				numbers = append(numbers, store(t, w, repo, issue(n))[0].Ref.Text)
			}
			// A run that was killed left the number before the next one used up.
			if gaps == Reproduce {
				killed := l.writer()
				r := killed.repository(repo)
				if _, err := killed.begin(t.Context(), r, schema.Key{}); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := killed.gap(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
			}
			w = l.writer()
			numbers = append(numbers, store(t, w, repo, issue(8))[0].Ref.Text)
			// One whose number is taken, and one that is there already.
			taken := store(t, w, repo, issue(3))[0]
			numbers = append(numbers, taken.Ref.Text, store(t, l.writer(), repo, issue(8))[0].Ref.Text)
			if err := w.Finish(t.Context(), repo); err != nil {
				t.Fatal(err)
			}
			all, err := api.Collect(l.api.Issues(t.Context(), repo.Repo))
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]string{}
			for _, i := range all {
				there[fmt.Sprint("#", i.Number)] = i.Title + " " + i.State
			}
			wantNumbers := []string{"#1", "#4", "#5", "#8", "#9", "#8"}
			want := map[string]string{"#1": "x open", "#4": "x open", "#5": "x open", "#8": "x open", "#9": "x open"}
			switch gaps {
			case Placeholder:
				for _, n := range []string{"#2", "#3", "#6", "#7"} {
					want[n] = gapTitle + " closed"
				}
			case Renumber:
				wantNumbers = []string{"#1", "#2", "#3", "#4", "#5", "#4"}
				want = map[string]string{"#1": "x open", "#2": "x open", "#3": "x open", "#4": "x open", "#5": "x open"}
			}
			if diff := cmp.Diff(wantNumbers, numbers); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, there); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			if lost := taken.Degraded != ""; lost == (gaps == Renumber) {
				t.Errorf("degraded: %q", taken.Degraded)
			}
		})
	}
}

// testNobodyIsTold lets people with accounts talk to each other, over several
// runs, and asserts that none of them hears of it; then the same with notify.
func testNobodyIsTold(t *testing.T, l *live) {
	w := l.writer()
	talk := func(repo Repo) {
		key := schema.Key{Kind: schema.KindIssue, ID: "1"}
		by := person("carol")
		one := providers.Write{Record: record(t, schema.KindIssue, "1", nil, schema.Issue{
			Number: 1, Title: "x", Author: person("alice"), Assignees: []schema.Person{person("bob")}, State: "closed", ClosedBy: &by, CreatedAt: at,
		})}
		ref := store(t, w, repo, one)[0].Ref
		for i, name := range []string{"carol", "eve", "alice", "bob", "boss"} {
			store(t, w, repo, targettest.Under(t, key, ref, schema.KindComment, fmt.Sprint(i), schema.Comment{Text: "x", Author: person(name), CreatedAt: at}))
		}
	}
	quiet := l.repo(t, "quiet")
	talk(quiet)
	// What comes last is told last: this is what the server was to work off.
	loud := l.repo(t, "loud")
	loud.Notify = true
	l.quiet(t, w, quiet)
	talk(loud)
	livetest.Await(t, "a notification", func() bool {
		var all []struct {
			Repository struct{ Name string }
		}
		l.ask(t, "alice", "GET", "notifications", nil, &all)
		for _, n := range all {
			if n.Repository.Name == "quiet" {
				t.Errorf("alice was told of the quiet repository")
			}
		}
		return len(all) > 0
	})
	livetest.Await(t, "a mail", func() bool {
		sent := l.mail()
		if strings.Contains(sent, "/quiet/") {
			t.Error("mail was sent of the quiet repository")
		}
		return sent != ""
	})
}

func testAttachments(t *testing.T, l *live) {
	repo, w := l.repo(t, "attachments"), l.writer()
	one := providers.Write{Record: record(t, schema.KindIssue, "1", nil, schema.Issue{Number: 1, Title: "x", State: "open", Author: person("alice")})}
	ref := store(t, w, repo, one)[0].Ref
	file := func(id, name, text string) providers.Write {
		a := targettest.Under(t, one.Record.Key(), ref, schema.KindAttachment, id, schema.Attachment{Name: name, MediaType: "text/plain"})
		a.Content = filepath.Join(t.TempDir(), "content")
		if err := os.WriteFile(a.Content, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return a
	}
	writes := []providers.Write{file("1", "log.txt", "one"), file("2", "log.txt", "two"), file("3", "../a/\"b\".txt", "one")}
	answers := make([]providers.Written, len(writes))
	for i, f := range writes {
		answers[i] = store(t, w, repo, f)[0]
		response, err := http.Get(answers[i].Ref.URL)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", answers[i].Ref.URL, response.StatusCode)
		}
	}
	for i, f := range writes {
		sameAgain(t, l, w, repo, f, answers[i])
		f.Ref = schema.Ref{} // a run that was killed after the upload
		if again := store(t, l.writer(), repo, f)[0]; again.Ref != answers[i].Ref {
			t.Errorf("uploaded twice: %+v, %+v", answers[i].Ref, again.Ref)
		}
	}
	var names []string
	for _, a := range l.issue(t, repo, 1).Assets {
		names = append(names, a.Name)
	}
	if diff := cmp.Diff([]string{"log.txt", "log.txt", ".._a__b_.txt"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	sameAgain(t, l, w, repo, one, providers.Written{Ref: ref})
}

// testUnplanned takes the milestone of a pull request away again.
func testUnplanned(t *testing.T, l *live) {
	h := newHistory(t)
	change := schema.Change{Head: schema.Tip{Commit: h.Branch("topic")}, Base: schema.Tip{Commit: h.Git("rev-parse", "main")}, Milestone: "m1"}
	h.add(1, "topic", stateOpen, "", change)
	repo, w := l.repo(t, "unplanned"), l.writer()
	h.push(l, repo, "main", "topic")
	milestone, err := l.api.CreateMilestone(t.Context(), repo.Repo, api.EditMilestone{Title: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	one := providers.Write{
		Record:  record(t, schema.KindChange, "1", nil, h.changes["topic"]),
		Related: []providers.Related{{Key: schema.Key{Kind: schema.KindMilestone, ID: "m1"}, Ref: schema.Ref{ID: fmt.Sprint(milestone.ID)}}},
	}
	one.Ref = store(t, w, repo, one)[0].Ref
	if m := l.issue(t, repo, 1).Milestone; m == nil || m.ID != milestone.ID {
		t.Fatalf("the milestone is %+v", m)
	}
	change = h.changes["topic"]
	change.Milestone = ""
	one.Record = record(t, schema.KindChange, "1", nil, change)
	store(t, w, repo, one)
	if m := l.issue(t, repo, 1).Milestone; m != nil {
		t.Errorf("the milestone is still %+v", m)
	}
	l.quiet(t, w, repo)
}
