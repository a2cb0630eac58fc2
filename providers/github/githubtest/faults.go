package githubtest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// Fault disturbs some requests. Which ones depends on nothing but their order,
// so that a test meets the same ones each time.
type Fault struct {
	Method   string // empty: any
	Path     string // glob over the path within the interface, such as "/repos/**" or "/graphql"; empty: any, web pages and git included
	Contains string // text in the body, such as the name of a GraphQL operation; empty: any

	After int // lets as many requests that match pass first
	Times int // disturbs as many of the others; 0: all of them
	Every int // of those, each n-th only, the first included; 0: each

	Delay  time.Duration     // waits before anything else
	Status int               // answers with this status in place of the real answer
	Header map[string]string // of such an answer
	Body   string            // of such an answer
	Drop   bool              // ends the connection without an answer
	Lose   bool              // answers, after the request was carried out, by ending the connection
	Cut    int               // ends the connection after so many bytes of the real answer's body; -1: before the first

	// Then is called at each request that is disturbed in another way than by a
	// delay, before the client learns of it: a test ends a program there.
	Then func()
}

// Latency makes every request take longer.
func Latency(d time.Duration) Fault { return Fault{Delay: d} }

// Storm answers n requests below path with 502, as an overloaded GitHub does.
func Storm(path string, n int) Fault {
	return Fault{Path: path, Times: n, Status: http.StatusBadGateway, Header: map[string]string{"Content-Type": "text/html"},
		Body: "<html><head><title>502 Bad Gateway</title></head><body>Server Error</body></html>"}
}

// SecondaryLimit answers n requests below path as GitHub does to those who ask
// too quickly. Without a wait GitHub does not say how long to stay away.
func SecondaryLimit(path string, n int, wait time.Duration) Fault {
	header := map[string]string{"Content-Type": "application/json; charset=utf-8"}
	if wait > 0 {
		header["Retry-After"] = strconv.Itoa(int(wait / time.Second))
	}
	return Fault{Path: path, Times: n, Status: http.StatusForbidden, Header: header,
		Body: `{"documentation_url":"https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits","message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`}
}

type activeFault struct {
	Fault
	matched int
}

// Faults replaces the disturbances by others, none of which has met a request
// yet. A request is disturbed by the first that applies; delays add up.
func (s *Server) Faults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, &activeFault{Fault: f})
	}
}

// disturb answers r in place of the server, or prepares w to spoil the answer.
// It reports whether nothing is left to do.
func (s *Server) disturb(w http.ResponseWriter, r *http.Request, path string) bool {
	var delay time.Duration
	var hit *Fault
	for _, f := range s.faultsOf(r, path) {
		delay += f.Delay
		if hit == nil && (f.Status != 0 || f.Drop || f.Lose || f.Cut != 0) {
			hit = &f
		}
	}
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			return true
		}
	}
	switch {
	case hit == nil:
		return false
	case hit.Drop:
		hit.then()
		panic(http.ErrAbortHandler)
	case hit.Lose || hit.Cut != 0:
		s.spoil(w, r, hit)
	default:
		hit.then()
		for name, value := range hit.Header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(hit.Status)
		_, _ = io.WriteString(w, hit.Body) // the client may be gone
	}
	return true
}

// faultsOf returns the faults that apply to r, and counts.
func (s *Server) faultsOf(r *http.Request, path string) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var apply []Fault
	for _, f := range s.faults {
		if !f.matches(r, path) {
			continue
		}
		n := f.matched - f.After
		f.matched++
		if n < 0 || f.Times > 0 && n >= f.Times || f.Every > 1 && n%f.Every != 0 {
			continue
		}
		apply = append(apply, f.Fault)
	}
	return apply
}

func (f *activeFault) matches(r *http.Request, path string) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Path != "" {
		if ok, err := schema.MatchGlob(f.Path, path); err != nil || !ok {
			return false
		}
	}
	if f.Contains == "" {
		return true
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(string(body), f.Contains)
}

// spoil answers r, and breaks the connection before all of it has arrived.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, f *Fault) {
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	if inner, shape := apiPath(r.URL.Path); shape != apiNone {
		s.serveAPI(answer, r, inner, shape)
	} else {
		s.serveWeb(answer, r)
	}
	f.then()
	if f.Lose {
		panic(http.ErrAbortHandler)
	}
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	body := answer.body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.status)
	_, _ = w.Write(body[:min(max(f.Cut, 0), len(body))])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (f *Fault) then() {
	if f.Then != nil {
		f.Then()
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
