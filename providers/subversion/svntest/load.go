package svntest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Must makes the history that a script describes.
func Must(t testing.TB, script string) *History {
	t.Helper()
	h, err := Parse(script)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// DumpFile writes the history as a dump file and returns its path.
func (h *History) DumpFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.dump")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Dump(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// Repository makes a repository on disk that holds the history and returns
// its path. The test is skipped where Subversion is not installed.
func (h *History) Repository(t testing.TB) string {
	t.Helper()
	dir := h.Create(t, "")
	h.Load(t, dir, 0, h.Latest())
	return dir
}

// Create makes an empty repository on disk. Configuration is what its
// fsfs.conf shall say, options are those of svnadmin create.
func (h *History) Create(t testing.TB, configuration string, options ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository")
	Run(t, nil, "svnadmin", append(append([]string{"create"}, options...), dir)...)
	if configuration != "" {
		if err := os.WriteFile(filepath.Join(dir, "db", "fsfs.conf"), []byte(configuration), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Load adds the revisions from..to to a repository on disk, which must hold
// those before.
func (h *History) Load(t testing.TB, dir string, from, to int64) {
	t.Helper()
	var dump bytes.Buffer
	if err := h.DumpRange(&dump, from, to); err != nil {
		t.Fatal(err)
	}
	// Old servers let properties in that today's refuse, and tests want them.
	Run(t, dump.Bytes(), "svnadmin", "load", "--quiet", "--no-flush-to-disk", "--bypass-prop-validation", "--force-uuid", dir)
}

// Run runs a program and returns what it printed. The test is skipped when
// the program is not installed.
func Run(t testing.TB, input []byte, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.Bytes())
	}
	return out
}
