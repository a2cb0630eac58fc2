package gittree

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

func line(mode, name string, id gitpack.ID) string { return mode + " " + name + "\x00" + string(id[:]) }

func TestDecode(t *testing.T) {
	a := blob(1)
	for _, test := range []struct {
		name, data string
		want       []Entry // nil: not a tree
	}{
		{"empty", "", []Entry{}},
		{"one of each", line("100644", "a", a) + line("100755", "b", a) + line("40000", "c", a) + line("120000", "d", a) + line("160000", "e", a),
			[]Entry{{"a", File, a}, {"b", Executable, a}, {"c", Directory, a}, {"d", Symlink, a}, {"e", Submodule, a}}},
		{"modes of old programs", line("100664", "a", a) + line("040000", "b", a), []Entry{{"a", 0o100664, a}, {"b", Directory, a}}},
		{"a directory after its name with a dot", line("100644", "a.c", a) + line("40000", "a", a), []Entry{{"a.c", File, a}, {"a", Directory, a}}},
		{"not in order", line("100644", "b", a) + line("100644", "a", a), []Entry{{"b", File, a}, {"a", File, a}}},
		{"ids with the bytes of separators", line("100644", "a", gitpack.ID{0, ' ', '/'}), []Entry{{"a", File, gitpack.ID{0, ' ', '/'}}}},
		{"cut in the id", line("100644", "a", a)[:20], nil},
		{"cut in the name", "100644 a", nil},
		{"cut in the mode", "1006", nil},
		{"no mode", line("", "a", a), nil},
		{"mode 0", line("0", "a", a), nil},
		{"mode that is no number", line("10064x", "a", a), nil},
		{"mode that is too long", line("10064400", "a", a), nil},
		{"no name", line("100644", "", a), nil},
		{"name with a slash", line("100644", "a/b", a), nil},
		{"more after the end", line("100644", "a", a) + "\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Decode([]byte(test.data))
			if test.want == nil {
				if !errors.Is(err, gitpack.ErrCorrupt) {
					t.Errorf("decoded to %v with the error %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEncodeSorts(t *testing.T) {
	entries := []Entry{{"a", Directory, blob(1)}, {"a.b", File, blob(2)}, {"a-b", Directory, blob(3)}, {"a0", File, blob(4)}, {"B", File, blob(5)}}
	want := line("100644", "B", blob(5)) + line("40000", "a-b", blob(3)) + line("100644", "a.b", blob(2)) + line("40000", "a", blob(1)) + line("100644", "a0", blob(4))
	if diff := cmp.Diff(want, string(Encode(entries))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if entries[0].Name != "a" {
		t.Error("the argument was sorted")
	}
}

// TestDisorderedTree works on a tree that no git would write.
func TestDisorderedTree(t *testing.T) {
	objects := newMemory(t)
	data := line("100644", "c", blob(1)) + line("100644", "a", blob(2)) + line("40000", "b", blob(3)) + line("100644", "a", blob(4))
	root, err := objects.Put(gitpack.Tree, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	trees := New(objects, 1<<20)
	if e, found, err := trees.Lookup(root, "a"); err != nil || !found || e.ID != blob(2) {
		t.Errorf("lookup: %v %v %v", e, found, err)
	}
	edit := trees.Edit(root)
	if err := edit.Set("c", File, blob(1)); err != nil { // as it is
		t.Fatal(err)
	}
	if same, err := edit.Write(false); err != nil || same != root {
		t.Errorf("without a change it became %s: %v", same, err)
	}
	if err := edit.Set("d", File, blob(5)); err != nil {
		t.Fatal(err)
	}
	next, err := edit.Write(false)
	if err != nil {
		t.Fatal(err)
	}
	got, err := trees.List(next)
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{{"a", File, blob(2)}, {"b", Directory, blob(3)}, {"c", File, blob(1)}, {"d", File, blob(5)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDamage(t *testing.T) {
	objects := newMemory(t)
	bad, err := objects.Put(gitpack.Tree, []byte("no tree"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := objects.Put(gitpack.Tree, []byte(line("40000", "bad", bad)+line("40000", "gone", blob(1))))
	if err != nil {
		t.Fatal(err)
	}
	trees := New(objects, 1<<20)
	for path, want := range map[string]error{"bad/x": gitpack.ErrCorrupt, "gone/x": gitpack.ErrMissing} {
		if _, _, err := trees.Lookup(root, path); !errors.Is(err, want) {
			t.Errorf("lookup of %s: %v, want %v", path, err, want)
		}
		edit := trees.Edit(root)
		err := edit.Set(path, File, blob(1))
		if err == nil {
			_, err = edit.Write(false)
		}
		if !errors.Is(err, want) {
			t.Errorf("edit of %s: %v, want %v", path, err, want)
		}
	}
	var last error
	for _, err := range trees.Walk(root) {
		last = err
	}
	if !errors.Is(last, gitpack.ErrCorrupt) {
		t.Errorf("walk: %v", last)
	}
	last = nil
	for _, err := range trees.Diff(Empty, root) {
		last = err
	}
	if !errors.Is(last, gitpack.ErrCorrupt) {
		t.Errorf("diff: %v", last)
	}
}

// TestDeepTree walks a tree that is deeper than git allows.
func TestDeepTree(t *testing.T) {
	objects := newMemory(t)
	id := blob(1)
	mode := "100644"
	for range maxDepth + 10 {
		var err error
		if id, err = objects.Put(gitpack.Tree, []byte(line(mode, "a", id))); err != nil {
			t.Fatal(err)
		}
		mode = "40000"
	}
	var last error
	for _, err := range New(objects, 1<<20).Walk(id) {
		last = err
	}
	if !errors.Is(last, gitpack.ErrCorrupt) {
		t.Errorf("walk: %v", last)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(line("100644", "a", blob(1)) + line("40000", "b", blob(2))))
	f.Add([]byte(line("40000", "b", blob(2)) + line("100644", "a", blob(1))))
	f.Add([]byte(line("040000", "b", blob(2))))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := Decode(data)
		if err != nil {
			if !errors.Is(err, gitpack.ErrCorrupt) {
				t.Errorf("%v does not wrap ErrCorrupt", err)
			}
			return
		}
		var again []byte
		for _, e := range entries {
			again = appendEntry(again, e)
		}
		same, err := Decode(again) // the modes may have lost a leading zero
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(entries, same); diff != "" {
			t.Errorf("%q became %q (-want +got):\n%s", data, again, diff)
		}
		if n, err := newNode(gitpack.ID{}, data); err != nil {
			t.Error(err)
		} else {
			for _, e := range entries {
				if _, found := n.find(e.Name); !found {
					t.Errorf("%q is not found in %q", e.Name, data)
				}
			}
		}
	})
}

// FuzzEdit edits any tree that can be read.
func FuzzEdit(f *testing.F) {
	f.Add([]byte(line("100644", "a", blob(1))+line("40000", "b", blob(2))), "a\nb\n-c\n-b")
	f.Add([]byte(line("100644", "a", blob(1))+line("40000", "a", blob(2))), "-a")
	f.Add([]byte(line("100644", "b", blob(1))+line("100644", "a", blob(2))), "b\na")
	f.Fuzz(func(t *testing.T, data []byte, script string) {
		objects := newMemory(t)
		root, err := objects.Put(gitpack.Tree, data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(data); err != nil {
			return
		}
		trees := New(objects, 1<<20)
		edit := trees.Edit(root)
		want := map[string]bool{}
		for i, name := range strings.Split(script, "\n") {
			gone, remove := strings.CutPrefix(name, "-")
			if checkName(name) != nil || remove && checkName(gone) != nil {
				continue
			}
			if remove {
				want[gone] = false
				err = edit.Remove(gone)
			} else {
				want[name] = true
				err = edit.Set(name, File, blob(i))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		next, err := edit.Write(false)
		if err != nil {
			t.Fatal(err)
		}
		n, err := trees.load(next)
		if err != nil {
			t.Fatal(err)
		}
		if next != root && !n.ordered {
			t.Errorf("%q is not in order", n.data)
		}
		for name, there := range want {
			if _, found := n.find(name); found != there {
				t.Errorf("%q is there: %v, want %v", name, found, there)
			}
		}
	})
}
