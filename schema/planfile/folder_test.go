package planfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// onePlan is a plan with one repository.
const onePlan = `
source "git" "local" {
  base = "x"
}

target "directory" "out" {
  path = "out"
}

repository "api" {
  source           = source.git.local
  target           = target.directory.out
  vcs_url          = "https://example.com/api.git"
  target_namespace = "acme"
}
`

// plan writes files into a new folder.
func plan(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), []byte(text))
	}
	return dir
}

func TestDigest(t *testing.T) {
	files := map[string]string{
		"a.plan.hcl": onePlan + `
variable "x" {
  default = "y"
}

locals {
  rows = csvdecode(file("rows.csv"))
}

authors "acme" {
  csv = ["people.csv"]
}
`,
		"rows.csv":   "a,b\n1,2\n",
		"people.csv": "remote_name,name\njo,Jo\n",
		"readme.md":  "not read",
	}
	digest := func(files map[string]string, env Environment) string {
		t.Helper()
		m, diags := Load(t.Context(), plan(t, files), env)
		if diags.HasErrors() {
			t.Fatal(render(diags))
		}
		return m.Digest
	}
	first := digest(files, Environment{})
	if again := digest(files, Environment{}); again != first {
		t.Errorf("the same plan in another folder has the digest %s, not %s", again, first)
	}
	changed := func(name, text string) map[string]string {
		out := map[string]string{name: text}
		for n, old := range files {
			if n != name {
				out[n] = old
			}
		}
		return out
	}
	for name, text := range map[string]string{
		"a.plan.hcl": files["a.plan.hcl"] + "# a comment\n",
		"b.plan.hcl": "",
		"rows.csv":   "a,b\n1,3\n",
		"people.csv": "remote_name,name\njo,Jo\nann,Ann\n",
	} {
		if digest(changed(name, text), Environment{}) == first {
			t.Errorf("the digest does not cover %s", name)
		}
	}
	if digest(files, Environment{Variables: []Assignment{{Name: "x", Value: "z"}}}) == first {
		t.Error("the digest does not cover the values of variables")
	}
	if digest(changed("readme.md", "other"), Environment{}) != first {
		t.Error("the digest covers a file that the plan does not read")
	}
}

// A plan comes with a pull request. Nothing outside its folder is read.
func TestFilesOutsideTheFolder(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "token.plan.hcl")
	write(t, outside, []byte("canary = canary\n"))
	dir := plan(t, map[string]string{
		"a.plan.hcl":    onePlan + "locals {\n  a = file(\"link.txt\")\n}\nauthors \"x\" {\n  csv = [\"link.txt\"]\n}\n",
		"sub/shared.in": "locals {\n  inside = 1\n}\n",
	})
	for link, to := range map[string]string{
		"link.txt": outside, "b.plan.hcl": outside, "c.plan.hcl": "sub/shared.in", "d.plan.hcl": "nowhere",
		".#a.plan.hcl": "jo@host.4711", // as editors leave
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "e.plan.hcl"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, diags := Load(t.Context(), dir, Environment{Schema: testSchema})
	text := render(diags)
	if strings.Contains(text, "canary") || strings.Contains(text, filepath.Dir(outside)) {
		t.Errorf("a file outside was read or named:\n%s", text)
	}
	for _, at := range []string{"a.plan.hcl line 17", "a.plan.hcl line 20", "b.plan.hcl", "d.plan.hcl", "e.plan.hcl"} {
		if !strings.Contains(text, "on "+at) {
			t.Errorf("nothing is said about %s:\n%s", at, text)
		}
	}
	if strings.Contains(text, "c.plan.hcl") {
		t.Errorf("a link inside the folder is not followed:\n%s", text)
	}
}

func TestFolderErrors(t *testing.T) {
	m, diags := Load(t.Context(), filepath.Join(t.TempDir(), "none"), Environment{})
	if m == nil || len(diags) != 1 || diags[0].Code != "plan.folder" {
		t.Errorf("a folder that does not exist gives %v", diags)
	}
}
