package githubtest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// sampleServer starts a stand-in with the sample and returns it with a token
// of ada's, who owns the organisation. The test fails if anything that is said
// does not agree with GitHub's description.
func sampleServer(t *testing.T) (*Server, string) {
	t.Helper()
	s, err := New(Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Error(v)
		}
	})
	if err := Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	return s, s.Token(s.Model.User("ada"))
}

// get asks REST and decodes the answer.
func get(t *testing.T, s *Server, token, path string, into any, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.APIURL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(path, "http") {
		if r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil); err != nil {
			t.Fatal(err)
		}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for n := 0; n+1 < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: status %d: %v: %.500s", path, response.StatusCode, err, body)
		}
	}
	return response
}

// TestEveryRoute asks each route about everything in the sample that fits. The
// answers are compared with GitHub's description on the way.
func TestEveryRoute(t *testing.T) {
	s, token := sampleServer(t)
	asked := map[string]int{}
	for _, r := range routes() {
		_, pattern, _ := strings.Cut(r.pattern, " ")
		for _, path := range s.expand(pattern) {
			if strings.HasSuffix(pattern, "/packages") {
				path += "?package_type=container"
			}
			response := get(t, s, token, path, nil)
			switch response.StatusCode {
			case http.StatusOK, http.StatusNoContent, http.StatusMovedPermanently:
				asked[pattern]++
			case http.StatusNotFound, http.StatusFound, http.StatusForbidden, http.StatusUnprocessableEntity:
			default:
				t.Errorf("%s: status %d", path, response.StatusCode)
			}
		}
		if asked[pattern] == 0 {
			t.Errorf("%s: nothing in the sample is served there", pattern)
		}
	}
}
