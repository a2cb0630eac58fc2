package gitlab

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// A GitLab to run the test below against, and a token that may make groups there.
const (
	liveURL   = "DROVER_TEST_GITLAB_URL"
	liveToken = "DROVER_TEST_GITLAB_TOKEN"
)

// TestLive writes a small project into a group of its own, which it removes in the
// end.
func TestLive(t *testing.T) {
	address, token := os.Getenv(liveURL), os.Getenv(liveToken)
	if address == "" || token == "" {
		t.Skipf("set %s and %s to the address of a GitLab and a token to run this against it", liveURL, liveToken)
	}
	client, err := api.New(api.Options{URL: address, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("drover-test-%d", time.Now().UnixNano())
	group, err := client.CreateGroup(t.Context(), api.NewGroup{Name: name, Path: name, Visibility: visibilityPrivate})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := client.DeleteGroup(t.Context(), api.Number(group.ID)); err != nil {
			t.Errorf("remove the group %s by hand: %v", name, err)
		}
	}()
	testWhole(t, func() *target { return openTargetAt(t, address, token) }, client, name)
}

// The same against the stand-in: what a live server refuses can be told from a
// mistake of the test.
func TestWhole(t *testing.T) {
	w := newWorld(t)
	testWhole(t, func() *target { return w.open(t) }, w.api, "acme")
}

// testWhole carries a project whole: it is made, pushed to, protected, described,
// released, pushed to again, archived, and looked at.
func testWhole(t *testing.T, open func() *target, client *api.Client, namespace string) {
	t.Helper()
	place := providers.Place{Namespace: namespace + "/below", Name: "whole.project", CreateNamespace: true, Counts: true}
	to, s := open(), targettest.NewSource(t)
	ref := create(t, to, place)
	refs := map[string]string{"refs/heads/main": s.Commits[2], "refs/heads/topic/a": s.Commits[1], "refs/tags/v1": s.Tag(), "refs/pull/7/head": s.Commits[0], "refs/merge-requests/3/head": s.Commits[0]}
	s.Push(to, ref, providers.PartCode, "refs/heads/main", refs)
	s.Push(to, ref, providers.PartWiki, "refs/heads/main", map[string]string{"refs/heads/main": s.Commits[1]})
	for _, r := range []schema.Record{
		record(t, schema.KindRepository, "repository", schema.Repository{Name: "whole.project", Description: "what it is", Topics: []string{"drover"}, Archived: true,
			Features: map[string]bool{"issues": true, "wiki": true}, Merge: map[string]bool{"squash": true}}),
		record(t, schema.KindLabel, "1", schema.Label{Name: "bug", Color: "ff0000", Description: "wrong"}),
		record(t, schema.KindMilestone, "1", schema.Milestone{Title: "1.0", State: "closed", StartOn: "2024-01-01", DueOn: "2024-02-29"}),
		record(t, schema.KindProtection, "1", schema.Protection{Ref: "branch", Pattern: "main", Push: "nobody", Merge: "maintain"}),
		record(t, schema.KindProtection, "2", schema.Protection{Ref: "tag", Pattern: "v*", Push: "nobody"}),
		record(t, schema.KindRelease, "1", schema.Release{Tag: "v1", Name: "One", Text: "all of it", PublishedAt: time.Date(2021, 2, 3, 4, 5, 6, 0, time.UTC)}),
		record(t, schema.KindSnippet, "1", schema.Snippet{Title: "code", Files: []schema.SnippetFile{{Name: "a.go", Text: "package a\n"}}}),
		record(t, schema.KindIssue, "1", schema.Issue{Number: 7, Title: "hello", State: "closed", CreatedAt: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}),
	} {
		first := stored(t, to, ref, providers.Write{Record: r})
		again := stored(t, open(), ref, providers.Write{Record: r, Ref: first.Ref})
		same(t, "written once more", first.Ref.Version, again.Ref.Version)
	}
	// Against the rules that were just made.
	pushed := s.Update(open(), ref, providers.PartCode, "refs/heads/main",
		providers.RefUpdate{Name: "refs/heads/main", Old: s.Commits[2], New: s.Commits[0]}, providers.RefUpdate{Name: "refs/tags/v1", Old: refs["refs/tags/v1"], New: s.Commits[1]})
	if len(pushed.Failed) > 0 {
		t.Errorf("refused: %v", pushed.Failed)
	}
	refs["refs/heads/main"], refs["refs/tags/v1"] = s.Commits[0], s.Commits[1]
	rule, err := client.ProtectedBranch(t.Context(), api.ID(ref.ID), "main")
	if wanted, _ := branchRule(schema.Protection{Pattern: "main", Push: "nobody", Merge: "maintain"}); err != nil || ruleVersion(rule) != ruleVersion(wanted) {
		t.Errorf("the rule over main is %+v, %v", rule, err)
	}
	finish(t, open(), ref)
	now := standing(t, open(), place)
	same(t, "refs", refs, now.Refs)
	same(t, "refs of the wiki", map[string]string{"refs/heads/main": s.Commits[1]}, now.WikiRefs)
	if now.Marker != "test:whole.project" || now.DefaultBranch != "refs/heads/main" {
		t.Errorf("the marker is %q, the default branch %q", now.Marker, now.DefaultBranch)
	}
	for kind, want := range map[schema.Kind]int64{schema.KindProtection: 2, schema.KindRelease: 1, schema.KindIssue: 1} {
		if now.Counts[kind] != want {
			t.Errorf("%d %s; want %d", now.Counts[kind], kind.Plural(), want)
		}
	}
	p, err := client.Project(t.Context(), api.ID(ref.ID))
	if err != nil || !p.Archived || p.Description != "what it is" || p.BuildsAccess != accessEnabled || p.EmailsEnabled != nil && !*p.EmailsEnabled || !strings.Contains(strings.Join(p.Topics, " "), "drover") {
		t.Errorf("the project is %+v, %v", p, err)
	}
	if issue, err := client.Issue(t.Context(), api.ID(ref.ID), 7); err != nil || issue.Title != "hello" {
		t.Errorf("issue 7 is %+v, %v", issue, err)
	}
}
