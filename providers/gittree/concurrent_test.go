package gittree_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// TestTreesAreShared edits and reads in several goroutines, while the writer is
// exchanged; the race detector watches.
func TestTreesAreShared(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--bare", dir)
	w, err := gitpack.NewWriter(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	trees := gittree.New(w, 8<<10)
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			edit := trees.Edit(gittree.Empty)
			for i := range 100 {
				path := fmt.Sprintf("dir%d/file%d", i%7, i)
				id := gitpack.Hash(gitpack.Blob, fmt.Append(nil, worker, i))
				if err := edit.Set(path, gittree.File, id); err != nil {
					t.Error(err)
				}
				root, err := edit.Write(false)
				if err != nil {
					t.Error(err)
				}
				trees.Use(w)
				if e, found, err := trees.Lookup(root, path); err != nil || !found || e.ID != id {
					t.Errorf("%s: %v %v %v", path, e, found, err)
				}
			}
		})
	}
	workers.Wait()
}
