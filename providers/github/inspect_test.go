package github_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

func inspect(t testing.TB, s providers.Source, queries ...providers.Lookup) map[int]providers.Inspection {
	t.Helper()
	answers := map[int]providers.Inspection{}
	for i := range queries {
		queries[i].ID = i
	}
	for answer, err := range s.Inspect(t.Context(), queries) {
		if err != nil {
			t.Fatal(err)
		}
		answers[answer.ID] = answer
	}
	if len(answers) != len(queries) {
		t.Fatalf("%d answers to %d queries", len(answers), len(queries))
	}
	return answers
}

func facts(t testing.TB, s providers.Source, q providers.Lookup) providers.Facts {
	t.Helper()
	answer := inspect(t, s, q)[0]
	if answer.Facts == nil {
		t.Fatalf("no facts: %+v", answer)
	}
	return *answer.Facts
}

func TestFacts(t *testing.T) {
	w := newWorld(t)
	r := w.full()
	i := w.Model.AddIssue(r, githubtest.Issue{Content: githubtest.Content{Author: w.ann}, Title: "dark"})
	w.Model.SkipNumbers(r, 3)
	w.Model.AddIssue(r, githubtest.Issue{Content: githubtest.Content{Author: w.ann}, Title: "darker"})
	if err := w.Model.Import(r, "feature done\nreset refs/heads/x\nfrom refs/heads/main\n\nreset refs/pull/1/head\nfrom refs/heads/main\n\nreset refs/pull/1/merge\nfrom refs/heads/main\n\nreset refs/notes/commits\nfrom refs/heads/main\n\nreset refs/hidden/x\nfrom refs/heads/main\n\ndone\n"); err != nil {
		t.Fatal(err)
	}
	f := facts(t, w.open(nil), providers.Lookup{Repo: w.named("lamp", nil)})
	if f.Identity != number(r.ID) || f.FullName != "lantern/lamp" || f.Name != "lamp" || f.URL != w.URL+"/lantern/lamp" || f.DefaultBranch != "refs/heads/main" ||
		f.ObjectFormat != "sha1" || f.Visibility != "private" || f.LastNumber != i.Number+4 || f.Requests < 10 {
		t.Errorf("facts: %+v", f)
	}
	if diff := cmp.Diff(map[schema.Kind]int64{schema.KindIssue: i.Number + 4}, f.LastNumbers); diff != "" {
		t.Errorf("last numbers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"refs/heads/main", "refs/heads/x", "refs/notes/commits", "refs/pull/1/head"}, slices.Sorted(maps.Keys(f.Refs))); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]providers.Part{providers.PartCode}, f.Parts); diff != "" {
		t.Errorf("parts without a wiki (-want +got):\n%s", diff)
	}
	want := map[schema.Kind]int64{"repository": 1, "label": 2, "milestone": 2, "release": 2, "issue": 2, "change": 0, "discussion": 0}
	if diff := cmp.Diff(want, f.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if err := w.Model.ImportWiki(r, strings.ReplaceAll(history(), "refs/heads/main", "refs/heads/master")); err != nil {
		t.Fatal(err)
	}
	f = facts(t, w.open(nil), providers.Lookup{Repo: w.named("lamp", nil)})
	if diff := cmp.Diff([]providers.Part{providers.PartCode, providers.PartWiki}, f.Parts); diff != "" {
		t.Errorf("parts with a wiki (-want +got):\n%s", diff)
	}
	page, err := w.Model.Commit(&githubtest.Repository{Dir: r.WikiDir}, "refs/heads/master")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"refs/heads/master": page}, f.WikiRefs); diff != "" {
		t.Errorf("refs of the wiki (-want +got):\n%s", diff)
	}
}

// TestFollowsRenames finds a repository by its identity and by its former name,
// and not the stranger who took that.
func TestFollowsRenames(t *testing.T) {
	w := newWorld(t)
	r := w.repository(&githubtest.Repository{Name: "old"})
	before := facts(t, w.open(nil), providers.Lookup{Repo: w.named("old", nil)})
	w.Model.EditRepository(r, func(r *githubtest.Repository) { r.Name = "new" })
	for name, repo := range map[string]providers.Repo{
		"former name":    w.named("old", nil),
		"identity":       {Settings: w.named("old", nil).Settings, Identity: before.Identity},
		"number":         {Settings: sourcetest.JSON(t, map[string]any{"repo_id": r.ID})},
		"number, quoted": {Settings: sourcetest.JSON(t, map[string]any{"repo_id": number(r.ID)})},
	} {
		if f := facts(t, w.open(nil), providers.Lookup{Repo: repo}); f.Identity != before.Identity || f.FullName != "lantern/new" {
			t.Errorf("by %s: %s %s", name, f.Identity, f.FullName)
		}
	}
	stranger := w.repository(&githubtest.Repository{Name: "old"})
	known := providers.Repo{Settings: w.named("old", nil).Settings, Identity: before.Identity}
	for name, q := range map[string]providers.Lookup{
		"identity":          {Repo: known},
		"identity and ETag": {Repo: known, ETag: before.ETag},
		"a foreign ETag":    {Repo: known, ETag: "1 " + stranger.NodeID() + " sha256:x"},
		"a worthless ETag":  {Repo: known, ETag: "1 R_nothing sha256:x"},
	} {
		if f := facts(t, w.open(nil), q); f.Identity != before.Identity || f.FullName != "lantern/new" {
			t.Errorf("by %s, when another has the name: %s %s", name, f.Identity, f.FullName)
		}
	}
	g := sourcetest.Read(t, w.open(nil), providers.ReadRequest{Repo: known, Stream: "base"})
	if got := sourcetest.Bodies[schema.Repository](t, g, schema.KindRepository)[0].FullName; got != "lantern/new" {
		t.Errorf("read %s", got)
	}
}

// TestInspectMany asks about many in few requests, tells what is missing of each,
// and says of what did not change that it did not.
func TestInspectMany(t *testing.T) {
	const n = 30
	w := newWorld(t)
	var queries []providers.Lookup
	for i := range n {
		name := fmt.Sprintf("r%02d", i)
		w.repository(&githubtest.Repository{Name: name})
		queries = append(queries, providers.Lookup{Repo: w.named(name, nil)})
	}
	queries = append(queries, providers.Lookup{Repo: w.named("gone", nil)}, providers.Lookup{Repo: w.named("../x", nil)})
	s := w.open(nil)
	before := w.Requests()
	answers := inspect(t, s, queries...)
	if got := w.Requests() - before; got > 2 {
		t.Errorf("%d requests for %d repositories", got, n)
	}
	for i := range n {
		f := answers[i].Facts
		if f == nil {
			t.Fatalf("repository %d: %v", i, answers[i].Problem)
		}
		if want := fmt.Sprintf("lantern/r%02d", i); f.FullName != want {
			t.Errorf("repository %d is %s, want %s", i, f.FullName, want)
		}
		queries[i].ETag, queries[i].Repo.Identity = f.ETag, f.Identity
	}
	if e := answers[n].Problem; e == nil || e.Code != providers.CodeNotFound || !strings.Contains(e.Error(), "lantern/gone") {
		t.Errorf("a repository that is not there: %v", e)
	}
	if e := answers[n+1].Problem; e == nil || e.Code != providers.CodeInvalid || e.Attribute != "repository" {
		t.Errorf("a name that is none: %v", e)
	}
	s = w.open(nil) // it remembers nothing
	before = w.Requests()
	answers = inspect(t, s, queries[:n]...)
	if got := w.Requests() - before; got > 2 {
		t.Errorf("%d requests for %d repositories that did not change", got, n)
	}
	for i := range n {
		if !answers[i].Unchanged {
			t.Errorf("repository %d is told as changed: %+v", i, answers[i])
		}
	}
}

// TestValidators moves the validator of a stream with everything that is in it,
// and with nothing else.
func TestValidators(t *testing.T) {
	w := newWorld(t)
	m := w.Model
	r := w.full()
	repo := w.named("lamp", map[string]any{"optional_stages": map[string]any{"collaborators_import": true}})
	issue := m.AddIssue(r, githubtest.Issue{Content: githubtest.Content{Author: w.ann}, Title: "dark"})
	changes := []struct {
		name   string
		stream string // "": none
		change func()
	}{
		{"description", "base", func() { m.EditRepository(r, func(r *githubtest.Repository) { r.Description = "x" }) }},
		{"topics", "base", func() { m.EditRepository(r, func(r *githubtest.Repository) { r.Topics = []string{"x"} }) }},
		{"archived", "base", func() { m.EditRepository(r, func(r *githubtest.Repository) { r.Archived = true }) }},
		{"size", "", func() { m.EditRepository(r, func(r *githubtest.Repository) { r.Size += 10 }) }},
		{"label added", "base", func() { m.AddLabel(r, githubtest.Label{Name: "new"}) }},
		{"label renamed", "base", func() { m.EditLabel(r.Labels[0], func(l *githubtest.Label) { l.Name = "bugs" }) }},
		{"label deleted", "base", func() { m.DeleteLabel(r, r.Labels[1]) }},
		{"milestone edited", "base", func() { m.EditMilestone(r.Milestones[0], func(s *githubtest.Milestone) { s.Title = "1.0.0" }) }},
		{"collaborator", "base", func() {
			m.AddCollaborator(r, githubtest.Collaborator{User: m.AddUser(githubtest.User{Login: "cy"}), Role: "write"})
		}},
		{"protection", "base", func() { m.AddProtection(r, githubtest.Protection{Pattern: "x"}) }},
		{"ruleset", "base", func() { m.AddRuleset(r, githubtest.Ruleset{Name: "x", Target: "branch", Enforcement: "active"}) }},
		{"commit comment", "base", func() {
			m.AddCommitComment(r, githubtest.CommitComment{Content: githubtest.Content{Body: "x", Author: w.ann}, Commit: r.CommitComments[0].Commit})
		}},
		{"reaction on a commit comment", "base", func() { m.AddReaction(r.CommitComments[1], "heart", w.bob) }},
		{"release", "releases", func() { m.AddRelease(r, githubtest.Release{Tag: "v3", Content: githubtest.Content{Author: w.ann}}) }},
		{"release edited", "releases", func() { m.EditRelease(r.Releases[0], func(e *githubtest.Release) { e.Body = "x" }) }},
		{"release deleted", "releases", func() { m.DeleteRelease(r.Releases[1]) }},
		{"asset", "releases", func() { m.AddAsset(r.Releases[0], githubtest.Asset{Name: "x", Uploader: w.ann}) }},
		{"reaction on a release", "releases", func() { m.AddReaction(r.Releases[0], "rocket", w.bob) }},
		{"download", "", func() { r.Releases[0].Assets[0].Downloads++ }},
		{"issue", "threads", func() { m.AddIssue(r, githubtest.Issue{Content: githubtest.Content{Author: w.ann}, Title: "x"}) }},
		{"issue comment", "threads", func() { m.AddComment(issue, githubtest.Comment{Content: githubtest.Content{Body: "x", Author: w.ann}}) }},
		{"issue edited", "threads", func() { m.EditIssue(issue, w.ann, func(i *githubtest.Issue) { i.Title = "y" }) }},
		{"discussion", "threads", func() {
			c := m.AddCategory(r, githubtest.Category{Name: "General", Slug: "general"})
			m.AddDiscussion(r, githubtest.Discussion{Content: githubtest.Content{Author: w.ann}, Title: "x", Category: c})
		}},
	}
	before := facts(t, w.open(nil), providers.Lookup{Repo: repo})
	for _, c := range changes {
		c.change()
		after := facts(t, w.open(nil), providers.Lookup{Repo: repo})
		for stream, validator := range after.Streams {
			if moved := validator != before.Streams[stream]; moved != (stream == c.stream) {
				t.Errorf("%s: the validator of %s moved: %v", c.name, stream, moved)
			}
		}
		if len(after.Streams) != 3 {
			t.Errorf("%s: validators %v", c.name, after.Streams)
		}
		if same := after.ETag == before.ETag; same != (c.stream == "") {
			t.Errorf("%s: the ETag is the same: %v", c.name, same)
		}
		before = after
	}
}

// TestValidatorsOfMany looks further than an overview does.
func TestValidatorsOfMany(t *testing.T) {
	w := newWorld(t)
	m := w.Model
	r := w.repository(&githubtest.Repository{Name: "lamp"})
	for i := range 120 {
		m.AddRelease(r, githubtest.Release{Tag: fmt.Sprintf("v%d", i), Content: githubtest.Content{Author: w.ann}})
		m.AddCommitComment(r, githubtest.CommitComment{Content: githubtest.Content{Body: "x", Author: w.ann}, Commit: strings.Repeat("a", 40)})
	}
	before := facts(t, w.open(nil), providers.Lookup{Repo: w.named("lamp", nil)})
	m.EditRelease(r.Releases[0], func(e *githubtest.Release) { e.Name = "x" })
	after := facts(t, w.open(nil), providers.Lookup{Repo: w.named("lamp", nil)})
	if before.Streams["releases"] == "" || before.Streams["releases"] == after.Streams["releases"] {
		t.Error("the validator of the releases did not move with the oldest of them")
	}
	if before.Streams["base"] == "" || before.Streams["base"] != after.Streams["base"] {
		t.Error("the validator of base moved with a release")
	}
	m.AddReaction(r.CommitComments[3], "eyes", w.bob)
	again := facts(t, w.open(nil), providers.Lookup{Repo: w.named("lamp", nil)})
	if again.Streams["base"] == after.Streams["base"] {
		t.Error("the validator of base did not move with an old comment on a commit")
	}
}

// TestInspectUnderFaults halves what a server cannot answer in one piece.
func TestInspectUnderFaults(t *testing.T) {
	w := newWorld(t)
	var queries []providers.Lookup
	for i := range 8 {
		name := fmt.Sprintf("r%d", i)
		w.repository(&githubtest.Repository{Name: name})
		queries = append(queries, providers.Lookup{Repo: w.named(name, nil)})
	}
	s := w.open(nil)
	w.Faults(githubtest.Fault{Path: "/graphql", Contains: "r3:", Times: -1, Status: 502})
	for i, answer := range inspect(t, s, queries...) {
		if answer.Facts == nil {
			t.Errorf("repository %d: %v", i, answer.Problem)
		}
	}
}

// TestInspectGivesUp asks about repositories of a server that fails: it is asked
// again, and not for minutes.
func TestInspectGivesUp(t *testing.T) {
	w := newWorld(t)
	clock := &sourcetest.Clock{}
	s, err := github.OpenWith(t.Context(), providers.Config{
		Settings: sourcetest.JSON(t, map[string]any{"github_hostname": w.URL}), Secrets: map[string]string{"personal_access_token": w.token},
	}, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var queries []providers.Lookup
	for n := range 30 {
		queries = append(queries, providers.Lookup{ID: n, Repo: w.named(fmt.Sprint("lamp", n), nil)})
	}
	before := w.Requests()
	w.Faults(githubtest.Fault{Times: -1, Status: http.StatusInternalServerError})
	for in, err := range s.Inspect(t.Context(), queries) {
		if err != nil || providers.CodeOf(in.Problem) != providers.CodeUnavailable {
			t.Errorf("repository %d: %v, %v; want it unavailable", in.ID, in.Problem, err)
		}
	}
	if n := w.Requests() - before; n < 4 {
		t.Errorf("the server was asked %d times in all; want some of it again", n)
	}
	if waited := clock.Waited(); waited > 30*time.Second { // two chunks side by side move the clock twice as far
		t.Errorf("%v were waited", waited)
	}
}
