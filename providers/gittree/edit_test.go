package gittree

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

func TestEdit(t *testing.T) {
	link := Entry{Mode: Symlink, ID: blob(9)}
	for _, test := range []struct {
		name      string
		before    []string
		edit      func(e *Edit) error
		keepEmpty bool
		want      []string
	}{
		{"a file into nothing", nil,
			func(e *Edit) error { return e.Set("a/b/c", File, blob(1)) }, false, []string{"a/b/c"}},
		{"a file becomes a directory", []string{"a"},
			func(e *Edit) error { return e.Set("a/b", File, blob(1)) }, false, []string{"a/b"}},
		{"a directory becomes a file", []string{"a/b", "a/c/d", "a.x", "a0"},
			func(e *Edit) error { return e.Set("a", File, blob(1)) }, false, []string{"a", "a.x", "a0"}},
		{"a link becomes a directory", []string{"a"},
			func(e *Edit) error {
				if err := e.Set("a", link.Mode, link.ID); err != nil {
					return err
				}
				return e.Set("a/b", File, blob(1))
			}, false, []string{"a/b"}},
		{"the last file of a directory", []string{"a/b/c", "d"},
			func(e *Edit) error { return e.Remove("a/b/c") }, false, []string{"d"}},
		{"the last file of a directory that stays", []string{"a/b/c", "d"},
			func(e *Edit) error { return e.Remove("a/b/c") }, true, []string{"a/b/", "d"}},
		{"all files", []string{"a/b"},
			func(e *Edit) error { return e.Remove("a/b") }, false, []string{}},
		{"the root", []string{"a/b", "c"},
			func(e *Edit) error { return e.Remove("") }, false, []string{}},
		{"what is not there", []string{"a"},
			func(e *Edit) error { return e.Remove("b/c/d") }, true, []string{"a"}},
		{"below a file", []string{"a"},
			func(e *Edit) error { return e.Remove("a/b/c") }, true, []string{"a"}},
		{"an empty directory", []string{"a"},
			func(e *Edit) error { return e.Set("b", Directory, gitpack.ID{}) }, true, []string{"a", "b/"}},
		{"an empty directory that may not stay", []string{"a"},
			func(e *Edit) error { return e.Set("b", Directory, Empty) }, false, []string{"a"}},
		{"removed and set again", []string{"a/b", "a/c"},
			func(e *Edit) error {
				if err := e.Remove("a"); err != nil {
					return err
				}
				return e.Set("a/d", File, blob(1))
			}, false, []string{"a/d"}},
		{"set and removed again", []string{"a"},
			func(e *Edit) error {
				if err := e.Set("b/c", File, blob(1)); err != nil {
					return err
				}
				return e.Remove("b")
			}, true, []string{"a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			trees := New(newMemory(t), 1<<20)
			e := trees.Edit(gitpack.ID{})
			for i, path := range test.before {
				if err := e.Set(path, File, blob(i)); err != nil {
					t.Fatal(err)
				}
			}
			root, err := e.Write(false)
			if err != nil {
				t.Fatal(err)
			}
			e = trees.Edit(root)
			if err := test.edit(e); err != nil {
				t.Fatal(err)
			}
			if root, err = e.Write(test.keepEmpty); err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for entry, err := range trees.Walk(root) {
				if err != nil {
					t.Fatal(err)
				}
				if entry.Mode.IsDirectory() {
					entry.Name += "/"
				}
				got = append(got, entry.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEditRefuses(t *testing.T) {
	for _, path := range []string{"/a", "a/", "a//b", "a\x00b", "/", strings.Repeat("a/", maxDepth) + "a"} {
		e := New(newMemory(t), 1<<20).Edit(Empty)
		if err := e.Set(path, File, blob(1)); err == nil {
			t.Errorf("%.20q was set", path)
		}
		if err := e.Remove(path); err == nil {
			t.Errorf("%.20q was removed", path)
		}
		if _, _, err := e.Lookup(path); err == nil {
			t.Errorf("%.20q was looked up", path)
		}
	}
	e := New(newMemory(t), 1<<20).Edit(Empty)
	if err := e.Set("", File, blob(1)); err == nil {
		t.Error("the root became a file")
	}
	if err := e.Set("a", 0, blob(1)); err == nil {
		t.Error("an entry without a mode was set")
	}
}

// TestEditAgainstModel does what a map does, in random order.
func TestEditAgainstModel(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		keepEmpty := seed%2 == 1
		objects := newMemory(t)
		trees := New(objects, 1<<uint(random.IntN(16)))
		root := gitpack.ID{}
		m := model{}
		var old []snapshot
		for range 40 {
			edit := trees.Edit(root)
			for range 1 + random.IntN(12) {
				path := randomPath(random)
				switch random.IntN(8) {
				case 0, 1:
					m.remove(path)
					if err := edit.Remove(path); err != nil {
						t.Fatal(err)
					}
				case 2:
					if len(old) == 0 {
						continue
					}
					from := old[random.IntN(len(old))]
					source := randomPath(random)
					entry, found, err := trees.Lookup(from.root, source)
					if err != nil {
						t.Fatal(err)
					}
					if _, want := from.model[source]; want != found {
						t.Fatalf("seed %d: lookup of %q found %v, want %v", seed, source, found, want)
					}
					if !found {
						continue
					}
					m.graft(path, from.model, source)
					if err := edit.Set(path, entry.Mode, entry.ID); err != nil {
						t.Fatal(err)
					}
				default:
					id, mode := blob(random.IntN(50)), []Mode{File, Executable, Symlink, Submodule}[random.IntN(4)]
					m.set(path, Entry{Mode: mode, ID: id})
					if err := edit.Set(path, mode, id); err != nil {
						t.Fatal(err)
					}
				}
				m.checkLookup(t, edit, randomPath(random))
			}
			if !keepEmpty {
				m.prune()
			}
			var err error
			if root, err = edit.Write(keepEmpty); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m.lines(), list(t, trees, root)); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
			}
			for _, before := range old {
				checkDiff(t, trees, before, snapshot{root, m})
			}
			old = append(old, snapshot{root, maps.Clone(m)})
			old = old[max(0, len(old)-5):]
		}
	}
}

type snapshot struct {
	root  gitpack.ID
	model model
}

// randomPath makes paths that often meet, and names whose order is tricky.
func randomPath(random *rand.Rand) string {
	names := []string{"a", "a.b", "a-b", "a0", "b"}
	parts := make([]string, 1+random.IntN(4))
	for i := range parts {
		parts[i] = names[random.IntN(len(names))]
	}
	return strings.Join(parts, "/")
}

// model holds every path, directories included.
type model map[string]Entry

func (m model) remove(path string) {
	for p := range m {
		if p == path || strings.HasPrefix(p, path+"/") {
			delete(m, p)
		}
	}
}

func (m model) set(path string, e Entry) {
	m.remove(path)
	for i, c := range path {
		if c != '/' {
			continue
		}
		if have, ok := m[path[:i]]; ok && have.Mode == Directory {
			continue
		}
		m.remove(path[:i])
		m[path[:i]] = Entry{Mode: Directory}
	}
	m[path] = e
}

func (m model) graft(path string, from model, source string) {
	m.set(path, from[source])
	for p, e := range from {
		if below, ok := strings.CutPrefix(p, source+"/"); ok {
			m[path+"/"+below] = e
		}
	}
}

func (m model) empty(dir string) bool {
	for p := range m {
		if strings.HasPrefix(p, dir+"/") {
			return false
		}
	}
	return true
}

func (m model) prune() {
	for again := true; again; {
		again = false
		for p, e := range m {
			if e.Mode == Directory && m.empty(p) {
				delete(m, p)
				again = true
			}
		}
	}
}

func (m model) lines() []string {
	type line struct{ key, text string }
	lines := []line{}
	for p, e := range m {
		switch {
		case e.Mode != Directory:
			lines = append(lines, line{p, fmt.Sprintf("%s %s %s", e.Mode, e.ID, p)})
		case m.empty(p):
			lines = append(lines, line{p + "/", fmt.Sprintf("%s %s %s", e.Mode, Empty, p)})
		}
	}
	slices.SortFunc(lines, func(a, b line) int { return strings.Compare(a.key, b.key) })
	texts := []string{}
	for _, l := range lines {
		texts = append(texts, l.text)
	}
	return texts
}

func (m model) checkLookup(t *testing.T, edit *Edit, path string) {
	t.Helper()
	got, found, err := edit.Lookup(path)
	if err != nil {
		t.Fatal(err)
	}
	want, expected := m[path]
	if found != expected || got.Mode != want.Mode || want.Mode != Directory && got.ID != want.ID {
		t.Fatalf("lookup of %q: %v %v, want %v %v", path, got, found, want, expected)
	}
	if found && got.Name != path[strings.LastIndexByte(path, '/')+1:] {
		t.Fatalf("lookup of %q returns the name %q", path, got.Name)
	}
}

// checkDiff applies the differences to a and expects b.
func checkDiff(t *testing.T, trees *Trees, a, b snapshot) {
	t.Helper()
	lines := a.model.lines()
	before := ""
	for c, err := range trees.Diff(a.root, b.root) {
		if err != nil {
			t.Fatal(err)
		}
		key := c.Path
		if c.Old.Mode.IsDirectory() || c.New.Mode.IsDirectory() {
			key += "/"
		}
		if key <= before {
			t.Errorf("%q comes after %q", key, before)
		}
		before = key
		for _, side := range []Entry{c.Old, c.New} {
			if side.exists() && !strings.HasSuffix("/"+c.Path, "/"+side.Name) {
				t.Errorf("the entry at %q has the name %q", c.Path, side.Name)
			}
		}
		if c.Old.exists() {
			at := slices.Index(lines, fmt.Sprintf("%s %s %s", c.Old.Mode, c.Old.ID, c.Path))
			if at < 0 {
				t.Fatalf("%q was not there before", c.Path)
			}
			lines = slices.Delete(lines, at, at+1)
		}
		if c.New.exists() {
			lines = append(lines, fmt.Sprintf("%s %s %s", c.New.Mode, c.New.ID, c.Path))
		}
	}
	want := b.model.lines()
	// A directory that became empty, or no longer is, is no difference.
	files := func(lines []string) []string {
		return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "040000") })
	}
	lines, want = files(lines), files(want)
	slices.Sort(lines)
	slices.Sort(want)
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func TestEditWritesOnlyWhatChanges(t *testing.T) {
	objects := newMemory(t)
	trees := New(objects, 1<<20)
	edit := trees.Edit(Empty)
	for i := range 1000 {
		if err := edit.Set(fmt.Sprintf("dir%d/sub/file%d", i%10, i), File, blob(i)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := edit.Write(false)
	if err != nil {
		t.Fatal(err)
	}
	if want := 10 + 10 + 1; len(objects.order) != want {
		t.Errorf("%d trees were written, want %d", len(objects.order), want)
	}
	objects.written = 0
	if err := edit.Set("dir3/sub/file3", File, blob(-1)); err != nil {
		t.Fatal(err)
	}
	if err := edit.Set("dir4/sub/file4", File, blob(4)); err != nil { // as it was
		t.Fatal(err)
	}
	if _, err := edit.Write(false); err != nil {
		t.Fatal(err)
	}
	if want := 21 + 3; len(objects.order) != want {
		t.Errorf("%d trees were written, want %d", len(objects.order), want)
	}
	if objects.deltas != 3 || objects.written > 3*40 {
		t.Errorf("%d deltas of %d bytes, want 3 of at most 40 each", objects.deltas, objects.written)
	}
	if err := edit.Set("copy", Directory, root); err != nil {
		t.Fatal(err)
	}
	if err := edit.Set("copy/dir0/sub/file0", File, blob(-2)); err != nil {
		t.Fatal(err)
	}
	if _, err := edit.Write(false); err != nil {
		t.Fatal(err)
	}
	if want := 24 + 4; len(objects.order) != want {
		t.Errorf("%d trees were written for a changed copy, want %d", len(objects.order), want)
	}
}

func TestEditOrderDoesNotMatter(t *testing.T) {
	paths := []string{"z", "a/b", "a/c/d", "m/n", "m/o", "b/b/b", "b/a"}
	var want []gitpack.ID
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		random.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
		objects := newMemory(t)
		edit := New(objects, 1<<20).Edit(Empty)
		for _, path := range paths {
			if err := edit.Set(path, File, gitpack.Hash(gitpack.Blob, []byte(path))); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := edit.Write(true); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = objects.order
		}
		if diff := cmp.Diff(want, objects.order); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

func TestReadOnly(t *testing.T) {
	edit := New(ReadOnly(newMemory(t)), 1<<20).Edit(Empty)
	if err := edit.Set("a", File, blob(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := edit.Write(false); err == nil {
		t.Error("a tree was written")
	}
}
