package gitea

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func testPush(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "push", ""), targettest.NewSource(t)
	c := s.Commits
	refs := map[string]string{
		"refs/heads/trunk": c[2], "refs/heads/feature/x": c[1], "refs/tags/v1": s.Tag(),
		"refs/pull/1/head": c[0], "refs/remotes/origin/y": c[1], "refs/for/z": c[1], "refs/notes/n": c[0], "refs/drover/own": c[0],
	}
	pushed := s.Push(to, ref, providers.PartCode, "refs/heads/trunk", refs)
	targettest.Same(t, "refs that the push left", refs, pushed.Refs)
	now := targettest.Standing(t, l.open(t), l.place("push"))
	targettest.Same(t, "refs that stand there", refs, now.Refs)
	if now.DefaultBranch != "refs/heads/trunk" || now.Marker != "test:push" {
		t.Errorf("the default branch is %q, the marker %q", now.DefaultBranch, now.Marker)
	}
	// Of trunk, something else is expected than what stands there.
	pushed, err := to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.Dir, Updates: []providers.RefUpdate{
		{Name: "refs/heads/trunk", Old: c[1], New: c[0]},
		{Name: "refs/heads/feature/x", Old: c[1], New: c[0]},
		{Name: "refs/pull/1/head", Old: c[0]},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(pushed.Failed) != 1 || pushed.Failed[0].Key.ID != "refs/heads/trunk" || pushed.Failed[0].Problem.Code != providers.CodeConflict {
		t.Errorf("refused: %v; want refs/heads/trunk alone", pushed.Failed)
	}
	refs["refs/heads/feature/x"] = c[0]
	delete(refs, "refs/pull/1/head")
	targettest.Same(t, "refs after the second push", refs, pushed.Refs)
	// Protected branches can still be pushed to.
	targettest.Stored(t, to, ref, providers.Write{Record: targettest.Record(t, schema.KindProtection, "p", schema.Protection{Ref: "branch", Pattern: "trunk", Push: "nobody"})})
	pushed, err = to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.Dir, Updates: []providers.RefUpdate{{Name: "refs/heads/trunk", Old: c[2], New: c[0]}}}, nil)
	refused := 0
	if server, err := l.api.Server(t.Context()); err != nil {
		t.Fatal(err)
	} else if server.Forgejo { // allows nobody to force a push there
		refused = 1
	}
	if err != nil || len(pushed.Failed) != refused {
		t.Errorf("forced push to a protected branch: %v, %v", err, pushed.Failed)
	}
}

// testUnseen pushes what is there already, and of which the server was not told: the
// push that brought it was cut off before the server's hook ended.
func testUnseen(t *testing.T, l *live) {
	if !l.real {
		t.Skip("the stand-in sees what is pushed")
	}
	to := l.open(t)
	ref, s := l.create(t, to, "unseen", ""), targettest.NewSource(t)
	refs := map[string]string{"refs/heads/trunk": s.Commits[2]}
	push := exec.CommandContext(t.Context(), "git", "-C", s.Dir, "push", "--quiet", "--receive-pack=git -c core.hooksPath=/dev/null receive-pack",
		filepath.Join(l.dir, "repositories", "acme", "unseen.git"), s.Commits[2]+":refs/heads/trunk")
	if out, err := push.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pushed := s.Push(to, ref, providers.PartCode, "refs/heads/trunk", refs)
	targettest.Same(t, "refs that the push left", refs, pushed.Refs)
	now := targettest.Standing(t, l.open(t), l.place("unseen"))
	targettest.Same(t, "refs that stand there", refs, now.Refs)
	r, err := l.api.Repository(t.Context(), api.Repo{Owner: "acme", Name: "unseen"})
	if err != nil || r.Empty || r.DefaultBranch != "trunk" {
		t.Errorf("%v, empty: %v, default branch %q", err, r.Empty, r.DefaultBranch)
	}
}

func testWiki(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "wiki", ""), targettest.NewSource(t)
	if now := targettest.Standing(t, to, l.place("wiki")); len(now.WikiRefs) > 0 {
		t.Errorf("there is a wiki before it was pushed: %v", now.WikiRefs)
	}
	refs := map[string]string{"refs/heads/master": s.Commits[1], "refs/heads/other": s.Commits[0]}
	pushed := s.Push(to, ref, providers.PartWiki, "refs/heads/master", refs)
	targettest.Same(t, "refs that the push left", refs, pushed.Refs)
	targettest.Same(t, "refs that stand there", refs, targettest.Standing(t, l.open(t), l.place("wiki")).WikiRefs)
	shown, err := l.api.WikiPages(t.Context(), api.Repo{Owner: "acme", Name: "wiki"}, "5")
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != 1 || shown[0].Title != "Home" {
		t.Errorf("the server shows the pages %v; want Home", shown)
	}
	pushed, err = to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartWiki, Dir: s.Dir, DefaultBranch: "refs/heads/master",
		Updates: []providers.RefUpdate{{Name: "refs/heads/master", Old: s.Commits[1], New: s.Commits[2]}, {Name: "refs/heads/other", Old: s.Commits[0]}}}, nil)
	if err != nil || len(pushed.Failed) > 0 {
		t.Fatalf("second push: %v, %v", err, pushed.Failed)
	}
	targettest.Same(t, "refs after the second push", map[string]string{"refs/heads/master": s.Commits[2]}, pushed.Refs)
}

// A run that was killed after the server made the wiki goes on.
func testWikiKilled(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "wiki-killed", ""), targettest.NewSource(t)
	if err := l.api.CreateWikiPage(t.Context(), api.Repo{Owner: "acme", Name: "wiki-killed"}, firstPage, "x", "x"); err != nil {
		t.Fatal(err)
	}
	if now := targettest.Standing(t, to, l.place("wiki-killed")); len(now.WikiRefs) > 0 {
		t.Errorf("the first page counts as a wiki: %v", now.WikiRefs)
	}
	refs := map[string]string{"refs/heads/main": s.Commits[1]}
	pushed := s.Push(to, ref, providers.PartWiki, "refs/heads/main", refs)
	targettest.Same(t, "refs that the push left", refs, pushed.Refs)
}

func testLargeFiles(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "large", ""), targettest.NewSource(t)
	head := s.Large("large.bin", "large as large can be\n")
	pushed := s.Push(to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": head})
	targettest.Same(t, "counts of large objects", schema.Count{Source: 1, Fetched: 1, Imported: 1}, pushed.LFS)
}
