package threads

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/attribution"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// summary is what an issue or a merge request is like.
type summary struct {
	IID                   int64
	Title, Author, State  string
	Created, Closed       string
	Labels, Assignees     []string
	Milestone             string
	Locked, Secret        bool
	Due, Kind, Line, Text string
	Awards                []string
}

func summarize(i *gitlabtest.Item) summary {
	s := summary{IID: i.IID, Title: i.Title, Author: i.Author.Username, State: i.State, Created: dayOf(i.Created), Closed: dayOf(i.ClosedAt), Locked: i.Locked}
	for _, l := range i.Labels {
		s.Labels = append(s.Labels, l.Name)
	}
	for _, u := range i.Assignees {
		s.Assignees = append(s.Assignees, u.Username)
	}
	if i.Milestone != nil {
		s.Milestone = i.Milestone.Title
	}
	for _, a := range i.Awards {
		s.Awards = append(s.Awards, a.User.Username+" "+a.Name)
	}
	s.Line, s.Text = split(i.Description)
	return s
}

func ofIssue(i *gitlabtest.Issue) summary {
	s := summarize(&i.Item)
	s.Secret, s.Kind = i.Confidential, i.Type
	if !i.Due.IsZero() {
		s.Due = i.Due.Format(time.DateOnly)
	}
	return s
}

// split takes a text apart: the line, and the text without the marker.
func split(body string) (line, text string) {
	text = attribution.Strip(body)
	if first, _, _ := strings.Cut(body, "\n"); strings.HasPrefix(first, "> ") && !strings.HasPrefix(text, first) {
		line = first
	}
	return line, text
}

func dayOf(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case time.Since(t) < time.Hour:
		return "now"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func TestIssues(t *testing.T) {
	later := at.AddDate(0, 1, 0)
	by := person("bob")
	full := schema.Issue{
		Number: 5, Title: "It  breaks", Text: "Look.\n/close\n", State: stateClosed, Author: person("alice"), ClosedBy: &by, StateReason: "not_planned",
		Assignees: []schema.Person{person("bob"), stranger("zoe")}, Labels: []string{"Bug", "new one"}, Locked: true, DueOn: "2021-05-06", Type: "Epic",
		CreatedAt: at, UpdatedAt: later, ClosedAt: later, URL: "https://example.org/o/r/issues/5",
		Reactions: []schema.Reaction{{Name: "+1", Person: person("bob")}, {Name: "heart", Person: stranger("zoe")}, {Name: "heart", Person: stranger("kim")}},
	}
	for _, test := range []struct {
		token    string
		issue    schema.Issue
		want     summary
		lost     losses
		requests int
	}{
		{"boss", full, summary{
			IID: 5, Title: "It breaks", Author: "alice", State: "closed", Created: "now", Closed: "2021-04-04 10:00", Locked: true,
			Labels: []string{"Bug", "new one"}, Assignees: []string{"bob"}, Kind: "issue", Due: "2021-05-06", Awards: []string{"bob thumbsup"},
			Line: "> 2021-03-04 10:00 UTC · type `Epic` · closed by **Bob** (`gh-bob`) on 2021-04-04 10:00 UTC as `not planned` · assigned to `zoe` · reactions: ❤️ × 2 · [original](<https://example.org/o/r/issues/5>)",
			Text: "Look.\n /close",
		}, losses{lossReaction, lossAssignee}, 7},
		{"olga", full, summary{
			IID: 5, Title: "It breaks", Author: "olga", State: "closed", Created: "2021-03-04 10:00", Closed: "2021-04-04 10:00", Locked: true,
			Labels: []string{"Bug", "new one"}, Assignees: []string{"bob"}, Kind: "issue", Due: "2021-05-06",
			Line: "> **Alice** (`gh-alice`) opened this issue · type `Epic` · closed by **Bob** (`gh-bob`) on 2021-04-04 10:00 UTC as `not planned` · assigned to `zoe` · reactions: ❤️ × 2, 👍 × 1 · [original](<https://example.org/o/r/issues/5>)",
			Text: "Look.\n /close",
		}, losses{lossAuthor, lossReaction, lossAssignee}, 4},
		{"boss", schema.Issue{Number: 1, State: stateOpen, Author: stranger("zoe"), CreatedAt: at, Confidential: true, Type: "incident", URL: "https://example.org/o/r/issues/1"}, summary{
			IID: 1, Title: untitled, Author: "boss", State: "opened", Created: "2021-03-04 10:00", Kind: "incident", Secret: true,
			Line: "> `zoe` opened this issue · [original](<https://example.org/o/r/issues/1>)",
		}, losses{lossAuthor}, 2},
		{"boss", schema.Issue{Number: 3, Title: "x", State: stateOpen, Author: person("olga"), CreatedAt: at}, summary{
			IID: 3, Title: "x", Author: "olga", State: "opened", Created: "2021-03-04 10:00", Kind: "issue",
		}, nil, 5},
		{"boss", schema.Issue{Number: 1, Title: "x", Text: "y", State: stateOpen, Author: person("nobody"), CreatedAt: at, Pinned: true}, summary{
			IID: 1, Title: "x", Author: "boss", State: "opened", Created: "2021-03-04 10:00", Kind: "issue",
			Line: "> **Nobody** (`gh-nobody`) opened this issue", Text: "y",
		}, losses{lossPinned, lossAuthor}, 3},
		{"alice", schema.Issue{Number: 1, Title: "x", State: stateOpen, Author: person("alice"), CreatedAt: at}, summary{
			IID: 1, Title: "x", Author: "alice", State: "opened", Created: "now", Kind: "issue", Line: "> 2021-03-04 10:00 UTC",
		}, nil, 3},
	} {
		t.Run(fmt.Sprintf("%s %d by %s", test.token, test.issue.Number, test.issue.Author.Login), func(t *testing.T) {
			s := newSite(t)
			p, w := s.project("issues"), s.writer(test.token)
			one := providers.Write{Record: record(t, schema.KindIssue, "i", nil, test.issue)}
			first := store(t, w, p, one)[0]
			if got := s.requests(); got != test.requests {
				t.Errorf("%d requests, not %d: %v", got, test.requests, s.server.Requests())
			}
			issue := s.model(p).Issue(test.issue.Number)
			if issue == nil {
				t.Fatalf("it stands elsewhere: %+v", first.Ref)
			}
			if diff := cmp.Diff(test.want, ofIssue(issue)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if first.Degraded != test.lost.String() {
				t.Errorf("degraded: %q, not %q", first.Degraded, test.lost)
			}
			checkAgain(t, s, w, p, one, first)
			s.quiet("assigned")
		})
	}
}

// checkAgain asserts that writing again what was written changes nothing, and that
// it is found.
func checkAgain(t *testing.T, s *site, w *Writer, p Project, one providers.Write, first providers.Written) {
	t.Helper()
	before := s.requests()
	one.Ref = first.Ref
	again := store(t, w, p, one)[0]
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("written again (-first +second):\n%s", diff)
	}
	for _, r := range s.server.Requests()[before:] {
		if r.Method != "GET" {
			t.Errorf("writing again changed something: %+v", r)
		}
	}
	wanted := providers.Wanted{Key: one.Record.Key()}
	if one.Record.Parent != nil {
		wanted.Parent = &one.Related[0]
	}
	placed := wanted
	placed.Ref = first.Ref
	found, err := w.Find(t.Context(), p, []providers.Wanted{placed, wanted})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]schema.Ref{first.Ref, first.Ref}, found); diff != "" {
		t.Errorf("found otherwise than written (-want +got):\n%s", diff)
	}
}

// Whom the server does not assign is named, and is still assigned elsewhere.
func TestAssignees(t *testing.T) {
	s := newSite(t)
	p, w := s.project("assignees"), s.writer("olga")
	project := s.model(p)
	project.Visibility = "private"
	write := func(number int64, names ...string) (providers.Write, providers.Written) {
		i := schema.Issue{Number: number, Title: "x", State: stateOpen, URL: "https://example.org/1"}
		for _, name := range names {
			i.Assignees = append(i.Assignees, person(name))
		}
		one := providers.Write{Record: record(t, schema.KindIssue, fmt.Sprint("i", number), nil, i)}
		return one, store(t, w, p, one)[0]
	}
	one, first := write(1, "alice", "carol", "nobody", "eve")
	got := ofIssue(project.Issue(1))
	if want := "> assigned to **Carol** (`gh-carol`), **Nobody** (`gh-nobody`), **Eve** (`gh-eve`) · [original](<https://example.org/1>)"; got.Line != want || !slices.Equal(got.Assignees, []string{"alice"}) || first.Degraded != lossAssignee {
		t.Errorf("it says %q, is assigned to %v, and is degraded %q", got.Line, got.Assignees, first.Degraded)
	}
	checkAgain(t, s, w, p, one, first)
	project.Visibility = "public"
	if _, again := write(2, "carol"); again.Degraded != "" {
		t.Errorf("who was not assigned once is not assigned again: %s", again.Degraded)
	}
	one.Ref = first.Ref
	one.Record = record(t, schema.KindIssue, "i1", nil, schema.Issue{Number: 1, Title: "y", State: stateOpen, Assignees: []schema.Person{person("alice"), person("carol")}})
	store(t, w, p, one)
	if got := ofIssue(project.Issue(1)); !slices.Equal(got.Assignees, []string{"alice", "carol"}) {
		t.Errorf("it is assigned to %v at last", got.Assignees)
	}
}

// An issue that somebody changed at the target is left as it is.
func TestChangedMeanwhile(t *testing.T) {
	s := newSite(t)
	p, w := s.project("changed"), s.writer("boss")
	one := providers.Write{Record: record(t, schema.KindIssue, "i", nil, schema.Issue{Number: 1, Title: "x", State: stateOpen})}
	one.Ref = store(t, w, p, one)[0].Ref
	issue := s.model(p).Issue(1)
	issue.Title = "y"
	if answer := w.Write(t.Context(), p, []providers.Write{one})[0]; providers.CodeOf(answer.Problem) != providers.CodeConflict {
		t.Errorf("written over: %+v", answer)
	}
	if issue.Title != "y" {
		t.Errorf("the title is %q", issue.Title)
	}
	one.Overwrite = true
	store(t, w, p, one)
	if issue.Title != "x" {
		t.Errorf("the title is %q", issue.Title)
	}
}

// Who wrote what can be said anew, and unsaid.
func TestMappingChanges(t *testing.T) {
	s := newSite(t)
	p, w := s.project("mapping"), s.writer("olga")
	write := func(author schema.Person, ref schema.Ref) (schema.Ref, string) {
		one := providers.Write{Record: record(t, schema.KindIssue, "i", nil, schema.Issue{Number: 1, Title: "x", Text: "y", State: stateOpen, Author: author, CreatedAt: at, URL: "https://example.org/o/r/issues/1"}), Ref: ref}
		ref = store(t, w, p, one)[0].Ref
		line, _ := split(s.model(p).Issue(1).Description)
		return ref, line
	}
	ref, line := write(stranger("zoe"), schema.Ref{})
	if want := "> `zoe` opened this issue · [original](<https://example.org/o/r/issues/1>)"; line != want {
		t.Errorf("the line is %q, not %q", line, want)
	}
	if ref, line = write(person("olga"), ref); line != "> [original](<https://example.org/o/r/issues/1>)" {
		t.Errorf("the line of the owner's own is %q", line)
	}
	if _, line = write(stranger("zoe"), ref); line != "> `zoe` opened this issue · [original](<https://example.org/o/r/issues/1>)" {
		t.Errorf("the line is %q at last", line)
	}
}

// Numbers are those of the source, whoever writes and whatever is missing.
func TestIssueNumbers(t *testing.T) {
	for _, token := range []string{"boss", "olga", "alice"} {
		for _, gaps := range []Gaps{"", Placeholder, Renumber} {
			t.Run(fmt.Sprint(token, gaps), func(t *testing.T) {
				s := newSite(t)
				p, w := s.project("numbers"), s.writer(token)
				p.Gaps = gaps
				authors := []schema.Person{person("bob"), person("carol"), stranger("zoe"), person("bob"), person("olga"), person("alice")}
				want := map[int64]string{}
				for i, number := range []int64{2, 3, 6, 7, 8, 12} {
					title := fmt.Sprintf("number %d", number)
					answer := store(t, w, p, providers.Write{Record: record(t, schema.KindIssue, title, nil, schema.Issue{Number: number, Title: title, State: stateOpen, Author: authors[i], CreatedAt: at})})[0]
					if gaps == Renumber {
						number = int64(i + 1)
					}
					want[number] = title
					if w.admin && authors[i].User != "" && strings.Contains(answer.Degraded, lossAuthor) {
						t.Errorf("%s lost its author", title)
					}
				}
				if err := w.Finish(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				got := map[int64]string{}
				for _, i := range s.model(p).Issues {
					if i.Title != gapTitle || i.State == "opened" {
						got[i.IID] = i.Title
					}
				}
				if gaps == Placeholder && token == "alice" {
					for number := range got {
						if got[number] == gapTitle {
							delete(got, number)
						}
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A number that another issue has is not to be had; one that cannot be had for the
// author is had for the token's owner.
func TestTakenNumbers(t *testing.T) {
	s := newSite(t)
	p, w := s.project("taken"), s.writer("boss")
	m := s.server.Model
	m.AddIssue(s.model(p), gitlabtest.Issue{Item: gitlabtest.Item{IID: 2, Title: "somebody's", Author: m.User("olga")}})
	m.AddIssue(s.model(p), gitlabtest.Issue{Item: gitlabtest.Item{IID: 9, Title: "somebody's", Author: m.User("olga")}})
	write := func(number int64, author schema.Person) providers.Written {
		return store(t, w, p, providers.Write{Record: record(t, schema.KindIssue, fmt.Sprint("i", number), nil, schema.Issue{Number: number, Title: "x", State: stateOpen, Author: author, CreatedAt: at})})[0]
	}
	if answer := write(2, stranger("zoe")); answer.Ref.ID != "issue/10" || answer.Degraded != (losses{lossAuthor, lossNumber}).String() {
		t.Errorf("a taken number: %+v", answer)
	}
	if answer := write(3, person("bob")); answer.Ref.ID != "issue/3" || answer.Degraded != lossAuthor {
		t.Errorf("a free number below the highest: %+v", answer)
	}
	if n := len(s.model(p).Issues); n != 4 {
		t.Errorf("there are %d issues", n)
	}
}

func TestDiscussionsAndSubIssues(t *testing.T) {
	s := newSite(t)
	p, w := s.project("discussions"), s.writer("olga")
	d := providers.Write{Record: record(t, schema.KindDiscussion, "d", nil, schema.Discussion{Number: 1, Title: "Ideas", Text: "Any?", State: stateClosed, Category: "General", Labels: []string{"a"}, Author: stranger("zoe"), CreatedAt: at, ClosedAt: at, URL: "https://example.org/o/r/issues/1"})}
	first := store(t, w, p, d)[0]
	want := summary{IID: 1, Title: "Ideas", Author: "olga", State: "closed", Created: "2021-03-04 10:00", Closed: "2021-03-04 10:00", Labels: []string{"a", discussionLabel}, Kind: "issue",
		Line: "> `zoe` started this discussion · category `General` · [original](<https://example.org/o/r/issues/1>)", Text: "Any?"}
	if diff := cmp.Diff(want, ofIssue(s.model(p).Issue(1))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if first.Degraded != (losses{lossDiscussion, lossAuthor}).String() {
		t.Errorf("degraded: %s", first.Degraded)
	}
	checkAgain(t, s, w, p, d, first)

	child := schema.Key{Kind: schema.KindIssue, ID: "child"}
	ref := store(t, w, p, providers.Write{Record: record(t, schema.KindIssue, "child", nil, schema.Issue{Number: 2, Title: "c", State: stateOpen})})[0].Ref
	parent := providers.Write{Record: record(t, schema.KindIssue, "parent", nil, schema.Issue{Number: 3, Title: "p", State: stateOpen, SubIssues: []string{"child", "lost"}}),
		Related: []providers.Related{{Key: child, Ref: ref}}}
	parent.Ref = store(t, w, p, parent)[0].Ref
	store(t, w, p, parent)
	issue := s.model(p).Issue(3)
	if len(issue.Links) != 1 || issue.Links[0].Target.IID != 2 {
		t.Errorf("it is linked to %+v", issue.Links)
	}
	if line, _ := split(issue.Description); line != "" && !strings.Contains(line, "sub-issues: #2, 1 more") || !strings.Contains(issue.Description, "#2, 1 more") {
		t.Errorf("it says %q", issue.Description)
	}
}

// A text that is nothing but commands is a text.
func TestCommandsAreText(t *testing.T) {
	s := newSite(t)
	p, w := s.project("commands"), s.writer("boss")
	text := "/close\n/title gone\n\n```\n/assign @bob\n```\n/label ~x"
	i := schema.Key{Kind: schema.KindIssue, ID: "i"}
	ref := store(t, w, p, providers.Write{Record: record(t, schema.KindIssue, "i", nil, schema.Issue{Number: 1, Title: "x", Text: text, State: stateOpen, Author: person("olga"), CreatedAt: at})})[0].Ref
	for n, author := range []schema.Person{person("olga"), stranger("zoe")} {
		store(t, w, p, targettest.Under(t, i, ref, schema.KindComment, fmt.Sprint("c", n), schema.Comment{Text: text, Author: author, CreatedAt: at, URL: "https://example.org/o/r/issues/1"}))
	}
	issue := s.model(p).Issue(1)
	want := "\\/close\n /title gone\n\n```\n /assign @bob\n```\n /label ~x"
	for _, body := range []string{issue.Description, issue.Notes()[0].Body, issue.Notes()[1].Body} {
		if _, got := split(body); got != want {
			t.Errorf("it became %q", got)
		}
	}
	if issue.State != "opened" || issue.Title != "x" || len(issue.Assignees) > 0 || len(issue.Labels) > 0 {
		t.Errorf("the commands ran: %+v", ofIssue(issue))
	}
}
