package bitbucketcloudtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
)

// stand is a stand-in with the sample.
type stand struct {
	*bitbucketcloudtest.Server
	bitbucketcloudtest.People
	t     *testing.T
	token string
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s, err := bitbucketcloudtest.New(bitbucketcloudtest.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	people, err := bitbucketcloudtest.Sample(s)
	if err != nil {
		t.Fatal(err)
	}
	return &stand{Server: s, People: people, t: t, token: s.Token(people.Ada)}
}

// get asks as ada.
func (s *stand) get(path string) (int, http.Header, map[string]any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.APIURL()+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.token != "" {
		request.SetBasicAuth(s.Ada.Email, s.token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var body map[string]any
	_ = json.Unmarshal(data, &body) // plain text is nil
	return answer.StatusCode, answer.Header, body
}

// TestSpec holds whole answers to the description, and what is asked for in a way
// that nobody described.
func TestSpec(t *testing.T) {
	s := newStand(t)
	repo := "/repositories/lantern/beacon"
	for _, path := range []string{"/user", "/users/" + s.Linus.AccountID, "/repositories/lantern", repo, repo + "/commit/main", repo + "/milestones", repo + "/components", repo + "/versions",
		repo + "/issues", repo + "/issues/1", repo + "/issues/1/comments", repo + "/issues/1/changes", repo + "/issues/1/attachments", repo + "/pullrequests?state=OPEN&state=MERGED", repo + "/pullrequests/1",
		repo + "/pullrequests/1/comments", repo + "/pullrequests/1/tasks", repo + "/branch-restrictions", repo + "/effective-branching-model", repo + "/permissions-config/users",
		repo + "/permissions-config/groups", repo + "/hooks", repo + "/deploy-keys", repo + "/downloads", repo + "/default-reviewers"} {
		if status, _, _ := s.get(path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations:\n%s", strings.Join(v, "\n"))
	}
	s.get(repo + "/issues?stat=new")
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "stat") {
		t.Errorf("a misspelt parameter is told as %q", v)
	}
}

func TestPagesAndFields(t *testing.T) {
	s := newStand(t)
	_, _, body := s.get("/repositories/lantern/beacon/issues?pagelen=2&sort=-updated_on&fields=next,size,values.id,values.reporter.nickname")
	want := map[string]any{
		"size": 3.0, "next": s.APIURL() + "/repositories/lantern/beacon/issues?fields=next%2Csize%2Cvalues.id%2Cvalues.reporter.nickname&page=2&pagelen=2&sort=-updated_on",
		"values": []any{map[string]any{"id": 4.0, "reporter": map[string]any{"nickname": "linus"}}, map[string]any{"id": 2.0, "reporter": nil}},
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("the first page (-want +got):\n%s", diff)
	}
	_, _, body = s.get("/repositories/lantern/beacon/issues?q=id+%3E+1+AND+updated_on+%3E%3D+2024-01-01T00:00:00%2B00:00&sort=id&fields=values.id")
	if diff := cmp.Diff(map[string]any{"values": []any{map[string]any{"id": 2.0}, map[string]any{"id": 4.0}}}, body); diff != "" {
		t.Errorf("a query (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"?q=id+is+1", "?q=color+%3E+1", "?sort=color", "?pagelen=101", "?page=0", "?page=x"} {
		if status, _, _ := s.get("/repositories/lantern/beacon/issues" + bad); status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, status)
		}
	}
	if status, _, _ := s.get("/repositories/lantern/beacon/pullrequests?pagelen=51"); status != http.StatusBadRequest {
		t.Errorf("a long page of pull requests: %d", status)
	}
}

func TestAccess(t *testing.T) {
	s := newStand(t)
	status, header, _ := s.get("/user")
	if status != 200 || !strings.Contains(header.Get("X-OAuth-Scopes"), "read:wiki:bitbucket") || header.Get("X-Credential-Type") != "api_token" {
		t.Errorf("the user: %d, %v", status, header)
	}
	s.AddToken("few", bitbucketcloudtest.Token{User: s.Ada, Scopes: []string{"read:issue:bitbucket"}})
	s.token = "few"
	if status, _, body := s.get("/repositories/lantern/beacon"); status != http.StatusForbidden || body["type"] != "error" {
		t.Errorf("without the scope: %d, %v", status, body)
	}
	s.token = "wrong"
	if status, _, _ := s.get("/repositories/lantern/plain"); status != http.StatusUnauthorized {
		t.Errorf("with a wrong token: %d", status)
	}
	s.token = ""
	for path, want := range map[string]int{"/repositories/lantern/plain": 200, "/repositories/lantern/beacon": 404, "/user": 401, "/nothing": 404} {
		if status, _, _ := s.get(path); status != want {
			t.Errorf("%s as nobody: %d, want %d", path, status, want)
		}
	}
	s.Limits(bitbucketcloudtest.Limits{Requests: 5, Anonymous: 1, Window: 1 << 40})
	s.get("/repositories/lantern/plain")
	if status, header, body := s.get("/repositories/lantern/plain"); status != http.StatusTooManyRequests || body != nil || header.Get("Retry-After") != "" {
		t.Errorf("over the limit: %d, %v", status, header)
	}
}
