package gitea

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// git runs git as a user would.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
		"GIT_AUTHOR_DATE=2020-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2020-01-02T03:04:05Z",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// source is a repository to push from, with commits c0, c1, c2 and the tag v1.
type source struct {
	dir     string
	commits []string
}

func newSource(t *testing.T) source {
	t.Helper()
	s := source{dir: t.TempDir()}
	git(t, s.dir, "init", "--quiet", "--initial-branch=main")
	for i := range 3 {
		if err := os.WriteFile(filepath.Join(s.dir, "Home.md"), []byte(fmt.Sprintf("text %d\n", i)), 0o644); err != nil {
			t.Fatal(err)
		}
		git(t, s.dir, "add", ".")
		git(t, s.dir, "commit", "--quiet", "-m", fmt.Sprintf("commit %d", i))
		s.commits = append(s.commits, git(t, s.dir, "rev-parse", "HEAD"))
	}
	git(t, s.dir, "tag", "-a", "v1", "-m", "one")
	return s
}

func (s source) tag(t *testing.T) string { return git(t, s.dir, "rev-parse", "v1") }

// push pushes refs that were not there before.
func (s source) push(t *testing.T, to *target, repo schema.Ref, part providers.Part, defaultBranch string, refs map[string]string) providers.Pushed {
	t.Helper()
	req := providers.PushRequest{Repo: repo, Part: part, Dir: s.dir, DefaultBranch: defaultBranch}
	for name, oid := range refs {
		req.Updates = append(req.Updates, providers.RefUpdate{Name: name, New: oid})
	}
	pushed, err := to.Push(t.Context(), req, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pushed
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func testPush(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "push", ""), newSource(t)
	c := s.commits
	refs := map[string]string{
		"refs/heads/trunk": c[2], "refs/heads/feature/x": c[1], "refs/tags/v1": s.tag(t),
		"refs/pull/1/head": c[0], "refs/remotes/origin/y": c[1], "refs/for/z": c[1], "refs/notes/n": c[0], "refs/drover/own": c[0],
	}
	pushed := s.push(t, to, ref, providers.PartCode, "refs/heads/trunk", refs)
	if len(pushed.Failed) > 0 {
		t.Fatalf("refused: %v", pushed.Failed)
	}
	same(t, "refs that the push left", refs, pushed.Refs)
	now := l.standing(t, l.open(t), l.place("push"))
	same(t, "refs that stand there", refs, now.Refs)
	if now.DefaultBranch != "refs/heads/trunk" || now.Marker != "test:push" {
		t.Errorf("the default branch is %q, the marker %q", now.DefaultBranch, now.Marker)
	}
	// Of trunk, something else is expected than what stands there.
	pushed, err := to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.dir, Updates: []providers.RefUpdate{
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
	same(t, "refs after the second push", refs, pushed.Refs)
	// Protected branches can still be pushed to.
	stored(t, to, ref, providers.Write{Record: record(t, schema.KindProtection, "p", schema.Protection{Ref: "branch", Pattern: "trunk", Push: "nobody"})})
	pushed, err = to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartCode, Dir: s.dir, Updates: []providers.RefUpdate{{Name: "refs/heads/trunk", Old: c[2], New: c[0]}}}, nil)
	if err != nil || len(pushed.Failed) > 0 {
		t.Errorf("forced push to a protected branch: %v, %v", err, pushed.Failed)
	}
}

func testWiki(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "wiki", ""), newSource(t)
	if now := l.standing(t, to, l.place("wiki")); len(now.WikiRefs) > 0 {
		t.Errorf("there is a wiki before it was pushed: %v", now.WikiRefs)
	}
	refs := map[string]string{"refs/heads/master": s.commits[1], "refs/heads/other": s.commits[0]}
	pushed := s.push(t, to, ref, providers.PartWiki, "refs/heads/master", refs)
	if len(pushed.Failed) > 0 {
		t.Fatalf("refused: %v", pushed.Failed)
	}
	same(t, "refs that the push left", refs, pushed.Refs)
	same(t, "refs that stand there", refs, l.standing(t, l.open(t), l.place("wiki")).WikiRefs)
	shown, err := l.api.WikiPages(t.Context(), api.Repo{Owner: "acme", Name: "wiki"}, "5")
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != 1 || shown[0].Title != "Home" {
		t.Errorf("the server shows the pages %v; want Home", shown)
	}
	pushed, err = to.Push(t.Context(), providers.PushRequest{Repo: ref, Part: providers.PartWiki, Dir: s.dir, DefaultBranch: "refs/heads/master",
		Updates: []providers.RefUpdate{{Name: "refs/heads/master", Old: s.commits[1], New: s.commits[2]}, {Name: "refs/heads/other", Old: s.commits[0]}}}, nil)
	if err != nil || len(pushed.Failed) > 0 {
		t.Fatalf("second push: %v, %v", err, pushed.Failed)
	}
	same(t, "refs after the second push", map[string]string{"refs/heads/master": s.commits[2]}, pushed.Refs)
}

// A run that was killed after the server made the wiki goes on.
func testWikiKilled(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "wiki-killed", ""), newSource(t)
	if err := l.api.CreateWikiPage(t.Context(), api.Repo{Owner: "acme", Name: "wiki-killed"}, firstPage, "x", "x"); err != nil {
		t.Fatal(err)
	}
	if now := l.standing(t, to, l.place("wiki-killed")); len(now.WikiRefs) > 0 {
		t.Errorf("the first page counts as a wiki: %v", now.WikiRefs)
	}
	refs := map[string]string{"refs/heads/main": s.commits[1]}
	pushed := s.push(t, to, ref, providers.PartWiki, "refs/heads/main", refs)
	if len(pushed.Failed) > 0 {
		t.Fatalf("refused: %v", pushed.Failed)
	}
	same(t, "refs that the push left", refs, pushed.Refs)
}

func testLargeFiles(t *testing.T, l *live) {
	to := l.open(t)
	ref, s := l.create(t, to, "large", ""), newSource(t)
	content := []byte("large as large can be\n")
	sum := sha256.Sum256(content)
	oid := hex.EncodeToString(sum[:])
	pointer := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content))
	if err := os.WriteFile(filepath.Join(s.dir, "large.bin"), []byte(pointer), 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, s.dir, "add", ".")
	git(t, s.dir, "commit", "--quiet", "-m", "large")
	object := filepath.Join(s.dir, ".git", "lfs", "objects", oid[:2], oid[2:4])
	if err := os.MkdirAll(object, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(object, oid), content, 0o644); err != nil {
		t.Fatal(err)
	}
	head := git(t, s.dir, "rev-parse", "HEAD")
	pushed := s.push(t, to, ref, providers.PartCode, "refs/heads/main", map[string]string{"refs/heads/main": head})
	if len(pushed.Failed) > 0 {
		t.Fatalf("refused: %v", pushed.Failed)
	}
	same(t, "counts of large objects", schema.Count{Source: 1, Fetched: 1, Imported: 1}, pushed.LFS)
}
