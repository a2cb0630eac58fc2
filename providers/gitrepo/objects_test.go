package gitrepo

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newLoose makes a repository with loose objects only.
func newLoose(t *testing.T) (dir, commit string) {
	t.Helper()
	dir = newBare(t, "sha1")
	blob := gitInput(t, dir, "loose\n", "hash-object", "-w", "--stdin")
	tree := gitInput(t, dir, "100644 blob "+blob+"\tfile\n", "mktree")
	commit = git(t, dir, "commit-tree", "-m", "loose", tree)
	git(t, dir, "update-ref", "refs/heads/main", commit)
	return dir, commit
}

// objectsOf lists all objects of a repository and what it borrows.
func objectsOf(t *testing.T, dir string) string {
	t.Helper()
	return git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
}

func TestTakeObjects(t *testing.T) {
	packed := newSource(t, "sha1", 10)
	borrowing, commit := newLoose(t)
	must(t, open(t, borrowing).AddAlternate(open(t, packed)))
	want := objectsOf(t, borrowing)

	target, err := Init(t.Context(), filepath.Join(t.TempDir(), "target.git"), "sha1")
	must(t, err)
	must(t, target.TakeObjects(t.Context(), open(t, borrowing)))
	if got := objectsOf(t, target.Dir()); got != want {
		t.Errorf("objects = %s\nwant %s", got, want)
	}
	must(t, target.UpdateRefs(t.Context(), []RefUpdate{{"refs/heads/main", "", commit}, {"refs/heads/p", "", git(t, packed, "rev-parse", "main")}}))
	must(t, target.CheckConnected(t.Context()))
	if linked := sharedFiles(t, packed, target.Dir()) + sharedFiles(t, borrowing, target.Dir()); linked < 5 {
		t.Errorf("%d files are hard links, want pack, index and three loose objects", linked)
	}
	before := snapshot(t, target.Dir())
	must(t, target.TakeObjects(t.Context(), open(t, borrowing)))
	if after := snapshot(t, target.Dir()); strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Error("taking the same objects again changed files")
	}
	// The source may go.
	must(t, os.RemoveAll(packed))
	must(t, os.RemoveAll(borrowing))
	git(t, target.Dir(), "fsck", "--full")
}

// sharedFiles counts the files below a that are the same files below b.
func sharedFiles(t *testing.T, a, b string) int {
	t.Helper()
	var n int
	must(t, filepath.WalkDir(filepath.Join(a, "objects"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(a, path)
		mine, err := os.Lstat(path)
		must(t, err)
		if theirs, err := os.Lstat(filepath.Join(b, rel)); err == nil && os.SameFile(mine, theirs) {
			n++
		}
		return nil
	}))
	return n
}

func TestTakeObjectsCopiesWhatOthersOwn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	source := newSource(t, "sha1", 5, "refs/heads/x")
	must(t, filepath.WalkDir(source, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = os.Chown(path, 65534, 65534)
		}
		return err
	}))
	dir := filepath.Join(t.TempDir(), "mirror.git")
	must(t, Mirror(t.Context(), Remote{URL: source}, dir, nil))
	if n := sharedFiles(t, source, dir); n != 0 {
		t.Errorf("%d files of another owner are hard links", n)
	}
	git(t, dir, "fsck", "--full")
}

func TestTakeObjectsSurvivesAnInterruption(t *testing.T) {
	source := newSource(t, "sha1", 10)
	target, err := Init(t.Context(), filepath.Join(t.TempDir(), "target.git"), "sha1")
	must(t, err)
	must(t, target.TakeObjects(t.Context(), open(t, source)))
	indexes, err := filepath.Glob(filepath.Join(target.Dir(), "objects", "pack", "*.idx"))
	must(t, err)
	must(t, os.Remove(indexes[0])) // killed after the pack, before its index
	must(t, os.WriteFile(filepath.Join(target.Dir(), "objects", "pack", "tmp_obj_X"), []byte("half"), 0o666))
	must(t, target.TakeObjects(t.Context(), open(t, source)))
	if got, want := objectsOf(t, target.Dir()), objectsOf(t, source); got != want {
		t.Errorf("objects = %s\nwant %s", got, want)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantKind(t, target.TakeObjects(ctx, open(t, source)), Canceled)
}

func TestTakeObjectsRefuses(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o666))
	replace := func(t *testing.T, path, by string) {
		t.Helper()
		must(t, os.RemoveAll(path))
		must(t, os.Symlink(by, path))
	}
	firstFile := func(t *testing.T, pattern string) string {
		t.Helper()
		files, err := filepath.Glob(pattern)
		must(t, err)
		return files[0]
	}
	for name, prepare := range map[string]func(t *testing.T) string{
		"a linked pack": func(t *testing.T) string {
			dir := newSource(t, "sha1", 1)
			replace(t, firstFile(t, dir+"/objects/pack/*.pack"), secret)
			return dir
		},
		"a linked loose object": func(t *testing.T) string {
			dir, commit := newLoose(t)
			replace(t, filepath.Join(dir, "objects", commit[:2], commit[2:]), secret)
			return dir
		},
		"a linked directory of objects": func(t *testing.T) string {
			dir, commit := newLoose(t)
			replace(t, filepath.Join(dir, "objects", commit[:2]), filepath.Dir(secret))
			return dir
		},
		"another object format": func(t *testing.T) string { return newSource(t, "sha256", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			target, err := Init(t.Context(), filepath.Join(t.TempDir(), "target.git"), "sha1")
			must(t, err)
			wantKind(t, target.TakeObjects(t.Context(), open(t, prepare(t))), Refused)
		})
	}
}

func TestAddAlternate(t *testing.T) {
	parent := t.TempDir()
	raw, err := Init(t.Context(), filepath.Join(parent, "raw.git"), "sha1")
	must(t, err)
	mapped, err := Init(t.Context(), filepath.Join(parent, "mapped.git"), "sha1")
	must(t, err)
	must(t, raw.FastImport(t.Context(), strings.NewReader(history(2))))
	must(t, mapped.AddAlternate(raw))
	must(t, mapped.AddAlternate(raw))
	if data, _ := os.ReadFile(filepath.Join(mapped.Dir(), "objects/info/alternates")); string(data) != "../../raw.git/objects\n" {
		t.Errorf("alternates = %q, want one relative line", data)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	must(t, os.Rename(parent, moved))
	missing, err := open(t, filepath.Join(moved, "mapped.git")).HasObjects(t.Context(), []string{git(t, filepath.Join(moved, "raw.git"), "rev-parse", "main")})
	if err != nil || len(missing) > 0 {
		t.Errorf("after a move: missing %v, error %v", missing, err)
	}
	wantKind(t, raw.AddAlternate(raw), Failed) // it is not there any more
	self := open(t, filepath.Join(moved, "raw.git"))
	wantKind(t, self.AddAlternate(self), Refused)
}
