package forgehttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

// canary is a token that must show up nowhere.
const canary = "ghp_CANARY0123456789"

// clock is a Clock on which sleeping takes no time. It begins on a day on which
// no server's Date is, so that those are not believed.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	sleeps []time.Duration
}

var _ Clock = (*clock)(nil)

func newClock() *clock { return &clock{now: time.Date(2040, 1, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sleeps = append(c.sleeps, d)
	c.now = c.now.Add(d)
	return context.Cause(ctx)
}

// host is a server that notes what reaches it.
type host struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func newHost(t testing.TB, serve http.HandlerFunc) *host {
	h := &host{}
	h.Server = httptest.NewServer(h.noting(serve))
	t.Cleanup(h.Close)
	return h
}

func (h *host) noting(serve http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.requests = append(h.requests, r.Clone(context.WithoutCancel(r.Context())))
		h.mu.Unlock()
		serve(w, r)
	})
}

// script answers the n-th request, counted from 1, with the n-th function; the
// last one answers all that follow.
func script(answers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	}
}

// say answers with a status and a body, and headers given as "Name: value".
func say(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// newClient makes a client of base with a canary token and a fake clock.
func newClient(t testing.TB, base string, set func(*Options)) (*Client, *clock) {
	t.Helper()
	clock := newClock()
	o := Options{Base: base, Tokens: []string{canary}, Clock: clock, Limit: readLimit}
	if set != nil {
		set(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, by := range []http.RoundTripper{c.transport, c.strangers} {
			if transport, ok := by.(*http.Transport); ok {
				transport.CloseIdleConnections()
			}
		}
	})
	return c, clock
}

func readLimit(h http.Header, _ time.Time) (Limit, bool) {
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(h.Get(name), 10, 64)
		return n
	}
	if h.Get("X-RateLimit-Limit") == "" {
		return Limit{}, false
	}
	return Limit{Resource: h.Get("X-RateLimit-Resource"), Limit: number("X-RateLimit-Limit"),
		Remaining: number("X-RateLimit-Remaining"), Resets: time.Unix(number("X-RateLimit-Reset"), 0).UTC()}, true
}

// asError wants a *providers.Error of a code that repeats no secret.
func asError(t testing.TB, err error, code providers.Code) *providers.Error {
	t.Helper()
	e, ok := err.(*providers.Error)
	if !ok || e.Code != code {
		t.Fatalf("error = %#v, want one with code %s", err, code)
	}
	if all := fmt.Sprintf("%v %+v %v", e, *e, errors.Unwrap(e)); strings.Contains(all, canary) {
		t.Errorf("the token is in the error: %s", all)
	}
	return e
}

func TestDo(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"path": %q, "query": %q, "accept": %q, "extra": %q, "authorization": %q}`,
			r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Accept"), r.Header.Get("X-Extra"), r.Header.Get("Authorization"))
	})
	c, _ := newClient(t, h.URL+"/api/v3/", func(o *Options) {
		o.Header = http.Header{"Accept": {"application/vnd.example+json"}}
		o.Authorize = func(h http.Header, token string) { h.Set("Authorization", "token "+token) }
	})
	var got map[string]string
	answer, err := c.Do(t.Context(), Request{
		Path: "/repos/acme/a%2Fb?page=2", Query: map[string][]string{"state": {"all"}}, Header: http.Header{"X-Extra": {"x"}}, Into: &got,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"path": "/api/v3/repos/acme/a%2Fb", "query": "page=2&state=all", "accept": "application/vnd.example+json",
		"extra": "x", "authorization": "token " + canary}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if answer.Status != 200 || answer.URL != h.URL+"/api/v3/repos/acme/a%2Fb?page=2&state=all" || c.Requests() != 1 {
		t.Errorf("answer = %+v after %d requests", answer, c.Requests())
	}
}

func TestPathsStayBelowTheServer(t *testing.T) {
	h := newHost(t, say(200, "{}"))
	c, _ := newClient(t, h.URL, nil)
	for _, path := range []string{
		"/repos/../admin", "/repos/%2e%2e/admin", "/repos/./x", "https://evil.example.org/x", "//evil.example.org/x",
		"/a#fragment", "/a\x00b", "file:///etc/passwd", "/%zz", strings.Replace(h.URL, "http:", "https:", 1) + "/x",
	} {
		_, err := c.Do(t.Context(), Request{Path: path})
		asError(t, err, providers.CodeInvalid)
	}
	if len(h.requests) > 0 {
		t.Errorf("%d requests were sent", len(h.requests))
	}
	if _, err := c.Do(t.Context(), Request{Path: h.URL + "/other/graphql"}); err != nil {
		t.Errorf("an address of the server itself: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"no address":          {},
		"another protocol":    {Base: "ftp://example.org"},
		"a query":             {Base: "https://example.org/?x=1"},
		"a token with a line": {Base: "https://example.org", Tokens: []string{canary + "\n"}},
		"an empty token":      {Base: "https://example.org", Tokens: []string{""}},
		"no such file":        {Base: "https://example.org", CAFile: empty + "2"},
		"no certificate":      {Base: "https://example.org", CAFile: empty},
	} {
		c, err := New(o)
		if e := asError(t, err, providers.CodeInvalid); c != nil || e.Hint == "" {
			t.Errorf("%s: client %v, error %+v", name, c, e)
		}
	}
}

func TestParallel(t *testing.T) {
	const requests, parallel = 24, 3
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		if now++; now > most {
			if most = now; most == parallel {
				close(full)
			}
		}
		mu.Unlock()
		<-full // so that the requests do meet
		mu.Lock()
		now--
		mu.Unlock()
		fmt.Fprint(w, "{}")
	})
	c, _ := newClient(t, h.URL, func(o *Options) { o.Parallel = parallel })
	var group sync.WaitGroup
	for range requests {
		group.Go(func() {
			if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most != parallel || len(h.requests) != requests {
		t.Errorf("%d requests with %d at once, want %d with %d", len(h.requests), most, requests, parallel)
	}
}

func TestNoTokens(t *testing.T) {
	h := newHost(t, say(200, "{}"))
	c, _ := newClient(t, h.URL, func(o *Options) { o.Tokens = nil })
	if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	if got := h.requests[0].Header.Get("Authorization"); got != "" {
		t.Errorf("Authorization = %q, want none", got)
	}
}
