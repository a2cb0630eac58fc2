// Package livetest starts a real Gitea or Forgejo for a test, where there is one.
// Production code never imports it.
package livetest

import (
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
)

// Variable names the program in the environment.
const Variable = "DROVER_TEST_GITEA"

// Options say what a server is like.
type Options struct {
	Users    []string // the first is the administrator
	Settings string   // in addition to those that all have, in the form of app.ini; DIR is the server's folder
}

// Server is a real server of a test's own.
type Server struct {
	URL string
	Dir string

	t       testing.TB
	program string
}

// Start starts a server that ends with the test, which is skipped where no program
// is named.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{t: t, program: os.Getenv(Variable), Dir: t.TempDir()}
	if s.program == "" {
		t.Skipf("set %s to the program of a Gitea or Forgejo to run this against it", Variable)
	}
	account, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	s.URL = "http://127.0.0.1:" + port
	text := fmt.Sprintf(settings, account.Username, port, s.URL) + o.Settings
	if err := os.WriteFile(s.config(), []byte(strings.ReplaceAll(text, "DIR", s.Dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("migrate")
	for i, name := range o.Users {
		args := []string{"admin", "user", "create", "--username", name, "--password", "Secret-of-" + name, "--email", name + "@example.org", "--must-change-password=false"}
		if i == 0 {
			args = append(args, "--admin")
		}
		s.run(args...)
	}
	web := s.command("web")
	web.Stdout, web.Stderr = io.Discard, io.Discard
	if err := web.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = web.Process.Signal(syscall.SIGTERM)
		_ = web.Wait()
	})
	Await(t, "the server", func() bool {
		response, err := http.Get(s.URL + "/api/v1/version")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return s
}

// Token makes a token of a user's that may do all that the user may.
func (s *Server) Token(user string) string {
	s.t.Helper()
	words := strings.Fields(s.run("admin", "user", "generate-access-token", "--username", user, "--token-name", "test", "--raw", "--scopes", "all"))
	return words[len(words)-1] // it may warn of something before
}

func (s *Server) config() string { return filepath.Join(s.Dir, "app.ini") }

func (s *Server) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.program, append([]string{"--config", s.config()}, args...)...)
	cmd.Env = append(os.Environ(), "GITEA_WORK_DIR="+s.Dir, "FORGEJO_WORK_DIR="+s.Dir)
	cmd.Dir = s.Dir
	return cmd
}

func (s *Server) run(args ...string) string {
	s.t.Helper()
	out, err := s.command(args...).Output()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Await waits until something is so.
func Await(t testing.TB, what string, so func() bool) {
	t.Helper()
	for range 600 {
		if so() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s did not come", what)
}

// settings lack the name of the account that runs the server, the port, and the
// address.
const settings = `
RUN_USER = %s
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %s
ROOT_URL = %s
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
ENABLE_NOTIFY_MAIL = true
[log]
LEVEL = Error
`
