package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/mercurial/hg/store"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// TestTextsOfEveryFormat reads repositories in all formats that hg still
// writes, and compares each revision of each log with what hg reads.
func TestTextsOfEveryFormat(t *testing.T) {
	formats := map[string][]string{
		"today's":          nil,
		"zlib":             {"format.revlog-compression=zlib"},
		"zstd":             {"format.revlog-compression=zstd"},
		"no compression":   {"format.revlog-compression=none"},
		"no sparse":        {"format.sparse-revlog=no"},
		"no general delta": {"format.sparse-revlog=no", "format.usegeneraldelta=no", "format.generaldelta=no"},
		"no dotencode":     {"format.dotencode=no"},
		"no fncache":       {"format.usefncache=no", "format.dotencode=no"},
		"no store":         {"format.usestore=no", "format.usefncache=no", "format.dotencode=no"},
		"share-safe":       {"format.use-share-safe=yes", "format.bookmarks-in-store=yes", "format.use-dirstate-v2=yes", "storage.dirstate-v2.slow-path=allow"},
	}
	original := hgtest.New(t)
	hgtest.Fill(original)
	for name, settings := range formats {
		t.Run(name, func(t *testing.T) {
			r := hgtest.Clone(t, original, settings...)
			repo, err := store.Open(r.Dir, store.Options{Scratch: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer repo.Close()
			if diff := cmp.Diff(r.Dump(), hgtest.Read(t, repo)); diff != "" {
				t.Errorf("texts (-hg +store):\n%s", diff)
			}
			node, ok := repo.Bookmarks()["here"]
			if got, want := node.String(), r.ID("here"); !ok || got != want {
				t.Errorf("bookmark: got %s, want %s", got, want)
			}
		})
	}
}
