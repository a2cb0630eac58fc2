package dav

import (
	"context"
	"net/http/httptest"
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

// impatient opens a repository without pauses between tries.
func impatient(t *testing.T, options remote.Options) (*Repository, error) {
	t.Helper()
	r, err := newRepository(options)
	if err != nil {
		return nil, err
	}
	r.retry.Pause = func(context.Context, time.Duration) error { return nil }
	t.Cleanup(func() { r.Close() })
	err = r.retry.Do(t.Context(), func() (bool, error) { return false, r.open(t.Context()) })
	return r, r.failure("open repository", err)
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
		root := svnserver.Repository(t, h)
		file, want := truth(t, h)
		wantLog := svnserver.Log(t, file.Log(t.Context(), 0, h.Latest()))
		for kind, web := range map[string]svnserver.Web{
			"version 2": {},
			"version 1": {Version1: true},
			"gzip":      {Directives: "SetOutputFilter DEFLATE"},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				url := svnserver.Apache(t, root, web)
				r := open(t, remote.Options{URL: url + "/repository/", Scratch: t.TempDir()})
				if got, err := r.Latest(t.Context()); got != h.Latest() || err != nil {
					t.Fatalf("the latest revision is %d, want %d: %v", got, h.Latest(), err)
				}
				if got := r.UUID(); got != h.UUID {
					t.Errorf("uuid = %q, want %q", got, h.UUID)
				}
				if got := []string{r.Root(), r.Prefix(), r.Scope()}; !cmp.Equal(got, []string{url + "/repository", "", ""}) {
					t.Errorf("root, prefix, scope = %q", got)
				}
				if diff := cmp.Diff(want, svnserver.States(t, r.Revisions(t.Context(), 0, h.Latest()))); diff != "" {
					t.Errorf("(-dump +http://):\n%s", diff)
				}
				if diff := cmp.Diff(wantLog, svnserver.Log(t, r.Log(t.Context(), 0, h.Latest()))); diff != "" {
					t.Errorf("log (-dump +http://):\n%s", diff)
				}
			})
		}
	}
}

func TestRange(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	r := open(t, remote.Options{URL: svnserver.Apache(t, svnserver.Repository(t, h), svnserver.Web{}) + "/repository"})
	var got []int64
	for revision, err := range r.Revisions(t.Context(), 4, 8) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, revision.Number)
		revision.Close()
		if revision.Number == 7 {
			break
		}
	}
	if diff := cmp.Diff([]int64{4, 5, 6, 7}, got); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
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
	root := svnserver.Repository(t, h)
	for _, version1 := range []bool{false, true} {
		url := svnserver.Apache(t, root, svnserver.Web{Version1: version1})
		r := open(t, remote.Options{URL: url + `/repository/with%20space/`})
		if got := []string{r.Root(), r.Prefix(), r.Scope()}; !cmp.Equal(got, []string{url + "/repository", "with space", ""}) {
			t.Errorf("root, prefix, scope = %q", got)
		}
		if diff := cmp.Diff(want, svnserver.States(t, r.Revisions(t.Context(), 0, 9))); diff != "" {
			t.Errorf("a folder of a repository is not read from its root (-want +got):\n%s", diff)
		}
	}
}

func TestScope(t *testing.T) {
	h := svntest.Must(t, svnserver.Scoped)
	_, want := truth(t, h)
	root := svnserver.Repository(t, h)
	for _, version1 := range []bool{false, true} {
		url := svnserver.Apache(t, root, svnserver.Web{Version1: version1, Access: svnserver.Access{Authz: svnserver.ScopedAuthz}})
		r := open(t, remote.Options{URL: url + "/repository/open"})
		if got := []string{r.Root(), r.Prefix(), r.Scope()}; !cmp.Equal(got, []string{url + "/repository", "open", "open"}) {
			t.Errorf("root, prefix, scope = %q", got)
		}
		got := svnserver.States(t, r.Revisions(t.Context(), 0, h.Latest()))
		if diff := cmp.Diff(svnserver.InScope(want), got); diff != "" {
			t.Errorf("what is read of a folder (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(svnserver.ScopedLog(), svnserver.Changes(t, r.Log(t.Context(), 0, h.Latest()))); diff != "" {
			t.Errorf("log of a folder (-want +got):\n%s", diff)
		}
	}
}

func TestSignIn(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	_, want := truth(t, h)
	root := svnserver.Repository(t, h)
	users := map[string]string{"me": `s3"cr\et`}
	for name, web := range map[string]svnserver.Web{
		"basic":  {Access: svnserver.Access{Users: users, NoAnonymous: true}},
		"digest": {Access: svnserver.Access{Users: users, NoAnonymous: true}, Digest: true},
	} {
		t.Run(name, func(t *testing.T) {
			url := svnserver.Apache(t, root, web) + "/repository"
			r := open(t, remote.Options{URL: strings.Replace(url, "http://", "http://me@", 1), Password: users["me"]})
			if diff := cmp.Diff(want, svnserver.States(t, r.Revisions(t.Context(), 0, 9))); diff != "" {
				t.Errorf("signed in (-want +got):\n%s", diff)
			}
			for _, test := range []struct{ user, password, message string }{
				{"", "", "asks for a user name and a password for test"},
				{"me", "wrong", "refuses the user name or the password for test"},
				{"you", users["me"], "refuses the user name or the password for test"},
			} {
				found, err := Detect(t.Context(), remote.Options{URL: url, Username: test.user, Password: test.password})
				e := providers.AsError(err)
				if found || e == nil || e.Code != providers.CodeAuth || e.Attribute != "password" || !strings.Contains(e.Message, test.message) {
					t.Errorf("as %q: %t, %#v, want %s", test.user, found, e, test.message)
				}
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	h := svntest.Must(t, svnserver.Everything)
	root := svnserver.Repository(t, h)
	public := svnserver.Apache(t, root, svnserver.Web{})
	ruled := svnserver.Apache(t, root, svnserver.Web{Access: svnserver.Access{Authz: "[/]\n* = \n"}})
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, test := range []struct {
		name, url          string
		code               providers.Code
		attribute, message string
		detected           bool // Detect fails instead of saying no
	}{
		{"no repository", public + "/nope", providers.CodeNotFound, "vcs_url", "Could not find the requested SVN filesystem", false},
		{"no folder", public + "/repository/trunk/nope", providers.CodeNotFound, "vcs_url", "no such folder", false},
		{"a file", public + "/repository/main/line/main.c", providers.CodeInvalid, "vcs_url", "it is a file", true},
		{"another place of the server", strings.TrimSuffix(public, "/svn") + "/other", providers.CodeNotFound, "vcs_url", "", false},
		{"not allowed", ruled + "/repository", providers.CodeDenied, "", "403", true},
		{"nobody there", closed.URL, providers.CodeUnavailable, "", "connection failed", true},
		{"password in the address", "http://me:s3cret@localhost/x", providers.CodeInvalid, "vcs_url", "holds a password", true},
		{"other scheme", "svn://localhost/x", providers.CodeInvalid, "vcs_url", "neither http:// nor", true},
		{"parent folder", "http://localhost/a/../b", providers.CodeInvalid, "vcs_url", `".."`, true},
		{"query", "http://localhost/a?b", providers.CodeInvalid, "vcs_url", `"?"`, true},
		{"hidden control character", "http://localhost/a%0ab", providers.CodeInvalid, "vcs_url", "control character", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := remote.Options{URL: test.url}
			_, err := impatient(t, options)
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
