package gittree

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
)

func TestCacheIsBounded(t *testing.T) {
	objects := newMemory(t)
	trees := New(objects, 64<<10)
	edit := trees.Edit(Empty)
	root := gitpack.ID{}
	for i := range 2000 {
		if err := edit.Set(fmt.Sprintf("dir%d/file%d", i%50, i), File, blob(i)); err != nil {
			t.Fatal(err)
		}
		var err error
		if root, err = edit.Write(false); err != nil {
			t.Fatal(err)
		}
		if trees.cache.used > trees.cache.limit {
			t.Fatalf("the cache holds %d bytes", trees.cache.used)
		}
	}
	used, count := 0, 0
	for n := trees.cache.newest; n != nil; n = n.older {
		used += n.cost()
		count++
	}
	if used != trees.cache.used || count != len(trees.cache.nodes) {
		t.Errorf("%d nodes of %d bytes are linked; the cache counts %d of %d", count, used, len(trees.cache.nodes), trees.cache.used)
	}
	if count < 2 {
		t.Errorf("the cache keeps %d nodes", count)
	}
	if n := len(list(t, trees, root)); n != 2000 {
		t.Errorf("%d files, want 2000", n)
	}
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	objects := newMemory(t)
	trees := New(objects, 4<<10)
	edit := trees.Edit(Empty)
	if err := edit.Set("hot/file", File, blob(1)); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		if err := edit.Set(fmt.Sprintf("cold%d/file", i), File, blob(i)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := edit.Write(false)
	if err != nil {
		t.Fatal(err)
	}
	hot, _, err := trees.Lookup(root, "hot")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := trees.Lookup(hot.ID, "file"); err != nil {
		t.Fatal(err)
	}
	objects.reads = 0
	for i := range 500 {
		cold, _, err := trees.Lookup(root, fmt.Sprintf("cold%d", i))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []gitpack.ID{cold.ID, hot.ID} {
			if _, _, err := trees.Lookup(id, "file"); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The root is too large for the cache and read every time.
	if want := 500 + 500; objects.reads > want {
		t.Errorf("%d reads, want at most %d", objects.reads, want)
	}
}

// BenchmarkLargeDirectory changes one file of ten thousand in one directory.
func BenchmarkLargeDirectory(b *testing.B) {
	trees := New(&sink{}, 64<<20)
	edit := trees.Edit(Empty)
	for i := range 10_000 {
		if err := edit.Set(fmt.Sprintf("src/main/file-number-%d.java", i), File, blob(i)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := edit.Write(false); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := edit.Set(fmt.Sprintf("src/main/file-number-%d.java", i*7919%10_000), File, blob(-i)); err != nil {
			b.Fatal(err)
		}
		if _, err := edit.Write(false); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDeepTree changes one file of fifty thousand in many directories.
func BenchmarkDeepTree(b *testing.B) {
	trees := New(&sink{}, 64<<20)
	edit := trees.Edit(Empty)
	path := func(i int) string { return fmt.Sprintf("a%d/b%d/c%d/d%d/file%d", i%5, i%50, i%500, i%5000, i) }
	for i := range 50_000 {
		if err := edit.Set(path(i), File, blob(i)); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := edit.Write(false); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := edit.Set(path(i*7919%50_000), File, blob(-i)); err != nil {
			b.Fatal(err)
		}
		if _, err := edit.Write(false); err != nil {
			b.Fatal(err)
		}
	}
}

// sink hashes trees and forgets them.
type sink struct{}

func (sink) Read(id gitpack.ID) (gitpack.Kind, []byte, error) {
	return 0, nil, fmt.Errorf("%s: %w", id, gitpack.ErrMissing)
}

func (sink) Put(k gitpack.Kind, data []byte) (gitpack.ID, error) { return gitpack.Hash(k, data), nil }

func (sink) PutDelta(k gitpack.Kind, data []byte, _ gitpack.ID, _ []byte) (gitpack.ID, error) {
	return gitpack.Hash(k, data), nil
}
