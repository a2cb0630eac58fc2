package bitbucketcloudtest

import (
	"io"
	"net/http"

	"github.com/drover-migrate/drover/schema"
)

// Fault disturbs some requests. Which ones depends on nothing but their order, so
// that a test meets the same ones each time.
type Fault struct {
	Path string // glob over the path, such as "/2.0/repositories/**"; empty: any

	After int // lets as many requests that match pass first
	Times int // disturbs as many of the others; 0: all of them

	Status int               // answers with this status in place of the real answer
	Header map[string]string // of such an answer
	Body   string            // of such an answer
	Drop   bool              // ends the connection without an answer

	// Then is called at each request that is disturbed, before the client learns of
	// it. Alone, it lets the request pass.
	Then func()
}

// Storm answers n requests below path with 503, as an overloaded server does.
func Storm(path string, n int) Fault {
	return Fault{Path: path, Times: n, Status: http.StatusServiceUnavailable, Header: map[string]string{"Content-Type": "text/html"}, Body: "<html>unavailable</html>"}
}

type activeFault struct {
	Fault
	matched int
}

// Faults replaces the disturbances by others, none of which has met a request yet. A
// request is disturbed by the first that applies.
func (s *Server) Faults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, &activeFault{Fault: f})
	}
}

// disturb answers r in place of the server. It reports whether nothing is left to do.
func (s *Server) disturb(w http.ResponseWriter, r *http.Request) bool {
	f := s.faultOf(r.URL.Path)
	if f == nil {
		return false
	}
	if f.Then != nil {
		f.Then()
	}
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Status == 0:
		return false
	}
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body) // the client may be gone
	return true
}

func (s *Server) faultOf(path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Path != "" {
			if ok, err := schema.MatchGlob(f.Path, path); err != nil || !ok {
				continue
			}
		}
		n := f.matched - f.After
		f.matched++
		if n >= 0 && (f.Times == 0 || n < f.Times) {
			return &f.Fault
		}
	}
	return nil
}
