package gitlab

import (
	"fmt"
	"slices"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

func TestPush(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref, s := create(t, to, at("push")), targettest.NewSource(t)
	c := s.Commits
	refs := map[string]string{
		"refs/heads/trunk": c[2], "refs/heads/feature/x": c[1], "refs/tags/v1": s.Tag(),
		"refs/pull/1/head": c[0], "refs/remotes/origin/y": c[1], "refs/merge-requests/1/head": c[1], "refs/notes/n": c[0], "refs/drover/own": c[0],
	}
	pushed := s.Push(to, ref, providers.PartCode, "refs/heads/trunk", refs)
	same(t, "refs that the push left", refs, pushed.Refs)
	now := standing(t, w.open(t), at("push"))
	same(t, "refs that stand there", refs, now.Refs)
	if now.DefaultBranch != "refs/heads/trunk" || now.Marker != "test:push" {
		t.Errorf("the default branch is %q, the marker %q", now.DefaultBranch, now.Marker)
	}
	if n := w.model.Project("acme/push").Pipelines; n != 0 {
		t.Errorf("%d pipelines ran", n)
	}
	// Of trunk, something else is expected than what stands there.
	pushed = s.Update(to, ref, providers.PartCode, "",
		providers.RefUpdate{Name: "refs/heads/trunk", Old: c[1], New: c[0]},
		providers.RefUpdate{Name: "refs/heads/feature/x", Old: c[1], New: c[0]},
		providers.RefUpdate{Name: "refs/pull/1/head", Old: c[0]})
	if len(pushed.Failed) != 1 || pushed.Failed[0].Key.ID != "refs/heads/trunk" || pushed.Failed[0].Problem.Code != providers.CodeConflict {
		t.Errorf("refused: %v; want refs/heads/trunk alone", pushed.Failed)
	}
	refs["refs/heads/feature/x"] = c[0]
	delete(refs, "refs/pull/1/head")
	same(t, "refs after the second push", refs, pushed.Refs)
}

// rulesThere are the rules of a project as the server tells them, but for ids.
func rulesThere(t *testing.T, w *world, path string) (all []string) {
	t.Helper()
	for p, err := range w.api.ProtectedBranches(t.Context(), api.ID(path)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, "branch "+p.Name+" "+ruleDigest(p))
	}
	for p, err := range w.api.ProtectedTags(t.Context(), api.ID(path)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, "tag "+p.Name+" "+tagRuleVersion(p))
	}
	slices.Sort(all)
	return all
}

// protected makes a project with rules that stand in the way of all that
// protectedUpdates does.
func protected(t *testing.T, w *world, name string, s targettest.Source) schema.Ref {
	t.Helper()
	to, c := w.open(t), s.Commits
	ref := create(t, to, at(name))
	s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{
		"refs/heads/main": c[2], "refs/heads/release/1": c[0], "refs/heads/old": c[1], "refs/heads/free": c[0], "refs/tags/v1": s.Tag(),
	})
	for i, p := range []schema.Protection{
		{Ref: "branch", Pattern: "main", Push: "nobody", Merge: "maintain"},
		{Ref: "branch", Pattern: "release/*", Push: "nobody", Merge: "nobody"},
		{Ref: "branch", Pattern: "old", Push: "write", Merge: "write", ForcePush: true},
		{Ref: "branch", Pattern: "free", Push: "write"},
		{Ref: "tag", Pattern: "v*", Push: "nobody"},
	} {
		stored(t, to, ref, providers.Write{Record: record(t, schema.KindProtection, fmt.Sprint(i), p)})
	}
	return ref
}

func protectedUpdates(s targettest.Source) []providers.RefUpdate {
	c := s.Commits
	return []providers.RefUpdate{
		{Name: "refs/heads/main", Old: c[2], New: c[0]},      // back
		{Name: "refs/heads/release/1", Old: c[0], New: c[1]}, // forward, where nobody pushes
		{Name: "refs/heads/release/2", New: c[1]},            // new, likewise
		{Name: "refs/heads/old", Old: c[1]},                  // away
		{Name: "refs/heads/free", Old: c[0], New: c[1]},      // in nobody's way
		{Name: "refs/tags/v1", Old: "TAG", New: c[1]},        // moved
	}
}

func TestPushProtected(t *testing.T) {
	w, s := newWorld(t), targettest.NewSource(t)
	ref := protected(t, w, "protected", s)
	before := rulesThere(t, w, "acme/protected")
	updates := protectedUpdates(s)
	updates[5].Old = s.Tag()
	pushed := s.Update(w.open(t), ref, providers.PartCode, "", updates...)
	if len(pushed.Failed) > 0 {
		t.Errorf("refused: %v", pushed.Failed)
	}
	c := s.Commits
	same(t, "refs", map[string]string{"refs/heads/main": c[0], "refs/heads/release/1": c[1], "refs/heads/release/2": c[1], "refs/heads/free": c[1], "refs/tags/v1": c[1]}, pushed.Refs)
	same(t, "rules", before, rulesThere(t, w, "acme/protected"))
	for _, r := range w.server.Requests() {
		if r.Method == "DELETE" && r.Path == "/api/v4/projects/"+ref.ID+"/protected_branches/free" {
			t.Error("a rule was lifted that was not in the way")
		}
	}
}

// The default branch of the source changes, and the old one goes.
func TestPushDefaultBranch(t *testing.T) {
	w, s := newWorld(t), targettest.NewSource(t)
	to := w.open(t)
	ref := create(t, to, at("branch"))
	s.Push(to, ref, providers.PartCode, "refs/heads/master", map[string]string{"refs/heads/master": s.Commits[0]})
	pushed := s.Update(w.open(t), ref, providers.PartCode, "refs/heads/main",
		providers.RefUpdate{Name: "refs/heads/master", Old: s.Commits[0]}, providers.RefUpdate{Name: "refs/heads/main", New: s.Commits[1]})
	if len(pushed.Failed) > 0 {
		t.Errorf("refused: %v", pushed.Failed)
	}
	same(t, "refs", map[string]string{"refs/heads/main": s.Commits[1]}, pushed.Refs)
	if p := w.project(t, "acme/branch"); p.DefaultBranch != "main" {
		t.Errorf("the default branch is %s", p.DefaultBranch)
	}
}

func TestWiki(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref, s := create(t, to, at("wiki")), targettest.NewSource(t)
	if now := standing(t, to, at("wiki")); len(now.WikiRefs) > 0 {
		t.Errorf("there is a wiki before it was pushed: %v", now.WikiRefs)
	}
	refs := map[string]string{"refs/heads/master": s.Commits[1], "refs/heads/other": s.Commits[0]}
	pushed := s.Push(to, ref, providers.PartWiki, "refs/heads/master", refs)
	same(t, "refs that the push left", refs, pushed.Refs)
	same(t, "refs that stand there", refs, standing(t, w.open(t), at("wiki")).WikiRefs)
	pushed = s.Update(to, ref, providers.PartWiki, "refs/heads/master",
		providers.RefUpdate{Name: "refs/heads/master", Old: s.Commits[1], New: s.Commits[2]}, providers.RefUpdate{Name: "refs/heads/other", Old: s.Commits[0]})
	if len(pushed.Failed) > 0 {
		t.Fatalf("second push: %v", pushed.Failed)
	}
	same(t, "refs after the second push", map[string]string{"refs/heads/master": s.Commits[2]}, pushed.Refs)
}

func TestLargeFiles(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	ref, s := create(t, to, at("large")), targettest.NewSource(t)
	head := s.Large("large.bin", "large as large can be\n")
	pushed := s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": head})
	same(t, "counts of large objects", schema.Count{Source: 1, Fetched: 1, Imported: 1}, pushed.LFS)
}
