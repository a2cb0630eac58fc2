package wire_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg/wire"
	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
)

// TestCredentials reaches a real server behind one that asks for a password in
// each of the ways.
func TestCredentials(t *testing.T) {
	r := hgtest.New(t)
	r.Write("a", "1\n")
	r.Commit("one")
	behind := httputil.NewSingleHostReverseProxy(r.Serve())
	guards := map[string]guard{
		"basic":             basicGuard,
		"digest":            digestGuard(md5.New, `qop="auth,auth-int", algorithm=MD5`),
		"digest of RFC2069": digestGuard(md5.New, ""),
		"digest SHA-256":    digestGuard(sha256.New, `qop="auth", algorithm=SHA-256`),
	}
	for name, g := range guards {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if challenge := g(r, "ada", "love lace\""); challenge != "" {
					w.Header().Set("WWW-Authenticate", challenge)
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				behind.ServeHTTP(w, r)
			}))
			defer server.Close()
			for _, test := range []struct {
				name string
				opts wire.Options
				want providers.Code
			}{
				{"right", wire.Options{Username: "ada", Password: "love lace\""}, ""},
				{"wrong", wire.Options{Username: "ada", Password: "other"}, providers.CodeAuth},
				{"none", wire.Options{}, providers.CodeAuth},
			} {
				p, err := wire.Dial(t.Context(), parse(t, server.URL), test.opts)
				if err == nil {
					_, err = p.Pull(t.Context(), openSpool(t), nil)
					p.Close()
				}
				if code := providers.CodeOf(err); code != test.want {
					t.Errorf("password %s: got %q: %v", test.name, code, err)
				}
				if err != nil && strings.Contains(err.Error(), "other") {
					t.Errorf("the error shows the password: %v", err)
				}
			}
		})
	}
}

// guard returns a challenge for a request that does not prove the password.
type guard func(r *http.Request, username, password string) string

func basicGuard(r *http.Request, username, password string) string {
	if u, p, ok := r.BasicAuth(); ok && u == username && p == password {
		return ""
	}
	return `Basic realm="hg"`
}

func digestGuard(newHash func() hash.Hash, params string) guard {
	sum := func(words ...string) string {
		h := newHash()
		fmt.Fprint(h, strings.Join(words, ":"))
		return hex.EncodeToString(h.Sum(nil))
	}
	return func(r *http.Request, username, password string) string {
		given := map[string]string{}
		for _, match := range regexp.MustCompile(`(\w+)=("(?:[^"\\]|\\.)*"|[^",]+)`).FindAllStringSubmatch(r.Header.Get("Authorization"), -1) {
			given[match[1]] = strings.Trim(match[2], `"`)
		}
		ha1, ha2 := sum(username, "a realm", password), sum(r.Method, r.URL.RequestURI())
		want := sum(ha1, "abc", ha2)
		if strings.Contains(params, "qop") {
			want = sum(ha1, "abc", given["nc"], given["cnonce"], "auth", ha2)
		}
		if given["response"] == want && given["uri"] == r.URL.RequestURI() {
			return ""
		}
		return strings.TrimSuffix(`Digest realm="a realm", nonce="abc", `+params, ", ")
	}
}

// TestRedirects follows them on the same server only.
func TestRedirects(t *testing.T) {
	r := hgtest.New(t)
	r.Write("a", "1\n")
	r.Commit("one")
	behind := httputil.NewSingleHostReverseProxy(r.Serve())
	asked := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++ }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/old"):
			http.Redirect(w, r, "/new?"+r.URL.RawQuery, http.StatusMovedPermanently)
		case strings.HasPrefix(r.URL.Path, "/away"):
			http.Redirect(w, r, elsewhere.URL+"/?"+r.URL.RawQuery, http.StatusFound)
		default:
			r.URL.Path = "/"
			behind.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	p, err := wire.Dial(t.Context(), parse(t, server.URL+"/old"), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Pull(t.Context(), openSpool(t), nil); err != nil {
		t.Error(err)
	}
	_, err = wire.Dial(t.Context(), parse(t, server.URL+"/away"), wire.Options{Username: "ada", Password: "x"})
	if err == nil || asked != 0 {
		t.Errorf("another server was asked %d times: %v", asked, err)
	}
}

func parse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
