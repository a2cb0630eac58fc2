package svnserver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// Repository makes a repository on disk that holds a history, by the name
// "repository", and returns the folder that it is in.
func Repository(t testing.TB, h *svntest.History) (root string) {
	t.Helper()
	// The database of texts that are alike takes most of the time of a load.
	dir := h.Create(t, "[rep-sharing]\nenable-rep-sharing = false\n")
	if err := os.Chmod(filepath.Join(dir, "db", "fsfs.conf"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.Load(t, dir, 0, h.Latest())
	return filepath.Dir(dir)
}
