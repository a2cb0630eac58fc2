package subversion

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
	"github.com/drover-migrate/drover/schema"
)

// surveyOf reads the log of a script.
func surveyOf(t *testing.T, script string) *survey {
	t.Helper()
	s := newSource(t).(*source)
	repo, err := s.open(t.Context(), svntest.Must(t, script).DumpFile(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	found, err := readSurvey(t.Context(), repo, func(providers.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSurvey(t *testing.T) {
	tests := []struct {
		name, script string
		projects     string
		want         string // layout of the first project
	}{
		{"standard", beginning, "/", `layout { trunk = ["trunk"], branches = ["branches/*"], tags = ["tags/*"] }`},
		{"flat", `
r1
  A src/a.c "a"
  A README "r"
`, "", `layout { trunk = [""], branches = [], tags = [] }`},
		{"folder that is called tags", `
r1
  A src/tags/a.c "a"
  A src/branches/b.c "b"
`, "", `layout { trunk = [""], branches = [], tags = [] }`},
		{"trunk alone", `
r1
  A trunk/a.c "a"
`, "/", `layout { trunk = ["trunk"], branches = ["branches/*"], tags = ["tags/*"] }`},
		{"branches beside a trunk that is the root", `
r1
  A a.c "a"
  A tags/
r2
  A tags/v1/
  C a.c@1 tags/v1/a.c
`, "/", `layout { trunk = [""], branches = [], tags = ["tags/*"] }`},
		{"folder in the root that is called tags", `
r1
  A tags/x "x"
  A tags/y "y"
`, "", `layout { trunk = [""], branches = [], tags = [] }`},
		{"other names", `
r1
  A Trunk/a "a"
  A Branch/
  A TAGS/
`, "/", `layout { trunk = ["Trunk"], branches = ["Branch/*"], tags = ["TAGS/*"] }`},
		{"late", `
r1
  A a "a"
r2
  A trunk/
  A branches/
  V a trunk/a
`, "/", `layout { trunk = ["trunk"], branches = ["branches/*"], tags = ["tags/*"] }`},
		{"several projects", `
r1
  A one/trunk/a "a"
  A one/branches/
  A two/trunk/a "a"
`, "/one /two", `layout { trunk = ["one/trunk"], branches = ["one/branches/*"], tags = ["one/tags/*"] }`},
		{"a layout inside of a trunk is none", beginning + `
r3
  A trunk/vendor/lib/trunk/x "x"
  A branches/b/lib/trunk/y "y"
`, "/", `layout { trunk = ["trunk"], branches = ["branches/*"], tags = ["tags/*"] }`},
		{"a project that moved", beginning + `
r3
  A proj/
  V trunk proj/trunk
  V branches proj/branches
`, "/proj", `layout { trunk = ["proj/trunk" "trunk"], branches = ["proj/branches/*" "branches/*"], tags = ["proj/tags/*" "tags/*"] }`},
		{"a trunk that was renamed", beginning + `
r3
  V trunk mainline
`, "/", `layout { trunk = ["mainline" "trunk"], branches = ["branches/*"], tags = ["tags/*"] }`},
		{"a project that was copied as a whole", `
r1
  A old/trunk/a "a"
  A old/tags/
r2
  V old new
`, "/new", `layout { trunk = ["new/trunk" "old/trunk"], branches = ["new/branches/*"], tags = ["new/tags/*" "old/tags/*"] }`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := surveyOf(t, tt.script)
			found := s.candidates("")
			var names []string
			folder := ""
			for i, f := range found {
				names = append(names, "/"+f)
				if i == 0 {
					folder = f
				}
			}
			if got := strings.Join(names, " "); got != tt.projects {
				t.Errorf("projects %q, want %q", got, tt.projects)
			}
			l := s.layout(folder, "")
			if got := l.String(); got != tt.want {
				t.Errorf("layout\n%s, want\n%s", got, tt.want)
			}
		})
	}
}

func TestProjectThatMoved(t *testing.T) {
	h := svntest.Must(t, beginning+`
r3
  C trunk@2 branches/b
r4
  A proj/
  V trunk proj/trunk
  V branches proj/branches
r5
  M proj/trunk/a.txt "moved"
r6
  M proj/branches/b/a.txt "moved too"
`)
	c := convert(t, h, nil)
	wantGraph(t, c, `
		refs/heads/b r6 proj/branches/b
		refs/heads/main r5 proj/trunk
		r1 trunk
		r2 trunk < r1 trunk
		r3 branches/b < r2 trunk
		r4 proj/branches/b < r3 branches/b
		r4 proj/trunk < r2 trunk
		r5 proj/trunk < r4 proj/trunk
		r6 proj/branches/b < r4 proj/branches/b`)
	wantTrees(t, h, c)
}

const twoProjects = `
r1
  A one/trunk/a "a"
  A one/branches/
  A two/trunk/b "b"
r2 bob
  M two/trunk/b "b2"
r3
  C two/trunk@2 one/branches/from-two
`

func TestProjectChoices(t *testing.T) {
	file := svntest.Must(t, twoProjects).DumpFile(t)
	s := newSource(t)
	found, err := s.Detect(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	want := providers.Detection{Found: true, Choices: []providers.ProjectChoice{
		{Label: "/one", Settings: []byte(`{"project":"one"}`)},
		{Label: "/two", Settings: []byte(`{"project":"two"}`)},
	}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("detection (-want +got):\n%s", diff)
	}
	_, err = s.ExportGit(t.Context(), providers.ExportRequest{Repo: providers.Repo{Settings: blockOf(t, file, nil)}, Part: providers.PartCode, Dir: filepath.Join(t.TempDir(), "r.git")}, nil)
	if e := providers.AsError(err); e == nil || e.Code != providers.CodeInvalid || e.Attribute != "project" || !strings.Contains(e.Message, `"one", "two"`) {
		t.Errorf("export without a choice: %+v", e)
	}
}

func TestOneOfSeveralProjects(t *testing.T) {
	h := svntest.Must(t, twoProjects)
	c := convert(t, h, with{"project": "two"})
	wantGraph(t, c, `
		refs/heads/main r2 two/trunk
		r1 two/trunk
		r2 two/trunk < r1 two/trunk`)
	wantTrees(t, h, c)

	c = convert(t, h, with{"project": "one", "layout": standardLayout})
	wantGraph(t, c, `
		refs/heads/from-two r3 one/branches/from-two
		refs/heads/main r1 one/trunk
		r1 one/trunk
		r3 one/branches/from-two`)
	if got := c.lossOf("subversion.origin"); len(got) != 1 {
		t.Errorf("a branch from another project is not reported: %v", c.losses())
	}
}

func TestDetectOthers(t *testing.T) {
	s := newSource(t)
	for _, url := range []string{t.TempDir(), "git@example.org:x/y", filepath.Join(t.TempDir(), "absent"), "ftp://example.org/x", ""} {
		found, err := s.Detect(t.Context(), url)
		if err != nil || found.Found {
			t.Errorf("%q: %+v, %v", url, found, err)
		}
	}
}

func TestLayoutSuggestedLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raw.git")
	flat := svntest.Must(t, `
r1
  A a "a"
`)
	into(t, dir, flat.DumpFile(t), nil)
	h := svntest.Must(t, `
r1
  A a "a"
r2
  A trunk/
  V a trunk/a
`)
	c := into(t, dir, h.DumpFile(t), nil)
	wantGraph(t, c, `
		refs/heads/main r2 /
		r1 /
		r2 / < r1 /`)
	if got := c.lossOf("subversion.layout"); len(got) != 1 || !strings.Contains(got[0].Message, `trunk = ["trunk"]`) {
		t.Errorf("the other layout is not reported: %v", c.export.Losses)
	}
}

func TestInspectAndAuthors(t *testing.T) {
	s := newSource(t)
	file := svntest.Must(t, "uuid 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11\n"+twoProjects).DumpFile(t)
	inspect := func(settings with, etag string) providers.Inspection {
		t.Helper()
		for answer, err := range s.Inspect(t.Context(), []providers.Lookup{{Repo: providers.Repo{Settings: blockOf(t, file, settings)}, ETag: etag}}) {
			if err != nil {
				t.Fatal(err)
			}
			return answer
		}
		t.Fatal("no answer")
		return providers.Inspection{}
	}
	facts := inspect(with{"project": "two"}, "").Facts
	if facts == nil || facts.Identity != "6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11/two" || facts.Name != "two" {
		t.Fatalf("facts %+v", facts)
	}
	if !inspect(with{"project": "two"}, facts.ETag).Unchanged {
		t.Error("the same revision is a change")
	}
	if !inspect(with{"project": "two"}, facts.Identity+"@2").Unchanged {
		t.Error("a revision of another project is a change")
	}
	if inspect(with{"project": "two"}, facts.Identity+"@1").Unchanged {
		t.Error("a revision of the project is no change")
	}
	if p := inspect(with{"vcs_url": file + ".absent"}, "").Problem; providers.CodeOf(p) != providers.CodeNotFound {
		t.Errorf("absent file: %v", p)
	}
	var got []schema.Author
	for a, err := range s.Authors(t.Context(), providers.Repo{Settings: blockOf(t, file, with{"project": "two"})}, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	id := "@6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11"
	want := []schema.Author{
		{RemoteID: "alice" + id, RemoteName: "alice", Name: "alice", Email: "alice" + id, Commits: 1},
		{RemoteID: "bob" + id, RemoteName: "bob", Name: "bob", Email: "bob" + id, Commits: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("authors (-want +got):\n%s", diff)
	}
}

func TestOddNames(t *testing.T) {
	h := svntest.Must(t, beginning+`
r3
  C trunk@2 "branches/with space"
  C trunk@2 branches/a..b~c^d:e
  C trunk@2 branches/.hidden.lock
  C trunk@2 branches/HEAD
  C trunk@2 "branches/-rf"
  C trunk@2 "tags/größe"
`)
	c := convert(t, h, with{"layout": standardLayout})
	got := strings.Split(c.git("for-each-ref", "--format=%(refname)"), "\n")
	want := []string{
		"refs/heads/%2Drf",
		"refs/heads/%2Ehidden%2Elock",
		"refs/heads/%48EAD",
		"refs/heads/a.%2Eb%7Ec%5Ed%3Ae",
		"refs/heads/main",
		"refs/heads/with%20space",
		"refs/tags/größe",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	if n := len(c.lossOf(lossRef)); n != 5 {
		t.Errorf("%d changed names are reported, want 5: %v", n, c.losses())
	}
}

func TestOptions(t *testing.T) {
	h := svntest.Must(t, `
uuid 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11
r1 alice 2011-03-01T10:00:00Z "begin"
  A trunk/a "a"
r2 bob 2011-03-02T10:00:00Z "release one"
  C trunk@1 tags/v1
`)
	t.Run("annotated tags", func(t *testing.T) {
		c := convert(t, h, with{"layout": standardLayout})
		if got, want := c.git("for-each-ref", "--format=%(objecttype) %(tag) %(taggername) %(taggerdate:raw) %(contents)", "refs/tags/v1"), "tag v1 bob 1299060000 +0000 release one\n"; got != want {
			t.Errorf("tag %q, want %q", got, want)
		}
	})
	t.Run("lightweight tags", func(t *testing.T) {
		c := convert(t, h, with{"layout": standardLayout, "tags": "lightweight"})
		if got := c.git("cat-file", "-t", "v1"); got != "commit" {
			t.Errorf("the tag is a %s", got)
		}
	})
	t.Run("trailers", func(t *testing.T) {
		c := into(t, filepath.Join(t.TempDir(), "r.git"), h.DumpFile(t), with{"layout": standardLayout, "revision_trailer": "Subversion-Revision", "git_svn_id": "trailer"})
		got := c.git("log", "-1", "--format=%B", "main")
		if !strings.HasPrefix(got, "begin\n\nSubversion-Revision: /trunk@1\ngit-svn-id: file:///") || !strings.HasSuffix(got, "/trunk@1 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11\n") {
			t.Errorf("message %q", got)
		}
	})
	t.Run("notes", func(t *testing.T) {
		c := into(t, filepath.Join(t.TempDir(), "r.git"), h.DumpFile(t), with{"layout": standardLayout, "git_svn_id": "note"})
		if got := c.git("notes", "show", "main"); !strings.HasSuffix(got, "/trunk@1 6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11") {
			t.Errorf("note %q", got)
		}
		if got := c.git("log", "-1", "--format=%B", "main"); got != "begin\n" {
			t.Errorf("message %q", got)
		}
	})
	t.Run("default branch", func(t *testing.T) {
		c := into(t, filepath.Join(t.TempDir(), "r.git"), h.DumpFile(t), with{"layout": standardLayout, "default_branch": "master"})
		if got := c.export.DefaultBranch; got != "refs/heads/master" || c.git("symbolic-ref", "HEAD") != got {
			t.Errorf("default branch %q", got)
		}
	})
}

func TestLayoutNames(t *testing.T) {
	l := layout{Trunk: []string{"trunk"}, Branches: []string{"branches/*", "releases/*/x", "vendor/acme-*", "stable"}}
	tests := []struct {
		path string
		kind kind
		want string
	}{
		{"branches/a", branch, "a"},
		{"branches/team/feat", branch, "team/feat"},
		{"releases/1/x", branch, "1/x"},
		{"vendor/acme-2", branch, "acme-2"},
		{"stable", branch, "stable"},
		{"trunk", trunk, "trunk"},
	}
	for _, tt := range tests {
		if got := l.name(tt.kind, tt.path); got != tt.want {
			t.Errorf("name of %s: %q, want %q", tt.path, got, tt.want)
		}
	}
	for path, want := range map[string]bool{"": true, "branches": true, "trunk": false, "releases/1": true, "branches/a": false, "other": false} {
		if l.below(path) != want {
			t.Errorf("below(%q) is %v", path, !want)
		}
	}
}

// TestLogEntry makes sure that the survey sees the same in a revision and in its
// log entry.
func TestLogEntry(t *testing.T) {
	r := &svn.Revision{Number: 3, Nodes: []*svn.Node{{Path: "a", Action: svn.Add, Kind: svn.Dir, FromPath: "b", FromRevision: 2}}}
	want := svn.LogEntry{Number: 3, Changes: []svn.Change{{Path: "a", Action: svn.Add, Kind: svn.Dir, FromPath: "b", FromRevision: 2}}}
	if diff := cmp.Diff(want, logEntry(r)); diff != "" {
		t.Errorf("log entry (-want +got):\n%s", diff)
	}
}
