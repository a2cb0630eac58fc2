package gitrepo

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckURL(t *testing.T) {
	for _, url := range []string{
		"/srv/git/a.git", "../a.git", "a.git", "dir/with:colon", "file:///srv/a.git", "/srv/a b", "./-x",
		"https://example.org/a.git", "http://example.org:8080/a", "https://user:pw@example.org/a", "http://[::1]:80/a",
		"ssh://git@example.org:22/a.git", "ssh://example.org/~me/a", "git://example.org/a",
		"git@example.org:acme/a.git", "example.org:a.git", "git@[::1]:a.git",
	} {
		if err := CheckURL(url); err != nil {
			t.Errorf("CheckURL(%q) = %v, want nil", url, err)
		}
	}
	for _, url := range []string{
		"", "ext::sh -c id", "ext::", "fd::17", "https::https://example.org/", "a+b::c", "::x",
		"-oProxyCommand=id", "--upload-pack=id", "-x:y", "/a\nb", "https://example.org/a\x00", "https://example.org/\x1b[2J",
		"ssh://-oProxyCommand=id/a", "ssh://-x@example.org/a", "ssh://%2DoProxyCommand=id/a", "ssh://git:pw@example.org/a",
		"-git@example.org:a", "git@-host:a", "git@host:-a", "git@host:", "ho st:a", "a$(id)@host:b",
		"ftp://example.org/a", "HTTPS://example.org/a", "javascript://x", "https:///a", "https://", "http://example.org:99999/a",
		"https://example.org/%0a", "git://example.org/%0d%0ahost=x", "file://host/a", "https://exa*mple.org/", "https://example.org/%zz",
	} {
		if err := CheckURL(url); KindOf(err) != Refused {
			t.Errorf("CheckURL(%q) = %v, want it refused", url, err)
		}
	}
}

func TestParseRemote(t *testing.T) {
	for _, test := range []struct {
		raw  string
		want Remote
	}{
		{"https://me:p%40ss@example.org/a.git", Remote{URL: "https://example.org/a.git", Username: "me", Password: "p@ss"}},
		{"https://token@example.org/a.git", Remote{URL: "https://example.org/a.git", Username: "token"}},
		{"https://example.org/a.git", Remote{URL: "https://example.org/a.git"}},
		{"ssh://git@example.org/a.git", Remote{URL: "ssh://git@example.org/a.git"}},
		{"git@example.org:a.git", Remote{URL: "git@example.org:a.git"}},
		{"/srv/a@b:c", Remote{URL: "/srv/a@b:c"}},
	} {
		got, err := ParseRemote(test.raw)
		if err != nil {
			t.Errorf("ParseRemote(%q): %v", test.raw, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("ParseRemote(%q) (-want +got):\n%s", test.raw, diff)
		}
	}
}

func TestNothingShowsThePassword(t *testing.T) {
	const password = "s3cr/et%21"
	for _, raw := range []string{
		"https://me:" + password + "@example.org/a", // not escaped: malformed
		"https://me:s3cr%2Fet%21@example.org:port/a",
		"https://me:s3cr%0Aet@example.org/a",
		"ftp://me:s3cret@example.org/a",
		"ssh://me:s3cret@example.org/a",
	} {
		r, err := ParseRemote(raw)
		if err == nil {
			t.Errorf("ParseRemote(%q) = nil error", raw)
		}
		mirrorErr := Mirror(t.Context(), Remote{URL: raw}, filepath.Join(t.TempDir(), "m"), nil)
		for _, shown := range []string{err.Error(), mirrorErr.Error(), Remote{URL: raw}.String(), fmt.Sprintf("%v %+v %#v", r, r, r)} {
			if strings.Contains(shown, "s3cr") {
				t.Errorf("the password of %q is shown: %s", raw, shown)
			}
		}
	}
	r := Remote{URL: "https://example.org/a", Username: "me", Password: password}
	if shown := fmt.Sprintf("%v %+v %#v %s", r, r, r, strings.Join((command{remote: &r}).argv(), " ")); strings.Contains(shown, "s3cr") {
		t.Errorf("the password is shown: %s", shown)
	}
}

func TestHTTPCredentials(t *testing.T) {
	source := newSource(t, "sha1", 3)
	const user, password = "me", `p"a'ss $(id) %s \n`
	url := serve(t, filepath.Dir(source), basicAuth(user, password))
	for _, test := range []struct {
		name   string
		remote Remote
		want   ErrorKind
	}{
		{"right", Remote{URL: url + "/source.git", Username: user, Password: password}, ""},
		{"wrong", Remote{URL: url + "/source.git", Username: user, Password: "wrong-password"}, Auth},
		{"none", Remote{URL: url + "/source.git"}, Auth},
		{"right, in the URL", Remote{URL: strings.Replace(url, "://", "://me:p%22a%27ss%20$%28id%29%20%25s%20%5Cn@", 1) + "/source.git"}, ""},
		{"no such repository", Remote{URL: url + "/nope.git", Username: user, Password: password}, NotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mirror.git")
			err := Mirror(t.Context(), test.remote, dir, nil)
			wantKind(t, err, test.want)
			if err != nil {
				for _, secret := range []string{password, "wrong-password"} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("error shows the password: %v", err)
					}
				}
				if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("stat of the failed mirror = %v, want it not to exist", err)
				}
				return
			}
			if diff := cmp.Diff(refsOf(t, source), refsOf(t, dir)); diff != "" {
				t.Errorf("refs (-want +got):\n%s", diff)
			}
			config, err := os.ReadFile(filepath.Join(dir, "config"))
			must(t, err)
			if strings.Contains(string(config), "remote") || strings.Contains(string(config), "http") {
				t.Errorf("the mirror remembers its source:\n%s", config)
			}
		})
	}
}

func TestTokenWithoutUserName(t *testing.T) {
	source := newSource(t, "sha1", 1)
	for _, test := range []struct {
		username, password string // of the remote
		user               string // the server is sent
	}{
		{"", "token-as-password", "git"},
		{"token-as-user-name", "", "token-as-user-name"},
	} {
		url := serve(t, filepath.Dir(source), basicAuth(test.user, test.password))
		_, err := LsRemote(t.Context(), Remote{URL: url + "/source.git", Username: test.username, Password: test.password})
		must(t, err)
		_, err = LsRemote(t.Context(), Remote{URL: url + "/source.git"})
		wantKind(t, err, Auth)
	}
}

func TestTokenDoesNotFollowARedirect(t *testing.T) {
	source := newSource(t, "sha1", 3)
	for _, asks := range []bool{true, false} { // the first host may ask for the token, or leave that to the other
		t.Run(fmt.Sprintf("asks=%v", asks), func(t *testing.T) {
			var mu sync.Mutex
			var stolen []string
			var reached bool
			other := serve(t, filepath.Dir(source), func(w http.ResponseWriter, r *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				reached = true
				if auth := r.Header.Get("Authorization"); auth != "" {
					stolen = append(stolen, auth)
				}
				return basicAuth("me", "token")(w, r)
			})
			other = strings.Replace(other, "127.0.0.1", "localhost", 1)
			first := serve(t, filepath.Dir(source), func(w http.ResponseWriter, r *http.Request) bool {
				if !asks || basicAuth("me", "token")(w, r) {
					http.Redirect(w, r, other+r.URL.RequestURI(), http.StatusFound)
				}
				return false
			})
			remote := Remote{URL: first + "/source.git", Username: "me", Password: "token"}
			wantKind(t, Mirror(t.Context(), remote, filepath.Join(t.TempDir(), "m"), nil), Auth)
			mu.Lock()
			defer mu.Unlock()
			if !reached {
				t.Error("the redirect was not followed, so nothing was tested")
			}
			if len(stolen) > 0 {
				t.Errorf("the other host was sent %q", stolen)
			}
		})
	}
}

func TestCAFile(t *testing.T) {
	source := newSource(t, "sha1", 1)
	server := httptest.NewTLSServer(backend(t, filepath.Dir(source), nil))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	remote := Remote{URL: server.URL + "/source.git"}
	_, err := LsRemote(t.Context(), remote)
	wantKind(t, err, Unreachable)
	remote.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(remote.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o666))
	_, err = LsRemote(t.Context(), remote)
	must(t, err)
}

func TestHostileURLsRunNothing(t *testing.T) {
	canary := filepath.Join(t.TempDir(), "canary")
	for _, url := range []string{
		"ext::sh -c touch% " + canary,
		"--upload-pack=touch " + canary,
		"ssh://-oProxyCommand=touch " + canary + "/x",
		"-u touch " + canary,
	} {
		remote := Remote{URL: url}
		_, err := LsRemote(t.Context(), remote)
		wantKind(t, err, Refused)
		wantKind(t, Mirror(t.Context(), remote, filepath.Join(t.TempDir(), "m"), nil), Refused)
	}
	// Should an address slip through, git itself refuses it.
	c := command{op: "test", remote: &Remote{}, args: []string{"ls-remote", "--", "ext::sh -c touch% " + canary}}
	wantKind(t, c.run(t.Context()), Refused)
	if _, err := os.Stat(canary); err == nil {
		t.Error("a hostile address ran a command")
	}
}

func TestLocalRunsCannotConnect(t *testing.T) {
	c := command{op: "test", args: []string{"ls-remote", "--", newSource(t, "sha1", 1)}}
	wantKind(t, c.run(t.Context()), Refused)
}

func TestUnreachable(t *testing.T) {
	_, err := LsRemote(t.Context(), Remote{URL: "http://127.0.0.1:1/a.git"})
	wantKind(t, err, Unreachable)
	_, err = LsRemote(t.Context(), Remote{URL: filepath.Join(t.TempDir(), "nope")})
	wantKind(t, err, NotFound)
}

func TestLsRemote(t *testing.T) {
	odd := []string{"refs/heads/-x", "refs/heads/ünïcode-日本", "refs/heads/it's", `refs/heads/"quoted"`, "refs/heads/a&b;c$(d)",
		"refs/heads/" + strings.Repeat("n", 200), "refs/pull/1/head", "refs/heads/--upload-pack=x"}
	for _, format := range []string{"sha1", "sha256"} {
		source := newSource(t, format, 2, odd...)
		url := serve(t, filepath.Dir(source), nil) + "/source.git"
		want := map[string]string{}
		for line := range strings.Lines(refsOf(t, source)) {
			name, oid, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			want[name] = oid
		}
		for _, address := range []string{source, "file://" + source, url} {
			got, err := LsRemote(t.Context(), Remote{URL: address})
			must(t, err)
			if diff := cmp.Diff(Refs{Names: want, Head: "refs/heads/main", HeadOID: want["refs/heads/main"], ObjectFormat: format}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", address, diff)
			}
		}
	}
}

func TestLsRemoteOfEmpty(t *testing.T) {
	source := newBare(t, "sha1")
	for _, address := range []string{source, "file://" + source} {
		got, err := LsRemote(t.Context(), Remote{URL: address})
		must(t, err)
		if len(got.Names) != 0 || got.HeadOID != "" {
			t.Errorf("%s: got %+v, want no refs", address, got)
		}
	}
}

func FuzzParseRemote(f *testing.F) {
	for _, seed := range []string{"https://a:b@c/d", "git@h:p", "ext::x", "file:///x", "ssh://u@h:1/p", "-x", "http://[::1]/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r, err := ParseRemote(raw)
		if err != nil {
			return
		}
		if strings.HasPrefix(r.URL, "-") || hasControl(r.URL) {
			t.Errorf("ParseRemote(%q).URL = %q", raw, r.URL)
		}
		again, err := ParseRemote(r.URL)
		if err != nil || again.Username != "" || again.Password != "" || again.URL != r.URL {
			t.Errorf("ParseRemote(%q) = %+v, %v; want the same address without credentials", r.URL, again, err)
		}
	})
}
