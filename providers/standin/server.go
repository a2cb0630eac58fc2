package standin

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options say how a stand-in is served.
type Options struct {
	// Addr is where it listens, such as "127.0.0.1:3000". Empty: a free port of this
	// machine.
	Addr string

	// Dir is where repositories are kept. Empty: a folder of its own, which Close
	// removes.
	Dir string

	// Latency is how long each answer takes at least.
	Latency time.Duration
}

// Server is the part of a stand-in that is the same for all forges.
type Server struct {
	URL string // without a slash at the end
	Dir string // of repositories; absolute

	latency  time.Duration
	own      bool // Dir is removed on Close
	listener net.Listener
	http     *http.Server
	running  sync.WaitGroup // of requests

	mu         sync.Mutex
	closed     bool
	violations []string
	faults     []*activeFault
}

// Listen makes a server whose address is known. Nobody is answered before Serve is
// called.
func Listen(o Options) (*Server, error) {
	dir, err := o.Dir, error(nil)
	if dir == "" {
		dir, err = os.MkdirTemp("", "standin-*")
	}
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("find a folder for repositories: %w", err)
	}
	s := &Server{Dir: dir, own: o.Dir == "", latency: o.Latency}
	if s.listener, err = net.Listen("tcp", cmp.Or(o.Addr, "127.0.0.1:0")); err != nil {
		return nil, errors.Join(err, s.removeOwn())
	}
	s.URL = "http://" + s.listener.Addr().String()
	return s, nil
}

// Serve lets h answer all requests until Close is called. It returns at once.
func (s *Server) Serve(h http.Handler) {
	s.http = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.begin() {
			return
		}
		defer s.running.Done()
		if wait(r, s.latency) {
			h.ServeHTTP(w, r)
		}
	})}
	go s.http.Serve(s.listener) // ends when the server is closed
}

// begin counts a request, unless the server is closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

// Close ends the server, drops its connections, waits for the requests that are being
// served, and removes what it made.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	stop := s.listener.Close
	if s.http != nil {
		stop = s.http.Close
	}
	err := stop()
	s.running.Wait()
	return errors.Join(err, s.removeOwn())
}

func (s *Server) removeOwn() error {
	if !s.own {
		return nil
	}
	return os.RemoveAll(s.Dir)
}

// maxViolations bounds what is kept: a hundred show what is wrong.
const maxViolations = 100

// Violated notes that something was said against the forge's description.
func (s *Server) Violated(problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.violations) < maxViolations {
		s.violations = append(s.violations, problem)
	}
}

// Violations returns what was said against the forge's description so far, by clients
// and by the stand-in itself. A test that ends with one has found a bug.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}
