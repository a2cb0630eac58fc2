package gitpack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// commits makes n commits with git, each of which changes a large and adds a
// small file.
func commits(t testing.TB, dir string, n int) {
	t.Helper()
	var in bytes.Buffer
	data := text(uint64(n), 300)
	for i := range n {
		data = edit(uint64(i), data)
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 2\nx\n", 1700000000+i)
		if i == 0 {
			fmt.Fprint(&in, "deleteall\n")
		}
		fmt.Fprintf(&in, "M 100644 inline large\ndata %d\n%s\n", len(data), data)
		fmt.Fprintf(&in, "M 100644 inline dir/small%d\ndata 2\n%02d\n", i, i%100)
	}
	git(t, dir, in.String(), "fast-import", "--quiet", "--force")
}

// everything returns what git and the store say about all objects.
func everything(t *testing.T, dir string, s *gitpack.Store) (want, got []string) {
	t.Helper()
	want = strings.Split(strings.TrimSpace(git(t, dir, "", "cat-file", "--batch-all-objects", "--batch-check")), "\n")
	for e, err := range s.Objects() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %d", e.ID, e.Kind, e.Size))
		if kind, size, err := s.Stat(e.ID); kind != e.Kind || size != e.Size || err != nil {
			t.Errorf("Stat(%s) = %s, %d, %v; listed as %s, %d", e.ID, kind, size, err, e.Kind, e.Size)
		}
		kind, data, err := s.Read(e.ID)
		if err != nil {
			t.Fatal(err)
		}
		if gitpack.Hash(kind, data) != e.ID {
			t.Errorf("Read(%s) returns another object", e.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	return want, got
}

// TestStoreReadsWhatGitWrites lays out the same objects in the ways in which
// git stores them.
func TestStoreReadsWhatGitWrites(t *testing.T) {
	for _, test := range []struct {
		name   string
		layout func(t *testing.T, dir string)
	}{
		{"loose", func(t *testing.T, dir string) {
			pack := git(t, dir, "", "rev-parse", "--git-path", "objects/pack")
			names, _ := filepath.Glob(filepath.Join(dir, strings.TrimSpace(pack), "*"))
			for _, name := range names {
				if filepath.Ext(name) != ".pack" {
					continue
				}
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.RemoveAll(filepath.Dir(name)); err != nil {
					t.Fatal(err)
				}
				git(t, dir, string(data), "unpack-objects", "-q")
			}
		}},
		{"one pack", func(t *testing.T, dir string) {
			git(t, dir, "", "repack", "-adfq", "--depth=200", "--window=50")
		}},
		{"deltas by name", func(t *testing.T, dir string) {
			git(t, dir, "", "-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq")
		}},
		{"index of version 1", func(t *testing.T, dir string) {
			git(t, dir, "", "-c", "pack.indexVersion=1", "repack", "-adfq")
		}},
		{"packs that overlap", func(t *testing.T, dir string) {
			git(t, dir, "", "repack", "-adq")
			commits(t, dir, 5)
			git(t, dir, "", "repack", "-aq")
			git(t, dir, "loose", "hash-object", "-w", "--stdin")
		}},
		{"stored blocks", func(t *testing.T, dir string) {
			git(t, dir, "", "-c", "pack.compression=0", "repack", "-adfFq")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := bare(t)
			commits(t, dir, 60)
			test.layout(t, dir)
			want, got := everything(t, dir, open(t, dir))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("objects (-git +store):\n%s", diff)
			}
		})
	}
}

func TestMissingObject(t *testing.T) {
	s := open(t, bare(t))
	id := gitpack.Hash(gitpack.Blob, []byte("absent"))
	if s.Has(id) {
		t.Error("an empty store has an object")
	}
	_, _, statErr := s.Stat(id)
	_, _, readErr := s.Read(id)
	_, _, _, openErr := s.Open(id)
	for _, err := range []error{statErr, readErr, openErr} {
		if !errors.Is(err, gitpack.ErrMissing) || !strings.Contains(err.Error(), id.String()) {
			t.Errorf("got %v, want ErrMissing with the id", err)
		}
	}
}

func TestRefresh(t *testing.T) {
	dir := bare(t)
	s := open(t, dir)
	data := text(1, 500)
	id, err := gitpack.ParseID(strings.TrimSpace(git(t, dir, string(data), "hash-object", "-w", "--stdin")))
	if err != nil {
		t.Fatal(err)
	}
	if s.Has(gitpack.Hash(gitpack.Blob, []byte{id[0]})) {
		t.Fatal("found what was never written")
	}
	if err := s.Refresh(); err != nil {
		t.Fatal(err)
	}
	checkRead(t, s, id, gitpack.Blob, data)

	_, _, r, err := s.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	git(t, dir, id.String()+"\n", "pack-objects", "-q", "objects/pack/pack")
	git(t, dir, "", "prune-packed")
	if err := s.Refresh(); err != nil {
		t.Fatal(err)
	}
	checkRead(t, s, id, gitpack.Blob, data)
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("reader from before the repack: %d bytes, %v", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestRepackUnderOurEyes reads from packs that git has replaced.
func TestRepackUnderOurEyes(t *testing.T) {
	dir := bare(t)
	commits(t, dir, 20)
	git(t, dir, "", "repack", "-adq")
	s := open(t, dir)
	commits(t, dir, 5)
	git(t, dir, "", "repack", "-adfq")
	if _, got := everything(t, dir, s); len(got) == 0 {
		t.Error("nothing is left to read")
	}
	if err := s.Refresh(); err != nil {
		t.Fatal(err)
	}
	want, got := everything(t, dir, s)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("after Refresh (-git +store):\n%s", diff)
	}
}

func alternates(t *testing.T, dir string, lines ...string) {
	t.Helper()
	name := filepath.Join(dir, "objects", "info", "alternates")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestAlternates(t *testing.T) {
	root := t.TempDir()
	repo := func(name string) (dir string, id gitpack.ID) {
		dir = filepath.Join(root, name)
		git(t, "", "", "init", "--quiet", "--bare", dir)
		id, err := gitpack.ParseID(strings.TrimSpace(git(t, dir, name, "hash-object", "-w", "--stdin")))
		if err != nil {
			t.Fatal(err)
		}
		return dir, id
	}
	a, idA := repo("a")
	b, idB := repo("b")
	c, idC := repo(`c "quoted"`)
	alternates(t, a, "# a comment", "", "../../b/objects")
	alternates(t, b, fmt.Sprintf("%q", filepath.Join(c, "objects")))
	alternates(t, c, filepath.Join(a, "objects"), filepath.Join(c, "objects")) // a circle, and itself
	s := open(t, a)
	for name, id := range map[string]gitpack.ID{"a": idA, "b": idB, `c "quoted"`: idC} {
		checkRead(t, s, id, gitpack.Blob, []byte(name))
	}
	n := 0
	for _, err := range s.Objects() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d objects, want 3", n)
	}

	alternates(t, c, filepath.Join(root, "gone", "objects"))
	if _, err := gitpack.Open(a); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an alternate is gone: got %v", err)
	}
}

func TestAlternatesTooDeep(t *testing.T) {
	root := t.TempDir()
	dir := func(i int) string { return filepath.Join(root, fmt.Sprint(i)) }
	for i := range 8 {
		git(t, "", "", "init", "--quiet", "--bare", dir(i))
		if i > 0 {
			alternates(t, dir(i-1), filepath.Join(dir(i), "objects"))
		}
	}
	if _, err := gitpack.Open(dir(0)); !errors.Is(err, gitpack.ErrTooLarge) {
		t.Errorf("seven behind each other: got %v, want ErrTooLarge", err)
	}
	open(t, dir(2)) // five
}

// TestLargeObjects reads objects that do not fit into memory by our measure.
func TestLargeObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("moves some hundreds of megabytes")
	}
	dir := bare(t)
	s := open(t, dir)
	w := writer(t, s, dir)
	large := bytes.Repeat([]byte("0123456789abcdef"), gitpack.MaxRead/16+1)
	base := put(t)(w.Put(gitpack.Blob, large))
	delta := func(data []byte, copied int, insert string) []byte {
		d := gitpack.NewDelta(int64(len(large)), int64(len(data)))
		d.Copy(0, int64(copied))
		d.Insert([]byte(insert))
		return d.Bytes()
	}
	larger := append(bytes.Clone(large), "more"...)
	grown := put(t)(w.PutDelta(gitpack.Blob, larger, base, delta(larger, len(large), "more")))
	small := append(bytes.Clone(large[:1000]), "less"...)
	shrunk := put(t)(w.PutDelta(gitpack.Blob, small, base, delta(small, 1000, "less")))
	finish(t, w)

	checkRead(t, s, shrunk, gitpack.Blob, small)
	for id, data := range map[gitpack.ID][]byte{base: large, grown: larger} {
		if _, _, err := s.Read(id); !errors.Is(err, gitpack.ErrTooLarge) {
			t.Errorf("Read: got %v, want ErrTooLarge", err)
		}
		_, size, r, err := s.Open(id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || size != int64(len(data)) || !bytes.Equal(got, data) {
			t.Errorf("Open: %d bytes of %d, %v; want %d", len(got), size, err, len(data))
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMerge(t *testing.T) {
	dir := bare(t)
	s := open(t, dir)
	var names []string
	var tips []gitpack.ID
	for i := range 3 {
		w := writer(t, s, dir)
		put(t)(w.Put(gitpack.Blob, fmt.Appendf(nil, "first of %d", i)))
		for j := range 30 { // deltas in each of them
			base := text(uint64(i*100+j), 20)
			id := put(t)(w.Put(gitpack.Blob, base))
			next := edit(uint64(j), base)
			tips = append(tips, put(t)(w.PutAgainst(gitpack.Blob, next, id, base)))
		}
		names = append(names, finish(t, w))
	}
	want, _ := everything(t, dir, s)
	if _, err := gitpack.Merge(dir, append(names, names[0])); err == nil {
		t.Error("packs with common objects were merged")
	}
	if _, err := gitpack.Merge(dir, []string{"../pack-x"}); err == nil {
		t.Error("a path was taken for a name")
	}
	merged, err := gitpack.Merge(dir, names)
	if err != nil {
		t.Fatal(err)
	}
	checkNoTemporaryFiles(t, dir)
	git(t, dir, "", "verify-pack", "objects/pack/"+merged+".idx")
	for _, name := range names {
		for _, ext := range []string{".idx", ".pack"} {
			if err := os.Remove(filepath.Join(dir, "objects", "pack", name+ext)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Refresh(); err != nil {
		t.Fatal(err)
	}
	_, got := everything(t, dir, s)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	out := git(t, dir, tips[0].String()+"\n", "cat-file", "--batch-check=%(deltabase)")
	if strings.Trim(out, "0\n") == "" {
		t.Error("the deltas are gone")
	}
}

func TestMergeRefusesDamage(t *testing.T) {
	dir := bare(t)
	var names []string
	for i := range 2 {
		w := writer(t, nil, dir)
		put(t)(w.Put(gitpack.Blob, noise(uint64(i), 1000)))
		names = append(names, finish(t, w))
	}
	name := filepath.Join(dir, "objects", "pack", names[1]+".pack")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[500] ^= 1
	if err := errors.Join(os.Remove(name), os.WriteFile(name, data, 0o666)); err != nil {
		t.Fatal(err)
	}
	if _, err := gitpack.Merge(dir, names); !errors.Is(err, gitpack.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
	checkNoTemporaryFiles(t, dir)
}
