package imports

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// hasty is a clock that passes the time without waiting.
type hasty struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (h *hasty) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

func (h *hasty) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead += d
	return context.Cause(ctx)
}

// answer is what the fake says to one request.
type answer struct {
	status int
	body   string
}

// trouble is an answer that is not the one that was hoped for. The status 0 drops
// the connection.
type trouble struct {
	status int
	body   string
	after  string // Retry-After
}

// asked is a request that the fake received.
type asked struct{ what, body string }

// fake is an importer whose GitLab answers by a table: "POST /import/github" to an
// answer. What is not in it is 404.
func fake(t *testing.T, answers map[string]answer) (*Importer, *[]asked) {
	t.Helper()
	return troubled(t, &hasty{}, answers, nil)
}

// troubled is fake with a clock of the test's, and with trouble that the first
// requests of a kind meet.
func troubled(t *testing.T, clock *hasty, answers map[string]answer, met map[string][]trouble) (*Importer, *[]asked) {
	t.Helper()
	var received []asked
	times := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		what := r.Method + " " + r.URL.EscapedPath()[len("/api/v4"):]
		received = append(received, asked{what, string(body)})
		a, ok := answers[what]
		if !ok {
			a = answer{404, `{"message":"404 Not Found"}`}
		}
		say := trouble{status: a.status, body: a.body}
		if n := times[what]; n < len(met[what]) {
			say = met[what][n]
		}
		if times[what]++; say.status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		if say.after != "" {
			w.Header().Set("Retry-After", say.after)
		}
		w.WriteHeader(say.status)
		io.WriteString(w, say.body)
	}))
	t.Cleanup(s.Close)
	client, err := api.New(api.Options{URL: s.URL, Token: "glpat-test", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	return New(Options{API: client, User: api.User{Username: "ada"}, Version: api.ParseVersion("18.9.0"), Now: func() time.Time { return now }}), &received
}
