package github_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/github/githubtest"
)

// world is a stand-in with one organisation, and a source of it.
type world struct {
	*githubtest.Server
	t     testing.TB
	ann   *githubtest.User
	bob   *githubtest.User
	org   *githubtest.Org
	token string
}

// newServer starts an empty stand-in, and fails the test that leaves it with a
// violation of GitHub's description.
func newServer(t testing.TB) *githubtest.Server {
	t.Helper()
	s, err := githubtest.New(githubtest.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Error(v)
		}
	})
	return s
}

func newWorld(t testing.TB) *world {
	t.Helper()
	s := newServer(t)
	w := &world{Server: s, t: t}
	w.ann = s.Model.AddUser(githubtest.User{Login: "ann", Name: "Ann Other"})
	w.bob = s.Model.AddUser(githubtest.User{Login: "bob"})
	w.org = s.Model.AddOrg("lantern", "Lantern", w.ann)
	w.org.Owners = append(w.org.Owners, w.ann)
	w.token = s.Token(w.ann)
	return w
}

// history is a fast-import stream of one commit on main, and whatever refs else.
func history(refs ...string) string {
	var b strings.Builder
	b.WriteString("commit refs/heads/main\nmark :1\nauthor Ann <ann@example.org> 1700000000 +0000\ncommitter Ann <ann@example.org> 1700000000 +0000\ndata 2\nm\nM 100644 inline a.txt\ndata 2\na\n\n")
	for _, ref := range refs {
		fmt.Fprintf(&b, "reset %s\nfrom :1\n\n", ref)
	}
	return b.String()
}

// repository adds a repository of the organisation with one commit.
func (w *world) repository(r *githubtest.Repository, refs ...string) *githubtest.Repository {
	w.t.Helper()
	r.DefaultBranch = "main"
	added, err := w.Model.AddRepository(w.org.User, r)
	if err == nil {
		err = w.Model.Import(added, history(refs...))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return added
}

func (w *world) open(settings map[string]any) providers.Source {
	w.t.Helper()
	all := map[string]any{"github_hostname": w.URL}
	for k, v := range settings {
		all[k] = v
	}
	data, err := json.Marshal(all)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := github.OpenWith(w.t.Context(), providers.Config{Settings: data, Secrets: map[string]string{"personal_access_token": w.token}, Dir: w.t.TempDir(), Scratch: w.t.TempDir()}, &sourcetest.Clock{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

// named is the repository called lantern/NAME, with settings besides.
func (w *world) named(name string, more map[string]any) providers.Repo {
	all := map[string]any{"repository": "lantern/" + name}
	for k, v := range more {
		all[k] = v
	}
	return providers.Repo{Settings: sourcetest.JSON(w.t, all)}
}

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
