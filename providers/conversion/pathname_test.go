package conversion

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// awkwardNames are names of which some must not be in a tree.
func awkwardNames() []string {
	names := []string{
		".", "..", "...", ".gi", ".gitx", "git", "a", "con", "a b", "ends.", "ends ", "a\\b", "\xff",
		".git", ".GIT", ".gIt", "git~1", "GIT~1", "git~2", "git~10", "git~1x", ".git ", ".git.", ".git . .", ".git.x", ".git x",
		".git::$INDEX_ALLOCATION", ".git:x", "git~1:x", "git~1. ", ".git\\x", ".git\\", "a\\.git", "a\\.git\\b", "a\\git~1", "a\\.gitx", "x.git",
		".g\u200cit", "\u200d.git", ".git\u200e", ".gi\u202et", ".\u206fgit", ".git\ufeff", ".git\u2060", ".GI\u200fT", ".git\xff", ".gi\xfft", ".g\u0131t", "．git",
		strings.Repeat("a", 255),
	}
	for _, base := range []string{"gitmodules", "gitattributes", "gitignore", "mailmap"} {
		short := strings.ToUpper(base[:6])
		names = append(names, "."+base, "."+strings.ToUpper(base), "."+base+" ", "."+base+".", "."+base+":x", "."+base+"x", ".\u200c"+base, "x\\."+base,
			short+"~1", short+"~4", short+"~5", short+"~1.", strings.ToLower(short)+"~1", base)
	}
	return append(names, "GI7EBA~1", "gi7eba~9", "gi7eb~10", "gi7eb~01", "gi7e~123", "gi7eba~0", "gi7eba~1 ", "~1000000", "~0000000", "GI7D29~1", "gi7d2~11", "gi250a~1")
}

// TestEntryProblemAgainstGit has git check trees with one awkward name each.
func TestEntryProblemAgainstGit(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--bare", dir)
	w, err := gitpack.NewWriter(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	put := func(k gitpack.Kind, data []byte) gitpack.ID {
		id, err := w.Put(k, data)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	blob := put(gitpack.Blob, nil)
	cases := map[string]gittree.Entry{} // by the ids of the tree and of what is in it
	for i, name := range awkwardNames() {
		for _, mode := range []gittree.Mode{gittree.File, gittree.Executable, gittree.Symlink, gittree.Directory, gittree.Submodule} {
			unique := fmt.Appendf(nil, "# %d %s", i, mode)
			e := gittree.Entry{Name: name, Mode: mode, ID: put(gitpack.Blob, unique)}
			switch mode {
			case gittree.Directory:
				e.ID = put(gitpack.Tree, gittree.Encode([]gittree.Entry{{Name: string(unique), Mode: gittree.File, ID: blob}}))
			case gittree.Submodule:
				e.ID = gitpack.Hash(gitpack.Commit, unique)
			}
			tree := put(gitpack.Tree, gittree.Encode([]gittree.Entry{e}))
			cases[tree.String()], cases[e.ID.String()] = e, e
		}
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "git", "--git-dir="+dir, "fsck", "--strict", "--no-dangling")
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 1 {
		t.Fatalf("git fsck: %v\n%s", err, out)
	}
	refused := map[gittree.Entry]string{}
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, "error in "); ok {
			_, rest, _ = strings.Cut(rest, " ")
			id, problem, _ := strings.Cut(rest, ": ")
			refused[cases[id]] = problem
		}
	}
	for _, e := range cases {
		if problem := EntryProblem(e.Name, e.Mode); (problem != "") != (refused[e] != "") {
			t.Errorf("%q as %s: %q; git says %q", e.Name, e.Mode, problem, refused[e])
		}
	}
}

func TestPathProblem(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", "a\x00b", ".git", "sub\\.GIT", strings.Repeat("a", 4097)} {
		if PathProblem(name) == "" {
			t.Errorf("%.20q passed", name)
		}
	}
	for _, name := range []string{"a", ".gitignore", ".gitmodules", ".svn", "git", strings.Repeat("a", 4096)} {
		if problem := PathProblem(name); problem != "" {
			t.Errorf("%.20q %s", name, problem)
		}
	}
}

func FuzzEntryProblem(f *testing.F) {
	for _, name := range awkwardNames() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		problem := PathProblem(name)
		folded := strings.ToLower(strings.TrimRight(name, ". "))
		if (folded == ".git" || folded == "git~1") && problem == "" {
			t.Errorf("%q passed", name)
		}
		if problem == "" && EntryProblem(name, gittree.File) != "" {
			t.Errorf("%q is refused for a file only", name)
		}
	})
}
