package gitpack_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// history writes n versions of a file, each with its tree and commit, and
// returns the last commit. Contents go through put.
func history(t testing.TB, w *gitpack.Writer, n int) (tip gitpack.ID, texts map[gitpack.ID][]byte) {
	t.Helper()
	texts = map[gitpack.ID][]byte{}
	data := text(1, 60)
	var blob, tree gitpack.ID
	var before, treeBefore []byte
	for i := range n {
		blob = put(t)(w.PutAgainst(gitpack.Blob, data, blob, before))
		texts[blob] = data
		before = data
		list := fmt.Appendf(nil, "100644 file\x00%s", blob[:])
		tree = put(t)(w.PutAgainst(gitpack.Tree, list, tree, treeBefore))
		treeBefore = list
		commit := fmt.Appendf(nil, "tree %s\n", tree)
		if i > 0 {
			commit = fmt.Appendf(commit, "parent %s\n", tip)
		}
		commit = fmt.Appendf(commit, "author A <a@example.org> %d +0000\ncommitter A <a@example.org> %[1]d +0000\n\nversion %d\n", 1700000000+i, i)
		tip = put(t)(w.Put(gitpack.Commit, commit))
		data = edit(uint64(i), data)
	}
	return tip, texts
}

func TestGitReadsWhatIsWritten(t *testing.T) {
	dir := bare(t)
	s := open(t, dir)
	w := writer(t, s, dir)
	tip, texts := history(t, w, 120)
	tag := put(t)(w.Put(gitpack.Tag, fmt.Appendf(nil, "object %s\ntype commit\ntag v1\ntagger A <a@example.org> 1700000000 +0000\n\none\n", tip)))
	empty := put(t)(w.Put(gitpack.Blob, nil))
	for id, data := range texts {
		checkRead(t, w, id, gitpack.Blob, data)
	}
	objects := w.Len()
	name := finish(t, w)

	git(t, dir, "", "update-ref", "refs/heads/main", tip.String())
	git(t, dir, "", "update-ref", "refs/tags/v1", tag.String())
	if out := git(t, dir, "", "fsck", "--strict", "--full", "--no-dangling"); out != "" {
		t.Errorf("git fsck: %s", out)
	}
	verify := git(t, dir, "", "verify-pack", "-v", "objects/pack/"+name+".idx")
	if got := strings.Count(verify, "\n") - len(regexp.MustCompile(`(?m)^(non delta|chain length|.*: ok)`).FindAllString(verify, -1)); got != objects {
		t.Errorf("git lists %d objects, want %d", got, objects)
	}
	if !strings.Contains(verify, "chain length = 50:") || strings.Contains(verify, "chain length = 51:") {
		t.Errorf("want chains of 50 deltas and no longer ones:\n%s", verify)
	}
	if got := git(t, dir, "", "cat-file", "blob", empty.String()); got != "" {
		t.Errorf("empty blob holds %q", got)
	}
	for id, data := range texts {
		if diff := cmp.Diff(string(data), git(t, dir, "", "cat-file", "blob", id.String())); diff != "" {
			t.Fatalf("blob %s (-want +got):\n%s", id, diff)
		}
		checkRead(t, s, id, gitpack.Blob, data)
		checkRead(t, w, id, gitpack.Blob, data) // through the store
	}
	checkNoTemporaryFiles(t, dir)
}

func checkNoTemporaryFiles(t *testing.T, dir string) {
	t.Helper()
	if names, _ := filepath.Glob(filepath.Join(dir, "objects", "pack", "tmp_*")); len(names) > 0 {
		t.Errorf("left behind: %q", names)
	}
}

func TestNothingIsWrittenTwice(t *testing.T) {
	dir := bare(t)
	loose := strings.TrimSpace(git(t, dir, "loose\n", "hash-object", "-w", "--stdin"))
	s := open(t, dir)
	w := writer(t, s, dir)
	first := put(t)(w.Put(gitpack.Blob, []byte("one\n")))
	size := w.Size()
	for _, again := range []func() (gitpack.ID, error){
		func() (gitpack.ID, error) { return w.Put(gitpack.Blob, []byte("one\n")) },
		func() (gitpack.ID, error) { return w.PutAgainst(gitpack.Blob, []byte("one\n"), first, []byte("one\n")) },
		func() (gitpack.ID, error) { return w.PutStream(gitpack.Blob, 4, strings.NewReader("one\n")) },
	} {
		if id := put(t)(again()); id != first {
			t.Errorf("got %s, want %s", id, first)
		}
	}
	if id := put(t)(w.Put(gitpack.Blob, []byte("loose\n"))); id.String() != loose {
		t.Errorf("got %s, want %s", id, loose)
	}
	if w.Len() != 1 || w.Size() != size {
		t.Errorf("the pack grew to %d objects, %d bytes", w.Len(), w.Size())
	}
	finish(t, w)

	w = writer(t, s, dir)
	put(t)(w.Put(gitpack.Blob, []byte("one\n")))
	if name := finish(t, w); name != "" {
		t.Errorf("an object of the store went into %s", name)
	}
	if _, err := w.Put(gitpack.Blob, []byte("late")); err == nil {
		t.Error("a finished writer accepts objects")
	}
}

func TestPutDelta(t *testing.T) {
	base, other := text(1, 100), text(2, 100)
	insert := func(all []byte) []byte {
		d := gitpack.NewDelta(int64(len(base)), int64(len(all)))
		d.Insert(all)
		return d.Bytes()
	}
	grown := append(bytes.Clone(base), "and more\n"...)
	d := gitpack.NewDelta(int64(len(base)), int64(len(grown)))
	d.Copy(0, int64(len(base)))
	d.Insert([]byte("and more\n"))
	good := d.Bytes()
	for _, test := range []struct {
		name      string
		data      []byte
		kind      gitpack.Kind
		delta     []byte
		delta4git bool // stored as a delta
		fails     bool
	}{
		{name: "good", data: grown, kind: gitpack.Blob, delta: good, delta4git: true},
		{name: "another kind", data: grown, kind: gitpack.Tag, delta: good},
		{name: "no delta", data: grown, kind: gitpack.Blob},
		{name: "not worth it", data: other, kind: gitpack.Blob, delta: insert(other)},
		{name: "other size", data: append(grown, 'x'), kind: gitpack.Blob, delta: good, fails: true},
		{name: "cut off", data: grown, kind: gitpack.Blob, delta: good[:len(good)-1], fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := bare(t)
			s := open(t, dir)
			w := writer(t, s, dir)
			from := put(t)(w.Put(gitpack.Blob, base))
			id, err := w.PutDelta(test.kind, test.data, from, test.delta)
			if test.fails {
				if !errors.Is(err, gitpack.ErrCorrupt) {
					t.Fatalf("got %v, want ErrCorrupt", err)
				}
				return
			}
			put(t)(id, err)
			finish(t, w)
			checkRead(t, s, id, test.kind, test.data)
			out := git(t, dir, id.String()+"\n", "cat-file", "--batch-check=%(deltabase)")
			if got := strings.TrimSpace(out) == from.String(); got != test.delta4git {
				t.Errorf("stored as a delta: %t, want %t", got, test.delta4git)
			}
		})
	}
}

func TestDeltaOfObjectInAnotherPackIsStoredWhole(t *testing.T) {
	dir := bare(t)
	s := open(t, dir)
	w := writer(t, s, dir)
	base := text(1, 50)
	from := put(t)(w.Put(gitpack.Blob, base))
	finish(t, w)
	w = writer(t, s, dir)
	data := edit(1, base)
	id := put(t)(w.PutAgainst(gitpack.Blob, data, from, base))
	name := finish(t, w)
	git(t, dir, "", "verify-pack", "objects/pack/"+name+".idx")
	checkRead(t, s, id, gitpack.Blob, data)
}

func TestWriterOfSeveralGoroutines(t *testing.T) {
	dir := bare(t)
	s := open(t, dir)
	w := writer(t, s, dir)
	base := text(1, 200)
	from := put(t)(w.Put(gitpack.Blob, base))
	var wg sync.WaitGroup
	for range 4 { // all write the same objects
		wg.Go(func() {
			for i := range 300 {
				data := edit(uint64(i), base)
				id, err := w.PutAgainst(gitpack.Blob, data, from, base)
				if err != nil {
					t.Error(err)
					return
				}
				if _, got, err := w.Read(id); err != nil || !bytes.Equal(got, data) {
					t.Errorf("read back %d bytes, %v; want %d", len(got), err, len(data))
					return
				}
			}
		})
	}
	wg.Wait()
	if w.Len() != 301 {
		t.Errorf("wrote %d objects, want 301", w.Len())
	}
	git(t, dir, "", "verify-pack", "objects/pack/"+finish(t, w)+".idx")
}

func TestPutStream(t *testing.T) {
	for _, size := range []int{0, 1, 4 << 20, 9 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			dir := bare(t)
			s := open(t, dir)
			w := writer(t, s, dir)
			data := noise(uint64(size), size)
			before := put(t)(w.Put(gitpack.Blob, []byte("before")))
			id := put(t)(w.PutStream(gitpack.Blob, int64(size), bytes.NewReader(data)))
			after := put(t)(w.Put(gitpack.Blob, []byte("after")))
			if want := gitpack.Hash(gitpack.Blob, data); id != want {
				t.Fatalf("got %s, want %s", id, want)
			}
			checkRead(t, w, id, gitpack.Blob, data)
			git(t, dir, "", "verify-pack", "objects/pack/"+finish(t, w)+".idx")
			checkRead(t, s, id, gitpack.Blob, data)
			checkRead(t, s, before, gitpack.Blob, []byte("before"))
			checkRead(t, s, after, gitpack.Blob, []byte("after"))
			checkNoTemporaryFiles(t, dir)
		})
	}
}

func TestPutStreamOfAnotherLength(t *testing.T) {
	dir := bare(t)
	w := writer(t, nil, dir)
	for _, size := range []int{10, 5 << 20} {
		for _, off := range []int{-1, 1} {
			if _, err := w.PutStream(gitpack.Blob, int64(size), bytes.NewReader(make([]byte, size+off))); err == nil {
				t.Errorf("%d bytes were taken for %d", size+off, size)
			}
		}
	}
	if w.Len() != 0 {
		t.Errorf("%d objects were written", w.Len())
	}
	checkNoTemporaryFiles(t, dir)
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := bare(t)
	w := writer(t, nil, dir)
	put(t)(w.Put(gitpack.Blob, noise(1, 3<<20)))
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "objects", "pack"))
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
