package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

// asks returns a client of a server.
func asks(t *testing.T, serve http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(serve)
	t.Cleanup(s.Close)
	host, err := ParseHost(s.URL + "/2.0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Host: host, Username: "ada", Secret: "s3cret-token", Attribute: "bitbucket_api_token"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPages(t *testing.T) {
	for _, test := range []struct {
		name, next string
		code       providers.Code
		says       string
		want       int
	}{
		{"two", "%s/2.0/more?page=2", "", "", 2},
		{"another host", "https://evil.example/2.0/more", providers.CodeInvalid, "evil.example", 1},
		{"another scheme", "file:///etc/passwd", providers.CodeInvalid, "", 1},
		{"itself", "%s/2.0/repositories/a?page=7", providers.CodeInvalid, "circle", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := asks(t, func(w http.ResponseWriter, r *http.Request) {
				if _, secret, _ := r.BasicAuth(); secret != "s3cret-token" {
					t.Errorf("signed in with %q", secret)
				}
				next := ""
				if r.URL.Path != "/2.0/more" {
					next = test.next
					if strings.Contains(next, "%s") {
						next = fmt.Sprintf(next, "http://"+r.Host)
					}
					if r.URL.Query().Get("page") == "7" {
						next = "http://" + r.Host + r.URL.RequestURI()
					}
				}
				fmt.Fprintf(w, `{"size":2,"values":[{"uuid":"{a}","full_name":"a/b"}],"next":%q}`, next)
			})
			all, n := []string{}, 0
			var failed error
			for r, err := range c.Repositories(t.Context(), "a") {
				if err != nil {
					failed = err
					break
				}
				all = append(all, r.FullName)
				if n++; n > 10 {
					t.Fatal("the list has no end")
				}
			}
			if providers.CodeOf(failed) != test.code || failed != nil && !strings.Contains(failed.Error(), test.says) || len(all) < test.want {
				t.Errorf("got %v and %v", all, failed)
			}
		})
	}
}

// TestFields holds that nothing is asked for without saying what of it.
func TestFields(t *testing.T) {
	var asked []string
	c := asks(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("fields") == "" {
			t.Errorf("%s asks for everything", r.URL)
		}
		asked = append(asked, r.URL.Path+" "+r.URL.Query().Get("q"))
		fmt.Fprint(w, `{}`)
	})
	r := Repo{Workspace: "a", Slug: "b"}
	ctx := context.Background()
	_, _ = c.Repository(ctx, r)
	_, _ = c.Issue(ctx, r, 1)
	_, _ = c.PullRequest(ctx, r, 1)
	_, _ = c.Commit(ctx, r, "abc")
	_, _ = c.User(ctx, "557058:x")
	_, _ = c.IssuesHead(ctx, r)
	_, _ = c.PullRequestComments(ctx, r, 1)
	at := time.Date(2024, 2, 3, 4, 5, 6, 7000, time.UTC)
	_, _ = Collect(c.Issues(ctx, r, Filter{After: 3, Changed: at}))
	_, _ = Collect(c.PullRequests(ctx, Repo{UUID: "{u}"}, Filter{After: 3}))
	want := []string{"/2.0/repositories/a/b ", "/2.0/repositories/a/b/issues/1 ", "/2.0/repositories/a/b/pullrequests/1 ", "/2.0/repositories/a/b/commit/abc ", "/2.0/users/557058:x ",
		"/2.0/repositories/a/b/issues ", "/2.0/repositories/a/b/pullrequests/1/comments ",
		"/2.0/repositories/a/b/issues id > 3 AND updated_on >= 2024-02-03T04:05:06.000007+00:00", "/2.0/repositories/{}/{u}/pullrequests id > 3"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		code   providers.Code
		hint   string
	}{
		{"wrong credentials", 401, nil, `{"type":"error","error":{"message":"Token is invalid"}}`, providers.CodeAuth, "e-mail address"},
		{"a scope by its header", 403, map[string]string{"X-OAuth-Scopes": "read:issue:bitbucket", "X-Accepted-OAuth-Scopes": "read:webhook:bitbucket"}, `{}`, providers.CodeDenied, "read:webhook:bitbucket"},
		{"a scope by its body", 403, nil, `{"error":{"message":"lack","detail":{"required":["wiki"],"granted":[]}}}`, providers.CodeDenied, "wiki"},
		{"not an administrator", 403, map[string]string{"X-OAuth-Scopes": "repository:admin", "X-Accepted-OAuth-Scopes": "repository:admin"}, `{"error":{"message":"admin","detail":"text"}}`, providers.CodeDenied, ""},
		{"nothing there", 404, nil, `{"error":{"message":"Repository a/b not found"}}`, providers.CodeNotFound, "correct the name"},
		{"it repeats the secret", 400, nil, `{"error":{"message":"bad s3cret-token"}}`, providers.CodeInvalid, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := asks(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range test.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			_, err := c.Repository(t.Context(), Repo{Workspace: "a", Slug: "b"})
			e := providers.AsError(err)
			if e == nil || e.Code != test.code || !strings.Contains(e.Hint, test.hint) || test.hint == "" && strings.Contains(e.Hint, "scope") || strings.Contains(e.Error(), "s3cret") {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestGrants(t *testing.T) {
	for _, test := range []struct {
		granted, scope string
		want           bool
	}{
		{"read:issue:bitbucket", "read:issue:bitbucket", true},
		{"write:issue:bitbucket", "read:issue:bitbucket", true},
		{"delete:issue:bitbucket", "read:issue:bitbucket", false},
		{"write:wiki:bitbucket", "read:issue:bitbucket", false},
		{"repository:write", "repository", true},
		{"repository:delete", "repository", false},
		{"pullrequest", "repository", true},
		{"repository", "pullrequest", false},
		{"issue", "wiki", false},
	} {
		if got := grants([]string{test.granted}, test.scope); got != test.want {
			t.Errorf("%s grants %s: %v, want %v", test.granted, test.scope, got, test.want)
		}
	}
}

// TestLimit reads the wait from X-RateLimit-Reset, which is not a moment.
func TestLimit(t *testing.T) {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	header := func(limit, left, reset string) http.Header {
		return http.Header{"X-Ratelimit-Limit": {limit}, "X-Ratelimit-Remaining": {left}, "X-Ratelimit-Reset": {reset}}
	}
	a := &allowance{}
	if l, ok := a.limit(header("1000", "7", "90"), now); !ok || l.Remaining != 7 || !l.Resets.Equal(now.Add(90*time.Second)) {
		t.Errorf("seconds to wait: %+v, %v", l, ok)
	}
	if l, ok := a.limit(header("1000", "7", "1704070800"), now); !ok || !l.Resets.Equal(time.Unix(1704070800, 0)) {
		t.Errorf("a moment: %+v, %v", l, ok)
	}
	for _, h := range []http.Header{{}, header("1000", "", "5"), header("1000", "5", "-5"), header("x", "5", "5")} {
		if l, ok := a.limit(h, now); ok {
			t.Errorf("%v tells of %+v", h, l)
		}
	}
	few := &allowance{share: 100}
	if l, ok := few.limit(header("1000", "950", "90"), now); !ok || l.Limit != 100 || l.Remaining != 50 {
		t.Errorf("lowered: %+v, %v", l, ok)
	}
	if l, ok := few.limit(http.Header{}, now); !ok || l.Remaining != 98 || !l.Resets.Equal(now.Add(time.Hour)) {
		t.Errorf("counted: %+v, %v", l, ok)
	}
}

func TestParseHost(t *testing.T) {
	for raw, want := range map[string]Host{
		"https://api.bitbucket.org/2.0":  {"https://api.bitbucket.org/2.0", "https://bitbucket.org"},
		"https://api.bitbucket.org/2.0/": {"https://api.bitbucket.org/2.0", "https://bitbucket.org"},
		"http://127.0.0.1:7003/2.0":      {"http://127.0.0.1:7003/2.0", "http://127.0.0.1:7003"},
	} {
		if got, err := ParseHost(raw); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"", "bitbucket.org", "ftp://bitbucket.org", "https://u:p@bitbucket.org/2.0", "https://bitbucket.org/2.0?x"} {
		if _, err := ParseHost(raw); providers.CodeOf(err) != providers.CodeInvalid || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%q: %v", raw, err)
		}
	}
}
