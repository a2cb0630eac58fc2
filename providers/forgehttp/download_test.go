package forgehttp

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

// open opens and reads a download.
func open(t testing.TB, c *Client, address string, o OpenOptions) (string, Response, error) {
	t.Helper()
	content, answer, err := c.Open(t.Context(), address, o)
	if err != nil {
		return "", answer, err
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	return string(data), answer, err
}

func TestOpen(t *testing.T) {
	h := newHost(t, say(200, "content", "Content-Type: image/png"))
	c, _ := newClient(t, h.URL+"/api", func(o *Options) { o.Header = http.Header{"Accept": {"application/json"}, "X-Version": {"1"}} })
	for _, address := range []string{"/assets/7", h.URL + "/api/assets/7#x", "HTTP" + strings.TrimPrefix(h.URL, "http") + "/api/assets/7"} {
		got, answer, err := open(t, c, address, OpenOptions{Header: http.Header{"Accept": {"application/octet-stream"}}, MaxBytes: 7})
		if err != nil || got != "content" || answer.Header.Get("Content-Type") != "image/png" || answer.URL != h.URL+"/api/assets/7" {
			t.Errorf("%s: content = %q, answer = %+v, error = %v", address, got, answer, err)
		}
		r := h.requests[len(h.requests)-1].Header
		if r.Get("Accept") != "application/octet-stream" || r.Get("Authorization") == "" || r.Get("X-Version") != "1" {
			t.Errorf("%s: asked with %v", address, r)
		}
	}
}

func TestOpenGivesCredentialsToThoseThatAreTrusted(t *testing.T) {
	address := func(h *host) string { return strings.TrimPrefix(h.URL, "http://") }
	for _, test := range []struct {
		name  string
		trust bool // the other host
		start func(first, other *host) string
		route func(first, other *host) (first2, other2 string) // where they redirect to; empty: content
		want  string                                           // who is asked, "!" with a token
	}{
		{"the server", false, func(f, _ *host) string { return f.URL + "/a" }, nil, "first!"},
		{"a stranger", false, func(_, o *host) string { return o.URL + "/a" }, nil, "other"},
		{"a trusted host", true, func(_, o *host) string { return o.URL + "/a" }, nil, "other!"},
		{"a redirect to a stranger", false, func(f, _ *host) string { return f.URL + "/a" },
			func(_, o *host) (string, string) { return o.URL + "/b", "" }, "first! other"},
		{"a redirect to a trusted host", true, func(f, _ *host) string { return f.URL + "/a" },
			func(_, o *host) (string, string) { return o.URL + "/b", "" }, "first! other"},
		{"a redirect to and fro", false, func(f, _ *host) string { return f.URL + "/a" },
			func(f, o *host) (string, string) { return o.URL + "/b", f.URL + "/c" }, "first! other first"},
		{"a redirect on one host", true, func(_, o *host) string { return o.URL + "/a" },
			func(_, o *host) (string, string) { return "", "/c" }, "other! other!"},
		{"a stranger who leads to the server", false, func(_, o *host) string { return o.URL + "/a" },
			func(f, o *host) (string, string) { return "", f.URL + "/c" }, "other first"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			var toFirst, toOther string
			serve := func(name string, to *string) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(fmt.Sprint(r.Header), canary) {
						name += "!"
					}
					asked = append(asked, name)
					name = strings.TrimSuffix(name, "!")
					if *to != "" && r.URL.Path != "/c" {
						http.Redirect(w, r, *to, http.StatusFound)
						return
					}
					fmt.Fprint(w, "content")
				}
			}
			first, other := newHost(t, serve("first", &toFirst)), newHost(t, serve("other", &toOther))
			if test.route != nil {
				toFirst, toOther = test.route(first, other)
			}
			var o OpenOptions
			if test.trust {
				o.TrustedHosts = []string{"github.example.org", address(other)}
			}
			c, _ := newClient(t, first.URL, func(o *Options) { o.Header = http.Header{"X-Token": {canary}} })
			got, _, err := open(t, c, test.start(first, other), o)
			if err != nil || got != "content" || strings.Join(asked, " ") != test.want {
				t.Errorf("content = %q, error = %v, asked = %q, want %q", got, err, asked, test.want)
			}
		})
	}
}

func TestOpenTrustsByName(t *testing.T) {
	c, _ := newClient(t, "https://api.example.org", nil)
	for address, want := range map[string]place{
		"https://files.example.org/a":        trusted,
		"https://files.example.org:443/a":    trusted,
		"https://FILES.example.org/a":        trusted,
		"https://files.example.org:8443/a":   stranger,
		"http://files.example.org/a":         stranger, // the token would be readable on the way
		"https://other.example.org:8443/a":   trusted,
		"https://other.example.org/a":        stranger,
		"https://x.files.example.org/a":      stranger,
		"https://files.example.org.evil/a":   stranger,
		"https://files.example.org@evil/a":   stranger,
		"https://api.example.org/a":          server,
		"https://u:p@api.example.org:443/ab": server,
	} {
		q, err := c.prepareOpen(address, OpenOptions{TrustedHosts: []string{"files.example.org", "other.example.org:8443"}})
		if err != nil || q.place != want || q.at.User != nil {
			t.Errorf("%s: %+v, %v; want place %d", address, q, err, want)
		}
	}
}

func TestOpenFails(t *testing.T) {
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, 1<<20))
		_ = z.Close()
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "50")
		fmt.Fprint(w, "half")
	}
	for _, test := range []struct {
		name  string
		serve http.HandlerFunc
		code  providers.Code
		sent  int64
	}{
		{"too long, and it says so", say(200, strings.Repeat("x", 101)), providers.CodeInvalid, 1},
		{"too long, and it does not", func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).Flush()
			say(200, strings.Repeat("x", 101))(w, r)
		}, providers.CodeInvalid, 1},
		{"a bomb", bomb, providers.CodeInvalid, 1},
		{"cut off", cut, providers.CodeUnavailable, 1},
		{"not there", say(404, ""), providers.CodeNotFound, 1},
		{"down", say(503, ""), providers.CodeUnavailable, 3},
		{"limited", say(429, "", "Retry-After: 3600"), providers.CodeRateLimited, 1},
	} {
		for _, at := range []string{"the server", "a stranger"} {
			t.Run(test.name+" at "+at, func(t *testing.T) {
				h := newHost(t, test.serve)
				base := h.URL
				if at == "a stranger" {
					base = newHost(t, say(200, "")).URL
				}
				c, _ := newClient(t, base, func(o *Options) { o.Retries = 2 })
				_, _, err := open(t, c, h.URL+"/a?signature=s3cret", OpenOptions{MaxBytes: 100, Op: "download", Subject: "a.png"})
				e := asError(t, err, test.code)
				if e.Op != "download" || e.Subject != "a.png" || c.Requests() != test.sent || strings.Contains(e.Error(), "s3cret") {
					t.Errorf("error = %+v after %d requests, want %d", e, c.Requests(), test.sent)
				}
			})
		}
	}
	c, _ := newClient(t, "https://forge.example.org", nil)
	for _, address := range []string{"file:///etc/passwd", "gopher://x", "https://", "http://[", "javascript:alert(1)", "/../x"} {
		_, _, err := open(t, c, address, OpenOptions{})
		asError(t, err, providers.CodeInvalid)
	}
}

// A stranger who asks for a token does not say that ours is wrong.
func TestOpenAtAStrangerWhoRefuses(t *testing.T) {
	other := newHost(t, say(401, `{"message": "who are you"}`))
	h := newHost(t, say(401, ""))
	c, _ := newClient(t, h.URL, func(o *Options) {
		o.Classify = func(Response) *providers.Error { return &providers.Error{Code: providers.CodeAuth, Message: "our own"} }
	})
	_, _, err := open(t, c, other.URL, OpenOptions{})
	if e := asError(t, err, providers.CodeDenied); !strings.HasPrefix(e.Message, strings.TrimPrefix(other.URL, "http://")+" answered 401") {
		t.Errorf("message = %q", e.Message)
	}
	_, _, err = open(t, c, "/a", OpenOptions{})
	asError(t, err, providers.CodeAuth)
}

func TestOpenStops(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "half")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	c, _ := newClient(t, h.URL, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	content, _, err := c.Open(ctx, "/a", OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	gone := errors.New("the user has gone")
	cancel(gone)
	_, err = io.ReadAll(content)
	if asError(t, err, providers.CodeUnavailable); !errors.Is(err, gone) {
		t.Errorf("error = %v", err)
	}
}

// What a download says of limits counts, and it is not under way while it is
// read.
func TestOpenAndTheLimits(t *testing.T) {
	h := newHost(t, say(200, "content", "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 41", "X-RateLimit-Reset: 2900000000"))
	c, _ := newClient(t, h.URL, func(o *Options) { o.Parallel = 1 })
	content, _, err := c.Open(t.Context(), "/a", OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
		t.Errorf("beside the download: %v", err)
	}
	if limits := c.Limits(); c.Requests() != 2 || len(limits) != 1 || limits[0].Remaining != 41 {
		t.Errorf("limits = %+v after %d requests", limits, c.Requests())
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	inside := newHost(t, say(200, "secret of the metadata service"))
	for name, start := range map[string]string{"an address": inside.URL + "/", "a redirect": "/redirect"} {
		base := newHost(t, say(302, "", "Location: "+inside.URL+"/"))
		c, _ := newClient(t, base.URL, nil)
		c.home.known, c.home.inside = true, false // as if the server were at a public address
		_, _, err := open(t, c, start, OpenOptions{})
		if asError(t, err, providers.CodeDenied); len(inside.requests) > 0 {
			t.Errorf("%s: the private host was asked", name)
		}
		got, _, err := open(t, c, inside.URL, OpenOptions{TrustedHosts: []string{strings.TrimPrefix(inside.URL, "http://")}})
		if err != nil || got == "" {
			t.Errorf("%s: a trusted host was refused: %v", name, err)
		}
		inside.requests = nil

		c.home.known = false // it really is at a private one
		if got, _, err := open(t, c, start, OpenOptions{}); err != nil || got == "" {
			t.Errorf("%s: from a private server: %v", name, err)
		}
		inside.requests = nil
	}
}

func TestNoInsecureRedirect(t *testing.T) {
	plain := newHost(t, say(200, "content"))
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	c, _ := newClient(t, secure.URL, func(o *Options) { o.Transport = secure.Client().Transport })
	_, _, err := open(t, c, "/a", OpenOptions{})
	if asError(t, err, providers.CodeInvalid); len(plain.requests) > 0 {
		t.Error("the address without TLS was asked")
	}
	c, _ = newClient(t, secure.URL, nil)
	_, err = c.Do(t.Context(), Request{Path: "/"})
	if e := asError(t, err, providers.CodeInvalid); e.Attribute != "ca_file" {
		t.Errorf("error with an unknown certificate = %+v, want it to name ca_file", e)
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"140.82.121.4": true, "2606:50c0:8000::153": true, "8.8.8.8": true,
		"127.0.0.1": false, "::1": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "fe80::1": false, "fc00::1": false, "fd12::1": false, "224.0.0.1": false, "ff02::1": false,
		"255.255.255.255": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false,
		"fec0::1": false, "198.18.0.1": false, "::": false, "fe80::1%eth0": false, "0.1.2.3": false, "240.0.0.1": false, "192.0.0.170": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("public(%s) = %v", address, got)
		}
	}
}
