package reading_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/gitlab/reading"
)

// world is a server with the administrator root, ada and bob, and the group acme
// with tools in it. All requests that fill it are those that people's programs make.
type world struct {
	*gitlabtest.Server
	repositories string // the folder of its git repositories
}

func start(t *testing.T) *world {
	t.Helper()
	return startAt(t, yesterday())
}

func startAt(t *testing.T, now func() time.Time) *world {
	t.Helper()
	repositories := t.TempDir()
	s, err := gitlabtest.New(gitlabtest.Options{Dir: repositories, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, v := range s.Violations() {
			// Lists of projects tell whoever is signed in all of them, where the
			// description has the basic fields only.
			if operation, _, _ := strings.Cut(v, ": "); operation == "GET /api/v4/projects" || operation == "GET /api/v4/users/{user_id}/projects" {
				continue
			}
			t.Error(v)
		}
	})
	w := &world{s, repositories}
	w.send(t, "root", "POST", "groups", `{"name": "Acme", "path": "acme", "visibility": "public"}`)
	w.send(t, "root", "POST", "groups", fmt.Sprintf(`{"name": "Tools", "path": "tools", "visibility": "public", "parent_id": %d}`, w.send(t, "root", "GET", "groups/acme", "").ID()))
	for _, who := range []string{"ada", "bob"} {
		w.token(who)
	}
	return w
}

// yesterday is a clock that moves on by a second each time it is read, so that what
// happens has an order, and that is behind the one of answers.
func yesterday() func() time.Time {
	begin := time.Now().Add(-24 * time.Hour)
	var read atomic.Int64
	return func() time.Time { return begin.Add(time.Duration(read.Add(1)) * time.Second) }
}

func (w *world) token(who string) string {
	if who == "root" {
		return w.AdminToken()
	}
	return w.Token(who)
}

// note is the first note of a discussion that the server answered with.
func note(discussion sourcetest.Answer) int64 {
	notes, _ := discussion["notes"].([]any)
	first, _ := notes[0].(map[string]any)
	return sourcetest.Answer(first).ID()
}

// send makes a request in a user's name.
func (w *world) send(t *testing.T, as, method, path, body string) sourcetest.Answer {
	t.Helper()
	return w.api().Send(t, w.token(as), method, path, body)
}

func (w *world) api() sourcetest.API {
	return sourcetest.API{URL: w.URL + "/api/v4/", SignIn: func(h http.Header, token string) { h.Set("Private-Token", token) }}
}

// upload uploads a file for texts of a project and returns what they link to.
func (w *world) upload(t *testing.T, as, project, name, content string) string {
	t.Helper()
	return w.api().Upload(t, w.token(as), project+"/uploads", "file", name, content).Text("url")
}

// push pushes refs of a folder's repository.
func (w *world) push(t *testing.T, dir, repository string, refs ...string) {
	t.Helper()
	address := strings.Replace(w.URL, "://", "://oauth2:"+w.AdminToken()+"@", 1) + "/" + repository + ".git"
	sourcetest.Git(t, dir, append([]string{"push", "--quiet", "--force", address}, refs...)...)
}

// project makes acme/tools/NAME with the branch main.
func (w *world) project(t *testing.T, name string) (dir string, made sourcetest.Answer) {
	t.Helper()
	tools := w.send(t, "root", "GET", "groups/acme%2Ftools", "")
	made = w.send(t, "root", "POST", "projects", fmt.Sprintf(`{"name": %q, "path": %q, "namespace_id": %d, "visibility": "private", "default_branch": "main"}`, name, name, tools.ID()))
	dir = t.TempDir()
	sourcetest.Git(t, dir, "init", "--quiet", "--initial-branch=main")
	sourcetest.Commit(t, dir, "a.txt", firstText)
	w.push(t, dir, "acme/tools/"+name, "refs/heads/main")
	for _, who := range []string{"ada", "bob"} {
		w.send(t, "root", "POST", fmt.Sprintf("projects/%d/members", made.ID()), fmt.Sprintf(`{"user_id": %d, "access_level": 30}`, w.Model.User(who).ID))
	}
	return dir, made
}

func (w *world) open(t *testing.T, as string) providers.Source {
	t.Helper()
	s, err := reading.Open("0.0.1")(t.Context(), providers.Config{Settings: sourcetest.JSON(t, map[string]any{"url": w.URL + "/"}), Secrets: map[string]string{"access_token": w.token(as)}, Dir: t.TempDir(), Scratch: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// named is the project acme/tools/NAME.
func named(t *testing.T, name string) providers.Repo {
	t.Helper()
	return providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"source_full_path": "acme/tools/" + name, "source_type": "project_entity", "migrate_memberships": true})}
}

// losses are those of a reading in words.
func losses(g sourcetest.Reading) []string {
	var all []string
	for _, l := range g.Losses {
		all = append(all, fmt.Sprintf("%s %d: %s", l.Code, l.Count, l.Message))
	}
	return all
}

// fault makes all requests fail that a pattern matches, as a broken object does.
func fault(path string) gitlabtest.Fault {
	return gitlabtest.Fault{Path: path, Status: http.StatusUnprocessableEntity, Times: -1}
}

func gitlabUser(name string) gitlabtest.User { return gitlabtest.User{Username: name} }
