package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drover-migrate/drover/schema"
)

// commands are what scripts can say besides testscript's own words.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":    exits,
		"repo":     makeRepo,
		"samerefs": sameRefs,
		"sametree": sameTree,
		"nowhere":  nowhere,
		"inside":   inside,
		"hold":     hold,
		"replace":  replace,
		"grow":     grow,

		"begin":        begin,
		"signal":       sendSignal,
		"ended":        ended,
		"appears":      appears,
		"killat":       killAt,
		"killprovider": killProvider,
		"discreet":     discreet,

		"smalldisk": smallDisk,
		"fill":      fillDisk,
		"readonly":  readOnly,
		"poke":      poke,
		"shorten":   shorten,
		"hostile":   hostile,
		"gitserver": gitServer,
		"svnserver": svnServer,
		"svndump":   svnDump,
		"hgserver":  hgServer,

		"github":   gitHub,
		"gitlab":   gitLab,
		"imports":  imports,
		"imported": imported,
		"fault":    fault,
		"asked":    asked,
		"edit":     edit,
	}
}

// exits CODE PROGRAM ARG...: the program ends with this exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// repo DIR [N]: makes a repository with N commits, a branch and a tag.
func makeRepo(ts *testscript.TestScript, neg bool, args []string) {
	n := 2
	if len(args) == 2 {
		var err error
		n, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	makeRepoAt(ts, ts.MkAbs(args[0]), n)
}

func makeRepoAt(ts *testscript.TestScript, dir string, n int) {
	git := func(a ...string) { ts.Check(ts.Exec("git", append([]string{"-C", dir}, a...)...)) }
	ts.Check(ts.Exec("git", "init", "-q", "-b", "main", "--", dir))
	for i := range n {
		ts.Check(os.WriteFile(filepath.Join(dir, "file"), []byte(strconv.Itoa(i)), 0o666))
		git("add", "file")
		git("commit", "-q", "-m", fmt.Sprintf("commit %d", i+1))
	}
	git("tag", "-a", "-m", "first", "v1")
	git("branch", "side/one")
}

// samerefs A B: both repositories have the same refs.
func sameRefs(ts *testscript.TestScript, neg bool, args []string) {
	var out [2]string
	for i := range out {
		cmd := exec.Command("git", "-C", ts.MkAbs(args[i]), "for-each-ref", "--format=%(objectname) %(refname)")
		text, err := cmd.Output()
		ts.Check(err)
		out[i] = string(text)
	}
	if (out[0] == out[1]) == neg {
		ts.Fatalf("refs of %s and %s:\n%s\n%s", args[0], args[1], out[0], out[1])
	}
}

// sametree A B: both archives hold the same records and the same refs.
func sameTree(ts *testscript.TestScript, neg bool, args []string) {
	a, err := readTree(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := readTree(ts.MkAbs(args[1]))
	ts.Check(err)
	if diff := cmp.Diff(a, b); (diff == "") == neg {
		ts.Fatalf("%s and %s (-first +second):\n%s", args[0], args[1], diff)
	}
}

// readTree returns the files below dir by their path; of a git repository, its
// refs.
func readTree(dir string) (map[string]string, error) {
	tree := map[string]string{}
	return tree, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && strings.HasSuffix(path, ".git"):
			refs, err := exec.Command("git", "-C", path, "for-each-ref").Output()
			tree[rel] = string(refs)
			if err != nil {
				return err
			}
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		data, err := os.ReadFile(path)
		tree[rel] = string(data)
		return err
	})
}

// nowhere TEXT: no file below the script's folder holds TEXT, except those
// named *.secret.
func nowhere(ts *testscript.TestScript, neg bool, args []string) {
	err := filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".secret") {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(data), args[0]) {
			err = fmt.Errorf("%s holds %s", path, args[0])
		}
		return err
	})
	ts.Check(err)
}

// inside DIR: nothing below DIR is a link that leads out of it, and no name has
// a character that acts on a terminal.
func inside(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Type()&fs.ModeSymlink != 0:
			return fmt.Errorf("%q is a link", path)
		case schema.Printable(d.Name()) != d.Name():
			return fmt.Errorf("%q is no name to show", path)
		}
		return nil
	}))
}

// hold FILE: holds the lock of a state until the script ends.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_RDWR, 0o600)
	ts.Check(err)
	ts.Check(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	ts.Defer(func() { f.Close() })
}

// grow FILE: adds a byte to the end of a file.
func grow(ts *testscript.TestScript, neg bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_WRONLY, 0)
	ts.Check(err)
	defer f.Close()
	_, err = f.Write([]byte{0})
	ts.Check(err)
}

// replace FILE OLD NEW: replaces text in a file.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	if !strings.Contains(string(data), args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(path, []byte(strings.Replace(string(data), args[1], args[2], 1)), 0o666))
}
