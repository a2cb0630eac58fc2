package targettest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Work is a git repository with a work tree, in which a minute passes with each
// command.
type Work struct {
	Dir string

	t       testing.TB
	minutes int
}

// NewWork makes an empty repository, on the branch main.
func NewWork(t testing.TB) *Work {
	t.Helper()
	w := &Work{Dir: t.TempDir(), t: t}
	w.Git("init", "--quiet", "--initial-branch=main")
	return w
}

// Git runs git as Ada would, who has no settings, and returns what it says.
func (w *Work) Git(args ...string) string {
	w.t.Helper()
	w.minutes++
	when := fmt.Sprintf("2020-01-02T%02d:%02d:00Z", w.minutes/60, w.minutes%60)
	cmd := exec.Command("git", args...)
	cmd.Dir = w.Dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.Dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
		"GIT_AUTHOR_DATE=" + when, "GIT_COMMITTER_DATE=" + when,
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Commit writes a file and returns the commit.
func (w *Work) Commit(name, text string) string {
	w.t.Helper()
	w.write(filepath.Join(w.Dir, name), text)
	w.Git("add", "--all")
	w.Git("commit", "--quiet", "--message", name)
	return w.Git("rev-parse", "HEAD")
}

// Branch makes a branch of main with two commits and returns its head.
func (w *Work) Branch(name string) string {
	w.t.Helper()
	w.Git("checkout", "--quiet", "-b", name, "main")
	w.Commit(name+"1", name+"1\n")
	head := w.Commit(name+"2", "one\ntwo\nthree\nfour\n")
	w.Git("checkout", "--quiet", "main")
	return head
}

// Large commits the pointer to a Git LFS object, which is there, and returns the
// commit.
func (w *Work) Large(name, content string) string {
	w.t.Helper()
	sum := sha256.Sum256([]byte(content))
	oid := hex.EncodeToString(sum[:])
	w.write(filepath.Join(w.Dir, ".git", "lfs", "objects", oid[:2], oid[2:4], oid), content)
	return w.Commit(name, fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, len(content)))
}

func (w *Work) write(path, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Source is a repository to push from: three commits that change Home.md, and the
// tag v1 of the last one.
type Source struct {
	*Work
	Commits []string
}

// NewSource makes a Source.
func NewSource(t testing.TB) Source {
	t.Helper()
	s := Source{Work: NewWork(t)}
	for i := range 3 {
		s.Commits = append(s.Commits, s.Commit("Home.md", fmt.Sprintf("text %d\n", i)))
	}
	s.Git("tag", "--annotate", "v1", "--message", "one")
	return s
}

// Tag is the object that the tag v1 names.
func (s Source) Tag() string {
	s.t.Helper()
	return s.Git("rev-parse", "v1")
}

// Push pushes refs that were not there before, of which none may be refused.
func (s Source) Push(to providers.Target, repo schema.Ref, part providers.Part, defaultBranch string, refs map[string]string) providers.Pushed {
	s.t.Helper()
	var updates []providers.RefUpdate
	for name, oid := range refs {
		updates = append(updates, providers.RefUpdate{Name: name, New: oid})
	}
	pushed := s.Update(to, repo, part, defaultBranch, updates...)
	if len(pushed.Failed) > 0 {
		s.t.Fatalf("refused: %v", pushed.Failed)
	}
	return pushed
}

// Update moves refs.
func (s Source) Update(to providers.Target, repo schema.Ref, part providers.Part, defaultBranch string, updates ...providers.RefUpdate) providers.Pushed {
	s.t.Helper()
	pushed, err := to.Push(s.t.Context(), providers.PushRequest{Repo: repo, Part: part, Dir: s.Dir, DefaultBranch: defaultBranch, Updates: updates}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return pushed
}
