package gitlab

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// world is a stand-in with the administrator root, the users alice and bob, and
// the group acme, of which alice is the owner.
type world struct {
	server *gitlabtest.Server
	model  *gitlabtest.Model
	alice  *gitlabtest.User
	bob    *gitlabtest.User
	acme   *gitlabtest.Namespace
	api    *api.Client // of the administrator
}

// newWorld starts a stand-in, and reports what of the exchange was not as the
// server's description says.
func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := gitlabtest.New(gitlabtest.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range server.Violations() {
			t.Error(v)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{server: server, model: server.Model}
	w.alice = server.Model.AddUser(gitlabtest.User{Username: "alice"})
	w.bob = server.Model.AddUser(gitlabtest.User{Username: "bob"})
	w.acme = server.Model.AddGroup("acme", "public", w.alice)
	w.api = w.client(t, server.AdminToken())
	return w
}

func (w *world) client(t *testing.T, token string) *api.Client {
	t.Helper()
	c, err := api.New(api.Options{URL: w.server.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// open opens the target as the engine does, for the administrator.
func (w *world) open(t *testing.T) *target {
	t.Helper()
	return w.openWith(t, w.server.AdminToken())
}

func (w *world) openWith(t *testing.T, token string) *target {
	t.Helper()
	return openTargetAt(t, w.server.URL+"/", token)
}

func openTargetAt(t *testing.T, url, token string) *target {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"url": url})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := New().OpenTarget(t.Context(), providers.Config{Settings: settings, Secrets: map[string]string{"access_token": token}, Dir: t.TempDir(), Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	return opened.(*target)
}

func at(name string) providers.Place { return providers.Place{Namespace: "acme", Name: name} }

// project is what the server says of a project.
func (w *world) project(t *testing.T, path string) api.Project {
	t.Helper()
	return must(w.api.Project(t.Context(), api.ID(path)))(t)
}

// create makes a project for a test.
func create(t *testing.T, to *target, place providers.Place) schema.Ref {
	t.Helper()
	ref, err := to.Create(t.Context(), providers.CreateRequest{Place: place, Marker: "test:" + place.Name, DefaultBranch: "refs/heads/main"})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func standing(t *testing.T, to *target, place providers.Place) providers.Standing {
	t.Helper()
	for s, err := range to.Inspect(t.Context(), []providers.Place{place}) {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Fatal("no answer")
	return providers.Standing{}
}

func finish(t *testing.T, to *target, ref schema.Ref) map[schema.Kind]int64 {
	t.Helper()
	counts, err := to.Finish(t.Context(), providers.FinishRequest{Repo: ref})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// write stores one record and returns the answer.
func write(t *testing.T, to *target, ref schema.Ref, w providers.Write) providers.Written {
	t.Helper()
	written, err := to.Write(t.Context(), providers.WriteRequest{Repo: ref, Writes: []providers.Write{w}})
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != 1 {
		t.Fatalf("%d answers to one write", len(written))
	}
	return written[0]
}

// stored writes a record that must be stored.
func stored(t *testing.T, to *target, ref schema.Ref, w providers.Write) providers.Written {
	t.Helper()
	written := write(t, to, ref, w)
	if written.Problem != nil {
		t.Fatalf("%s: %v", w.Record.Key(), written.Problem)
	}
	if written.Ref.ID == "" || written.Ref.Version == "" {
		t.Fatalf("%s: the ref is %+v, the reason %q", w.Record.Key(), written.Ref, written.Skipped)
	}
	return written
}

// record makes a record of a body.
func record(t *testing.T, kind schema.Kind, id string, body any) schema.Record {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Record{Kind: kind, ID: id, Revision: schema.Digest(body), Body: data}
}

// problem is nil when there is none, also as an error.
func problem(w providers.Written) error {
	if w.Problem == nil {
		return nil
	}
	return w.Problem
}

// must unwraps a result.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// git runs git as a user would.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
		"GIT_AUTHOR_DATE=2020-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2020-01-02T03:04:05Z",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// source is a repository to push from, with commits c0, c1, c2 and the tag v1.
type source struct {
	dir     string
	commits []string
}

func newSource(t *testing.T) source {
	t.Helper()
	s := source{dir: t.TempDir()}
	git(t, s.dir, "init", "--quiet", "--initial-branch=main")
	for i := range 3 {
		if err := os.WriteFile(filepath.Join(s.dir, "Home.md"), []byte(fmt.Sprintf("text %d\n", i)), 0o644); err != nil {
			t.Fatal(err)
		}
		git(t, s.dir, "add", ".")
		git(t, s.dir, "commit", "--quiet", "-m", fmt.Sprintf("commit %d", i))
		s.commits = append(s.commits, git(t, s.dir, "rev-parse", "HEAD"))
	}
	git(t, s.dir, "tag", "-a", "v1", "-m", "one")
	return s
}

func (s source) tag(t *testing.T) string {
	t.Helper()
	return git(t, s.dir, "rev-parse", "v1")
}

// push pushes refs that were not there before.
func (s source) push(t *testing.T, to *target, repo schema.Ref, part providers.Part, defaultBranch string, refs map[string]string) providers.Pushed {
	t.Helper()
	var updates []providers.RefUpdate
	for name, oid := range refs {
		updates = append(updates, providers.RefUpdate{Name: name, New: oid})
	}
	pushed := s.update(t, to, repo, part, defaultBranch, updates...)
	if len(pushed.Failed) > 0 {
		t.Fatalf("refused: %v", pushed.Failed)
	}
	return pushed
}

func (s source) update(t *testing.T, to *target, repo schema.Ref, part providers.Part, defaultBranch string, updates ...providers.RefUpdate) providers.Pushed {
	t.Helper()
	pushed, err := to.Push(t.Context(), providers.PushRequest{Repo: repo, Part: part, Dir: s.dir, DefaultBranch: defaultBranch, Updates: updates}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pushed
}
