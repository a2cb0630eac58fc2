package giteatest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// side is one of the two servers that a script is run against.
type side struct {
	url    string
	tokens map[string]string
	token  func(login string) string // makes one
}

// TestAgainstGitea runs one script against a real Gitea and the stand-in, and
// compares each answer.
func TestAgainstGitea(t *testing.T) {
	program := os.Getenv("DROVER_TEST_GITEA")
	if program == "" {
		t.Skip("set DROVER_TEST_GITEA to the program of a Gitea 1.26 to compare the stand-in with it")
	}
	s := start(t, Options{Now: ticking()})
	real, own := startGitea(t, program), &side{url: s.URL, tokens: map[string]string{}, token: s.Token}
	work := sampleHistory(t)
	f, err := os.Open("testdata/script.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	number := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		number++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		t.Run(fmt.Sprintf("line_%d", number), func(t *testing.T) {
			got := own.do(t, work, line, nil)
			want := real.do(t, work, line, got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-Gitea +stand-in):\n%s", line, diff)
			}
		})
	}
	for _, v := range s.Violations() {
		t.Error(v)
	}
}

// ticking is a clock that goes on by a second whenever it is looked at, so that
// nothing depends on what happened in the same second.
func ticking() func() time.Time {
	ticks := make(chan time.Time)
	go func() {
		for now := time.Now().Add(-time.Hour); ; now = now.Add(time.Second) {
			ticks <- now
		}
	}()
	return func() time.Time { return <-ticks }
}

// do carries out one line of the script. Awaited is what the stand-in answered, for
// what a real server does later than it answers.
func (s *side) do(t *testing.T, work, line string, awaited any) any {
	t.Helper()
	words := strings.SplitN(line, " ", 4)
	switch words[0] {
	case "push":
		args := append([]string{"push", "--quiet", s.gitURL(words[1], words[2])}, strings.Fields(words[3])...)
		return map[string]any{"pushed": runGit(work, args...) == nil}
	case "refs":
		out, err := gitOutput(work, "ls-remote", s.gitURL(words[1], words[2]))
		return map[string]any{"refs": out, "failed": err != nil}
	case "upload":
		return s.upload(t, words[1], words[2], words[3])
	case "byhand":
		body := fmt.Sprintf(`{"do":"manually-merged","merge_commit_id":"%s"}`, strings.TrimSpace(must(gitOutput(work, "rev-parse", "main"))))
		return s.request(t, words[1], "POST", words[2], "application/json", strings.NewReader(body))
	case "until":
		return s.until(t, words[1], words[2], strings.Fields(words[3]))
	case "notified":
		return s.notified(t, words[1], awaited)
	}
	var body io.Reader
	kind := ""
	if len(words) > 3 {
		body, kind = strings.NewReader(words[3]), "application/json"
	}
	return s.request(t, words[0], words[1], words[2], kind, body)
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}

func (s *side) tokenOf(login string) string {
	if s.tokens[login] == "" {
		s.tokens[login] = s.token(login)
	}
	return s.tokens[login]
}

func (s *side) gitURL(login, repo string) string {
	return strings.Replace(s.url, "://", "://"+login+":"+s.tokenOf(login)+"@", 1) + "/" + repo + ".git"
}

func (s *side) request(t *testing.T, login, method, path, kind string, body io.Reader) any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+"/api/v1"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	login, as, sudo := strings.Cut(login, ":")
	if sudo {
		if login = strings.TrimSuffix(login, "-sudo"); login == "sudo" {
			login = "root"
		}
		r.Header.Set("Sudo", as)
	}
	if login != "-" {
		r.Header.Set("Authorization", "token "+s.tokenOf(login))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var value any = string(data)
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(data, &value); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	o := map[string]any{"status": answer.StatusCode, "body": without(normal(value), counters(method, path))}
	if method == http.MethodGet && answer.StatusCode == http.StatusOK {
		o["total"], o["link"] = answer.Header.Get("X-Total-Count"), normal(answer.Header.Get("Link"))
	}
	return o
}

// until asks for something until a member of the answer has a value: a real server
// does some of its work behind its answers.
func (s *side) until(t *testing.T, login, path string, want []string) any {
	t.Helper()
	for range 200 {
		o := s.request(t, login, "GET", path, "", nil).(map[string]any)
		if body, ok := o["body"].(map[string]any); ok && fmt.Sprint(body[want[0]]) == want[1] {
			return "reached"
		}
	}
	return "not reached"
}

// counters are the members that are not compared: those that count a new pull
// request or do not, in the answer to its making, since Gitea read them before.
func counters(method, path string) []string {
	switch {
	case method == http.MethodPost && strings.HasSuffix(path, "/pulls"):
		return []string{"open_pr_counter", "open_issues"}
	case method == http.MethodPost && strings.HasSuffix(path, "/releases"):
		return []string{"assets"} // of a draft: the files of all that is no release
	}
	return nil
}

func (s *side) upload(t *testing.T, login, path, name string) any {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile("attachment", name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(p, "some text\n")
	w.Close()
	return s.request(t, login, "POST", path, w.FormDataContentType(), &b)
}

// notified is what a user finds on the notifications page. A real server finds out
// behind its answers, so it is asked until it says what is awaited, within bounds.
func (s *side) notified(t *testing.T, login string, awaited any) any {
	t.Helper()
	var subjects []string
	for range 200 {
		o := s.request(t, login, "GET", "/notifications?all=true", "", nil).(map[string]any)
		subjects = nil
		list, _ := o["body"].([]any)
		for _, n := range list {
			subject := n.(map[string]any)["subject"].(map[string]any)
			subjects = append(subjects, fmt.Sprint(subject["type"], " ", subject["title"], " ", subject["state"]))
		}
		slices.Sort(subjects)
		if awaited == nil || cmp.Equal(awaited, any(subjects)) {
			break
		}
	}
	return subjects
}

// sampleHistory makes a repository to push from: main with two commits, feature
// with two more, later with another one on top, other beside main, and the tag v1.0
// at the first.
func sampleHistory(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := 0
	commit := func(name, text, message string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at++
		for _, args := range [][]string{{"add", "."}, {"commit", "--quiet", "-m", message, "--date", fmt.Sprintf("@%d +0000", 1700000000+at)}} {
			if err := runGit(dir, args...); err != nil {
				t.Fatal(err)
			}
		}
	}
	do := func(args ...string) {
		if err := runGit(dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	do("init", "--quiet", "--initial-branch=main")
	commit("a.txt", "one\ntwo\nthree\n", "first")
	do("tag", "-a", "-m", "the first\nrelease", "v1.0")
	do("branch", "other")
	commit("c.txt", "c\n", "second")
	do("checkout", "--quiet", "-b", "feature")
	commit("a.txt", "ONE\ntwo\nTHREE\nfour\nfive\nsix\nseven\neight\n", "change a")
	commit("b.txt", "b\n", "add b")
	do("checkout", "--quiet", "-b", "later")
	commit("b.txt", "b\nb\n", "more b")
	do("checkout", "--quiet", "other")
	commit("o.txt", "o\n", "other")
	return dir
}

func runGit(dir string, args ...string) error { _, err := gitOutput(dir, args...); return err }

func gitOutput(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Anna A", "GIT_AUTHOR_EMAIL=anna@example.test", "GIT_COMMITTER_NAME=Someone", "GIT_COMMITTER_EMAIL=someone@example.test",
		"GIT_COMMITTER_DATE=@1700001000 +0000")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, errs.String())
	}
	return out.String(), nil
}

// startGitea starts a real server with the administrator root.
func startGitea(t *testing.T, program string) *side {
	t.Helper()
	account, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := &url.URL{Scheme: "http", Host: l.Addr().String()}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "app.ini")
	text := strings.NewReplacer("{USER}", account.Username, "{PORT}", base.Port(), "{DIR}", dir).Replace(giteaConfig)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, append([]string{"--config", config}, args...)...)
		cmd.Env = append(os.Environ(), "GITEA_WORK_DIR="+dir)
		cmd.Dir = dir
		return cmd
	}
	output := func(args ...string) string {
		t.Helper()
		out, err := command(args...).Output()
		if err != nil {
			t.Fatalf("gitea %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		words := strings.Fields(string(out))
		return words[len(words)-1]
	}
	output("migrate")
	output("admin", "user", "create", "--username", "root", "--password", "Secret-of-root", "--email", "root@example.test", "--admin", "--must-change-password=false")
	web := command("web")
	if err := web.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = web.Process.Signal(syscall.SIGTERM)
		_ = web.Wait()
	})
	for range 300 {
		if answer, err := http.Get(base.String() + "/api/v1/version"); err == nil {
			answer.Body.Close()
			return &side{url: base.String(), tokens: map[string]string{}, token: func(login string) string {
				return output("admin", "user", "generate-access-token", "--username", login, "--token-name", "test", "--raw", "--scopes", "all")
			}}
		}
		time.Sleep(100 * time.Millisecond) // until it listens
	}
	t.Fatal("Gitea does not answer")
	return nil
}

const giteaConfig = `
RUN_USER = {USER}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {PORT}
ROOT_URL = http://127.0.0.1:{PORT}/
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = true
LFS_JWT_SECRET = OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk
[database]
DB_TYPE = sqlite3
PATH = {DIR}/server.db
[repository]
ROOT = {DIR}/repositories
[security]
INSTALL_LOCK = true
SECRET_KEY = of-a-test
PASSWORD_HASH_ALGO = pbkdf2_v1
[oauth2]
JWT_SECRET = OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk
[service]
DISABLE_REGISTRATION = true
[log]
LEVEL = Error
`
