package bitbucketservertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/contracttest"
)

const (
	samplePull = "/rest/api/latest/projects/LAMP/repos/beacon/pull-requests"
	sampleKey  = "/rest/keys/latest/projects/LAMP/repos/beacon/ssh"
)

// TestRecorded compares what real servers answered with the descriptions and their
// exceptions, which the stand-in is held to.
func TestRecorded(t *testing.T) {
	for version, contract := range map[string]func() (*contracttest.Contract, error){"8.14": contract8, "10.3": contract10} {
		c, err := contract()
		if err != nil {
			t.Fatal(err)
		}
		for name, path := range map[string]string{
			"activities.json": samplePull + "/1/activities", "activities-2.json": samplePull + "/1/activities",
			"pull.json": samplePull + "/1", "pull-declined.json": samplePull + "/2080",
		} {
			data, err := os.ReadFile(filepath.Join("..", "body", "testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			// GitLab's developers added this member to their recording.
			data = bytes.ReplaceAll(data, []byte(`"username": "username",`), nil)
			for _, problem := range c.Check(exchange(path, string(data))) {
				t.Errorf("%s: %s: %s", version, name, problem)
			}
		}
	}
}

func exchange(path, answer string) contracttest.Exchange {
	return contracttest.Exchange{
		Request: httptest.NewRequest(http.MethodGet, path, nil), Status: http.StatusOK, Body: []byte(answer),
		Header: http.Header{"Content-Type": {"application/json;charset=UTF-8"}},
	}
}

// TestComments compares what stands in activities, where no description tells of it,
// with what is described of single comments: of recordings, and of the stand-in.
func TestComments(t *testing.T) {
	recorded := []string{}
	for _, name := range []string{"activities.json", "activities-2.json"} {
		data, err := os.ReadFile(filepath.Join("..", "body", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		recorded = append(recorded, strings.ReplaceAll(string(data), `"username": "username",`, ""))
	}
	for version, contract := range map[string]func() (*contracttest.Contract, error){"7.1.0": contract8, "8.14.0": contract8, "10.3.0": contract10} {
		c, err := contract()
		if err != nil {
			t.Fatal(err)
		}
		s := newSample(t, version)
		_, own, _ := get(t, s, s.Token(s.Model.Users[0]), samplePull+"/3/activities?limit=100")
		found := 0
		for _, answer := range append(recorded, own) {
			var page struct {
				Values []struct {
					Comment json.RawMessage `json:"comment"`
				} `json:"values"`
			}
			if err := json.Unmarshal([]byte(answer), &page); err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Values {
				if a.Comment == nil {
					continue
				}
				found++
				for _, problem := range c.Check(exchange(samplePull+"/3/comments/1", string(a.Comment))) {
					t.Errorf("%s: %s", version, problem)
				}
			}
		}
		if found < 10 {
			t.Errorf("%s: there are %d comments", version, found)
		}
	}
}

// TestContract makes sure that what nobody described is noticed.
func TestContract(t *testing.T) {
	c, err := contract10()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, answer string }{
		{samplePull + "?states=ALL", `{"values":[]}`},
		{samplePull, `{"value":[]}`},
		{samplePull, `{"values":[{"id":"1"}]}`},
		{samplePull, `{"values":[{"state":"CLOSED"}]}`},
		{samplePull + "/1/reviews", `{}`},
		{sampleKey + "?page=2", `{"values":[]}`},
	} {
		if len(c.Check(exchange(test.path, test.answer))) == 0 {
			t.Errorf("%s: %s is described", test.path, test.answer)
		}
	}
}

// newSample starts a server with the sample.
func newSample(t *testing.T, version string) *Server {
	t.Helper()
	s, err := New(Options{Root: t.TempDir(), Version: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, s *Server, token, path string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(data), answer.Header
}

// TestAnswers asks for everything there is, of each generation, as each account.
func TestAnswers(t *testing.T) {
	const project = "/projects/LAMP"
	const repo = project + "/repos/beacon"
	for _, version := range []string{"10.3.0", "8.14.0", "7.1.0"} {
		s := newSample(t, version)
		for i, u := range s.Model.Users {
			for _, path := range []string{
				"/rest/api/latest/application-properties", "/rest/api/latest/inbox/pull-requests/count",
				"/rest/api/latest/repos?archived=ALL&limit=2", "/rest/api/latest" + project + "/repos", "/rest/api/latest" + repo, "/rest/api/latest" + repo + "/labels",
				"/rest/api/latest" + repo + "/settings/pull-requests", "/rest/api/latest" + repo + "/pull-requests?state=ALL", "/rest/api/latest" + repo + "/pull-requests/3",
				"/rest/api/latest" + repo + "/pull-requests/3/activities", repo + "/sizes", "/rest/default-reviewers/latest" + repo + "/conditions",
			} {
				if status, body, _ := get(t, s, s.Token(u), path); status != http.StatusOK {
					t.Errorf("%s: %s: %d: %s", version, path, status, body)
				}
			}
			for _, path := range []string{
				"/rest/api/latest" + project + "/permissions/users", "/rest/api/latest" + project + "/permissions/groups", "/rest/api/latest" + repo + "/permissions/users",
				"/rest/api/latest" + repo + "/permissions/groups", "/rest/api/latest" + repo + "/settings/hooks", "/rest/api/latest" + repo + "/webhooks",
				"/rest/branch-permissions/latest" + repo + "/restrictions", sampleKey, "/rest/access-tokens/latest" + repo,
			} {
				want := http.StatusUnauthorized
				if i == 0 {
					want = http.StatusOK
				}
				if status, body, _ := get(t, s, s.Token(u), path); status != want {
					t.Errorf("%s: %s as %s: %d: %s", version, path, u.Name, status, body)
				}
			}
		}
		for _, v := range s.Violations() {
			t.Errorf("%s: %s", version, v)
		}
	}
}

// TestRefused looks at the refusals.
func TestRefused(t *testing.T) {
	s := newSample(t, "")
	cy := s.Token(s.Model.Users[2])
	for path, want := range map[string]string{
		"/rest/api/latest/projects/~BOB/repos/beacon":         "401 AuthorisationException",
		"/rest/api/latest/projects/NONE/repos/beacon":         "404 project.NoSuchProjectException",
		"/rest/api/latest/projects/LAMP/repos/none":           "404 repository.NoSuchRepositoryException",
		samplePull + "/99":                                    "404 pull.NoSuchPullRequestException",
		"/rest/api/latest/projects/LAMP/repos/beacon/nothing": "404 NoSuchResourceException",
	} {
		status, body, header := get(t, s, cy, path)
		_, name, _ := strings.Cut(want, " ")
		if got := fmt.Sprint(status); !strings.HasPrefix(want, got) || !strings.Contains(body, `com.atlassian.bitbucket.`+name) || header.Get("X-AUSERNAME") != "cy" {
			t.Errorf("%s: %d %s, want %s", path, status, body, want)
		}
	}
	if status, body, _ := get(t, s, "wrong", samplePull); status != http.StatusUnauthorized || !strings.Contains(body, "IncorrectPassword") {
		t.Errorf("a wrong token: %d %s", status, body)
	}
	if status, _, _ := get(t, s, "", "/rest/api/latest/application-properties"); status != http.StatusOK {
		t.Errorf("nobody may ask for the version: %d", status)
	}
	s.Limit(1, 0)
	for _, want := range []int{http.StatusOK, http.StatusTooManyRequests, http.StatusOK} {
		if status, _, header := get(t, s, cy, samplePull); status != want || want != http.StatusOK && header.Get("Retry-After") == "" {
			t.Errorf("the status is %d %v, want %d", status, header, want)
		}
	}
	s.Faults(Fault{Path: "/rest/*", From: 2, Status: http.StatusBadGateway})
	for _, want := range []int{http.StatusOK, http.StatusBadGateway, http.StatusOK} {
		if status, _, _ := get(t, s, cy, samplePull); status != want {
			t.Errorf("the status is %d, want %d", status, want)
		}
	}
}
