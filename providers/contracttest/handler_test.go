package contracttest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHandler(t *testing.T) {
	large := strings.Repeat("x", maxKept+1)
	forge := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/api/v1/version":
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"version":"1","build":"2"}`)
		case "/api/v1/repos/a/b/pulls/1.diff":
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, large)
		case "/api/v1/repos/a/b/pulls/2.diff":
			w.Header().Set("Content-Type", "text/plain")
		case "/api/v1/repos/a/b/issues/1":
			w.WriteHeader(http.StatusNoContent)
		case "/api/v1/repos/a/b/issues":
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, "a page")
		}
	})
	var mu sync.Mutex
	var got []string
	take := func() []string {
		mu.Lock()
		defer mu.Unlock()
		all := got
		got = nil
		return all
	}
	server := httptest.NewServer(load(t, Options{}).Handler(forge,
		func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") },
		func(problem string) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, problem)
		}))
	defer server.Close()

	tests := []struct {
		name, method, path, sent string
		status                   int
		length                   int
		want                     []string
	}{
		{"checked", "GET", "/api/v1/version", "", 200, 27, []string{"GET /version: answer .build: is not described"}},
		{"not covered", "GET", "/a/b", "", 200, 6, nil},
		{"status", "DELETE", "/api/v1/repos/a/b/issues/1", "", 204, 0, nil},
		{"request body", "DELETE", "/api/v1/repos/a/b/issues/1", "{}", 204, 0, []string{"DELETE /repos/{owner}/{repo}/issues/{index}: request body: none is described, and there are 2 bytes"}},
		{"an empty file", "GET", "/api/v1/repos/a/b/pulls/2.diff", "", 200, 0, nil},
		{"larger than what is kept", "GET", "/api/v1/repos/a/b/pulls/1.diff", "", 200, len(large), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), test.method, server.URL+test.path, strings.NewReader(test.sent))
			if err != nil {
				t.Fatal(err)
			}
			answer, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, err := io.ReadAll(answer.Body)
			if err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != test.status || len(body) != test.length {
				t.Errorf("status %d with %d bytes, want %d with %d", answer.StatusCode, len(body), test.status, test.length)
			}
			if diff := cmp.Diff(test.want, take()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := server.Client().Get(server.URL + "/api/v1/repos/a/b/issues"); err == nil {
		t.Error("a dropped connection was answered")
	}
}
