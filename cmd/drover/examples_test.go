package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples carries out every example: its plan is formatted and valid, it
// applies, a second apply finds nothing to do, and the target holds what was
// carried over. Where repositories refer to each other, one of them was written
// before the other was there, and the second apply completes its texts.
func TestExamples(t *testing.T) {
	for _, name := range examples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyExample(t, name)
			setUp(t, dir)
			command(t, dir, "drover", "fmt", "--check")
			command(t, dir, "drover", "validate")
			planned := command(t, dir, "drover", "plan")
			if !strings.Contains(planned, " create, 0 re-sync,") || strings.Contains(planned, "\nPlan: 0 create") {
				t.Errorf("the first plan creates nothing:\n%s", planned)
			}
			applied := command(t, dir, "drover", "apply", "--yes")
			if !strings.Contains(applied, "\nApplied: ") {
				t.Errorf("the first apply says:\n%s", applied)
			}
			again := command(t, dir, "drover", "apply", "--yes")
			if strings.Contains(again, " can be completed: what ") {
				again = command(t, dir, "drover", "apply", "--yes")
			}
			if !strings.Contains(again, "\nNo changes.") {
				t.Errorf("the second apply says:\n%s", again)
			}
			command(t, dir, "drover", "verify", "--deep")
			command(t, dir, "drover", "state", "check")
		})
	}
}

// setUp runs an example's setup.sh, which exits with 77 when a program is
// missing, and its stop.sh at the end of the test.
func setUp(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "setup.sh")); err != nil {
		return
	}
	if _, err := os.Stat(filepath.Join(dir, "stop.sh")); err == nil {
		t.Cleanup(func() {
			cmd := exec.Command("sh", "stop.sh") // the test's context has ended
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("stop.sh: %v\n%s", err, out)
			}
		})
	}
	cmd := exec.CommandContext(t.Context(), "sh", "setup.sh")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 77 {
		t.Skipf("%s", out)
	}
	if err != nil {
		t.Fatalf("setup.sh: %v\n%s", err, out)
	}
}

// examples are the folders with a plan that runs as it is. The third-party provider
// is a module of its own and has its own tests; TestOrganisation gives the
// organisation its servers.
func examples(t *testing.T) []string {
	t.Helper()
	plans, err := filepath.Glob("../../examples/*/*.plan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	seen := map[string]bool{"third-party-provider": true, organisation: true}
	for _, plan := range plans {
		if name := filepath.Base(filepath.Dir(plan)); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatal("there are no examples")
	}
	return names
}

// copyExample copies an example into a small repository of its own, because an
// example may read the checkout that it is in. What earlier runs left in the
// example's folder is not copied.
func copyExample(t *testing.T, name string) string {
	t.Helper()
	top := t.TempDir()
	command(t, top, "git", "init", "-q", "-b", "main")
	if err := os.WriteFile(filepath.Join(top, "README"), []byte("A checkout.\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	command(t, top, "git", "add", "README")
	command(t, top, "git", "commit", "-q", "-m", "Begin")

	dir := filepath.Join(top, "examples", name)
	from := filepath.Join("../../examples", name)
	skip := ignored(t, from)
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		for _, pattern := range skip {
			if matched, err := filepath.Match(pattern, filepath.ToSlash(inside)); err != nil {
				return err
			} else if matched && d.IsDir() {
				return fs.SkipDir
			} else if matched {
				return nil
			}
		}
		to := filepath.Join(dir, inside)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// ignored are the patterns of an example's .gitignore.
func ignored(t *testing.T, dir string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var patterns []string
	for line := range strings.Lines(string(data)) {
		patterns = append(patterns, strings.Trim(line, "/\n"))
	}
	return patterns
}

// command runs a program that must succeed, and returns what it wrote to
// standard output.
func command(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	return commandIn(t, dir, nil, program, args...)
}

// commandIn is command with more in the environment.
func commandIn(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "XDG_CONFIG_HOME="+t.TempDir(),
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, stdout.String(), stderr.String())
	}
	return stdout.String()
}
