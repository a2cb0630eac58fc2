package tfvc

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/tfvc/tfvctest"
)

// with are settings of a repository block.
type with map[string]any

// maker makes one or more changesets.
type maker func(c *tfvctest.Collection)

// converted is the result of a conversion.
type converted struct {
	t      testing.TB
	source providers.Source
	repo   providers.Repo
	dir    string
	export providers.Export
	label  map[string]string // of commits: "C3 Main"
}

func newSource(t testing.TB, secrets map[string]string) providers.Source {
	t.Helper()
	s, err := openSource(t.Context(), providers.Config{Dir: t.TempDir(), Scratch: t.TempDir(), Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func repoOf(t testing.TB, c *tfvctest.Collection, settings with) providers.Repo {
	t.Helper()
	all := map[string]any{"vcs_url": c.Serve(), "tfvc_project": "P"}
	maps.Copy(all, settings)
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return providers.Repo{Settings: raw}
}

// into converts a collection into dir.
func into(t testing.TB, dir string, c *tfvctest.Collection, settings with) *converted {
	t.Helper()
	out := &converted{t: t, source: newSource(t, nil), repo: repoOf(t, c, settings), dir: dir, label: map[string]string{}}
	var err error
	out.export, err = out.source.ExportGit(t.Context(), providers.ExportRequest{Repo: out.repo, Part: providers.PartCode, Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range conversion.ReadRevisions(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if name := r.Commit.String(); out.label[name] == "" {
			out.label[name] = r.Source + " " + strings.Trim(r.Branch, "/")
		}
	}
	return out
}

func rawDir(t testing.TB) string { return filepath.Join(t.TempDir(), "raw.git") }

// convert makes a collection, converts it, and checks the result with git and
// with what the server lists for every commit. Then it converts another one
// after each step, which must end the same.
func convert(t testing.TB, settings with, steps ...maker) *converted {
	t.Helper()
	all := tfvctest.New(t)
	all.Project("P")
	for _, s := range steps {
		s(all)
	}
	c := into(t, rawDir(t), all, settings)
	c.git("fsck", "--strict", "--no-dangling")
	c.verify(true)
	dir, grown := rawDir(t), tfvctest.New(t)
	grown.Project("P")
	var last *converted
	for _, s := range steps {
		s(grown)
		last = into(t, dir, grown, settings)
	}
	if diff := cmp.Diff(c.export.Refs, last.export.Refs); diff != "" {
		t.Errorf("refs after many runs (-at once +in steps):\n%s\nat once:\n%s\nin steps:\n%s", diff, c.graph(), last.graph())
	}
	if diff := cmp.Diff(lossCodes(c), lossCodes(last)); diff != "" {
		t.Errorf("losses after many runs (-at once +in steps):\n%s", diff)
	}
	return c
}

func lossCodes(c *converted) (codes []string) {
	for _, l := range c.export.Losses {
		codes = append(codes, strings.TrimSpace(fmt.Sprintf("%s %s %s", l.Code, l.Path, l.Revision)))
	}
	return codes
}

// verify expects no differences to the source.
func (c *converted) verify(every bool) {
	c.t.Helper()
	n := 0
	for v, err := range c.source.VerifyGit(c.t.Context(), providers.VerifyRequest{Repo: c.repo, Part: providers.PartCode, Dir: c.dir, Every: every}, nil) {
		if err != nil {
			c.t.Fatal(err)
		}
		n++
		for _, d := range v.Differences {
			c.t.Errorf("%s %s: %s %s", v.Ref, c.label[v.Commit], d.Path, d.Problem)
		}
	}
	if n < len(c.export.Refs) {
		c.t.Errorf("%d commits were compared, and there are %d refs", n, len(c.export.Refs))
	}
}

func (c *converted) git(args ...string) string {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), "git", append([]string{"--git-dir", c.dir}, args...)...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// files are the texts of a commit by path.
func (c *converted) files(commit string) map[string]string {
	c.t.Helper()
	store, err := gitpack.Open(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	defer store.Close()
	root, err := gitpack.ParseID(strings.TrimSpace(c.git("rev-parse", commit+"^{tree}")))
	if err != nil {
		c.t.Fatal(err)
	}
	files := map[string]string{}
	for e, err := range gittree.New(gittree.ReadOnly(store), 1<<20).Walk(root) {
		if err != nil {
			c.t.Fatal(err)
		}
		_, text, err := store.Read(e.ID)
		if err != nil {
			c.t.Fatal(err)
		}
		files[e.Name] = string(text)
	}
	return files
}

// graph lists the commits that refs lead to, with their parents, and the refs.
func (c *converted) graph() string {
	c.t.Helper()
	var lines []string
	for line := range strings.Lines(c.git("log", "--all", "--format=%H %P")) {
		var words []string
		for _, id := range strings.Fields(line) {
			name := c.label[id]
			if name == "" {
				name = "label commit"
			}
			words = append(words, strings.TrimSpace(name))
		}
		text := words[0]
		if len(words) > 1 {
			text += " <- " + strings.Join(words[1:], ", ")
		}
		lines = append(lines, text)
	}
	slices.SortFunc(lines, func(a, b string) int {
		var m, n int
		fmt.Sscanf(a, "C%d", &m)
		fmt.Sscanf(b, "C%d", &n)
		if m != n {
			return m - n
		}
		return strings.Compare(a, b)
	})
	for _, name := range slices.Sorted(maps.Keys(c.export.Refs)) {
		commit := strings.TrimSpace(c.git("rev-parse", name+"^{commit}"))
		at := c.label[commit]
		if at == "" {
			at = "label commit"
		}
		lines = append(lines, name+" = "+strings.TrimSpace(at))
	}
	return strings.Join(lines, "\n")
}

// wantGraph compares the graph with lines of text.
func (c *converted) wantGraph(want string) {
	c.t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if diff := cmp.Diff(strings.Join(lines, "\n"), c.graph()); diff != "" {
		c.t.Errorf("graph (-want +got):\n%s", diff)
	}
}

func (c *converted) wantLosses(want ...string) {
	c.t.Helper()
	got := lossCodes(c)
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// one makes one changeset of operations.
func one(ops ...tfvctest.Op) maker {
	return func(c *tfvctest.Collection) { c.Commit("a change", ops...) }
}

var (
	add    = func(p, text string) tfvctest.Op { return tfvctest.Add("$/P/"+p, text) }
	edit   = func(p, text string) tfvctest.Op { return tfvctest.Edit("$/P/"+p, text) }
	remove = func(p string) tfvctest.Op { return tfvctest.Delete("$/P/" + p) }
	rename = func(a, b string) tfvctest.Op { return tfvctest.Rename("$/P/"+a, "$/P/"+b) }
)

// TestChanges takes each way to change items through all ways to list them. The
// server is the judge of what is there after every changeset.
func TestChanges(t *testing.T) {
	base := one(add("a.txt", "a\n"), add("b.txt", "b\n"), add("dir/x.txt", "x\n"), add("dir/sub/y.txt", "y\n"), add("other/z.txt", "z\n"), add("empty.txt", ""))
	tests := map[string][]maker{
		"edit":                        {one(edit("a.txt", "a2\n"))},
		"delete a file":               {one(remove("a.txt"))},
		"delete a folder":             {one(remove("dir"))},
		"rename a file":               {one(rename("a.txt", "c.txt"))},
		"rename and edit":             {one(tfvctest.RenameEdit("$/P/a.txt", "$/P/new/c.txt", "c\n"))},
		"rename a folder":             {one(rename("dir", "moved"))},
		"rename into itself":          {one(rename("dir/sub", "dir/inner/deep"))},
		"rename a folder upwards":     {one(rename("dir/sub", "sub"))},
		"delete A and rename B to A":  {one(remove("a.txt"), rename("b.txt", "a.txt"))},
		"rename B to A, then delete":  {one(rename("b.txt", "a.txt"), remove("a.txt"))},
		"swap files":                  {one(rename("a.txt", "b.txt"), rename("b.txt", "a.txt"))},
		"swap folders":                {one(rename("dir", "other"), rename("other", "dir"))},
		"chain of renames":            {one(rename("b.txt", "c.txt"), rename("a.txt", "b.txt"))},
		"delete folder, rename to it": {one(remove("dir"), rename("other", "dir"))},
		"file becomes a folder":       {one(remove("a.txt"), add("a.txt/inside", "i\n"))},
		"folder becomes a file":       {one(remove("dir"), add("dir", "d\n"))},
		"case of a file":              {one(rename("a.txt", "A.TXT")), one(edit("A.TXT", "later\n"))},
		"case of a folder":            {one(rename("dir", "DIR")), one(edit("dir/x.txt", "later\n"), add("dir/new.txt", "n\n"))},
		"case in a later change":      {one(edit("DIR/X.txt", "later\n")), one(add("Dir/Sub/new.txt", "n\n")), one(remove("DIR/sub/Y.TXT"))},
		"branch a file":               {one(tfvctest.Branch("$/P/a.txt", "$/P/copy.txt"))},
		"branch a folder":             {one(tfvctest.Branch("$/P/dir", "$/P/copy"))},
		"branch an old version":       {one(edit("dir/x.txt", "x2\n")), one(tfvctest.BranchAt("$/P/dir", "$/P/copy", 2))},
		"undelete a file":             {one(remove("a.txt")), one(tfvctest.Undelete("$/P/a.txt"))},
		"undelete a folder":           {one(remove("dir")), one(edit("a.txt", "2\n")), one(tfvctest.Undelete("$/P/dir"))},
		"rollback":                    {one(edit("a.txt", "a2\n")), one(tfvctest.Rollback("$/P/a.txt", 2))},
		"lock, property, encoding":    {one(tfvctest.Note("lock", "$/P/a.txt"), tfvctest.Note("property", "$/P/dir"), tfvctest.Note("encoding", "$/P/b.txt"))},
		"merge into a file":           {one(tfvctest.Branch("$/P/dir", "$/P/copy")), one(edit("dir/x.txt", "x3\n")), one(tfvctest.Merge("$/P/dir", "$/P/copy", 4, 4, nil, nil))},
		"to and from empty":           {one(edit("a.txt", ""), edit("empty.txt", "full\n"))},
		"delete everything":           {one(remove("a.txt"), remove("b.txt"), remove("dir"), remove("other"), remove("empty.txt"))},
		"an unknown word":             {one(tfvctest.EditAs("edit, somethingNew", "$/P/a.txt", "new\n"))},
	}
	servers := map[string]func(c *tfvctest.Collection){
		"plain":             func(*tfvctest.Collection) {},
		"folders unlisted":  func(c *tfvctest.Collection) { c.Unlisted = true },
		"no source renames": func(c *tfvctest.Collection) { c.NoSourceRenames = true },
		"reversed":          func(c *tfvctest.Collection) { c.Reversed = true },
		"unlisted, no source renames, reversed": func(c *tfvctest.Collection) {
			c.Unlisted, c.NoSourceRenames, c.Reversed = true, true, true
		},
		"no merge sources":    func(c *tfvctest.Collection) { c.NoMergeSources = true },
		"no hashes":           func(c *tfvctest.Collection) { c.NoHashes = true },
		"no batches":          func(c *tfvctest.Collection) { c.NoBatch = true },
		"fromId is exclusive": func(c *tfvctest.Collection) { c.ExclusiveFrom = true },
		"an old server":       func(c *tfvctest.Collection) { c.MaxVersion = "2.0" },
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			var first map[string]string
			for _, server := range slices.Sorted(maps.Keys(servers)) {
				c := tfvctest.New(t)
				c.Project("P")
				servers[server](c)
				base(c)
				for _, s := range steps {
					s(c)
				}
				out := into(t, rawDir(t), c, nil)
				out.verify(true)
				if first != nil { // equal refs are equal objects
					if diff := cmp.Diff(first, out.export.Refs); diff != "" {
						t.Errorf("%s: refs are not those of another server (-want +got):\n%s", server, diff)
					}
					continue
				}
				first = out.export.Refs
				out.git("fsck", "--strict", "--no-dangling")
				if diff := cmp.Diff(c.Files("$/P", c.Latest()), out.files("refs/heads/main")); diff != "" {
					t.Errorf("%s: files (-want +got):\n%s", server, diff)
				}
			}
		})
	}
}
