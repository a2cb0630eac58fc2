package hgtest

import (
	"bufio"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Serve runs hg serve for the repository until the test ends and returns the
// address.
func (r *Repo) Serve(settings ...string) *url.URL {
	r.t.Helper()
	args := []string{"serve", "--address", "127.0.0.1", "--port", "0", "--accesslog", os.DevNull}
	for _, s := range settings {
		args = append(args, "--config", s)
	}
	cmd := r.Command(args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.t.Fatalf("hg serve did not say where it listens: %v", err)
	}
	_, bound, _ := strings.Cut(line, "bound to ")
	address := "http://" + strings.TrimRight(bound, ")\n")
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" {
		r.t.Fatalf("hg serve listens at %q", line)
	}
	return u
}

// FakeSSH puts a program named ssh first in PATH that runs its command on this
// machine, and returns the address of the repository behind it.
func (r *Repo) FakeSSH(t interface{ Setenv(name, value string) }) *url.URL {
	r.t.Helper()
	dir := r.t.TempDir()
	script := "#!/bin/sh\nexport HGRCPATH= HGENCODING=UTF-8\nwhile [ \"$1\" != -- ]; do shift; done\necho welcome to $2\nexec sh -c \"$3\"\n"
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(script), 0o777); err != nil {
		r.t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("GIT_SSH_COMMAND", "")
	return &url.URL{Scheme: "ssh", User: url.User("ada"), Host: "hg.example.org", Path: "/" + filepath.ToSlash(r.Dir)}
}
