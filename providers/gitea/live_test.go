package gitea

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
	"github.com/drover-migrate/drover/schema"
)

// liveVariable names a Gitea or Forgejo program to run the tests of this package
// against, besides the stand-in.
const liveVariable = "DROVER_TEST_GITEA"

// live is a server of the test's own, a real one or the stand-in. Its users are
// admin1, alice and bob.
type live struct {
	real    bool
	url     string
	token   string // of admin1, the administrator
	api     *api.Client
	tokenOf func(user string) string
}

// startStandIn starts the stand-in, and reports what of the exchange was not as
// the server's description says.
func startStandIn(t *testing.T) *live {
	t.Helper()
	server, err := giteatest.New(giteatest.Options{Dir: t.TempDir(), Admin: "admin1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range server.Violations() {
			// That a watch has no reason, the description does not say.
			if !strings.HasPrefix(v, "PUT /repos/{owner}/{repo}/subscription") {
				t.Error(v)
			}
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"alice", "bob"} {
		server.Model.AddUser(giteatest.User{Login: name, Email: name + "@example.org"})
	}
	l := &live{url: server.URL, token: server.Token("admin1"), tokenOf: server.Token}
	l.api = l.client(t, l.token)
	return l
}

// startLive starts a server with the users alice and bob.
func startLive(t *testing.T) *live {
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
	l := &live{real: true, url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	config := filepath.Join(dir, "app.ini")
	settings := strings.NewReplacer("= DIR", "= "+dir, "PORT = PORT", fmt.Sprint("PORT = ", port), ":PORT", fmt.Sprint(":", port), "= USER", "= "+account.Username).Replace(liveSettings)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, append([]string{"--config", config}, args...)...)
		cmd.Env = append(os.Environ(), "GITEA_WORK_DIR="+dir, "FORGEJO_WORK_DIR="+dir)
		cmd.Dir = dir
		return cmd
	}
	command := func(args ...string) string {
		t.Helper()
		out, err := start(args...).Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
		lines := strings.Fields(string(out))
		return lines[len(lines)-1]
	}
	command("migrate")
	for _, name := range []string{"admin1", "alice", "bob"} {
		args := []string{"admin", "user", "create", "--username", name, "--password", "Secret-of-" + name, "--email", name + "@example.org", "--must-change-password=false"}
		if name == "admin1" {
			args = append(args, "--admin")
		}
		command(args...)
	}
	l.tokenOf = func(user string) string {
		return command("admin", "user", "generate-access-token", "--username", user, "--token-name", "test", "--raw", "--scopes", "all")
	}
	l.token = l.tokenOf("admin1")
	web := start("web")
	web.Stdout, web.Stderr = io.Discard, io.Discard
	if err := web.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = web.Process.Signal(syscall.SIGTERM)
		_ = web.Wait()
	})
	l.api = l.client(t, l.token)
	for range 300 {
		response, err := http.Get(l.url + "/api/v1/version")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return l
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
ROOT_URL = http://127.0.0.1:PORT/
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
[log]
LEVEL = Error
`

func (l *live) client(t *testing.T, token string) *api.Client {
	t.Helper()
	c, err := api.New(api.Options{URL: l.url, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// watch lets a user watch a repository.
func (l *live) watch(t *testing.T, user string, repo api.Repo) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, l.url+"/api/v1/repos/"+repo.String()+"/subscription", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+l.token)
	req.Header.Set("Sudo", user)
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("watch: %s", response.Status)
	}
	return nil
}

// open opens the target as the engine does.
func (l *live) open(t *testing.T) *target {
	t.Helper()
	return l.openWith(t, l.token)
}

func (l *live) openWith(t *testing.T, token string) *target {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"url": l.url + "/"})
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

func (l *live) place(name string) providers.Place {
	return providers.Place{Namespace: "acme", Name: name, CreateNamespace: true}
}

// create makes a repository for a test.
func (l *live) create(t *testing.T, to *target, name string, placement string) schema.Ref {
	t.Helper()
	place := l.place(name)
	if placement != "" {
		place.Placement = json.RawMessage(placement)
	}
	ref, err := to.Create(t.Context(), providers.CreateRequest{Place: place, Marker: "test:" + name, DefaultBranch: "refs/heads/main"})
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func (l *live) standing(t *testing.T, to *target, place providers.Place) providers.Standing {
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

// record makes a record of a body.
func record(t *testing.T, kind schema.Kind, id string, body any) schema.Record {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Record{Kind: kind, ID: id, Revision: schema.Digest(body), Body: data}
}

func TestStandIn(t *testing.T) { testTarget(t, startStandIn(t)) }

func TestLive(t *testing.T) { testTarget(t, startLive(t)) }

func testTarget(t *testing.T, l *live) {
	for name, test := range map[string]func(*testing.T, *live){
		"Create":       testCreate,
		"Push":         testPush,
		"CreateKilled": testCreateKilled,
		"Actions":      testActions,
		"Wiki":         testWiki,
		"WikiKilled":   testWikiKilled,
		"LargeFiles":   testLargeFiles,
		"Records":      testRecords,
		"Releases":     testReleases,
		"Archive":      testArchive,
		"Move":         testMove,
		"Unprivileged": testUnprivileged,
	} {
		t.Run(name, func(t *testing.T) { test(t, l) })
	}
}
