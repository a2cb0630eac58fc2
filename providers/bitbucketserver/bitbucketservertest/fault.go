package bitbucketservertest

import (
	"net/http"

	"github.com/drover-migrate/drover/schema"
)

// Fault disturbs some requests. Which ones depends on nothing but their order.
type Fault struct {
	Path  string // glob below the path of the server, such as "/rest/**/activities"; empty: any
	After int    // lets as many requests that match pass first
	Times int    // disturbs as many of the others; 0: all of them

	Status int    // answers with this status in place of the real answer
	Drop   bool   // ends the connection without an answer
	Before func() // is called before the real answer is made
}

type activeFault struct {
	Fault
	met int
}

// Faults replaces the disturbances by others, none of which has met a request yet.
func (s *Server) Faults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, &activeFault{Fault: f})
	}
}

// disturb answers r in place of the server, and reports whether it did.
func (s *Server) disturb(w http.ResponseWriter, r *http.Request) bool {
	f := s.fault(r)
	switch {
	case f == nil:
		return false
	case f.Drop:
		panic(http.ErrAbortHandler)
	case f.Before != nil:
		f.Before()
		return false
	}
	http.Error(w, http.StatusText(f.Status), f.Status)
	return true
}

func (s *Server) fault(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if ok, err := schema.MatchGlob(f.Path, r.URL.Path); f.Path != "" && (err != nil || !ok) {
			continue
		}
		n := f.met - f.After
		f.met++
		if n >= 0 && (f.Times == 0 || n < f.Times) {
			return &f.Fault
		}
	}
	return nil
}
