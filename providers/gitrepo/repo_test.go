package gitrepo

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOpenAndInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "-a b", "x.git")
	repo, err := Init(t.Context(), dir, "sha256")
	must(t, err)
	if format, err := repo.ObjectFormat(t.Context()); format != "sha256" || err != nil {
		t.Errorf("ObjectFormat = %q, %v; want sha256", format, err)
	}
	if open(t, dir).Dir() != dir {
		t.Errorf("Dir = %q, want %q", repo.Dir(), dir)
	}
	work := t.TempDir()
	git(t, work, "init", "--quiet")
	if got, want := open(t, work).Dir(), filepath.Join(work, ".git"); got != want {
		t.Errorf("Dir of a work tree = %q, want %q", got, want)
	}
	_, err = Open(t.TempDir())
	wantKind(t, err, NotFound)
	_, err = Init(t.Context(), t.TempDir(), "md5")
	wantKind(t, err, Failed)
}

func TestCountCommits(t *testing.T) {
	source := newSource(t, "sha1", 7, "refs/heads/x")
	git(t, source, "update-ref", "--no-deref", "HEAD", git(t, source, "commit-tree", "-m", "detached", "main^{tree}"))
	// A replacement would hide the history if git were let.
	git(t, source, "replace", "--graft", "main")
	got, err := open(t, source).CountCommits(t.Context())
	must(t, err)
	if want := int64(7 + 1 + 1); got != want { // and the graft's own commit, in refs/replace
		t.Errorf("CountCommits = %d, want %d", got, want)
	}
	got, err = open(t, newBare(t, "sha1")).CountCommits(t.Context())
	if got != 0 || err != nil {
		t.Errorf("CountCommits of an empty repository = %d, %v", got, err)
	}
}

func TestHasObjects(t *testing.T) {
	source := newSource(t, "sha1", 2)
	tip, a, b := git(t, source, "rev-parse", "main"), strings.Repeat("a", 40), strings.Repeat("b", 40)
	missing, err := open(t, source).HasObjects(t.Context(), []string{b, tip, a})
	must(t, err)
	if diff := cmp.Diff([]string{b, a}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	_, err = open(t, source).HasObjects(t.Context(), []string{"HEAD"})
	wantKind(t, err, Failed)
}

func TestCheckConnected(t *testing.T) {
	dir, _ := newLoose(t)
	git(t, dir, "symbolic-ref", "HEAD", "refs/meta/config") // unusual, no damage
	must(t, open(t, dir).CheckConnected(t.Context()))
	must(t, open(t, newBare(t, "sha256")).CheckConnected(t.Context()))
	for _, gone := range []string{"HEAD:file", "HEAD^{tree}", "HEAD"} {
		dir, commit := newLoose(t)
		oid := git(t, dir, "rev-parse", strings.Replace(gone, "HEAD", commit, 1))
		must(t, os.Remove(filepath.Join(dir, "objects", oid[:2], oid[2:])))
		git(t, dir, "symbolic-ref", "HEAD", "refs/heads/unborn")
		wantKind(t, open(t, dir).CheckConnected(t.Context()), Corrupt)
	}
}

// failing is a stream that breaks.
type failing struct{ io.Reader }

var errBroken = errors.New("broken stream")

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = errBroken
	}
	return n, err
}

func TestFastImport(t *testing.T) {
	newRepo := func() *Repo {
		repo, err := Init(t.Context(), filepath.Join(t.TempDir(), "r.git"), "sha1")
		must(t, err)
		return repo
	}
	repo := newRepo()
	must(t, repo.FastImport(t.Context(), strings.NewReader(history(5))))
	if n, err := repo.CountCommits(t.Context()); n != 5 || err != nil {
		t.Errorf("CountCommits = %d, %v; want 5", n, err)
	}
	if size, err := repo.Size(); size < 500 || err != nil {
		t.Errorf("Size = %d, %v; want some hundred bytes at least", size, err)
	}

	outside := filepath.Join(t.TempDir(), "marks")
	for name, stream := range map[string]io.Reader{
		"broken":     failing{strings.NewReader(history(5))},
		"malformed":  strings.NewReader(history(2) + "nonsense\n"),
		"cut short":  strings.NewReader("feature done\n" + history(2)),
		"marks file": strings.NewReader("feature export-marks=" + outside + "\n" + history(2)),
	} {
		repo := newRepo()
		err := repo.FastImport(t.Context(), stream)
		wantKind(t, err, Failed)
		if name == "broken" && !errors.Is(err, errBroken) {
			t.Errorf("error = %v, want the reader's in its chain", err)
		}
		if refs := refsOf(t, repo.Dir()); name == "broken" && refs != "" {
			t.Errorf("%s: refs = %s, want none", name, refs)
		}
		if reports, _ := filepath.Glob(filepath.Join(repo.Dir(), "fast_import_crash_*")); len(reports) > 0 {
			t.Errorf("%s: %v was left behind", name, reports)
		}
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a stream wrote a file outside the repository")
	}
}

func TestFastImportCanceledWhileTheStreamBlocks(t *testing.T) {
	repo, err := Init(t.Context(), t.TempDir(), "")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		_, _ = io.WriteString(w, history(2)) // returns when git has it
		cancel()
	}()
	wantKind(t, repo.FastImport(ctx, r), Canceled)
	w.Close()
}

func TestVersion(t *testing.T) {
	version, err := Version(t.Context())
	if err != nil || !atLeast(version, minVersion) {
		t.Errorf("Version = %q, %v", version, err)
	}
	for version, want := range map[string]bool{"2.30.0": true, "2.30": true, "3.0.1": true, "2.39.5 (Apple Git-154)": true,
		"2.29.9": false, "1.99": false, "2": false, "": false, "x.y": false, "2.45.rc1": true} {
		if got := atLeast(version, minVersion); got != want {
			t.Errorf("atLeast(%q, %q) = %v, want %v", version, minVersion, got, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	_, err = Version(t.Context())
	wantKind(t, err, Missing)
	wantKind(t, Mirror(t.Context(), Remote{URL: t.TempDir()}, filepath.Join(t.TempDir(), "m"), nil), Missing)
}

func TestOldGitIsRefused(t *testing.T) {
	bin := t.TempDir()
	must(t, os.WriteFile(filepath.Join(bin, "git"), []byte("#!/bin/sh\necho git version 2.20.1\n"), 0o777))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	_, err := Version(t.Context())
	wantKind(t, err, Missing)
}
