package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/store"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// TestRefused opens what cannot be read, and looks for its name in the error.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, requires string
		code           providers.Code
		says           string
	}{
		{"tree manifests", "revlogv1\nstore\ntreemanifest\n", providers.CodeUnsupported, "treemanifest"},
		{"narrow", "revlogv1\nstore\nnarrowhg-experimental\n", providers.CodeUnsupported, "narrowhg-experimental"},
		{"of the future", "revlogv9\nstore\n\x1b[31m\n", providers.CodeUnsupported, `revlogv9`},
		{"a share", "revlogv1\nstore\nshared\n", providers.CodeUnsupported, "share"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, ".hg/requires", test.requires)
			write(t, dir, ".hg/store/empty", "")
			_, err := store.Open(dir, store.Options{})
			if providers.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := store.Open(t.TempDir(), store.Options{}); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("an empty folder: got %v", err)
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestVisible compares phases, and what is hidden, with what hg says.
func TestVisible(t *testing.T) {
	r := hgtest.New(t, "experimental.evolution=all", "phases.new-commit=draft")
	for i := range 6 {
		if i == 3 {
			r.Hg("update", "-q", "1")
		}
		r.Write(fmt.Sprint("file", i), "content\n")
		r.Commit(fmt.Sprint("change ", i))
	}
	//  0 - 1 - 2
	//       \- 3 - 4 - 5
	r.Hg("phase", "--public", "0")
	r.Hg("phase", "--force", "--secret", "5")
	r.Hg("debugobsolete", r.ID("2"))
	r.Hg("debugobsolete", r.ID("4"), r.ID("3"))
	r.Hg("debugobsolete", r.ID("5"))
	for _, at := range []string{"0", "4", "2"} {
		r.Hg("update", "-q", "--hidden", at)
		if at == "2" {
			r.Hg("bookmark", "--hidden", "-r", "5", "kept")
		}
		compareVisible(t, r)
	}
}

func compareVisible(t *testing.T, r *hgtest.Repo) {
	t.Helper()
	repo, err := store.Open(r.Dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	visible := strings.Fields(r.Hg("log", "-r", "all()", "-T", "{rev}\n"))
	var want, got []string
	for i, phase := range strings.Fields(r.Hg("log", "--hidden", "-r", "all()", "-T", "{phase}\n")) {
		want = append(want, fmt.Sprint(i, " ", phase, " ", !slices.Contains(visible, fmt.Sprint(i))))
		got = append(got, fmt.Sprint(i, " ", repo.Phase(i), " ", repo.Hidden(i)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("phase and hidden (-hg +store):\n%s", diff)
	}
}

// TestDamaged flips bytes of a repository's files. Whatever is read then is
// right, or an error about damage that names the log.
func TestDamaged(t *testing.T) {
	r := hgtest.New(t)
	for i := range 4 {
		r.Write("a", strings.Repeat(fmt.Sprintln("line", i), 200))
		r.Commit("change")
	}
	for _, name := range []string{"data/a.i", "00manifest.i", "00changelog.i"} {
		path := filepath.Join(r.Dir, ".hg/store", filepath.FromSlash(name))
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for at := 0; at < len(good); at += 7 {
			bad := slices.Clone(good)
			bad[at] ^= 0x41
			if err := os.WriteFile(path, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := readAll(r.Dir); err != nil {
				found++
				if !errors.Is(err, hg.ErrCorrupt) && providers.CodeOf(err) != providers.CodeUnsupported && !errors.Is(err, hg.ErrTooLarge) {
					t.Errorf("%s, byte %d: %v", name, at, err)
				}
			}
		}
		if found < len(good)/7*2/3 {
			t.Errorf("%s: %d of %d changes were noticed", name, found, len(good)/7)
		}
		if err := os.WriteFile(path, good, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(dir string) error {
	repo, err := store.Open(dir, store.Options{})
	if err != nil {
		return err
	}
	defer repo.Close()
	changelog, err := repo.Changelog()
	if err != nil {
		return err
	}
	manifests, err := repo.Manifests()
	if err != nil {
		return err
	}
	file, err := repo.File("a")
	if err != nil {
		return err
	}
	defer file.Close()
	for _, log := range []hg.Log{changelog, manifests, file} {
		for i := range log.Len() {
			if _, err := log.Text(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestLinksOut does not follow symbolic links that lead out of the repository.
func TestLinksOut(t *testing.T) {
	r := hgtest.New(t)
	r.Write("a", "secret\n")
	r.Commit("first")
	other := hgtest.New(t)
	other.Write("a", "mine\n")
	other.Commit("first")
	stolen := filepath.Join(other.Dir, ".hg/store/data/a.i")
	if err := os.Remove(stolen); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(r.Dir, ".hg/store/data/a.i"), stolen); err != nil {
		t.Skip("symbolic links cannot be made here:", err)
	}
	repo, err := store.Open(other.Dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	if _, err := repo.File("a"); err == nil {
		t.Error("a link out of the repository was followed")
	}
	for _, path := range []string{"../a", "", "/etc/passwd"} {
		if _, err := repo.File(path); !errors.Is(err, hg.ErrCorrupt) {
			t.Errorf("file %q: %v", path, err)
		}
	}
	if _, err := repo.File("absent"); !errors.Is(err, hg.ErrNoFile) {
		t.Errorf("got %v", err)
	}
	if _, err := repo.LFSObject("../../../../etc/passwd" + strings.Repeat("0", 42)); !errors.Is(err, hg.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
	if _, err := repo.LFSObject(strings.Repeat("0", 64)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestLargeFiles opens contents that extensions keep beside the history.
func TestLargeFiles(t *testing.T) {
	r := hgtest.New(t, "extensions.largefiles=", "extensions.lfs=", "lfs.track=size('>10B')", "largefiles.usercache="+t.TempDir(), "lfs.usercache="+t.TempDir())
	r.Write("big", "content of a large file\n")
	r.Hg("add", "--large", "big")
	r.Write("other", "content for the lfs extension\n")
	r.Commit("large")
	repo, err := store.Open(r.Dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	large, err := repo.LargeFile(strings.TrimSpace(r.Hg("cat", "-r", ".", ".hglf/big")))
	if err != nil {
		t.Fatal(err)
	}
	large.Close()
	log, err := repo.File("other")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	pointer, err := log.Text(0)
	if err != nil || log.Entry(0).Flags != hg.External {
		t.Fatalf("flags %x, %v", log.Entry(0).Flags, err)
	}
	_, rest, _ := strings.Cut(string(pointer), "oid sha256:")
	oid, _, _ := strings.Cut(rest, "\n")
	object, err := repo.LFSObject(oid)
	if err != nil {
		t.Fatal(err)
	}
	object.Close()
}
