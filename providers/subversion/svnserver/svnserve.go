package svnserver

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Svnserve serves the repositories in the folder root until the test is over,
// and returns the URL of the folder.
func Svnserve(t testing.TB, root string, access Access) string {
	t.Helper()
	program := find(t, "svnserve")
	args := []string{"-i", "-r", root, "--config-file", access.config(t)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { inetd(t, c.(*net.TCPConn), program, args) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		served.Wait()
	})
	return "svn://" + listener.Addr().String()
}

// inetd lets a svnserve of its own serve a connection. It ends with the
// connection or the test.
func inetd(t testing.TB, c *net.TCPConn, program string, args []string) {
	line, err := c.File()
	c.Close()
	if err != nil {
		t.Error(err)
		return
	}
	defer line.Close()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdin, cmd.Stdout = line, line
	_ = cmd.Run() // fails when a client hangs up
}

// SSH writes a program that answers like ssh with a svnserve at the other end,
// whatever host it is asked for, and returns its path. What it was called
// with, a word a line, is appended to the file calls beside it.
func SSH(t testing.TB, root, user string) (program, calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	program = filepath.Join(dir, "ssh")
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >>" + calls + "\nexec " + find(t, "svnserve") + " -t -r " + root + " --tunnel-user=" + user + "\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return program, calls
}

// config writes a configuration of svnserve and returns its path.
func (a Access) config(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	text := "[general]\nauth-access = read\nanon-access = " + a.anonymous() + "\nrealm = test\n" +
		"password-db = " + write(t, dir, "passwd", a.passwords()) + "\n"
	if a.Authz != "" {
		text += "authz-db = " + write(t, dir, "authz", a.Authz) + "\n"
	}
	return write(t, dir, "svnserve.conf", text)
}

// find returns the path of a program, and skips the test without it.
func find(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	return path
}

func write(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
