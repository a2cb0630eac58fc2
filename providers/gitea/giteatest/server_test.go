package giteatest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// asker sends requests in the name of a user.
type asker struct {
	t *testing.T
	s *Server
}

// do sends a request and returns the status and the answer.
func (a asker) do(login, method, path, body string) (int, map[string]any) {
	a.t.Helper()
	status, data, err := a.try(login, method, path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	var answer map[string]any
	if strings.HasPrefix(string(data), "{") {
		if err := json.Unmarshal(data, &answer); err != nil {
			a.t.Fatal(err)
		}
	}
	return status, answer
}

func (a asker) try(login, method, path, body string) (int, []byte, error) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.s.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "token "+a.s.Token(login))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return answer.StatusCode, data, err
}

// must sends a request that has to succeed.
func (a asker) must(login, method, path, body string) map[string]any {
	a.t.Helper()
	status, answer := a.do(login, method, path, body)
	if status >= 300 {
		a.t.Fatalf("%s %s: status %d: %v", method, path, status, answer)
	}
	return answer
}

// filled is a server with the organization acme, whose repository api has the
// collaborators anna and ben, and the watcher cleo.
func filled(t *testing.T) asker {
	a := asker{t, start(t, Options{})}
	a.must("root", "POST", "/orgs", `{"username":"acme"}`)
	a.must("root", "POST", "/orgs/acme/repos", `{"name":"api","auto_init":true}`)
	a.must("root", "DELETE", "/repos/acme/api/subscription", "")
	for _, login := range []string{"anna", "ben"} {
		a.s.Token(login)
		a.must("root", "PUT", "/repos/acme/api/collaborators/"+login, `{"permission":"write"}`)
	}
	a.must("cleo", "PUT", "/repos/acme/api/subscription", "")
	a.s.Model.ForgetNotified()
	return a
}

func TestNotified(t *testing.T) {
	page := func(user, by, why string) Notified {
		return Notified{User: user, By: by, Why: why, Repo: "acme/api", Number: 1}
	}
	mail := func(user, by, why string) Notified {
		n := page(user, by, why)
		n.Mail = true
		return n
	}
	const issue, comments = "/repos/acme/api/issues/1", "/repos/acme/api/issues/1/comments"
	tests := []struct {
		name, who, method, path, body string
		want                          []Notified
	}{
		{"a watcher and the one who is named", "root", "POST", "/repos/acme/api/issues", `{"title":"a","body":"@anna"}`,
			[]Notified{page("anna", "root", "mention"), mail("anna", "root", "mention"), page("cleo", "root", "issue"), mail("cleo", "root", "issue")}},
		{"a name in code is nobody", "root", "PATCH", issue, `{"body":"` + "`@anna`\\n\\n```\\n@ben\\n```" + `"}`, nil},
		{"assigning", "root", "PATCH", issue, `{"assignees":["ben"]}`, []Notified{page("ben", "root", "assigned"), mail("ben", "root", "assigned")}},
		{"the author and the assignee of a comment", "anna", "POST", comments, `{"body":"text"}`,
			[]Notified{page("root", "anna", "comment"), page("cleo", "anna", "comment"), mail("root", "anna", "comment"), mail("cleo", "anna", "comment"), mail("ben", "anna", "comment")}},
		{"editing a comment", "anna", "PATCH", "/repos/acme/api/issues/comments/2", `{"body":"@ben"}`, nil},
		{"labels and titles", "root", "PATCH", issue, `{"title":"b"}`, nil},
		{"who unsubscribed", "cleo", "DELETE", issue + "/subscriptions/cleo", "", nil},
		{"closing, by the author", "root", "PATCH", issue, `{"state":"closed"}`,
			[]Notified{page("anna", "root", "closed"), mail("anna", "root", "closed"), mail("ben", "root", "closed")}},
		{"a release", "root", "POST", "/repos/acme/api/releases", `{"tag_name":"v1"}`, []Notified{{User: "cleo", By: "root", Mail: true, Why: "release", Repo: "acme/api"}}},
		{"a draft of a release", "root", "POST", "/repos/acme/api/releases", `{"tag_name":"v2","draft":true}`, nil},
	}
	a := filled(t)
	for _, test := range tests {
		a.s.Model.ForgetNotified()
		a.must(test.who, test.method, test.path, test.body)
		got := a.s.Model.Notified()
		for _, list := range [][]Notified{got, test.want} {
			slices.SortFunc(list, func(x, y Notified) int { return strings.Compare(fmt.Sprint(x.Mail, x), fmt.Sprint(y.Mail, y)) })
		}
		if diff := cmp.Diff(test.want, got); diff != "" && len(test.want)+len(got) > 0 {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	for _, v := range a.s.Violations() {
		t.Error(v)
	}
}

func TestFaults(t *testing.T) {
	a := filled(t)
	const labels = "/repos/acme/api/labels"
	label := `{"name":"x","color":"#000000"}`
	count := func() int { return len(a.s.Model.Repository("acme", "api").Labels) }

	a.s.Faults(Fault{Method: "POST", Path: "*/labels", From: 2, Status: 502, Body: "no"})
	for n, want := range []int{201, 502, 201} {
		if status, _ := a.do("root", "POST", labels, label); status != want {
			t.Errorf("request %d: status %d, want %d", n+1, status, want)
		}
	}
	if count() != 2 {
		t.Errorf("%d labels, want 2", count())
	}

	a.s.Faults(Fault{Method: "POST", Path: "*/labels", After: true})
	if _, _, err := a.try("root", "POST", labels, label); err == nil {
		t.Error("a dropped connection was answered")
	}
	if count() != 3 {
		t.Errorf("%d labels after a write whose answer was lost, want 3", count())
	}

	a.s.Faults(Fault{Path: "*/labels*", Half: true})
	if _, _, err := a.try("root", "GET", labels, ""); err == nil {
		t.Error("a cut-off answer was whole")
	}

	a.s.Faults(Fault{Times: -1, Status: 429, RetryAfter: 7 * time.Second})
	for range 3 {
		if status, _ := a.do("root", "GET", "/version", ""); status != 429 {
			t.Errorf("status %d, want 429", status)
		}
	}
	a.s.ClearFaults()
	if status, _ := a.do("root", "GET", "/version", ""); status != 200 {
		t.Errorf("status %d without faults", status)
	}
	for _, v := range a.s.Violations() {
		t.Error(v)
	}
}

func TestRequestsAndViolations(t *testing.T) {
	a := filled(t)
	before := len(a.s.Requests())
	a.do("anna", "GET", "/repos/acme/api/labels?per_page=2", "")
	got := a.s.Requests()[before:]
	want := []Request{{Method: "GET", Path: "/api/v1/repos/acme/api/labels?per_page=2", User: "anna", Status: 200}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"GET /repos/{owner}/{repo}/labels: query parameter per_page: is not described"}, a.s.Violations()); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// A push changes what the API says: branches, tags, releases and pull requests.
// What belongs to the server cannot be pushed.
func TestPush(t *testing.T) {
	a := asker{t, start(t, Options{})}
	a.must("root", "POST", "/orgs", `{"username":"acme"}`)
	a.must("root", "POST", "/orgs/acme/repos", `{"name":"api","private":true}`)
	work := sampleHistory(t)
	at := func(login string) string {
		return strings.Replace(a.s.URL, "://", "://"+login+":"+a.s.Token(login)+"@", 1) + "/acme/api.git"
	}
	push := func(args ...string) error { return runGit(work, append([]string{"push", "--quiet"}, args...)...) }
	if err := push(at("root"), "main", "feature", "v1.0"); err != nil {
		t.Fatal(err)
	}
	if err := push(at("anna"), "other"); err == nil {
		t.Error("a stranger could push")
	}
	if err := push(at("root"), "main:refs/pull/1/head"); err == nil {
		t.Error("refs/pull could be pushed")
	}
	if v := a.must("root", "GET", "/repos/acme/api", ""); v["empty"] != false || v["default_branch"] != "main" {
		t.Errorf("empty %v, default branch %v", v["empty"], v["default_branch"])
	}
	a.must("root", "POST", "/repos/acme/api/pulls", `{"title":"a","head":"feature","base":"main"}`)
	before := a.must("root", "GET", "/repos/acme/api/pulls/1", "")
	if err := push(at("root"), "later:feature"); err != nil {
		t.Fatal(err)
	}
	head := func(v map[string]any) any { return v["head"].(map[string]any)["sha"] }
	after := a.must("root", "GET", "/repos/acme/api/pulls/1", "")
	if want := strings.TrimSpace(must(gitOutput(work, "rev-parse", "later"))); head(after) != want {
		t.Errorf("head %v after the push, want %s; before it was %v", head(after), want, head(before))
	}
	if err := push(at("root"), ":feature"); err != nil {
		t.Fatal(err)
	}
	gone := a.must("root", "GET", "/repos/acme/api/pulls/1", "")
	if gone["state"] != "closed" || head(gone) != head(after) {
		t.Errorf("without its branch: state %v, head %v, want closed and %v", gone["state"], head(gone), head(after))
	}
	for _, v := range a.s.Violations() {
		t.Error(v)
	}
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

func TestHunkAround(t *testing.T) {
	const diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,6 +1,7 @@ in it\n one\n-two\n+TWO\n three\n four\n+new\n five\n six\n"
	tests := []struct {
		line int64
		want string
	}{
		{1, "@@ -1,6 +1,7 @@ in it\n one"},
		{2, "@@ -1,6 +1,7 @@ in it\n one\n-two\n+TWO"},
		{5, "@@ -3,2 +2,4 @@\n+TWO\n three\n four\n+new"},
		{-2, "@@ -1,6 +1,7 @@ in it\n one\n-two"},
		{20, ""},
	}
	for _, test := range tests {
		got := hunkAround(diff, test.line)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("line %d (-want +got):\n%s", test.line, diff)
		}
	}
}
