package threads

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// displayed is what a merge request shows.
type displayed struct {
	State, Source, Target string
	Commits, Files        []string
}

func (s *site) displayed(p Project, number int64) displayed {
	s.t.Helper()
	w := s.writer("boss")
	m, err := w.api.MergeRequest(s.t.Context(), api.Number(p.ID), number)
	if err != nil {
		s.t.Fatal(err)
	}
	d := displayed{State: m.State, Source: m.SourceBranch, Target: m.TargetBranch}
	diffs, err := api.Collect(w.api.MergeRequestDiffs(s.t.Context(), api.Number(p.ID), number))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range diffs {
		d.Files = append(d.Files, f.NewPath)
	}
	slices.Sort(d.Files)
	if m.Refs != nil {
		d.Commits = []string{m.Refs.Head}
	}
	return d
}

// history is a repository with merge requests of all sorts.
type history struct {
	*work
	changes []schema.Change
	want    []displayed
	lost    []losses
}

func newHistory(t *testing.T) *history { return &history{work: newWork(t)} }

// add adds a merge request from a branch that has what branch makes.
func (h *history) add(name, state, merge string, c schema.Change, source, target string, lost ...string) {
	h.t.Helper()
	c.Number = int64(len(h.changes) + 1)
	c.Title, c.State, c.MergeCommit = name, state, merge
	c.Author, c.CreatedAt, c.URL = person("alice"), at, fmt.Sprintf("https://example.org/o/r/pull/%d", c.Number)
	if c.Head.Branch == "" {
		c.Head.Branch = name
	}
	if c.Base.Branch == "" {
		c.Base.Branch = "main"
	}
	if state == stateMerged {
		by := person("bob")
		c.MergedBy, c.MergedAt = &by, at
	}
	want := displayed{State: "closed", Source: source, Target: target, Commits: []string{c.Head.Commit}, Files: []string{name + "1", name + "2"}}
	if state == stateOpen {
		want.State = "opened"
	}
	h.changes, h.want = append(h.changes, c), append(h.want, want)
	h.lost = append(h.lost, lost)
	if name != "lost" {
		h.keep(c.Number, c.Head.Commit)
	}
}

func (h *history) main() string { h.t.Helper(); return h.Git("rev-parse", "main") }

// everySort makes a history with merge requests of every sort.
func everySort(t *testing.T) *history {
	t.Helper()
	h := newHistory(t)
	base, head := h.main(), h.Branch("merge")
	h.Git("merge", "-q", "--no-ff", "-m", "merge it", "merge")
	h.add("merge", stateMerged, h.main(), schema.Change{Head: schema.Tip{Commit: head, Gone: true}, Base: schema.Tip{Commit: base}, Text: "Closes #1"},
		"drover/change/1/merge", "main", lossMerged, lossHeadName)

	base, head = h.main(), h.Branch("squash")
	h.Git("merge", "-q", "--squash", "squash")
	h.Git("commit", "-q", "-m", "squashed")
	h.add("squash", stateMerged, h.main(), schema.Change{Head: schema.Tip{Commit: head, Gone: true}, Base: schema.Tip{Commit: base}},
		"drover/change/2/squash", "main", lossMerged, lossHeadName)

	base, head = h.main(), h.Branch("forward")
	h.Git("merge", "-q", "--ff-only", "forward")
	h.add("forward", stateMerged, head, schema.Change{Head: schema.Tip{Commit: head, Repository: "octo/fork"}, Base: schema.Tip{Commit: base}},
		"drover/change/3/forward", "main", lossMerged, lossHeadName)

	base, head = h.main(), h.Branch("living")
	h.Git("merge", "-q", "--no-ff", "-m", "living stays", "living")
	h.add("living", stateMerged, h.main(), schema.Change{Head: schema.Tip{Commit: head}, Base: schema.Tip{Commit: base}}, "living", "main", lossMerged)

	base, head = h.main(), h.Branch("closed")
	h.add("closed", stateClosed, "", schema.Change{Head: schema.Tip{Commit: head, Gone: true}, Base: schema.Tip{Commit: base}},
		"drover/change/5/closed", "main", lossHeadName)

	head = h.Branch("open")
	h.add("open", stateOpen, "", schema.Change{Head: schema.Tip{Commit: head}, Base: schema.Tip{Commit: h.main()}}, "open", "main")

	head = h.Branch("draft")
	h.add("draft", stateOpen, "", schema.Change{Draft: true, Head: schema.Tip{Commit: head, Repository: "octo/fork"}, Base: schema.Tip{Commit: h.main()}},
		"drover/change/7/draft", "main", lossHeadName)

	// Into a branch that is gone.
	base = h.main()
	h.Git("branch", "release", "main")
	head = h.Branch("old")
	h.Git("checkout", "-q", "release")
	h.Git("merge", "-q", "--no-ff", "-m", "into release", "old")
	merge := h.Git("rev-parse", "release")
	h.Git("checkout", "-q", "main")
	h.add("old", stateMerged, merge, schema.Change{Head: schema.Tip{Commit: head, Gone: true}, Base: schema.Tip{Commit: base, Branch: "release", Gone: true}},
		"drover/change/8/old", "main", lossMerged, lossHeadName, lossBase)

	// Of commits that are nowhere.
	h.add("lost", stateClosed, "", schema.Change{Head: schema.Tip{Commit: strings.Repeat("ab", 20), Gone: true}, Base: schema.Tip{Commit: base}},
		"drover/change/9/head", "main", lossHeadName, lossCommits)
	h.want[8].Files, h.want[8].Commits = nil, []string{"main"}
	return h
}

func TestChanges(t *testing.T) {
	h := everySort(t)
	h.Commit("end", "end\n")
	for _, token := range []string{"boss", "olga"} {
		t.Run(token, func(t *testing.T) {
			s := newSite(t)
			p, w := s.project("changes"), s.writer(token)
			h.work.t = t
			h.push(s, p, "main", "living", "open", "refs/pull/*:refs/pull/*")
			tip := h.main()
			for n, c := range h.changes {
				want := h.want[n]
				if len(want.Commits) > 0 && want.Commits[0] == "main" {
					want.Commits = []string{tip}
				}
				one := providers.Write{Record: record(t, schema.KindChange, "c-"+c.Title, nil, c)}
				before := s.requests()
				first := store(t, w, p, one)[0]
				t.Logf("%s: %d requests", c.Title, s.requests()-before)
				if diff := cmp.Diff(want, s.displayed(p, c.Number)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.Title, diff)
				}
				lost := slices.Clone(h.lost[n])
				if token == "olga" {
					lost.Add(lossAuthor)
				}
				if diff := cmp.Diff(strings.Split(lost.String(), "; "), strings.Split(first.Degraded, "; "), sorted()); diff != "" {
					t.Errorf("%s lost (-want +got):\n%s", c.Title, diff)
				}
				checkAgain(t, s, w, p, one, first)
			}
			if err := w.Finish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"drover/change/7/draft", "living", "main", "open"}, s.branches(p)); diff != "" {
				t.Errorf("branches (-want +got):\n%s", diff)
			}
			first := s.model(p).MergeRequest(1)
			line, text := split(first.Description)
			want := "> 2021-03-04 10:00 UTC · from `merge` · merged by **Bob** (`gh-bob`) on 2021-03-04 10:00 UTC as " + h.changes[0].MergeCommit + " · [original](<https://example.org/o/r/pull/1>)"
			if token == "olga" {
				want = strings.Replace(want, "> ", "> **Alice** (`gh-alice`) opened this merge request on ", 1)
			}
			if line != want || text != "Closes #1" {
				t.Errorf("it says %q, %q; not %q", line, text, want)
			}
			if draft := s.model(p).MergeRequest(7); draft.Title != "Draft: draft" {
				t.Errorf("the draft is called %q", draft.Title)
			}
			s.quiet()
		})
	}
}

// sorted compares lists regardless of their order.
func sorted() cmp.Option {
	return cmp.Transformer("sorted", func(in []string) map[string]int {
		out := map[string]int{}
		for _, s := range in {
			out[s]++
		}
		return out
	})
}

// What is merged at the source while it is open here becomes merged: the push
// brings it there.
func TestMergedLater(t *testing.T) {
	h := newHistory(t)
	base := h.main()
	h.add("kept", stateOpen, "", schema.Change{Head: schema.Tip{Commit: h.Branch("kept")}, Base: schema.Tip{Commit: base}}, "kept", "main")
	h.add("squashed", stateOpen, "", schema.Change{Head: schema.Tip{Commit: h.Branch("squashed"), Repository: "octo/fork"}, Base: schema.Tip{Commit: base}}, "drover/change/2/squashed", "main")
	s := newSite(t)
	p, w := s.project("later"), s.writer("boss")
	h.push(s, p, "main", "kept", "refs/pull/*:refs/pull/*")
	var writes []providers.Write
	for n, c := range h.changes {
		one := providers.Write{Record: record(t, schema.KindChange, c.Title, nil, c)}
		one.Ref = store(t, w, p, one)[0].Ref
		writes = append(writes, one)
		if diff := cmp.Diff(h.want[n], s.displayed(p, c.Number)); diff != "" {
			t.Errorf("%s, open (-want +got):\n%s", c.Title, diff)
		}
	}
	h.Git("merge", "-q", "--no-ff", "-m", "merge kept", "kept")
	h.changes[0].State, h.changes[0].MergeCommit = stateMerged, h.main()
	h.Git("merge", "-q", "--squash", "squashed")
	h.Git("commit", "-q", "-m", "squashed")
	h.changes[1].State, h.changes[1].MergeCommit = stateMerged, h.main()
	h.push(s, p, "main")
	for n, state := range []string{"merged", "closed"} {
		one := writes[n]
		one.Record = record(t, schema.KindChange, h.changes[n].Title, nil, h.changes[n])
		answer := store(t, w, p, one)[0]
		want := h.want[n]
		want.State = state
		if diff := cmp.Diff(want, s.displayed(p, int64(n+1))); diff != "" {
			t.Errorf("%s, merged (-want +got):\n%s", h.changes[n].Title, diff)
		}
		if strings.Contains(answer.Degraded, lossMerged) != (state == "closed") {
			t.Errorf("%s: degraded: %s", h.changes[n].Title, answer.Degraded)
		}
	}
	if diff := cmp.Diff([]string{"kept", "main"}, s.branches(p)); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
}

// A merge request from a fork follows its branch, and one that is opened again has
// its branch again.
func TestHeadsMove(t *testing.T) {
	for _, state := range []string{stateOpen, stateClosed} {
		t.Run(state, func(t *testing.T) {
			h := newHistory(t)
			h.add("topic", state, "", schema.Change{Head: schema.Tip{Commit: h.Branch("topic"), Repository: "octo/fork"}}, "", "")
			s := newSite(t)
			p, w := s.project("moves"), s.writer("boss")
			h.push(s, p, "main", "refs/pull/*:refs/pull/*")
			one := providers.Write{Record: record(t, schema.KindChange, "c", nil, h.changes[0])}
			one.Ref = store(t, w, p, one)[0].Ref
			if state == stateClosed && len(s.branches(p)) != 1 {
				t.Errorf("branches: %v", s.branches(p))
			}
			h.Git("checkout", "-q", "topic")
			head := h.Commit("more", "more\n")
			h.keep(1, head)
			h.push(s, p, "refs/pull/*:refs/pull/*")
			c := h.changes[0]
			c.State, c.Head.Commit = stateOpen, head
			one.Record = record(t, schema.KindChange, "c", nil, c)
			answer := store(t, w, p, one)[0]
			want := displayed{State: "opened", Source: "drover/change/1/topic", Target: "main", Commits: []string{head}, Files: []string{"more", "topic1", "topic2"}}
			if diff := cmp.Diff(want, s.displayed(p, 1)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if answer.Degraded != lossHeadName {
				t.Errorf("degraded: %s", answer.Degraded)
			}
			checkAgain(t, s, w, p, one, answer)
		})
	}
}

// Several merge requests of one branch, of which the server lets one be open.
func TestOneHeadTwice(t *testing.T) {
	h := newHistory(t)
	head := h.Branch("topic")
	s := newSite(t)
	p, w := s.project("twice"), s.writer("boss")
	h.push(s, p, "main", "topic")
	for n, state := range []string{stateOpen, stateClosed} {
		c := schema.Change{Number: int64(n + 1), Title: state, State: state, Author: person("alice"), Head: schema.Tip{Commit: head, Branch: "topic"}, Base: schema.Tip{Branch: "main"}}
		store(t, w, p, providers.Write{Record: record(t, schema.KindChange, state, nil, c)})
	}
	want := []displayed{
		{State: "opened", Source: "topic", Target: "main", Commits: []string{head}, Files: []string{"topic1", "topic2"}},
		{State: "closed", Source: "drover/change/2/topic", Target: "main", Commits: []string{head}, Files: []string{"topic1", "topic2"}},
	}
	if diff := cmp.Diff(want, []displayed{s.displayed(p, 1), s.displayed(p, 2)}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"main", "topic"}, s.branches(p)); diff != "" {
		t.Errorf("branches (-want +got):\n%s", diff)
	}
}

// An open merge request follows its target branch, as far as that is here.
func TestTargetMoves(t *testing.T) {
	h := newHistory(t)
	head := h.Branch("topic")
	h.Git("branch", "release", "main")
	s := newSite(t)
	p, w := s.project("targets"), s.writer("boss")
	h.push(s, p, "main", "topic", "release")
	one := providers.Write{}
	for _, test := range []struct{ base, want, lost string }{{"main", "main", ""}, {"release", "release", ""}, {"nowhere", "release", lossBase}, {"main", "main", ""}} {
		c := schema.Change{Number: 1, Title: "x", State: stateOpen, Author: person("alice"), Head: schema.Tip{Commit: head, Branch: "topic"}, Base: schema.Tip{Branch: test.base}}
		one.Record = record(t, schema.KindChange, "c", nil, c)
		answer := store(t, w, p, one)[0]
		one.Ref = answer.Ref
		if got := s.displayed(p, 1).Target; got != test.want || answer.Degraded != test.lost {
			t.Errorf("into %s: it goes into %s, degraded %q", test.base, got, answer.Degraded)
		}
	}
}

// Merge requests keep their numbers, and nothing is left of those between.
func TestChangeNumbers(t *testing.T) {
	for _, gaps := range []Gaps{Reproduce, Placeholder, Renumber} {
		t.Run(string(gaps), func(t *testing.T) {
			h := newHistory(t)
			head := h.Branch("topic")
			h.keep(1, head)
			s := newSite(t)
			p := s.project("numbers")
			p.Gaps = gaps
			h.push(s, p, "main", "refs/pull/*:refs/pull/*")
			want := map[int64]string{}
			for i, number := range []int64{3, 4, 7} {
				w := s.writer("olga") // each by a program of its own
				c := schema.Change{Number: number, Title: fmt.Sprint("number ", number), State: stateClosed, Head: schema.Tip{Commit: head, Branch: "topic", Gone: true}, Base: schema.Tip{Branch: "main"}}
				store(t, w, p, providers.Write{Record: record(t, schema.KindChange, c.Title, nil, c)})
				if gaps == Renumber {
					number = int64(i + 1)
				}
				want[number] = c.Title + " closed"
			}
			if gaps == Placeholder {
				for _, number := range []int64{1, 2, 5, 6} {
					want[number] = gapTitle + " closed"
				}
			}
			if err := s.writer("olga").Finish(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			got := map[int64]string{}
			for _, m := range s.model(p).MergeRequests {
				got[m.IID] = m.Title + " " + m.State
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"main"}, s.branches(p)); diff != "" {
				t.Errorf("branches (-want +got):\n%s", diff)
			}
		})
	}
}

// A merge request needs a branch.
func TestNoHistory(t *testing.T) {
	s := newSite(t)
	p, w := s.project("empty"), s.writer("boss")
	c := schema.Change{Number: 1, Title: "x", State: stateClosed, Head: schema.Tip{Commit: strings.Repeat("ab", 20), Branch: "x"}, Base: schema.Tip{Branch: "main"}}
	answer := w.Write(t.Context(), p, []providers.Write{{Record: record(t, schema.KindChange, "c", nil, c)}})[0]
	if providers.CodeOf(answer.Problem) != providers.CodeInvalid || answer.Problem.Hint == "" {
		t.Errorf("%+v", answer)
	}
}

// Reviewers are asked where the merge request is open, and named elsewhere.
func TestReviewers(t *testing.T) {
	h := newHistory(t)
	h.add("open", stateOpen, "", schema.Change{Head: schema.Tip{Commit: h.Branch("open")}, RequestedReviewers: []schema.Person{person("alice"), stranger("zoe")}, Assignees: []schema.Person{person("bob")}, Labels: []string{"a"}}, "open", "main")
	h.add("closed", stateClosed, "", schema.Change{Head: schema.Tip{Commit: h.Branch("closed"), Gone: true}, RequestedReviewers: []schema.Person{person("alice")}, Locked: true}, "", "main")
	s := newSite(t)
	p, w := s.project("reviewers"), s.writer("boss")
	h.push(s, p, "main", "open", "refs/pull/*:refs/pull/*")
	for _, c := range h.changes {
		c.Author = person("olga")
		one := providers.Write{Record: record(t, schema.KindChange, c.Title, nil, c)}
		checkAgain(t, s, w, p, one, store(t, w, p, one)[0])
	}
	asked := func(m *gitlabtest.MergeRequest) []string {
		var names []string
		for _, r := range m.Reviewers {
			names = append(names, r.User.Username)
		}
		return names
	}
	open, closed := s.model(p).MergeRequest(1), s.model(p).MergeRequest(2)
	if diff := cmp.Diff([]string{"alice"}, asked(open)); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if line, _ := split(open.Description); !strings.Contains(line, "review requested of `zoe`") {
		t.Errorf("it says %q", line)
	}
	if line, _ := split(closed.Description); len(closed.Reviewers) > 0 || !strings.Contains(line, "review requested of **Alice** (`gh-alice`)") || !closed.Locked {
		t.Errorf("the closed one asks %v and says %q", asked(closed), line)
	}
	s.quiet("assigned", "review_requested")
}
