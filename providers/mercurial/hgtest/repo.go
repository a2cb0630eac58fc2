// Package hgtest makes Mercurial repositories for tests: small ones by running
// the real hg ([New]), and large ones of known content natively ([Generate]).
//
// It is for tests only. Tests that need hg are skipped, with a message, where
// it is not installed.
package hgtest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/cmdserver"
)

// Repo is a repository made by hg.
type Repo struct {
	Dir     string
	t       testing.TB
	config  []string
	commits int

	server *cmdserver.Server // nil until the first command that it can carry out
}

// New makes an empty repository. Settings, such as "format.dotencode=no", hold
// for every command. Nothing that the user or the system has configured does.
func New(t testing.TB, settings ...string) *Repo {
	t.Helper()
	r := configured(t, settings)
	r.Hg("init", ".")
	return r
}

// Clone makes a repository with what another holds and shares, written anew in
// the format that settings ask for.
func Clone(t testing.TB, of *Repo, settings ...string) *Repo {
	t.Helper()
	r := configured(t, settings)
	r.Hg("clone", "-q", "--pull", "-U", of.Dir, ".")
	return r
}

func configured(t testing.TB, settings []string) *Repo {
	t.Helper()
	Need(t)
	r := &Repo{Dir: t.TempDir(), t: t}
	for _, s := range append([]string{"ui.username=Ada <ada@example.org>", "ui.merge=internal:merge"}, settings...) {
		r.config = append(r.config, "--config", s)
	}
	return r
}

// Need skips the test when hg is not installed.
func Need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("hg"); err != nil {
		t.Skip("hg is not installed; install Mercurial to run this test")
	}
}

// Hg runs hg in the repository and returns what it printed.
func (r *Repo) Hg(args ...string) string {
	r.t.Helper()
	out, err := r.Try(args...)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// Try is Hg for commands that may fail.
func (r *Repo) Try(args ...string) (string, error) {
	var out, errs bytes.Buffer
	if err := r.run(&out, &errs, args); err != nil {
		return out.String(), fmt.Errorf("hg %s: %w\n%s%s", strings.Join(args, " "), err, errs.String(), out.String())
	}
	return out.String(), nil
}

// run has one process carry out most commands. What makes the repository, or is
// configured for itself, gets a process of its own: extensions cannot be unloaded.
func (r *Repo) run(stdout, stderr io.Writer, args []string) error {
	if slices.Contains([]string{"init", "clone"}, args[0]) || slices.Contains(args, "--config") {
		cmd := r.Command(args...)
		cmd.Stdout, cmd.Stderr = stdout, stderr
		return cmd.Run()
	}
	if r.server == nil {
		server, err := cmdserver.Start(r.Command(cmdserver.Arguments()...))
		if err != nil {
			return err
		}
		r.server = server
		r.t.Cleanup(func() {
			if err := server.Close(); err != nil {
				r.t.Errorf("end hg: %v", err)
			}
		})
	}
	code, err := r.server.Run(stdout, stderr, args...)
	if err == nil && code != 0 {
		err = fmt.Errorf("exit status %d", code)
	}
	return err
}

// Command is one run of hg in the repository.
func (r *Repo) Command(args ...string) *exec.Cmd {
	cmd := exec.Command("hg", append(r.config[:len(r.config):len(r.config)], args...)...)
	cmd.Dir = r.Dir
	cmd.Env = Environment()
	return cmd
}

// Environment is in which hg does the same everywhere.
func Environment() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "TMPDIR=" + os.TempDir(),
		"HGRCPATH=", "HGPLAIN=1", "HGENCODING=UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC",
	}
}

// Write makes a file of the working folder.
func (r *Repo) Write(path, content string) {
	r.t.Helper()
	name := filepath.Join(r.Dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

// Commit records all of the working folder, additions and removals included.
// Each commit is a second later than the one before, beginning at 1,000,000,000.
// Further arguments are those of hg commit; a later -d or -u wins.
func (r *Repo) Commit(message string, args ...string) {
	r.t.Helper()
	date := fmt.Sprintf("%d 0", 1_000_000_000+r.commits)
	r.commits++
	r.Hg(append([]string{"commit", "-q", "-A", "-m", message, "-d", date}, args...)...)
}

// ID is the changeset that a revision expression stands for.
func (r *Repo) ID(rev string) string {
	r.t.Helper()
	return r.Hg("log", "--hidden", "-r", rev, "-T", "{node}")
}

// Changesets lists all changesets, also hidden ones, by number.
func (r *Repo) Changesets() []string {
	r.t.Helper()
	return strings.Fields(r.Hg("log", "--hidden", "-r", "all()", "-T", "{node}\n"))
}

// Bundle makes a bundle file with these arguments of hg bundle and returns it.
func (r *Repo) Bundle(args ...string) []byte {
	r.t.Helper()
	name := filepath.Join(r.t.TempDir(), "bundle.hg")
	r.Hg(append(append([]string{"bundle", "-q"}, args...), name)...)
	data, err := os.ReadFile(name)
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}
