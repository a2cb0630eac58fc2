package forgehttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/drover-migrate/drover/providers"
)

func TestStatuses(t *testing.T) {
	for status, code := range map[int]providers.Code{
		400: providers.CodeInvalid, 401: providers.CodeAuth, 403: providers.CodeDenied, 404: providers.CodeNotFound, 405: providers.CodeUnsupported,
		409: providers.CodeConflict, 410: providers.CodeNotFound, 412: providers.CodeConflict, 413: providers.CodeInvalid, 422: providers.CodeInvalid,
		418: providers.CodeInvalid, 451: providers.CodeDenied, 501: providers.CodeUnsupported, 500: providers.CodeUnavailable, 300: providers.CodeInvalid,
	} {
		h := newHost(t, say(status, `{"message": "said"}`))
		c, _ := newClient(t, h.URL, nil)
		answer, err := c.Do(t.Context(), Request{Method: "POST", Path: "/", Op: "add label", Subject: "acme/api\x1b"})
		e := asError(t, err, code)
		if e.Op != "add label" || e.Subject != `acme/api\x1b` || answer.Status != status || !strings.Contains(e.Message, fmt.Sprint(status)) {
			t.Errorf("%d: error = %+v, answer = %+v", status, e, answer)
		}
	}
}

var messages = map[string]string{
	``:                                   ``,
	`{"message": "Not Found"}`:           `Not Found`,
	`{"message": "a\u001b[2J\nb"}`:       `a\x1b[2J b`,
	`{"message": "", "error": "no way"}`: `no way`,
	`{"message": "Validation Failed", "errors": [{"resource": "Label", "field": "name", "code": "already_exists"}]}`: `Validation Failed; name already_exists`,
	`{"message": "Validation Failed", "errors": [{"message": "is bad", "field": "x"}, "and more"]}`:                  `Validation Failed; is bad; and more`,
	`{"errors": ["one", "two"], "message": 7}`:                                                                       `one; two`,
	`{"message": {"path": ["is taken", "is long"], "base": ["is closed"]}}`:                                          `is closed; path is taken; path is long`,
	`{"error": "insufficient_scope", "error_description": "needs more", "scope": "api"}`:                             `insufficient_scope; needs more`,
	`{"errors": {"message": "one"}}`:                                                                                 `one`,
	`<html><h1>Unicorn</h1>`:                                                                                         ``,
	`{"message": "cut o`:                                                                                             ``,
	"plain text\nof two lines":                                                                                       `plain text`,
	`"a string"`:                                                                                                     `"a string"`,
}

func TestMessage(t *testing.T) {
	for body, want := range messages {
		if got := Message([]byte(body)); got != want {
			t.Errorf("Message(%s) = %q, want %q", body, got, want)
		}
	}
	long := Message([]byte(`{"message": "` + strings.Repeat("\u00e4", 400) + `"}`))
	if len(long) > maxMessage || len(long) < maxMessage-8 || !utf8.ValidString(long) || !strings.HasSuffix(long, "…") {
		t.Errorf("a long message has %d bytes: %q", len(long), long)
	}
}

func FuzzMessage(f *testing.F) {
	for body := range messages {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := Message(body)
		if len(got) > maxMessage || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\r\n") {
			t.Errorf("Message(%q) = %q", body, got)
		}
	})
}

// Servers repeat what they were sent, and worse.
func TestNoErrorHoldsAToken(t *testing.T) {
	bodies := []string{
		`{"message": "token ` + canary + ` is not valid", "errors": ["` + canary + `"]}`,
		`plain ` + canary,
		strings.Repeat("x", maxMessage-len(canary)/2-len("…")) + canary, // cut in its middle
	}
	for _, status := range []int{400, 401, 403, 404, 409, 422, 429, 451, 500, 503} {
		for _, body := range bodies {
			h := newHost(t, say(status, body, "Location: http://"+canary+".example.org"))
			c, _ := newClient(t, h.URL, func(o *Options) {
				o.Retries = -1
				o.Classify = func(r Response) *providers.Error {
					if strings.Contains(string(r.Body), canary) {
						t.Error("Classify got the token")
					}
					return nil
				}
			})
			answer, err := c.Do(t.Context(), Request{Path: "/"})
			if err == nil || strings.Contains(err.Error(), canary[:8]) || strings.Contains(string(answer.Body), canary) {
				t.Errorf("%d: error = %v, body = %s", status, err, answer.Body)
			}
		}
	}
}

func TestClassify(t *testing.T) {
	clock := newClock()
	for _, test := range []struct {
		name   string
		status int
		answer *providers.Error
		code   providers.Code
		sent   int64
	}{
		{"nothing to add", 422, nil, providers.CodeInvalid, 1},
		{"another code", 422, &providers.Error{Code: providers.CodeConflict, Message: "it is there, " + canary}, providers.CodeConflict, 1},
		{"a limit of its own", 418, &providers.Error{Code: providers.CodeRateLimited, Message: "m", Until: clock.now.Add(time.Hour)}, providers.CodeRateLimited, 1},
		{"down for a while", 418, &providers.Error{Code: providers.CodeUnavailable, Message: "m"}, providers.CodeUnavailable, 3},
		{"not down at all", 500, &providers.Error{Code: providers.CodeInvalid, Message: "m"}, providers.CodeInvalid, 1},
	} {
		h := newHost(t, say(test.status, "{}"))
		c, _ := newClient(t, h.URL, func(o *Options) {
			o.Clock, o.Retries = clock, 2
			o.Classify = func(r Response) *providers.Error {
				if r.Status != test.status {
					t.Errorf("asked about %d", r.Status)
				}
				return test.answer
			}
		})
		_, err := c.Do(t.Context(), Request{Path: "/", Op: "look"})
		if e := asError(t, err, test.code); e.Op != "look" || c.Requests() != test.sent {
			t.Errorf("%s: error = %+v after %d requests", test.name, e, c.Requests())
		}
	}
}

func TestWhichTokenIsRefused(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer two" {
			say(401, "{}")(w, r)
			return
		}
		say(200, "{}", "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 1", "X-RateLimit-Reset: 2900000000")(w, r)
	})
	c, _ := newClient(t, h.URL, func(o *Options) { o.Tokens = []string{"one", "two"} })
	if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Do(t.Context(), Request{Path: "/"})
	if e := asError(t, err, providers.CodeAuth); !strings.Contains(e.Hint, "token 2 of the 2") {
		t.Errorf("hint = %q", e.Hint)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	flood := func(w http.ResponseWriter, _ *http.Request) {
		for i := range 600 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
		}
		fmt.Fprint(w, "{}")
	}
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		max   int64
		code  providers.Code
	}{
		"as long as allowed": {say(200, `"123"`), 5, ""},
		"longer":             {say(200, `"1234"`), 5, providers.CodeInvalid},
		"a flood of headers": {flood, 5, providers.CodeUnavailable},
	} {
		h := newHost(t, test.serve)
		c, _ := newClient(t, h.URL, nil)
		_, err := c.Do(t.Context(), Request{Path: "/", MaxBytes: test.max})
		if test.code != "" {
			asError(t, err, test.code)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoSuchServer(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, base := range []string{gone.URL, "https://forge.invalid"} {
		c, _ := newClient(t, base, func(o *Options) { o.Retries = 1 })
		_, err := c.Do(t.Context(), Request{Path: "/"})
		if e := asError(t, err, providers.CodeUnavailable); e.Hint == "" {
			t.Errorf("%s: error = %+v", base, e)
		}
	}
}
