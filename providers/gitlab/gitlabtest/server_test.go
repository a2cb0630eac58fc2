package gitlabtest

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
	"testing"
	"time"
)

// begin is when the clocks of tests start.
func begin() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }

// ticking is a clock that moves on by a second each time it is read.
func ticking() func() time.Time {
	at := begin()
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

func start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
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

// asker asks a server in tests.
type asker struct {
	t testing.TB
	s *Server
}

// answer is what a server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) object(t testing.TB) object {
	t.Helper()
	var v object
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("answer %q: %v", a.body, err)
	}
	return v
}

func (a answer) list(t testing.TB) []object {
	t.Helper()
	var v []object
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("answer %q: %v", a.body, err)
	}
	return v
}

// request makes a request of somebody: "root", "" for nobody, or "root>anna" for
// the administrator in another's name.
func (a asker) request(who, method, path, body string) *http.Request {
	a.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.s.URL+"/api/v4"+path, in)
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	who, as, sudo := strings.Cut(who, ">")
	switch who {
	case "":
	case "root":
		r.Header.Set("Private-Token", a.s.AdminToken())
	default:
		r.Header.Set("Authorization", "Bearer "+a.s.Token(who))
	}
	if sudo {
		r.Header.Set("Sudo", as)
	}
	return r
}

func (a asker) send(r *http.Request) answer {
	a.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer{got.StatusCode, got.Header, body}
}

func (a asker) do(who, method, path, body string) answer {
	a.t.Helper()
	return a.send(a.request(who, method, path, body))
}

// must makes a request that has to succeed.
func (a asker) must(who, method, path, body string) answer {
	a.t.Helper()
	got := a.do(who, method, path, body)
	if got.status >= 300 {
		a.t.Fatalf("%s %s %s: status %d: %s", method, path, body, got.status, got.body)
	}
	return got
}

// upload sends a file to a project.
func (a asker) upload(who, project, name, text string) answer {
	a.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile("file", name)
	if err != nil {
		a.t.Fatal(err)
	}
	io.WriteString(p, text)
	w.Close()
	r := a.request(who, "POST", "/projects/"+project+"/uploads", b.String())
	r.Header.Set("Content-Type", w.FormDataContentType())
	return a.send(r)
}

// clean reports what was said against the description.
func (a asker) clean() {
	a.t.Helper()
	for _, v := range slices.Compact(slices.Sorted(slices.Values(a.s.Violations()))) {
		a.t.Error(v)
	}
}

// acme is the private project acme/api with history, that anna develops and ben
// maintains; dora is nobody in it.
func acme(t testing.TB) asker {
	t.Helper()
	a := asker{t, start(t, Options{Now: ticking()})}
	m := a.s.Model
	root := m.User("root")
	g := m.AddGroup("acme", "", root)
	p, err := m.AddProject(Project{Namespace: g, Path: "api", Creator: root})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"anna", "ben", "dora"} {
		m.AddUser(User{Username: name, Name: strings.ToUpper(name[:1]) + name[1:]})
	}
	m.AddMember(p, m.User("anna"), Developer)
	m.AddMember(p, m.User("ben"), Maintainer)
	lines := func(n int, change map[int]string) string {
		var b strings.Builder
		for i := 1; i <= n; i++ {
			if text, ok := change[i]; ok {
				b.WriteString(text)
				continue
			}
			fmt.Fprintf(&b, "line %d\n", i)
		}
		return b.String()
	}
	push := func(branch, message string, files map[string]string) {
		if _, err := m.PushFiles(p, branch, root, message, files); err != nil {
			t.Fatal(err)
		}
	}
	push("main", "Begin", map[string]string{"a.txt": lines(20, nil), "docs/b.txt": "b\n"})
	for _, branch := range []string{"feature", "other"} {
		if err := m.Branch(p, branch, "main", root); err != nil {
			t.Fatal(err)
		}
	}
	push("feature", "Change", map[string]string{"a.txt": lines(20, map[int]string{10: "ten\nand more\n"}), "new.txt": "new\n"})
	push("other", "Other", map[string]string{"c.txt": "c\n"})
	m.ForgetNotified()
	return a
}

func gitRun(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Anna", "GIT_AUTHOR_EMAIL=anna@example.test", "GIT_COMMITTER_NAME=Anna", "GIT_COMMITTER_EMAIL=anna@example.test")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func gitMust(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := gitRun(dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(out)
}

// clone clones a repository in somebody's name.
func (a asker) clone(who, path string) string {
	a.t.Helper()
	dir := filepath.Join(a.t.TempDir(), "work")
	gitMust(a.t, "", "clone", "--quiet", a.address(who, path), dir)
	return dir
}

func (a asker) address(who, path string) string {
	return strings.Replace(a.s.URL, "://", "://"+who+":"+a.s.Token(who)+"@", 1) + "/" + path + ".git"
}
