package gitlabtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPages(t *testing.T) {
	a := acme(t)
	for n := range 25 {
		a.must("anna", "POST", api+"/labels", fmt.Sprintf(`{"name":"l%02d","color":"#000000"}`, n))
	}
	headers := func(got answer) object {
		v := object{}
		for _, name := range []string{"X-Total", "X-Total-Pages", "X-Page", "X-Next-Page", "X-Prev-Page", "X-Per-Page"} {
			v[name] = got.header.Get(name)
		}
		return v
	}
	first := a.must("anna", "GET", api+"/labels", "")
	if diff := cmp.Diff(object{"X-Total": "25", "X-Total-Pages": "2", "X-Page": "1", "X-Next-Page": "2", "X-Prev-Page": "", "X-Per-Page": "20"}, headers(first)); diff != "" {
		t.Errorf("first page (-want +got):\n%s", diff)
	}
	if link := first.header.Get("Link"); !strings.Contains(link, "/api/v4/projects/acme%2Fapi/labels?page=2&per_page=20>; rel=\"next\"") {
		t.Errorf("links %s", link)
	}
	second := a.must("anna", "GET", api+"/labels?page=2", "")
	if got := len(second.list(t)); got != 5 || second.header.Get("X-Next-Page") != "" {
		t.Errorf("second page has %d labels", got)
	}
	if got := len(a.must("anna", "GET", api+"/labels?per_page=1000", "").list(t)); got != 25 {
		t.Errorf("a large page has %d labels", got)
	}
	// By keys there is a next page until there is none, and nothing is counted.
	seen := 0
	path := "/users?pagination=keyset&order_by=id&sort=desc&per_page=3"
	for path != "" {
		got := a.must("root", "GET", path, "")
		seen += len(got.list(t))
		if got.header.Get("X-Total") != "" {
			t.Error("a page by keys is counted")
		}
		next, _, _ := strings.Cut(strings.TrimPrefix(got.header.Get("Link"), "<"+a.s.URL+"/api/v4"), ">")
		path = next
	}
	if got := a.do("anna", "GET", api+"/labels?pagination=keyset", ""); got.status != http.StatusMethodNotAllowed {
		t.Errorf("labels by keys: status %d, want 405", got.status)
	}
	if seen != 4 {
		t.Errorf("%d users by keys, want 4", seen)
	}
	a.clean()
}

func TestConditionalRequests(t *testing.T) {
	a := acme(t)
	first := a.must("anna", "GET", api, "")
	again := func() int {
		r := a.request("anna", "GET", api, "")
		r.Header.Set("If-None-Match", first.header.Get("Etag"))
		return a.send(r).status
	}
	if tag := first.header.Get("Etag"); !strings.HasPrefix(tag, `W/"`) || again() != http.StatusNotModified {
		t.Errorf("tag %s, then status %d, want 304", tag, again())
	}
	a.must("ben", "PUT", api, `{"description":"new"}`)
	if got := again(); got != 200 {
		t.Errorf("status %d after a change, want 200", got)
	}
	a.clean()
}

func TestTokens(t *testing.T) {
	a := acme(t)
	with := func(token, method, path string) answer {
		r := a.request("", method, path, "")
		r.Header.Set("Private-Token", token)
		return a.send(r)
	}
	revoked := a.s.Token("anna", "api", "old")
	a.s.RevokeToken(revoked)
	a.s.Model.AddUser(User{Username: "out", State: "blocked"})
	tests := []struct {
		name, token, method, path string
		status                    int
		body                      string
	}{
		{"unknown", "wrong", "GET", "/user", 401, `{"message":"401 Unauthorized"}`},
		{"revoked", revoked, "GET", "/user", 401, `{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}`},
		{"reads", a.s.Token("anna", "read_api"), "GET", api, 200, ""},
		{"writes with a scope for reading", a.s.Token("anna", "read_api"), "POST", api + "/labels", 403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`},
		{"reads itself", a.s.Token("anna", "read_user"), "GET", "/user", 200, ""},
		{"reads others with it", a.s.Token("anna", "read_user"), "GET", api, 403, ""},
		{"blocked", a.s.Token("out"), "GET", "/user", 403, `{"message":"403 Forbidden - Your account has been blocked."}`},
		{"nobody", "", "GET", api, 404, `{"message":"404 Project Not Found"}`},
		{"nobody writes", "", "POST", "/groups", 401, `{"message":"401 Unauthorized"}`},
	}
	for _, test := range tests {
		got := with(test.token, test.method, test.path)
		if got.status != test.status || test.body != "" && string(got.body) != test.body {
			t.Errorf("%s: status %d: %s; want %d: %s", test.name, got.status, got.body, test.status, test.body)
		}
	}
	a.clean()
}

func TestLimits(t *testing.T) {
	now := begin()
	a := asker{t, start(t, Options{Now: func() time.Time { return now }})}
	a.s.Limits(Limits{Requests: 2})
	for want := 1; want >= 0; want-- {
		got := a.do("root", "GET", "/version", "")
		if got.status != 200 || got.header.Get("RateLimit-Remaining") != fmt.Sprint(want) || got.header.Get("RateLimit-Limit") != "2" {
			t.Errorf("status %d, headers %v; want %d remaining", got.status, got.header, want)
		}
	}
	over := a.do("root", "GET", "/version", "")
	if over.status != 429 || over.header.Get("Retry-After") != "60" || string(over.body) != "Retry later\n" {
		t.Errorf("status %d, Retry-After %s: %s", over.status, over.header.Get("Retry-After"), over.body)
	}
	if got := a.do("anna", "GET", "/version", ""); got.status != 200 {
		t.Errorf("another user: status %d", got.status)
	}
	now = now.Add(time.Minute)
	if got := a.do("root", "GET", "/version", ""); got.status != 200 {
		t.Errorf("a minute later: status %d", got.status)
	}
	a.s.Limits(Limits{Issues: 1})
	a.must("root", "POST", "/projects", `{"name":"x"}`)
	a.must("root", "POST", "/projects/1/issues", `{"title":"x"}`)
	if got := a.do("root", "POST", "/projects/1/issues", `{"title":"x"}`); got.status != 429 || !strings.Contains(string(got.body), "too many times") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	a.clean()
}

func TestFaults(t *testing.T) {
	a := acme(t)
	count := func() int { return len(a.s.Model.Project("acme/api").Labels) }
	label := func(n int) (int, error) {
		r := a.request("anna", "POST", api+"/labels", fmt.Sprintf(`{"name":"l%d","color":"#000000"}`, n))
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		got.Body.Close()
		return got.StatusCode, nil
	}
	a.s.Faults(Fault{Method: "POST", Path: "*/labels", From: 2, Status: 502, Body: "no"})
	for n, want := range []int{201, 502, 201} {
		if status, err := label(n); status != want || err != nil {
			t.Errorf("request %d: status %d, %v; want %d", n+1, status, err, want)
		}
	}
	a.s.Faults(Fault{Method: "POST", Path: "*/labels", After: true})
	if _, err := label(9); err == nil {
		t.Error("a dropped connection was answered")
	}
	if count() != 3 {
		t.Errorf("%d labels after a write whose answer was lost, want 3", count())
	}
	a.s.Faults(Fault{Times: -1, Status: 429, RetryAfter: 7 * time.Second})
	if got := a.do("anna", "GET", "/version", ""); got.status != 429 || got.header.Get("Retry-After") != "7" {
		t.Errorf("status %d, headers %v", got.status, got.header)
	}
	a.s.ClearFaults()
	a.must("anna", "GET", "/version", "")
	a.clean()
}

func TestRequestsAndViolations(t *testing.T) {
	a := acme(t)
	a.do("root>anna", "GET", api+"/labels?limit=2", "")
	a.do("anna", "POST", api+"/labels", `{"name":"x","colour":"#000000","color":"#000000"}`)
	want := []Request{
		{Method: "GET", Path: "/api/v4" + api + "/labels?limit=2", User: "anna", Status: 200},
		{Method: "POST", Path: "/api/v4" + api + "/labels", User: "anna", Status: 201},
	}
	if diff := cmp.Diff(want, a.s.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	said := []string{
		"GET /api/v4/projects/{id}/labels: query parameter limit: is not described",
		"POST /api/v4/projects/{id}/labels: request body .colour: is not described",
		`POST /api/v4/projects/{id}/labels: request body: property "colour" is unsupported`,
	}
	if diff := cmp.Diff(said, a.s.Violations()); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func TestNotified(t *testing.T) {
	a := acme(t)
	const issue, notes = api + "/issues/1", api + "/issues/1/notes"
	todo := func(user, by, why string) Notified {
		return Notified{User: user, By: by, Why: why, Project: "acme/api", Kind: "Issue", IID: 1}
	}
	mail := func(user, by, why string) Notified {
		n := todo(user, by, why)
		n.Mail = true
		return n
	}
	change := func(n Notified) Notified { n.Kind = "MergeRequest"; return n }
	tests := []struct {
		name, who, method, path, body string
		want                          []Notified
	}{
		{"an issue that names somebody", "ben", "POST", api + "/issues", `{"title":"a","description":"@anna and @dora"}`, []Notified{todo("anna", "ben", "mention"), mail("anna", "ben", "mention")}},
		{"a name in code is nobody", "ben", "PUT", issue, `{"description":"` + "`@root`\\n\\n```\\n@root\\n```" + `"}`, nil},
		{"giving it to somebody", "ben", "PUT", issue, `{"assignee_ids":[2]}`, []Notified{todo("anna", "ben", "assigned"), mail("anna", "ben", "assigned")}},
		{"a note", "root", "POST", notes, `{"body":"x"}`, []Notified{mail("ben", "root", "note"), mail("anna", "root", "note")}},
		{"in the name of the one it is given to", "root>anna", "POST", notes, `{"body":"x"}`, []Notified{mail("ben", "anna", "note"), mail("root", "anna", "note")}},
		{"an emoji", "anna", "POST", issue + "/award_emoji", `{"name":"heart"}`, nil},
		{"labels", "ben", "PUT", issue, `{"labels":["x"]}`, nil},
		{"a project that sends no mail", "ben", "PUT", api, `{"emails_enabled":false}`, nil},
		{"is quiet", "anna", "POST", notes, `{"body":"@root"}`, []Notified{todo("root", "anna", "mention")}},
		{"until it does again", "ben", "PUT", api, `{"emails_enabled":true}`, nil},
		{"closing", "root", "PUT", issue, `{"state_event":"close"}`, []Notified{mail("ben", "root", "closed"), mail("anna", "root", "closed")}},
		{"a request for review", "anna", "POST", api + "/merge_requests", `{"title":"m","source_branch":"feature","target_branch":"main","reviewer_ids":[3]}`,
			[]Notified{change(todo("ben", "anna", "review_requested")), change(mail("ben", "anna", "review_requested")), change(mail("ben", "anna", "merge_request"))}},
	}
	for _, test := range tests {
		a.s.Model.ForgetNotified()
		a.must(test.who, test.method, test.path, test.body)
		got := a.s.Model.Notified()
		for _, l := range [][]Notified{got, test.want} {
			slices.SortFunc(l, func(x, y Notified) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
		}
		if diff := cmp.Diff(test.want, got); diff != "" && len(got)+len(test.want) > 0 {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	a.clean()
}

func TestProgram(t *testing.T) {
	var out, errs strings.Builder
	if code := Main([]string{"--nonsense"}, &out, &errs); code != 2 {
		t.Errorf("exit code %d for an unknown flag, want 2", code)
	}
	if code := Main([]string{"--listen", "127.0.0.1:0", "--token", "anna"}, &out, &errs); code != 2 || !strings.Contains(errs.String(), "USER=TEXT") {
		t.Errorf("exit code %d for a token without a text: %s", code, errs.String())
	}
}
