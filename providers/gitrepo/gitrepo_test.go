package gitrepo

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs the real git as a user would, outside the package's own runner.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return gitInput(t, dir, "", args...)
}

func gitInput(t testing.TB, dir, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Cy", "GIT_COMMITTER_EMAIL=cy@example.org", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// newBare makes an empty bare repository with HEAD at refs/heads/main.
func newBare(t testing.TB, format string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "source.git")
	git(t, "", "init", "--quiet", "--bare", "--initial-branch=main", "--object-format="+format, dir)
	return dir
}

// history writes a fast-import stream of n commits on refs/heads/main, the
// first of which is mark 1.
func history(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "commit refs/heads/main\nmark :%d\nauthor A%d <a%d@example.org> %d +0000\ncommitter Cy <cy@example.org> %d +0000\ndata 2\nm\n",
			i, i%7, i%7, 1600000000+i, 1600000000+i)
		if i > 1 {
			fmt.Fprintf(&b, "from :%d\n", i-1)
		}
		text := strings.Repeat(fmt.Sprintf("line of %d\n", i), 40)
		fmt.Fprintf(&b, "M 100644 inline d%d/f%d.txt\ndata %d\n%s\n", i%20, i%200, len(text), text)
	}
	return b.String()
}

// newSource makes a repository of n commits, a tag, and the given further
// refs, all of them at the first commit.
func newSource(t testing.TB, format string, n int, refs ...string) string {
	t.Helper()
	dir := newBare(t, format)
	stream := history(n)
	for _, ref := range refs {
		stream += "reset " + ref + "\nfrom :1\n\n"
	}
	stream += "tag v1\nfrom :1\ntagger Tess <tess@example.org> 1700000000 +0000\ndata 2\nv1\n"
	gitInput(t, dir, stream, "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	return dir
}

func refsOf(t testing.TB, dir string) string {
	t.Helper()
	return git(t, dir, "for-each-ref", "--format=%(refname) %(objectname)")
}

func open(t testing.TB, dir string) *Repo {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, want ErrorKind) {
	t.Helper()
	if got := KindOf(err); got != want {
		t.Errorf("kind = %q, want %q; error: %v", got, want, err)
	}
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		must(t, err)
		all = append(all, v)
	}
	return all
}

// serve offers the repositories below root over HTTP, behind guard.
func serve(t testing.TB, root string, guard func(http.ResponseWriter, *http.Request) bool) string {
	t.Helper()
	server := httptest.NewServer(backend(t, root, guard))
	t.Cleanup(server.Close)
	return server.URL
}

// backend is git's own HTTP server.
func backend(t testing.TB, root string, guard func(http.ResponseWriter, *http.Request) bool) http.Handler {
	t.Helper()
	backend := &cgi.Handler{
		Path: filepath.Join(git(t, "", "--exec-path"), "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull},
		Stderr: io.Discard,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if guard == nil || guard(w, r) {
			backend.ServeHTTP(w, r)
		}
	})
}

// basicAuth lets requests with the given credentials pass.
func basicAuth(user, password string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if u, p, _ := r.BasicAuth(); u == user && p == password {
			return true
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return false
	}
}
