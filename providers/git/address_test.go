package git

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func TestIdentity(t *testing.T) {
	for _, test := range []struct{ raw, identity, fullName, name string }{
		{"https://example.org/acme/api.git", "https://example.org/acme/api", "acme/api", "api"},
		{"https://me@EXAMPLE.org:443/acme/api.git/", "https://example.org/acme/api", "acme/api", "api"},
		{"https://example.org/acme/api//", "https://example.org/acme/api", "acme/api", "api"},
		{"https://example.org/acme/api/.git", "https://example.org/acme/api", "acme/api", "api"},
		{"https://example.org:8443/Acme/API", "https://example.org:8443/Acme/API", "Acme/API", "API"},
		{"http://example.org:80/a", "http://example.org/a", "a", "a"},
		{"http://[::1]:80/a.git", "http://[::1]/a", "a", "a"},
		{"https://example.org/a%20b.git", "https://example.org/a%20b", "a b", "a b"},
		{"https://example.org/git?p=a", "https://example.org/git?p=a", "git", "git"},
		{"https://example.org/.github", "https://example.org/.github", ".github", ".github"},
		{"ssh://git@Example.org:22/acme/api.git", "ssh://example.org/acme/api", "acme/api", "api"},
		{"ssh://example.org:2222/~me/api", "ssh://example.org:2222/~me/api", "~me/api", "api"},
		{"git@Example.org:acme/api.git", "example.org:acme/api", "acme/api", "api"},
		{"example.org:/acme/api.git", "ssh://example.org/acme/api", "acme/api", "api"},
		{"git@[::1]:acme/api.git", "[::1]:acme/api", "acme/api", "api"},
		{"git@[example.org:2222]:acme/api", "[example.org:2222]:acme/api", "acme/api", "api"},
		{"git://example.org:9418/a.git", "git://example.org/a", "a", "a"},
		{"file:///srv/git/a.git", "/srv/git/a.git", "/srv/git/a", "a"},
		{"file:///srv/a%20b/", "/srv/a b", "/srv/a b", "a b"},
		{"/srv/git/../git/a.git/", "/srv/git/a.git", "/srv/git/a", "a"},
		{"repos/acme/api.git", "repos/acme/api.git", "repos/acme/api", "api"},
		{"./repos//api", "repos/api", "repos/api", "api"},
		{"../a", "../a", "../a", "a"},
		{"file", "file", "file", "file"},
		{"./host:a.git", "./host:a.git", "host:a", "host:a"},
		{"./-a", "./-a", "-a", ""},
		{"a/.git", "a/.git", "a", "a"},
		{".", ".", ".", ""},
		{"../..", "../..", "../..", ""},
		{"/", "/", "", ""},
		{"https://example.org/", "https://example.org", "", ""},
		{"https://example.org/.git", "https://example.org", "", ""},
		{"https://example.org/a/..", "https://example.org/a/..", "a/..", ""},
		{"https://example.org/-a.git", "https://example.org/-a", "-a", ""},
		{"https://example.org/%E2%80%AEa", "https://example.org/%E2%80%AEa", `\u202ea`, ""},
		{"https://example.org/" + strings.Repeat("a", 256), "https://example.org/" + strings.Repeat("a", 256), strings.Repeat("a", 256), ""},
	} {
		a, err := parseAddress(test.raw)
		if err != nil {
			t.Errorf("parseAddress(%q): %v", test.raw, err)
			continue
		}
		if got := a.identity(); got != test.identity {
			t.Errorf("identity of %q = %q, want %q", test.raw, got, test.identity)
		}
		if got := a.fullName(); got != test.fullName {
			t.Errorf("full name of %q = %q, want %q", test.raw, got, test.fullName)
		}
		name, err := a.name()
		if name != test.name || (err != nil) != (test.name == "") {
			t.Errorf("name of %q = %q, %v; want %q", test.raw, name, err, test.name)
		}
		if err != nil {
			wantError(t, err, providers.CodeInvalid, "vcs_url")
		}
	}
}

func TestHostileAddresses(t *testing.T) {
	s := open(t, options{dir: t.TempDir()})
	for _, raw := range []string{
		"", "ext::sh -c id", "-oProxyCommand=id", "--upload-pack=id", "ssh://-oProxyCommand=id/a", "a\nb", "https://example.org/\x1b[2J",
		"https://me:s3cret@example.org/a", "https://me:s3cret@exa mple.org/a", "ssh://me:s3cret@example.org/a",
		"https://s3cret@example.org/a", // perhaps a token
		"ftp://me:s3cret@example.org/a", "host:-a",
	} {
		answer := inspect(t, s, raw, "")
		if answer.Problem == nil {
			t.Errorf("Inspect of %q has no problem", raw)
			continue
		}
		e := wantError(t, answer.Problem, providers.CodeInvalid, "vcs_url")
		shown := e.Error() + e.Hint + e.Subject
		if strings.Contains(shown, "s3cret") || schema.Printable(shown) != shown {
			t.Errorf("Inspect of %q shows %q", raw, shown)
		}
	}
}

func TestUserInAddress(t *testing.T) {
	s := open(t, options{dir: t.TempDir(), username: "settings", password: "s3cret"})
	for raw, want := range map[string]string{
		"https://me@example.org/a": "me",
		"https://example.org/a":    "settings",
		"ssh://git@example.org/a":  "",
		"/srv/a":                   "",
	} {
		a, err := s.locate(repoAt(t, raw))
		must(t, err)
		r := s.remote(a)
		if r.Username != want || (r.Password != "") != (want != "") {
			t.Errorf("%s is read as %q with a password: %t; want %q", raw, r.Username, r.Password != "", want)
		}
		if strings.Contains(a.shown(), "me@") {
			t.Errorf("%s is shown as %s", raw, a.shown())
		}
	}
}

func FuzzIdentity(f *testing.F) {
	for _, seed := range []string{"https://a@b:443/c.git/", "git@h:p.git", "[::1]:p", "file:///x", "ssh://u@h:1/p", "./-x", "http://[::1]/", "a/../..//b", "./h:p", "/", "host:/p", "file", "https"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, err := parseAddress(raw)
		if err != nil {
			return
		}
		identity := a.identity()
		again, err := parseAddress(identity)
		if err != nil || a.local() != again.local() {
			t.Fatalf("the identity of %q is %q, which is another sort of address: %v", raw, identity, err)
		}
		if !a.local() && again.user != "" {
			t.Errorf("the identity of %q holds a user: %q", raw, identity)
		}
		if a.local() && again.identity() != identity {
			t.Errorf("the identity of %q is %q, and that of it %q", raw, identity, again.identity())
		}
		if with, err := parseAddress(raw + "/"); err == nil && a.tail == "" && with.identity() != identity {
			t.Errorf("%q and %q have different identities: %q, %q", raw, raw+"/", identity, with.identity())
		}
		if name, err := a.name(); err == nil && (name == "" || name[0] == '-' || strings.ContainsAny(name, `/\`) || schema.Printable(name) != name) {
			t.Errorf("the name of %q is %q", raw, name)
		}
	})
}
