package imports_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/gitlab/imports"
	"github.com/drover-migrate/drover/schema"
)

// world is a GitLab with the group acme, which ada owns, and an importer with her
// token.
type world struct {
	*gitlabtest.Server
	*imports.Importer
	t     *testing.T
	ada   *gitlabtest.User
	acme  *gitlabtest.Namespace
	clock *clock
}

// clock is the importer's, which tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newGitLab(t *testing.T, o gitlabtest.Options) *gitlabtest.Server {
	t.Helper()
	o.Dir = t.TempDir()
	s, err := gitlabtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Error("GitLab: " + v)
		}
	})
	return s
}

func newWorld(t *testing.T, o gitlabtest.Options) *world {
	t.Helper()
	w := &world{t: t, Server: newGitLab(t, o), clock: &clock{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}}
	w.ada = w.Model.AddUser(gitlabtest.User{Username: "ada", Name: "Ada"})
	w.acme = w.Model.AddGroup("acme", "private", w.ada)
	w.Importer = w.importer(w.Token("ada"))
	return w
}

func (w *world) importer(token string) *imports.Importer {
	w.t.Helper()
	client, err := api.New(api.Options{URL: w.URL, Token: token})
	if err != nil {
		w.t.Fatal(err)
	}
	user, err := client.CurrentUser(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	server, err := client.Metadata(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return imports.New(imports.Options{API: client, User: user, Version: server.Version, Now: w.clock.now})
}

// start starts an import that must be accepted.
func (w *world) start(req providers.ImportRequest) schema.Job {
	w.t.Helper()
	job, err := w.Start(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return job
}

func (w *world) poll(job schema.Job) providers.ImportStatus {
	w.t.Helper()
	status, err := w.Poll(w.t.Context(), job)
	if err != nil {
		w.t.Fatal(err)
	}
	return status
}

// run is start, and what GitLab tells when the import has ended.
func (w *world) run(req providers.ImportRequest) providers.ImportStatus {
	w.t.Helper()
	job := w.start(req)
	w.AwaitImports()
	return w.poll(job)
}

// posts counts the requests that start an import.
func (w *world) posts() int {
	n := 0
	for _, r := range w.Requests() {
		if r.Method == http.MethodPost && (strings.Contains(r.Path, "/import/") || strings.HasSuffix(r.Path, "/bulk_imports")) {
			n++
		}
	}
	return n
}

func encode(t *testing.T, v map[string]any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// hub is the sample of GitHub. Tests add users to it and change nothing else.
type hub struct {
	*githubtest.Server
	t      *testing.T
	beacon *githubtest.Repository
	ada    *githubtest.User
	token  string
}

// sample is made once for all tests: that takes longer than most of them.
var sample = sync.OnceValues(func() (*githubtest.Server, error) {
	s, err := githubtest.New(githubtest.Options{Root: os.Getenv(sampleRoot)})
	if err != nil {
		return nil, err
	}
	made = s
	return s, githubtest.Sample(s.Model)
})

// made is the sample when a test asked for it.
var made *githubtest.Server

// sampleRoot names the folder of the sample.
const sampleRoot = "IMPORTS_TEST_SAMPLE"

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "imports-test-*")
	if err == nil {
		err = os.Setenv(sampleRoot, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if made != nil {
		made.Close()
		for _, v := range made.Violations() {
			fmt.Fprintln(os.Stderr, "GitHub:", v)
			code = 1
		}
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func newHub(t *testing.T) *hub {
	t.Helper()
	s, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{Server: s, t: t}
	s.Model.View(func() {
		h.beacon, _ = s.Model.Repository("lantern", "beacon")
		h.ada = s.Model.User("ada")
	})
	h.token = s.Token(h.ada)
	return h
}

// request asks for the repository beacon in the group acme.
func (h *hub) request(more map[string]any) providers.ImportRequest {
	settings := map[string]any{"repo_id": h.beacon.ID}
	for name, value := range more {
		settings[name] = value
	}
	return providers.ImportRequest{
		Source: "github", Settings: encode(h.t, map[string]any{"github_hostname": h.URL}), Secrets: map[string]string{"personal_access_token": h.token},
		Block: "repository", Repo: providers.Repo{Settings: encode(h.t, settings)}, FullName: "lantern/beacon",
		Place: providers.Place{Namespace: "acme", Name: "beacon", Block: "repository"},
	}
}

func importing(t *testing.T, source, block string) *providers.Importing {
	t.Helper()
	d := providers.TargetDescription{Imports: imports.Importing()}
	in := d.Imported(source, block)
	if in == nil {
		t.Fatalf("nothing is said of a %s of %s", block, source)
	}
	return in
}
