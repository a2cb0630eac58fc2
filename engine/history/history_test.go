package history

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/schema"
)

// repository is a bare repository that a test fills with git.
type repository struct {
	t   testing.TB
	dir string
}

func newRepository(t testing.TB) repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	r := repository{t, filepath.Join(t.TempDir(), "raw.git")}
	r.git("init", "--quiet", "--bare", "--initial-branch=main", r.dir)
	return r
}

func (r repository) git(args ...string) string {
	r.t.Helper()
	return r.gitInput("", args...)
}

func (r repository) gitInput(input string, args ...string) string {
	r.t.Helper()
	out, err := r.try(input, args...)
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSuffix(out, "\n")
}

func (r repository) try(input string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	if _, err := os.Stat(r.dir); err != nil {
		cmd.Dir = ""
	}
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=author@example.com", "GIT_AUTHOR_DATE=1000000000 +0000",
		"GIT_COMMITTER_NAME=C O Mitter", "GIT_COMMITTER_EMAIL=committer@example.com", "GIT_COMMITTER_DATE=1000000000 +0000")
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	return string(out) + stderr.String(), err
}

// object writes an object as it is, however malformed.
func (r repository) object(kind, data string) string {
	r.t.Helper()
	return r.gitInput(data, "hash-object", "-w", "--literally", "-t", kind, "--stdin")
}

// show returns the contents of an object.
func (r repository) show(id string) string {
	r.t.Helper()
	kind := r.git("cat-file", "-t", id)
	out, err := r.try("", "cat-file", kind, id)
	if err != nil {
		r.t.Fatalf("git cat-file %s: %v", id, err)
	}
	return out
}

// tree writes a tree of files: path -> contents.
func (r repository) tree(files map[string]string) string {
	r.t.Helper()
	var list strings.Builder
	folders := map[string]map[string]string{}
	for path, content := range files {
		if dir, rest, ok := strings.Cut(path, "/"); ok {
			if folders[dir] == nil {
				folders[dir] = map[string]string{}
			}
			folders[dir][rest] = content
			continue
		}
		mode := "100644"
		if m, c, ok := strings.Cut(content, ":"); ok && (m == "100755" || m == "120000") {
			mode, content = m, c
		}
		fmt.Fprintf(&list, "%s blob %s\t%s\x00", mode, r.object("blob", content), path)
	}
	for name, below := range folders {
		fmt.Fprintf(&list, "040000 tree %s\t%s\x00", r.tree(below), name)
	}
	return r.gitInput(list.String(), "mktree", "-z")
}

const (
	jo  = "Jo <jo@old.example>"
	kim = "Kim <kim@old.example>"
)

// commit writes a commit of a tree.
func (r repository) commit(tree, who string, date int, message string, parents ...string) string {
	r.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %s %d +0000\ncommitter %s %d +0000\n\n%s\n", who, date, who, date, message)
	return r.object("commit", b.String())
}

func (r repository) ref(name, id string) { r.t.Helper(); r.git("update-ref", name, id) }

// rename maps Jo and nobody else.
func renameJo(a schema.Author) (name, email string) {
	if a.Email == "jo@old.example" {
		return "Johanna", "johanna@new.example"
	}
	return "", ""
}

// rewritten rewrites r beside itself.
func (r repository) rewritten(o Options) (repository, Result) {
	r.t.Helper()
	o.From, o.To = r.dir, filepath.Join(filepath.Dir(r.dir), "mapped.git")
	result, err := Rewrite(r.t.Context(), o, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	to := repository{r.t, o.To}
	if out, err := to.try("", "fsck", "--no-dangling", "--connectivity-only"); err != nil {
		r.t.Fatalf("git fsck of the result: %v\n%s", err, out)
	}
	return to, result
}

// refs lists what refs there are, and HEAD.
func (r repository) refs() string {
	r.t.Helper()
	return r.git("for-each-ref", "--format=%(refname) %(objectname)") + "\nHEAD " + strings.TrimSpace(readString(r.t, filepath.Join(r.dir, "HEAD")))
}

func readString(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeTestFile(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
