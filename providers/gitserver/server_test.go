package gitserver

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// git runs git in dir and fails the test when it fails.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(t, dir, args...)
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

func tryGit(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(environment(), "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// serve starts a server and returns it, its address and the folder of the
// repository acme/api.
func serve(t *testing.T, authorize func(*http.Request, string, bool) int) (*Server, string, string) {
	t.Helper()
	s := New(t.TempDir(), authorize)
	dir, err := s.Create("acme/api")
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return s, web.URL, dir
}

// work makes a clone with one commit that holds size random bytes.
func work(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	data := make([]byte, size)
	_, _ = rand.Read(data)
	if err := os.WriteFile(filepath.Join(dir, "data"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "data")
	git(t, dir, "commit", "--quiet", "-m", "one")
	return dir
}

func TestPushAndClone(t *testing.T) {
	tests := []struct {
		name string
		size int // git sends more than one MiB in chunks
		path string
	}{
		{"small", 10, "/acme/api.git"},
		{"chunked", 3 << 20, "/acme/api.git"},
		{"without the ending", 10, "/acme/api"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, base, dir := serve(t, nil)
			from := work(t, test.size)
			git(t, from, "push", "--quiet", base+test.path, "main")
			want := git(t, from, "rev-parse", "main")
			if got := git(t, dir, "rev-parse", "main"); got != want {
				t.Errorf("the server has %s, want %s", got, want)
			}
			to := filepath.Join(t.TempDir(), "clone")
			git(t, "", "clone", "--quiet", base+test.path, to)
			if got := git(t, to, "rev-parse", "HEAD"); got != want {
				t.Errorf("the clone has %s, want %s", got, want)
			}
		})
	}
}

// What no branch leads to can still be fetched by its id, and partial clones
// work, as at GitHub.
func TestFetchByID(t *testing.T) {
	_, base, dir := serve(t, nil)
	from := work(t, 10)
	git(t, from, "push", "--quiet", base+"/acme/api.git", "main")
	commit := git(t, dir, "rev-parse", "main")
	git(t, dir, "update-ref", "-d", "refs/heads/main")
	to := t.TempDir()
	git(t, to, "init", "--quiet")
	git(t, to, "fetch", "--quiet", "--filter=blob:none", base+"/acme/api.git", commit)
	if got := git(t, to, "rev-parse", "FETCH_HEAD"); got != commit {
		t.Errorf("fetched %s, want %s", got, commit)
	}
}

func TestAuthorize(t *testing.T) {
	_, base, _ := serve(t, func(r *http.Request, repo string, write bool) int {
		_, token, _ := r.BasicAuth()
		switch {
		case repo != "acme/api":
			return http.StatusNotFound
		case token == "":
			return http.StatusUnauthorized
		case write && token != "writer":
			return http.StatusForbidden
		}
		return 0
	})
	from := work(t, 10)
	url := func(user string) string { return strings.Replace(base, "http://", "http://"+user, 1) + "/acme/api.git" }
	tests := []struct {
		name string
		args []string
		want string // of the refusal
	}{
		{"nobody", []string{"ls-remote", url("")}, "could not read Username"},
		{"a reader that pushes", []string{"push", url("x:reader@"), "main"}, "403"},
		{"another repository", []string{"ls-remote", strings.Replace(url("x:reader@"), "api", "other", 1)}, "not found"},
		{"a reader", []string{"ls-remote", url("x:reader@")}, ""},
		{"a writer", []string{"push", url("x:writer@"), "main"}, ""},
	}
	for _, test := range tests {
		out, err := tryGit(t, from, test.args...)
		if (err != nil) != (test.want != "") || !strings.Contains(out, test.want) {
			t.Errorf("%s: %v, want %q in\n%s", test.name, err, test.want, out)
		}
	}
}

func TestHiddenRefsArePushedByNobody(t *testing.T) {
	s, base, dir := serve(t, nil)
	s.Hidden = []string{"refs/pull"}
	from := work(t, 10)
	var pushes atomic.Int64
	s.Pushed = func(_ *http.Request, repo string) {
		if repo == "acme/api" {
			pushes.Add(1)
		}
	}
	git(t, from, "push", "--quiet", base+"/acme/api.git", "main")
	git(t, dir, "update-ref", "refs/pull/1/head", "main")
	if out, err := tryGit(t, from, "push", base+"/acme/api.git", "main:refs/pull/2/head"); err == nil {
		t.Errorf("refs/pull/2/head was taken:\n%s", out)
	}
	if out := git(t, from, "ls-remote", base+"/acme/api.git", "refs/pull/1/head"); out == "" {
		t.Error("refs/pull/1/head is not given out")
	}
	if n := pushes.Load(); n == 0 {
		t.Error("nobody was told of the push")
	}
}

func TestPathsStayBelowTheRoot(t *testing.T) {
	s, base, _ := serve(t, nil)
	outside := filepath.Join(s.root, "..", "outside.git")
	if _, err := exec.CommandContext(t.Context(), "git", "init", "--bare", outside).CombinedOutput(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/../outside.git", "/acme/../../outside.git", "/%2e%2e/outside.git", "/acme/..%2f..%2foutside.git", "//"} {
		response, err := http.Get(base + path + "/info/refs?service=git-upload-pack")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, response.StatusCode)
		}
	}
	if _, err := s.Create("../escaped"); err == nil {
		t.Error("a repository was made outside of the root")
	}
}

// FuzzPaths looks for a path that leads out of the root.
func FuzzPaths(f *testing.F) {
	for _, path := range []string{"/a/b.git/info/refs", "/../b/info/refs", "/a/b/info/lfs/objects/batch", "/.git/git-upload-pack", "/a/./b/git-receive-pack"} {
		f.Add(path)
	}
	s := New("/srv/root", nil)
	f.Fuzz(func(t *testing.T, path string) {
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{Path: path, RawQuery: "service=git-upload-pack"}}
		q, ok := parse(r)
		if !ok {
			return
		}
		dir, ok := s.below(q.repo)
		if ok && (!strings.HasPrefix(dir, "/srv/root/") || filepath.Clean(dir) != dir) {
			t.Errorf("%q leads to %q", path, dir)
		}
	})
}
