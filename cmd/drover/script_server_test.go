package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// gitserver VAR ROOT [USER PASSWORD]: offers the repositories below ROOT over
// HTTP, to those who know the password, until the script ends. VAR becomes its
// address. While ROOT/hold exists, it does not answer who fetches; what it was
// asked for is then in ROOT/asked.
func gitServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: gitserver VAR ROOT [USER PASSWORD]")
	}
	libexec, err := exec.Command("git", "--exec-path").Output()
	ts.Check(err)
	root := ts.MkAbs(args[1])
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(libexec)), "git-http-backend"),
		Env: []string{
			"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		},
		Stderr: io.Discard,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(args) == 4 {
			if user, password, _ := r.BasicAuth(); user != args[2] || password != args[3] {
				w.Header().Set("WWW-Authenticate", `Basic realm="scripts"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
		if r.Method == http.MethodPost {
			holdBack(r, root)
		}
		backend.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// holdBack waits while there is a file ROOT/hold.
func holdBack(r *http.Request, root string) {
	hold := filepath.Join(root, "hold")
	if _, err := os.Stat(hold); err != nil {
		return
	}
	if os.WriteFile(filepath.Join(root, "asked"), []byte(r.URL.Path), 0o666) != nil {
		return
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(hold); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// svnServer is svnserver VAR ROOT: starts svnserve for the repositories below
// ROOT until the script ends. VAR becomes its port.
func svnServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: svnserver VAR ROOT")
	}
	serveOn(ts, args[0], func(port string) *exec.Cmd {
		return exec.Command("svnserve", "--daemon", "--foreground", "--listen-host", "127.0.0.1", "--listen-port", port, "--root", ts.MkAbs(args[1]))
	})
}

// hgServer is hgserver VAR REPOSITORY: offers a repository over HTTP until the
// script ends. VAR becomes its port.
func hgServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hgserver VAR REPOSITORY")
	}
	serveOn(ts, args[0], func(port string) *exec.Cmd {
		cmd := exec.Command("hg", "serve", "--address", "127.0.0.1", "--port", port, "--repository", ts.MkAbs(args[1]))
		cmd.Env = append(os.Environ(), "HGRCPATH=")
		return cmd
	})
}

// serveOn starts a server on a free port, again when somebody else took the port
// in between, and waits until it answers.
func serveOn(ts *testscript.TestScript, name string, server func(port string) *exec.Cmd) {
	for range 10 {
		port := freePort(ts)
		cmd := server(port)
		ts.Check(cmd.Start())
		ended := make(chan struct{})
		go func() {
			_ = cmd.Wait() // it is killed
			close(ended)
		}()
		stop := func() {
			_ = cmd.Process.Kill() // unless it has ended
			<-ended
		}
		if answers(port, ended) {
			ts.Defer(stop)
			ts.Setenv(name, port)
			return
		}
		stop()
	}
	ts.Fatalf("no server could be started")
}

func freePort(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	return port
}

// answers waits until something listens on the port, or the server has ended.
func answers(port string, ended <-chan struct{}) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port)); err == nil {
			_ = c.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-tick.C:
		}
	}
}

// svnDump is svndump FILE REVISIONS: writes a dump file with a history of many
// branches, tags and merges.
func svnDump(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: svndump FILE REVISIONS")
	}
	revisions, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	w := bufio.NewWriter(f)
	ts.Check(svntest.Generate(svntest.Shape{
		Seed: 1, Revisions: revisions, Files: 200, FileSize: 2_000, Branches: 8, Tags: 12, Authors: 6,
	}).Dump(w))
	ts.Check(w.Flush())
	ts.Check(f.Close())
}
