package forgehttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestRedirectsOnTheServer(t *testing.T) {
	for _, test := range []struct {
		status int
		method string
		want   string // the method at the new address
		body   string
	}{
		{301, "GET", "GET", ""}, {302, "GET", "GET", ""}, {307, "GET", "GET", ""}, {308, "GET", "GET", ""},
		{301, "POST", "POST", `"x"`}, {302, "POST", "POST", `"x"`}, {307, "PATCH", "PATCH", `"x"`}, {308, "PUT", "PUT", `"x"`},
		{303, "POST", "GET", ""}, {303, "HEAD", "HEAD", ""},
	} {
		var got, body, authorization string
		h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/repos/old/name" {
				http.Redirect(w, r, "/repositories/7?page=2", test.status)
				return
			}
			data := make([]byte, 10)
			n, _ := r.Body.Read(data)
			got, body, authorization = r.Method, string(data[:n]), r.Header.Get("Authorization")
		})
		c, _ := newClient(t, h.URL, nil)
		r := Request{Method: test.method, Path: "/repos/old/name"}
		if test.method != "GET" && test.method != "HEAD" {
			r.Body = "x"
		}
		answer, err := c.Do(t.Context(), r)
		if err != nil || got != test.want || body != test.body || authorization != "Bearer "+canary {
			t.Errorf("%d %s: %s with %q and Authorization %q, error %v", test.status, test.method, got, body, authorization, err)
		}
		if answer.URL != h.URL+"/repositories/7?page=2" || c.Requests() != 2 {
			t.Errorf("%d %s: answer from %s after %d requests", test.status, test.method, answer.URL, c.Requests())
		}
	}
}

func TestRedirectsElsewhere(t *testing.T) {
	other := newHost(t, say(200, "{}"))
	secure := httptest.NewTLSServer(say(200, "{}"))
	t.Cleanup(secure.Close)
	for name, test := range map[string]struct {
		to, named string
	}{
		"another port":     {other.URL + "/x?signature=s3cret", other.URL},
		"another scheme":   {secure.URL + "/x", secure.URL},
		"another host":     {"https://evil.example.org/x", "https://evil.example.org"},
		"a user name":      {"http://user:s3cret@evil.example.org/", "http://evil.example.org"},
		"another protocol": {"file:///etc/passwd", ""},
		"no address":       {"http://[", ""},
		"itself":           {"/", "more than 5 times"},
	} {
		for _, method := range []string{"GET", "POST"} {
			h := newHost(t, say(301, "", "Location: "+test.to))
			c, _ := newClient(t, h.URL, nil)
			_, err := c.Do(t.Context(), Request{Method: method, Path: "/"})
			e := asError(t, err, providers.CodeInvalid)
			if !strings.Contains(e.Message, test.named) || strings.Contains(e.Error()+e.Hint, "s3cret") {
				t.Errorf("%s: error = %v, want it to name %s", name, e, test.named)
			}
		}
	}
	if len(other.requests) > 0 {
		t.Error("the other host was asked")
	}
}

// Each hop is a request of the budget.
func TestRedirectsCount(t *testing.T) {
	resets := newClock().now.Add(2 * time.Minute)
	h := newHost(t, script(
		say(302, "", "Location: /there", "X-RateLimit-Limit: 1", "X-RateLimit-Remaining: 0", fmt.Sprintf("X-RateLimit-Reset: %d", resets.Unix())),
		say(200, "{}")))
	c, clock := newClient(t, h.URL, nil)
	if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{2 * time.Minute}, clock.sleeps); diff != "" {
		t.Errorf("waits before the second hop (-want +got):\n%s", diff)
	}
}
