package main

import (
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
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
