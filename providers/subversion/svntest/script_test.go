package svntest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const everyVerb = `
uuid 11111111-2222-3333-4444-555555555555
# a comment
r1 alice 2011-03-01T10:00:00Z "make the layout"
  A trunk/
  A branches/
  A trunk/hello.c "int main;\n" // as short as it gets
  A trunk/deep/er/file
r2
  M trunk/hello.c "int main() {}\n" svn:executable=*
  M trunk svn:ignore="*.o\n*.a\n"
r3 bob
  C trunk@1 branches/old
  C trunk/hello.c branches/old/copy.c "changed while copied\n" svn:special=*
r4 - - -
  V trunk/hello.c trunk/main.c
  D branches/old/deep
  M trunk -svn:ignore
r7 carol not-a-date ` + "`several\nlines`" + `
  revprop custom "a value"
  R trunk/main.c "new\n"
  RC trunk/deep@1 branches/old p=v
  M . root=prop
  A "with space/and \"quotes\"" ""
`

func TestParse(t *testing.T) {
	h := Must(t, everyVerb)
	if got, want := h.Latest(), int64(7); got != want {
		t.Fatalf("the latest revision is r%d, want r%d", got, want)
	}
	texts := func(revision int64, dir string) map[string]string {
		m := map[string]string{}
		for path, f := range h.Files(revision, dir) {
			m[path] = string(f.Text())
		}
		return m
	}
	deep := "trunk/deep/er/file of r1\n"
	want := map[int64]map[string]string{
		1: {"trunk/hello.c": "int main;\n", "trunk/deep/er/file": deep},
		2: {"trunk/hello.c": "int main() {}\n", "trunk/deep/er/file": deep},
		3: {
			"trunk/hello.c": "int main() {}\n", "trunk/deep/er/file": deep,
			"branches/old/hello.c": "int main;\n", "branches/old/deep/er/file": deep, "branches/old/copy.c": "changed while copied\n",
		},
		5: {
			"trunk/main.c": "int main() {}\n", "trunk/deep/er/file": deep,
			"branches/old/hello.c": "int main;\n", "branches/old/copy.c": "changed while copied\n",
		},
		7: {"trunk/main.c": "new\n", "trunk/deep/er/file": deep, "branches/old/er/file": deep, `with space/and "quotes"`: ""},
	}
	for revision, files := range want {
		if diff := cmp.Diff(files, texts(revision, "")); diff != "" {
			t.Errorf("r%d (-want +got):\n%s", revision, diff)
		}
	}
	if diff := cmp.Diff(map[string]string{"svn:ignore": "*.o\n*.a\n"}, h.Props(3, "trunk")); diff != "" {
		t.Errorf("properties of trunk (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"svn:author": "carol", "svn:date": "not-a-date", "svn:log": "several\nlines", "custom": "a value"}, h.RevProps(7)); diff != "" {
		t.Errorf("properties of r7 (-want +got):\n%s", diff)
	}
	if got := h.RevProps(4); len(got) != 0 {
		t.Errorf("r4 has the properties %v", got)
	}
	git := map[string]GitFile{
		"copy.c":  {Mode: "100755", ID: "3a232cd68f2d279040f7e2b65123d684fd125b7c"},
		"hello.c": {Mode: "100644", ID: "f7fb5910a6050ac2cd2cc4563a8651c523a2c526"},
	}
	if diff := cmp.Diff(git, h.GitFiles(4, "branches/old")); diff != "" {
		t.Errorf("git (-want +got):\n%s", diff)
	}
}

func TestGitFiles(t *testing.T) {
	h := Must(t, `
		r1
		A link "link target" svn:special=* svn:executable=*
		A odd "no link" svn:special=*`)
	want := map[string]GitFile{ // git hash-object
		"link": {Mode: "120000", ID: "1de565933b05f74c75ff9a6520af5f9f8a5a2f1d"},
		"odd":  {Mode: "100644", ID: "25184d0a53ff53e314b1cdf2aa84fd50508fd9cf"},
	}
	if diff := cmp.Diff(want, h.GitFiles(1, "")); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestParseMistakes(t *testing.T) {
	for script, want := range map[string]string{
		"A trunk/":                      "changes need a revision",
		"r1\nA x\nA x":                  `"x" exists`,
		"r1\nD x":                       `"x" cannot be deleted`,
		"r2\nr1":                        "r1 comes after r2",
		"r1\nC x@1 y":                   "r1 is not before r1",
		"r1\nC x@0 y":                   "does not exist in r0",
		"r1\nA x\nA x/y":                "the parent of",
		"r1\nA x \"open":                "a string does not end",
		"r1\nA x text":                  "neither a text nor a property",
		"r1\nW x":                       "is not known",
		"r1 a 2011-01-01T00:00:00Z b c": "a revision has",
	} {
		_, err := Parse(script)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want %q", script, err, want)
		}
	}
}

// The history that Subversion makes of a dump is the one that is said to be
// in it.
func TestDumpLoads(t *testing.T) {
	h := Must(t, strings.Replace(everyVerb, "not-a-date", "2011-03-02T00:00:00Z", 1))
	dir := h.Repository(t)
	for revision := range h.Latest() + 1 {
		compareExport(t, h, dir, revision)
	}
	if got := strings.TrimSpace(string(Run(t, nil, "svnlook", "uuid", dir))); got != h.UUID {
		t.Errorf("uuid %s, want %s", got, h.UUID)
	}
}

func TestDumpInParts(t *testing.T) {
	h := Must(t, strings.Replace(everyVerb, "not-a-date", "2011-03-02T00:00:00Z", 1))
	dir := filepath.Join(t.TempDir(), "repository")
	Run(t, nil, "svnadmin", "create", dir)
	h.Load(t, dir, 0, 2)
	h.Load(t, dir, 3, h.Latest())
	compareExport(t, h, dir, h.Latest())
}

// compareExport compares a revision with `svn export` of it.
func compareExport(t *testing.T, h *History, repository string, revision int64) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "export")
	Run(t, nil, "svn", "export", "--quiet", "--ignore-keywords", "-r", strconv.FormatInt(revision, 10), "file://"+repository, out)
	got := map[string]string{}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if d.Type() == fs.ModeSymlink {
			var target string
			target, err = os.Readlink(path)
			data = []byte("link " + target)
		}
		rel, _ := filepath.Rel(out, path)
		got[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for path, f := range h.Files(revision, "") {
		want[path] = string(f.Text())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("r%d (-want +got):\n%s", revision, diff)
	}
}
