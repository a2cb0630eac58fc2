package ra

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/dump"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svnserver"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

func open(t *testing.T, options remote.Options) *Repository {
	t.Helper()
	r, err := Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func latest(t *testing.T, r *Repository) int64 {
	t.Helper()
	n, err := r.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// truth returns the states of a history as its dump tells them.
func truth(t *testing.T, h *svntest.History) (*dump.File, []svnserver.State) {
	t.Helper()
	f, err := dump.OpenFile(h.DumpFile(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f, svnserver.States(t, f.Revisions(t.Context(), 0, h.Latest()))
}

func TestHistory(t *testing.T) {
	generated := svntest.Generate(svntest.Shape{Seed: 3, Revisions: 200, Files: 30, FileSize: 2000, Branches: 5, Tags: 5, Authors: 3})
	for name, h := range map[string]*svntest.History{
		"everything": svntest.Must(t, svnserver.Everything),
		"generated":  generated.History,
	} {
		t.Run(name, func(t *testing.T) {
			root := svnserver.Repository(t, h)
			file, want := truth(t, h)
			url := svnserver.Svnserve(t, root, svnserver.Access{})
			for _, connections := range []int{1, 3} {
				r := open(t, remote.Options{URL: url + "/repository/", Connections: connections, Scratch: t.TempDir()})
				if got := latest(t, r); got != h.Latest() {
					t.Fatalf("the latest revision is %d, want %d", got, h.Latest())
				}
				if got := r.UUID(); got != h.UUID {
					t.Errorf("uuid = %q, want %q", got, h.UUID)
				}
				if got := []string{r.Root(), r.Prefix(), r.Scope()}; !cmp.Equal(got, []string{url + "/repository", "", ""}) {
					t.Errorf("root, prefix, scope = %q", got)
				}
				got := svnserver.States(t, r.Revisions(t.Context(), 0, h.Latest()))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("with %d connections (-dump +svn://):\n%s", connections, diff)
				}
				wantLog := svnserver.Log(t, file.Log(t.Context(), 0, h.Latest()))
				if diff := cmp.Diff(wantLog, svnserver.Log(t, r.Log(t.Context(), 0, h.Latest()))); diff != "" {
					t.Errorf("log (-dump +svn://):\n%s", diff)
				}
			}
		})
	}
}

// A part of a history has the nodes that the whole has there.
func TestRange(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	r := open(t, remote.Options{URL: svnserver.Svnserve(t, svnserver.Repository(t, h), svnserver.Access{}) + "/repository"})
	var got []int64
	for revision, err := range r.Revisions(t.Context(), 4, 8) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, revision.Number)
		revision.Close()
		if revision.Number == 7 {
			break // and the connection is in the middle of something
		}
	}
	if diff := cmp.Diff([]int64{4, 5, 6, 7}, got); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
	if got := latest(t, r); got != 9 {
		t.Errorf("after an end in between, the latest revision is %d, want 9", got)
	}
	for range r.Revisions(t.Context(), 9, 8) {
		t.Error("an empty range has a revision")
	}
	for _, err := range r.Revisions(t.Context(), 10, 10) {
		if providers.CodeOf(err) != providers.CodeNotFound {
			t.Errorf("a revision that does not exist gives %v", err)
		}
	}
}

func TestFolder(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	_, want := truth(t, h)
	url := svnserver.Svnserve(t, svnserver.Repository(t, h), svnserver.Access{})
	r := open(t, remote.Options{URL: url + `/repository/with%20space`})
	if got := []string{r.Root(), r.Prefix(), r.Scope()}; !cmp.Equal(got, []string{url + "/repository", "with space", ""}) {
		t.Errorf("root, prefix, scope = %q", got)
	}
	if diff := cmp.Diff(want, svnserver.States(t, r.Revisions(t.Context(), 0, 9))); diff != "" {
		t.Errorf("a folder of a repository is not read from its root (-want +got):\n%s", diff)
	}
}

func TestRefuses(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	root := svnserver.Repository(t, h)
	users := map[string]string{"me": "s3cret", "other": "x"}
	public := svnserver.Svnserve(t, root, svnserver.Access{})
	private := svnserver.Svnserve(t, root, svnserver.Access{Users: users, NoAnonymous: true})
	ruled := svnserver.Svnserve(t, root, svnserver.Access{Users: users, NoAnonymous: true, Authz: "[/]\nme = r\n"})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, test := range []struct {
		name, url, user, password string
		code                      providers.Code
		attribute, message        string
		detected                  bool // Detect fails instead of saying no
	}{
		{"no repository", public + "/nope", "", "", providers.CodeNotFound, "vcs_url", "No repository found", false},
		{"no folder", public + "/repository/trunk/nope", "", "", providers.CodeNotFound, "vcs_url", "no such folder", false},
		{"a file", public + "/repository/main/line/main.c", "", "", providers.CodeInvalid, "vcs_url", "it is a file", true},
		{"no credentials", private + "/repository", "", "", providers.CodeAuth, "password", "asks for a user name and a password for test", true},
		{"wrong password", private + "/repository", "me", "wrong", providers.CodeAuth, "password", "refuses the user name or the password", true},
		{"unknown user", private + "/repository", "nobody", "", providers.CodeAuth, "password", "refuses the user name or the password", true},
		{"not allowed", ruled + "/repository", "other", "x", providers.CodeDenied, "", "Authorization failed", true},
		{"nobody there", "svn://" + closed.Addr().String() + "/x", "", "", providers.CodeUnavailable, "", "connection failed", true},
		{"password in the address", "svn://me:s3cret@localhost/x", "", "", providers.CodeInvalid, "vcs_url", "holds a password", true},
		{"other scheme", "http://localhost/x", "", "", providers.CodeInvalid, "vcs_url", "neither svn:// nor", true},
		{"option as host", "svn+ssh://-oProxyCommand=id/x", "", "", providers.CodeInvalid, "vcs_url", "", true},
		{"option as user", "svn+ssh://-l@host/x", "", "", providers.CodeInvalid, "vcs_url", "misread", true},
		{"parent folder", "svn://localhost/a/../b", "", "", providers.CodeInvalid, "vcs_url", `".."`, true},
		{"hidden control character", "svn://localhost/a%0ab", "", "", providers.CodeInvalid, "vcs_url", "control character", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := remote.Options{URL: test.url, Username: test.user, Password: test.password}
			r, err := newRepository(options)
			if err == nil {
				r.retry.Pause = func(context.Context, time.Duration) error { return nil }
				err = r.failure("open repository", r.open(t.Context()))
				r.Close()
			}
			e := providers.AsError(err)
			if e == nil || e.Code != test.code || e.Attribute != test.attribute || !strings.Contains(e.Message, test.message) {
				t.Errorf("got %#v, want %s about %q: %s", e, test.code, test.attribute, test.message)
			}
			if e != nil && strings.Contains(e.Error()+e.Hint, "s3cret") {
				t.Errorf("the error shows the password: %v", e)
			}
			if test.code == providers.CodeUnavailable {
				return
			}
			found, err := Detect(t.Context(), options)
			if found || (err != nil) != test.detected || err != nil && providers.CodeOf(err) != test.code {
				t.Errorf("Detect = %t, %v", found, err)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	_, want := truth(t, h)
	root := svnserver.Repository(t, h)
	users := map[string]string{"me": "s3cret"}
	for name, access := range map[string]svnserver.Access{
		"needed":             {Users: users, NoAnonymous: true},
		"not needed":         {Users: users},
		"shows more":         {Users: users, Authz: "[/]\n$authenticated = r\n* = \n"},
		"shows more of some": {Users: users, Authz: "[/]\n* = r\n[/trunk]\n* = \nme = r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			url := svnserver.Svnserve(t, root, access) + "/repository"
			options := remote.Options{URL: url, Username: "me", Password: "s3cret"}
			if found, err := Detect(t.Context(), options); !found || err != nil {
				t.Errorf("Detect = %t, %v", found, err)
			}
			r := open(t, options)
			if diff := cmp.Diff(want, svnserver.States(t, r.Revisions(t.Context(), 0, 9))); diff != "" {
				t.Errorf("signed in (-want +got):\n%s", diff)
			}
			named := open(t, remote.Options{URL: strings.Replace(url, "svn://", "svn://me@", 1), Password: "s3cret"})
			if got := latest(t, named); got != 9 {
				t.Errorf("with the user name in the address the latest revision is %d, want 9", got)
			}
		})
	}
}

func TestTunnel(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	_, want := truth(t, h)
	root := svnserver.Repository(t, h)
	program, calls := svnserver.SSH(t, root, "me")
	t.Setenv("SVN_SSH", program+" -q")
	const url = "svn+ssh://me@forge.example:2222/repository"
	r := open(t, remote.Options{URL: url, Connections: 2})
	if got := r.Root(); got != url {
		t.Errorf("root = %q, want %q", got, url)
	}
	if diff := cmp.Diff(want, svnserver.States(t, r.Revisions(t.Context(), 0, 9))); diff != "" {
		t.Errorf("(-dump +svn+ssh://):\n%s", diff)
	}
	called, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(called), "-q\n-p\n2222\n--\nme@forge.example\nsvnserve -t\n"; got != want {
		t.Errorf("ssh was called with\n%s\nwant\n%s", got, want)
	}
}

func TestTunnelFails(t *testing.T) {
	for _, test := range []struct {
		name, script string
		code         providers.Code
		message      string
	}{
		{"refused", "echo 'me@host: Permission denied (publickey).' >&2; exit 255", providers.CodeAuth, "Permission denied"},
		{"unknown host", "echo 'Host key verification failed.' >&2; exit 255", providers.CodeAuth, "Host key"},
		{"no svnserve", "printf 'bash: \\033[31msvnserve: command not found\\n' >&2; exit 127", providers.CodeUnavailable, `\x1b[31msvnserve: command not found`},
		{"nothing said", "exit 0", providers.CodeUnavailable, "without an answer"},
		{"something else", "echo Welcome to my host; cat", providers.CodeInvalid, "cannot be understood"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("SVN_SSH", script(t, test.script))
			_, err := Open(t.Context(), remote.Options{URL: "svn+ssh://me@host/x"})
			if e := providers.AsError(err); e == nil || e.Code != test.code || !strings.Contains(e.Message, test.message) {
				t.Errorf("got %#v, want %s: %s", e, test.code, test.message)
			}
		})
	}
}

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ssh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
