package subversion

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
	"github.com/drover-migrate/drover/schema"
)

// converted is the result of a conversion.
type converted struct {
	t      testing.TB
	dir    string
	export providers.Export
	label  map[string]string // of commits: "r3 trunk"
}

// with are settings of a repository block.
type with map[string]any

func newSource(t testing.TB) providers.Source {
	t.Helper()
	s, err := openSource(t.Context(), providers.Config{Dir: t.TempDir(), Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func blockOf(t testing.TB, url string, settings with) json.RawMessage {
	t.Helper()
	all := map[string]any{"vcs_url": url}
	for name, value := range settings {
		all[name] = value
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// into converts what is at url into dir.
func into(t testing.TB, dir, url string, settings with) *converted {
	t.Helper()
	export, err := newSource(t).ExportGit(t.Context(), providers.ExportRequest{
		Repo: providers.Repo{Settings: blockOf(t, url, settings)}, Part: providers.PartCode, Dir: dir,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &converted{t: t, dir: dir, export: export, label: map[string]string{}}
	for r, err := range conversion.ReadRevisions(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if c.label[r.Commit.String()] == "" {
			c.label[r.Commit.String()] = r.Source + " " + r.Branch
		}
	}
	return c
}

// convert converts a history, checks the result with git, and converts it once
// more in two runs, which must end the same.
func convert(t testing.TB, h *svntest.History, settings with) *converted {
	t.Helper()
	c := into(t, filepath.Join(t.TempDir(), "raw.git"), h.DumpFile(t), settings)
	c.git("fsck", "--strict", "--no-dangling")
	steps := filepath.Join(t.TempDir(), "raw.git")
	var last *converted
	for _, to := range []int64{h.Latest() / 2, h.Latest()} {
		file := filepath.Join(t.TempDir(), "part.dump")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.DumpRange(f, 0, to); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		last = into(t, steps, file, settings)
	}
	if settings["layout"] != nil { // one that is found depends on when it is looked for
		if diff := gocmp.Diff(c.export, last.export); diff != "" {
			t.Errorf("converted at once, in two runs (-at once +in two runs):\n%s", diff)
		}
	}
	return c
}

// standardLayout is the layout block of most tests.
var standardLayout = map[string]any{"trunk": "trunk", "branches": []string{"branches/*"}, "tags": []string{"tags/*"}}

func (c *converted) git(args ...string) string {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), "git", append([]string{"-C", c.dir}, args...)...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// graph tells where the refs are and what the parents of commits are:
//
//	refs/heads/main r3 trunk
//	r3 trunk < r2 trunk
func (c *converted) graph() string {
	c.t.Helper()
	var lines []string
	for line := range strings.SplitSeq(c.git("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)"), "\n") {
		fields := strings.Fields(line)
		if len(fields) > 0 {
			lines = append(lines, fields[0]+" "+c.label[fields[len(fields)-1]])
		}
	}
	refs := len(lines)
	for line := range strings.SplitSeq(c.git("log", "--all", "--format=%H %P"), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		text := c.label[fields[0]]
		for i, p := range fields[1:] {
			text += []string{" < ", " + "}[min(i, 1)] + c.label[p]
		}
		lines = append(lines, text)
	}
	slices.SortFunc(lines[refs:], func(a, b string) int { return cmp.Or(revisionOf(a)-revisionOf(b), strings.Compare(a, b)) })
	return strings.Join(lines, "\n")
}

func revisionOf(label string) int {
	number, _, _ := strings.Cut(strings.TrimPrefix(label, "r"), " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		panic(err)
	}
	return n
}

// files lists the files of a commit with their modes and contents.
func (c *converted) files(rev string) map[string]string {
	c.t.Helper()
	files := map[string]string{}
	for line := range strings.SplitSeq(c.git("ls-tree", "-r", "-z", rev), "\x00") {
		meta, path, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		fields := strings.Fields(meta)
		out, err := exec.CommandContext(c.t.Context(), "git", "-C", c.dir, "cat-file", "blob", fields[2]).Output()
		if err != nil {
			c.t.Fatal(err)
		}
		mode := map[string]string{"100644": "", "100755": "x ", "120000": "-> ", "160000": "module "}[fields[0]]
		files[path] = mode + string(out)
	}
	return files
}

// losses lists losses as "CODE PATH REVISION COUNT".
func (c *converted) losses() []string {
	var list []string
	for _, l := range c.export.Losses {
		list = append(list, fmt.Sprintf("%s %s %s %d", l.Code, l.Path, l.Revision, l.Count))
	}
	return list
}

func (c *converted) lossOf(code string) []schema.Loss {
	return slices.DeleteFunc(slices.Clone(c.export.Losses), func(l schema.Loss) bool { return l.Code != code })
}

func wantGraph(t testing.TB, c *converted, want string) {
	t.Helper()
	want = strings.ReplaceAll(strings.TrimSpace(want), "\t", "")
	if diff := gocmp.Diff(strings.Split(want, "\n"), strings.Split(c.graph(), "\n")); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func wantFiles(t testing.TB, c *converted, rev string, want map[string]string) {
	t.Helper()
	if diff := gocmp.Diff(want, c.files(rev)); diff != "" {
		t.Errorf("files of %s (-want +got):\n%s", rev, diff)
	}
}

func TestBranchesAndTags(t *testing.T) {
	h := svntest.Must(t, `
r1 alice
  A trunk/
  A branches/
  A tags/
r2
  A trunk/a.txt "one\n"
r3
  C trunk@2 branches/work
r4 bob
  M branches/work/a.txt "two\n"
r5
  C trunk@4 tags/v1
r6
  A trunk/b.txt "b\n"
`)
	c := convert(t, h, with{"layout": standardLayout})
	wantGraph(t, c, `
		refs/heads/main r6 trunk
		refs/heads/work r4 branches/work
		refs/tags/v1 r2 trunk
		r1 trunk
		r2 trunk < r1 trunk
		r3 branches/work < r2 trunk
		r4 branches/work < r3 branches/work
		r6 trunk < r2 trunk`)
	wantFiles(t, c, "work", map[string]string{"a.txt": "two\n"})
	wantFiles(t, c, "main", map[string]string{"a.txt": "one\n", "b.txt": "b\n"})
	if got := c.export.DefaultBranch; got != "refs/heads/main" {
		t.Errorf("default branch %q", got)
	}
}

// wantTrees compares the trees of all commits with the history.
func wantTrees(t *testing.T, h *svntest.History, c *converted) {
	t.Helper()
	store, err := gitpack.Open(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	trees := gittree.New(gittree.ReadOnly(store), 1<<20)
	roots := map[string]gitpack.ID{}
	for line := range strings.SplitSeq(c.git("log", "--all", "--format=%H %T"), "\n") {
		commit, tree, _ := strings.Cut(line, " ")
		if roots[commit], err = gitpack.ParseID(tree); err != nil {
			t.Fatal(err)
		}
	}
	for r, err := range conversion.ReadRevisions(c.dir) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Branch == "/" {
			continue // without the lines inside of it, which tests of their own look at
		}
		rev, err := strconv.ParseInt(strings.TrimPrefix(r.Source, "r"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]svntest.GitFile{}
		for e, err := range trees.Walk(roots[r.Commit.String()]) {
			if err != nil {
				t.Fatal(err)
			}
			if !e.Mode.IsDirectory() {
				got[e.Name] = svntest.GitFile{Mode: e.Mode.String(), ID: e.ID.String()}
			}
		}
		if diff := gocmp.Diff(h.GitFiles(rev, r.Branch), got); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", r.Source, r.Branch, diff)
		}
	}
}
