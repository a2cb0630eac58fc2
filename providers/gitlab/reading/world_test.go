package reading_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/gitlab/reading"
	"github.com/drover-migrate/drover/schema"
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
	w.send(t, "root", "POST", "groups", fmt.Sprintf(`{"name": "Tools", "path": "tools", "visibility": "public", "parent_id": %d}`, w.send(t, "root", "GET", "groups/acme", "").id()))
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

// answer is what the server said.
type answer map[string]any

func (a answer) id() int64 { return a.number("id") }
func (a answer) number(name string) int64 {
	n, _ := a[name].(float64)
	return int64(n)
}

func (a answer) text(name string) string {
	s, _ := a[name].(string)
	return s
}

// note is the first note of a discussion.
func (a answer) note() int64 {
	notes, _ := a["notes"].([]any)
	first, _ := notes[0].(map[string]any)
	return answer(first).id()
}

// send makes a request in a user's name.
func (w *world) send(t *testing.T, as, method, path, body string) answer {
	t.Helper()
	return w.sendBody(t, as, method, path, "application/json", strings.NewReader(body))
}

func (w *world) sendBody(t *testing.T, as, method, path, mediaType string, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+"/api/v4/"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Private-Token", w.token(as))
	if method != "GET" && method != "DELETE" {
		req.Header.Set("Content-Type", mediaType)
	}
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s as %s: %s\n%s", method, path, as, response.Status, data)
	}
	var a answer
	if len(data) > 0 && data[0] == '{' {
		if err := json.Unmarshal(data, &a); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// upload uploads a file for texts of a project and returns what they link to.
func (w *world) upload(t *testing.T, as, project, name, content string) string {
	t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.sendBody(t, as, "POST", project+"/uploads", m.FormDataContentType(), &form).text("url")
}

// push pushes refs of a folder's repository.
func (w *world) push(t *testing.T, dir, repository string, refs ...string) {
	t.Helper()
	address := strings.Replace(w.URL, "://", "://oauth2:"+w.AdminToken()+"@", 1) + "/" + repository + ".git"
	git(t, dir, append([]string{"push", "--quiet", "--force", address}, refs...)...)
}

// git runs git as a user would.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
		"GIT_AUTHOR_DATE=2020-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2020-01-02T03:04:05Z",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes a file and commits it.
func commit(t *testing.T, dir, name, text string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", ".")
	git(t, dir, "commit", "--quiet", "-m", "change "+name)
	return git(t, dir, "rev-parse", "HEAD")
}

// project makes acme/tools/NAME with the branch main.
func (w *world) project(t *testing.T, name string) (dir string, made answer) {
	t.Helper()
	tools := w.send(t, "root", "GET", "groups/acme%2Ftools", "")
	made = w.send(t, "root", "POST", "projects", fmt.Sprintf(`{"name": %q, "path": %q, "namespace_id": %d, "visibility": "private", "default_branch": "main"}`, name, name, tools.id()))
	dir = t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	commit(t, dir, "a.txt", firstText)
	w.push(t, dir, "acme/tools/"+name, "refs/heads/main")
	for _, who := range []string{"ada", "bob"} {
		w.send(t, "root", "POST", fmt.Sprintf("projects/%d/members", made.id()), fmt.Sprintf(`{"user_id": %d, "access_level": 30}`, w.Model.User(who).ID))
	}
	return dir, made
}

func (w *world) open(t *testing.T, as string) providers.Source {
	t.Helper()
	s, err := reading.Open("0.0.1")(t.Context(), providers.Config{Settings: settings(t, map[string]any{"url": w.URL + "/"}), Secrets: map[string]string{"access_token": w.token(as)}, Dir: t.TempDir(), Scratch: t.TempDir()})
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

func settings(t *testing.T, of map[string]any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// named is the project acme/tools/NAME.
func named(t *testing.T, name string) providers.Repo {
	t.Helper()
	return providers.Repo{Settings: settings(t, map[string]any{"source_full_path": "acme/tools/" + name, "source_type": "project_entity", "migrate_memberships": true})}
}

// got is a stream that was read.
type got struct {
	records     []schema.Record
	failed      []providers.ItemFailed
	losses      []string
	kept, whole []string
	checkpoints []schema.Cursor
	after       []int // records before each checkpoint
	end         *providers.StreamEnd
}

func read(t *testing.T, s providers.Source, req providers.ReadRequest) got {
	t.Helper()
	var g got
	for m, err := range s.Read(t.Context(), req) {
		switch {
		case err != nil:
			t.Fatal(err)
		case m.Record != nil:
			if err := m.Record.Check(); err != nil {
				t.Error(err)
			}
			g.records = append(g.records, *m.Record)
		case m.Failed != nil:
			g.failed = append(g.failed, *m.Failed)
		case m.Loss != nil:
			g.losses = append(g.losses, fmt.Sprintf("%s %d: %s", m.Loss.Code, m.Loss.Count, m.Loss.Message))
		case m.Kept != nil:
			g.kept = append(g.kept, m.Kept.String())
		case m.Whole != nil:
			g.whole = append(g.whole, m.Whole.String())
		case m.Checkpoint != nil:
			g.checkpoints, g.after = append(g.checkpoints, *m.Checkpoint), append(g.after, len(g.records))
		case m.End != nil:
			g.end = m.End
		}
	}
	if g.end == nil {
		t.Fatal("the stream has no end")
	}
	return g
}

// keys are those of records, in their order.
func (g got) keys() []string {
	var all []string
	for _, r := range g.records {
		all = append(all, r.Key().String())
	}
	return all
}

// body is that of one record.
func body[T any](t *testing.T, g got, kind schema.Kind, id string) T {
	t.Helper()
	var b T
	i := slices.IndexFunc(g.records, func(r schema.Record) bool { return r.Kind == kind && r.ID == id })
	if i < 0 {
		t.Fatalf("there is no %s %s among %q", kind, id, g.keys())
	}
	if err := json.Unmarshal(g.records[i].Body, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func inspect(t *testing.T, s providers.Source, q providers.Lookup) providers.Inspection {
	t.Helper()
	for answer, err := range s.Inspect(t.Context(), []providers.Lookup{q}) {
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	t.Fatal("no answer")
	return providers.Inspection{}
}

// fault makes all requests fail that a pattern matches, as a broken object does.
func fault(path string) gitlabtest.Fault {
	return gitlabtest.Fault{Path: path, Status: http.StatusUnprocessableEntity, Times: -1}
}

func gitlabUser(name string) gitlabtest.User { return gitlabtest.User{Username: name} }
