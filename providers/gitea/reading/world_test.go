package reading_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/reading"
	"github.com/drover-migrate/drover/schema"
)

// liveVariable names a Gitea or Forgejo program to run tests against. They are
// skipped without it.
const liveVariable = "DROVER_TEST_GITEA"

// world is a server with the users admin1, alice and bob, and the organization
// acme. All requests that fill it are those that people's programs make.
type world struct {
	url    string
	tokens map[string]string // by user
}

// startLive starts a real server of the test's own.
func startLive(t *testing.T) *world {
	t.Helper()
	program := os.Getenv(liveVariable)
	if program == "" {
		t.Skipf("set %s to the program of a Gitea or Forgejo to run this against it", liveVariable)
	}
	account, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	w := &world{url: fmt.Sprintf("http://127.0.0.1:%d", port), tokens: map[string]string{}}
	config := filepath.Join(dir, "app.ini")
	settings := strings.NewReplacer("DIR", dir, "HTTP_PORT = PORT", fmt.Sprint("HTTP_PORT = ", port), "= USER", "= "+account.Username).Replace(liveSettings)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, append([]string{"--config", config}, args...)...)
		cmd.Env, cmd.Dir = append(os.Environ(), "GITEA_WORK_DIR="+dir, "FORGEJO_WORK_DIR="+dir), dir
		return cmd
	}
	command := func(args ...string) string {
		out, err := start(args...).Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
		for word := range strings.FieldsSeq(string(out)) { // it may warn of something besides
			if regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(word) {
				return word
			}
		}
		return ""
	}
	command("migrate")
	for _, name := range []string{"admin1", "alice", "bob"} {
		args := []string{"admin", "user", "create", "--username", name, "--password", "Secret-of-" + name, "--email", name + "@example.org", "--must-change-password=false"}
		if name == "admin1" {
			args = append(args, "--admin")
		}
		command(args...)
		w.tokens[name] = command("admin", "user", "generate-access-token", "--username", name, "--token-name", "test", "--raw", "--scopes", "all")
	}
	web := start("web")
	if err := web.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = web.Process.Signal(syscall.SIGTERM)
		_ = web.Wait()
	})
	for range 300 {
		response, err := http.Get(w.url + "/api/v1/version")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				w.send(t, "admin1", "POST", "orgs", `{"username": "acme"}`)
				return w
			}
		}
		time.Sleep(100 * time.Millisecond) // until it listens
	}
	t.Fatal("the server does not answer")
	return nil
}

const liveSettings = `
RUN_USER = USER
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = PORT
ROOT_URL = http://forge.example.org/
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = true
LFS_JWT_SECRET = OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk
[database]
DB_TYPE = sqlite3
PATH = DIR/server.db
[repository]
ROOT = DIR/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = of-a-test
PASSWORD_HASH_ALGO = pbkdf2_v1
[oauth2]
JWT_SECRET = OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = *
[log]
LEVEL = Error
`

// answer is what the server said.
type answer map[string]any

func (a answer) id() int64 { return a.number("id") }
func (a answer) text(name string) string {
	s, _ := a[name].(string)
	return s
}

func (a answer) number(name string) int64 {
	n, _ := a[name].(float64)
	return int64(n)
}

// send makes a request in a user's name.
func (w *world) send(t *testing.T, as, method, path, body string) answer {
	t.Helper()
	return w.sendBody(t, as, method, path, "application/json", strings.NewReader(body))
}

func (w *world) sendBody(t *testing.T, as, method, path, mediaType string, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.url+"/api/v1/"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+w.tokens[as])
	req.Header.Set("Content-Type", mediaType)
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

// upload attaches a file and returns its id.
func (w *world) upload(t *testing.T, as, path, name, content string) string {
	t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("attachment", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.sendBody(t, as, "POST", path+"?name="+name, m.FormDataContentType(), &form).text("uuid")
}

// push pushes refs of a folder's repository.
func (w *world) push(t *testing.T, dir, repository string, refs ...string) {
	t.Helper()
	address := strings.Replace(w.url, "://", "://admin1:"+w.tokens["admin1"]+"@", 1) + "/" + repository + ".git"
	git(t, dir, append([]string{"push", "--quiet", "--force", address}, refs...)...)
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

// repository makes acme/NAME with the branch main.
func (w *world) repository(t *testing.T, name string) (dir string) {
	t.Helper()
	w.send(t, "admin1", "POST", "orgs/acme/repos", fmt.Sprintf(`{"name": %q, "default_branch": "main", "private": true}`, name))
	dir = t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	commit(t, dir, "a.txt", firstText)
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
	s, err := reading.Open("0.0.1")(t.Context(), providers.Config{Settings: settings(t, all), Secrets: map[string]string{"access_token": w.tokens[as]}, Dir: t.TempDir(), Scratch: t.TempDir()})
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

// named is the repository acme/NAME with all its stages.
func named(t *testing.T, name string) providers.Repo {
	t.Helper()
	return providers.Repo{Settings: settings(t, map[string]any{"repository": "acme/" + name, "optional_stages": map[string]any{"attachments_import": true, "collaborators_import": true}})}
}

// got is a stream that was read.
type got struct {
	records     []schema.Record
	failed      []providers.ItemFailed
	losses      []schema.Loss
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
			g.losses = append(g.losses, *m.Loss)
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
	for _, f := range g.failed {
		t.Errorf("%s cannot be read: %v", f.Key, f.Problem)
	}
	return g
}

// bodies are the bodies of the records of a kind.
func bodies[T any](t *testing.T, g got, kind schema.Kind) []T {
	t.Helper()
	var all []T
	for _, r := range g.records {
		if r.Kind != kind {
			continue
		}
		var body T
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		all = append(all, body)
	}
	return all
}

// keys are the keys of records, those of a kind or all.
func (g got) keys(kinds ...schema.Kind) []string {
	var all []string
	for _, r := range g.records {
		for _, k := range kinds {
			if r.Kind == k {
				all = append(all, r.ID)
			}
		}
		if len(kinds) == 0 {
			all = append(all, r.Key().String())
		}
	}
	return all
}

func (g got) codes() map[string]int64 {
	all := map[string]int64{}
	for _, l := range g.losses {
		all[l.Code] += l.Count
	}
	return all
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
	return schema.Cursor(settings(t, c))
}

// pause lets the second pass in which something was changed.
func pause() {
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second + 10*time.Millisecond)))
}
