package reading_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitea/livetest"
	"github.com/drover-migrate/drover/providers/gitea/reading"
	"github.com/drover-migrate/drover/schema"
)

// world is a server with the users admin1, alice and bob, and the organization
// acme. All requests that fill it are those that people's programs make.
type world struct {
	url    string
	tokens map[string]string // by user
}

// startLive starts a real server of the test's own, which is set up with another
// address than the one that it is reached at.
func startLive(t *testing.T) *world {
	t.Helper()
	users := []string{"admin1", "alice", "bob"}
	server := livetest.Start(t, livetest.Options{Users: users, Settings: liveSettings})
	w := &world{url: server.URL, tokens: map[string]string{}}
	for _, name := range users {
		w.tokens[name] = server.Token(name)
	}
	w.send(t, "admin1", "POST", "orgs", `{"username": "acme"}`)
	return w
}

const liveSettings = `
[server]
ROOT_URL = http://forge.example.org/
[webhook]
ALLOWED_HOST_LIST = *
`

// send makes a request in a user's name.
func (w *world) send(t *testing.T, as, method, path, body string) sourcetest.Answer {
	t.Helper()
	return w.api().Send(t, w.tokens[as], method, path, body)
}

func (w *world) api() sourcetest.API {
	return sourcetest.API{URL: w.url + "/api/v1/", SignIn: func(h http.Header, token string) { h.Set("Authorization", "token "+token) }}
}

// upload attaches a file and returns its id.
func (w *world) upload(t *testing.T, as, path, name, content string) string {
	t.Helper()
	return w.api().Upload(t, w.tokens[as], path+"?name="+name, "attachment", name, content).Text("uuid")
}

// push pushes refs of a folder's repository.
func (w *world) push(t *testing.T, dir, repository string, refs ...string) {
	t.Helper()
	address := strings.Replace(w.url, "://", "://admin1:"+w.tokens["admin1"]+"@", 1) + "/" + repository + ".git"
	sourcetest.Git(t, dir, append([]string{"push", "--quiet", "--force", address}, refs...)...)
	for _, ref := range refs { // the server notes branches a moment later
		branch := ref[strings.LastIndex(ref, "refs/heads/")+len("refs/heads/"):]
		for range 100 {
			if w.exists(t, "repos/"+repository+"/branches/"+branch) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func (w *world) exists(t *testing.T, path string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", w.url+"/api/v1/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+w.tokens["admin1"])
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// repository makes acme/NAME with the branch main.
func (w *world) repository(t *testing.T, name string) (dir string) {
	t.Helper()
	w.send(t, "admin1", "POST", "orgs/acme/repos", fmt.Sprintf(`{"name": %q, "default_branch": "main", "private": true}`, name))
	dir = t.TempDir()
	sourcetest.Git(t, dir, "init", "--quiet", "--initial-branch=main")
	sourcetest.Commit(t, dir, "a.txt", firstText)
	w.push(t, dir, "acme/"+name, "refs/heads/main")
	for _, who := range []string{"alice", "bob"} {
		w.send(t, "admin1", "PUT", "repos/acme/"+name+"/collaborators/"+who, `{"permission": "write"}`)
	}
	return dir
}

func (w *world) open(t *testing.T, as string, more map[string]any) providers.Source {
	t.Helper()
	all := map[string]any{"url": w.url + "/"}
	for k, v := range more {
		all[k] = v
	}
	s, err := reading.Open("0.0.1")(t.Context(), providers.Config{Settings: sourcetest.JSON(t, all), Secrets: map[string]string{"access_token": w.tokens[as]}, Dir: t.TempDir(), Scratch: t.TempDir()})
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

// named is the repository acme/NAME with all its stages.
func named(t *testing.T, name string) providers.Repo {
	t.Helper()
	return providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"repository": "acme/" + name, "optional_stages": map[string]any{"attachments_import": true, "collaborators_import": true}})}
}

// read reads a stream of which everything can be had.
func read(t *testing.T, s providers.Source, req providers.ReadRequest) sourcetest.Reading {
	t.Helper()
	g := sourcetest.Read(t, s, req)
	for _, f := range g.Failed {
		t.Errorf("%s cannot be read: %v", f.Key, f.Problem)
	}
	return g
}

// later is what a reading leaves for the next, as if it had begun two minutes
// later: the server dates in seconds, and readings of tests follow one another at
// once.
func later(t *testing.T, next schema.Cursor) schema.Cursor {
	t.Helper()
	var c map[string]any
	if err := json.Unmarshal([]byte(next), &c); err != nil {
		t.Fatal(err)
	}
	text, _ := c["at"].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	pause()
	c["at"] = at.Add(time.Minute)
	return schema.Cursor(sourcetest.JSON(t, c))
}

// pause lets the second pass in which something was changed.
func pause() {
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second + 10*time.Millisecond)))
}
