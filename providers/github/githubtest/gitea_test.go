package githubtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gitea is a running Gitea.
type gitea struct {
	t           *testing.T
	base, token string
}

// startGitea runs the program that DROVER_TEST_GITEA names.
func startGitea(t *testing.T) gitea {
	t.Helper()
	program := os.Getenv("DROVER_TEST_GITEA")
	if program == "" {
		t.Skip("DROVER_TEST_GITEA does not name a Gitea")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "app.ini")
	text := fmt.Sprintf(`I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = %[1]s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]d
ROOT_URL = http://127.0.0.1:%[2]d/
LFS_START_SERVER = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = %[1]s/gitea.db
[security]
INSTALL_LOCK = true
SECRET_KEY = test
[migrations]
ALLOW_LOCALNETWORKS = true
[log]
LEVEL = Warn
`, dir, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), program, append([]string{"--config", config}, args...)...).Output()
		if err != nil {
			t.Fatalf("gitea %v: %v", args, err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return lines[len(lines)-1]
	}
	run("migrate")
	run("admin", "user", "create", "--admin", "--username", "keeper", "--password", "trim-the-wick", "--email", "keeper@lantern.example", "--must-change-password=false")
	g := gitea{t, fmt.Sprintf("http://127.0.0.1:%d", port), run("admin", "user", "generate-access-token", "--username", "keeper", "--raw", "--scopes", "all")}
	web := exec.Command(program, "--config", config, "web")
	if err := web.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = web.Process.Signal(os.Interrupt)
		_ = web.Wait()
	})
	deadline := time.After(time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		response, err := http.Get(g.base + "/api/v1/version")
		if err == nil {
			response.Body.Close()
			return g
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("gitea does not start: %v", err)
		}
	}
}

// do asks Gitea's API and decodes the answer.
func (g gitea) do(method, path string, in, into any) {
	g.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		g.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(g.t.Context(), method, g.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "token "+g.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		g.t.Fatalf("%s %s: status %d, %v: %s", method, path, response.StatusCode, err, data)
	}
	if err := json.Unmarshal(data, into); err != nil {
		g.t.Fatal(err)
	}
}

// TestGiteaImports lets Gitea's own importer of GitHub read the sample.
func TestGiteaImports(t *testing.T) {
	g := startGitea(t)
	s, err := New(Options{Root: t.TempDir(), OneHost: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	token := s.Token(s.Model.User("ada"))
	for _, name := range []string{"beacon", "docs", "vault"} {
		g.do(http.MethodPost, "/repos/migrate", fields{
			"clone_addr": s.URL + "/lantern/" + name, "repo_name": name, "repo_owner": "keeper", "service": "github", "auth_token": token,
			"issues": true, "labels": true, "lfs": true, "milestones": true, "pull_requests": true, "releases": true, "wiki": true,
		}, &fields{})
		r, _ := s.Model.Repository("lantern", name)
		want := map[string]int{"labels": len(r.Labels), "milestones": len(r.Milestones), "releases": len(r.Releases), "issues": len(r.Issues)}
		for kind, n := range want {
			var got []fields
			g.do(http.MethodGet, "/repos/keeper/"+name+"/"+kind+"?state=all&limit=50", nil, &got)
			if len(got) != n {
				t.Errorf("%s: %d %s, want %d", name, len(got), kind, n)
			}
		}
	}
	var release struct {
		Assets []struct{ Size int64 }
	}
	g.do(http.MethodGet, "/repos/keeper/beacon/releases/tags/v1.0.0", nil, &release)
	beacon, _ := s.Model.Repository("lantern", "beacon")
	for n, a := range beacon.Releases[0].Assets {
		if n >= len(release.Assets) || release.Assets[n].Size != int64(len(a.Data)) {
			t.Errorf("the asset %s did not arrive: %+v", a.Name, release.Assets)
		}
	}
	var reviews []fields
	if g.do(http.MethodGet, "/repos/keeper/beacon/pulls/5/reviews", nil, &reviews); len(reviews) < 3 {
		t.Errorf("%d reviews of pull request 5", len(reviews))
	}
	for _, v := range s.Violations() {
		t.Error(v)
	}
}
