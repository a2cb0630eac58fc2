package sourcetest

import (
	"os"
	"path/filepath"
	"testing"
)

// Self is a path of the test's own program that ends with another name. Its TestMain
// serves a provider under that name.
func Self(t testing.TB, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}
