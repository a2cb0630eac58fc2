package fsfs

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// The histories that are read are compared with the truth, and with what
// svnadmin reads, in the package dump, which can do both.

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  error
	}{
		"sharded":     {map[string]string{"fs-type": "fsfs\n", "format": "8\nlayout sharded 1000\naddressing logical\n"}, nil},
		"linear":      {map[string]string{"fs-type": "fsfs\n", "format": "7\nlayout linear\naddressing logical\n"}, nil},
		"physical":    {map[string]string{"fs-type": "fsfs\n", "format": "7\nlayout sharded 1000\naddressing physical\n"}, ErrUnsupported},
		"old":         {map[string]string{"fs-type": "fsfs\n", "format": "6\nlayout sharded 1000\n"}, ErrUnsupported},
		"new":         {map[string]string{"fs-type": "fsfs\n", "format": "9\nlayout sharded 1000\naddressing logical\n"}, ErrUnsupported},
		"unknown":     {map[string]string{"fs-type": "fsfs\n", "format": "8\nlayout sharded 1000\naddressing logical\ncolour blue\n"}, ErrUnsupported},
		"no shards":   {map[string]string{"fs-type": "fsfs\n", "format": "8\nlayout sharded 0\naddressing logical\n"}, ErrUnsupported},
		"another":     {map[string]string{"fs-type": "bdb\n", "format": "4\n"}, ErrUnsupported},
		"no format":   {map[string]string{"fs-type": "fsfs\n"}, os.ErrNotExist},
		"no database": {nil, os.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, "db", name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := Open(dir, dir); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
		})
	}
}

// Whatever is damaged: nothing breaks, no false text comes out, and the error
// names the revision.
func TestDamaged(t *testing.T) {
	h := svntest.Must(t, `
		r1
		A trunk/a "one\ntwo\nthree\n"
		A trunk/b "another text\n" p=v
		r2
		M trunk/a "one\ntwo\nthree\nfour\n"
		r3
		C trunk@1 branches/x
		M trunk/b "another text\nwith more\n" p=w`)
	dir := h.Repository(t)
	want := map[string]bool{}
	for number := range h.Latest() + 1 {
		for _, f := range h.Files(number, "") {
			want[string(f.Text())] = true
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for _, name := range []string{"revs/0/1", "revs/0/2", "revs/0/3", "revprops/0/2"} {
		path := filepath.Join(dir, "db", filepath.FromSlash(name))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		failed := 0
		for range 400 {
			hurt := append([]byte{}, whole...)
			for range 1 + r.IntN(3) {
				hurt[r.IntN(len(hurt))] = byte(r.IntN(256))
			}
			if r.IntN(4) == 0 {
				hurt = hurt[:r.IntN(len(hurt))]
			}
			if err := os.WriteFile(path, hurt, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := readAll(t, dir, want); err != nil {
				failed++
				if !strings.Contains(err.Error(), "r1: ") && !strings.Contains(err.Error(), "r2: ") && !strings.Contains(err.Error(), "r3: ") {
					t.Errorf("%s: the error names no revision: %v", name, err)
				}
			}
		}
		if failed == 0 {
			t.Errorf("%s: no damage was found", name)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func readAll(t *testing.T, dir string, want map[string]bool) error {
	t.Helper()
	repository, err := Open(dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer repository.Close()
	before := map[string][]byte{}
	return repository.Revisions(t.Context(), 0, 3, func(r *svn.Revision) error {
		defer r.Close()
		for _, n := range r.Nodes {
			base := before[n.Path]
			if n.Copied() {
				base = before[n.FromPath]
			}
			if n.Text == nil {
				continue
			}
			text, _, err := n.Text.Apply(base)
			if err != nil {
				continue // the conversion would stop here
			}
			if !want[string(text)] && (n.SHA1 != "" || n.MD5 != "") {
				t.Errorf("r%d: %s: the text %q came out", r.Number, n.Path, text)
			}
			before[n.Path] = text
		}
		return nil
	})
}

// Nodes with the same text share what is stored of it. The later ones say so,
// and are read when somebody wants them all the same.
func TestSharedText(t *testing.T) {
	const text = "a text that is long enough to be worth sharing, so that it is stored once\n"
	dir := svntest.Must(t, `
		r1
		A trunk/a "`+strings.TrimSpace(text)+`\n"
		r2
		A trunk/b "`+strings.TrimSpace(text)+`\n"`).Repository(t)
	repo, err := Open(dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	var texts []*svn.Text
	err = repo.Revisions(t.Context(), 0, 2, func(r *svn.Revision) error {
		for _, n := range r.Nodes {
			if n.Text != nil {
				texts = append(texts, n.Text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) != 2 {
		t.Fatalf("%d texts, want 2", len(texts))
	}
	if a, b := texts[0].Origin, texts[1].Origin; a != b || a.Revision != 1 {
		t.Errorf("the origins are %v and %v, want twice the same in r1", a, b)
	}
	if held := texts[1].Held(); held != 0 {
		t.Errorf("the second text holds %d bytes before it is wanted", held)
	}
	for i, late := range texts {
		got, err := late.Result(nil)
		if err != nil || string(got) != text {
			t.Errorf("text %d is %q, %v", i, got, err)
		}
	}
}
