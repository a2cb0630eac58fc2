package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// desk is where somebody types commands: below a folder with plans.
type desk struct{ dir string }

// put writes a file that nobody else may read.
func (w desk) put(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// run runs a program and returns what it printed and the code it ended with.
func (w desk) run(t *testing.T, dir, program string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = filepath.Join(w.dir, dir)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "XDG_CONFIG_HOME="+t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatalf("%s: %v", program, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// drover runs the program and fails the test unless it ends with a code.
func (w desk) drover(t *testing.T, dir string, want int, args ...string) string {
	t.Helper()
	out, code := w.run(t, dir, "drover", args...)
	if code != want {
		t.Fatalf("drover %s ended with %d, want %d:\n%s", strings.Join(args, " "), code, want, out)
	}
	return out
}
