package giteatest

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Options say what kind of server is wanted. The zero Options are a server with
// one administrator called root.
type Options struct {
	// Dir is where git repositories are kept. Empty: a folder of its own, which
	// Close removes.
	Dir string

	// Admin is the login of the first user, an administrator. Empty: root.
	Admin string

	// Now is the clock. Nil: the real one.
	Now func() time.Time

	// Latency is how long each answer takes at least.
	Latency time.Duration

	// Addr is where it listens, such as "127.0.0.1:3000". Empty: a free port.
	Addr string
}

// Server is a running stand-in.
type Server struct {
	URL   string // without a slash at the end
	Model *Model

	http    *httptest.Server
	git     *gitserver.Server
	table   []route
	latency time.Duration
	own     string // folder to remove on Close

	mu         sync.Mutex
	requests   []Request
	violations []string
	faults     []*Fault
}

// Request is one that was received.
type Request struct {
	Method, Path string // the path with its query
	User         string // in whose name it was made; empty: nobody's
	Status       int    // of the answer; 0: the connection was dropped
}

// New starts a server.
func New(o Options) (*Server, error) {
	s := &Server{latency: o.Latency}
	dir := o.Dir
	if dir == "" {
		own, err := os.MkdirTemp("", "giteatest-*")
		if err != nil {
			return nil, fmt.Errorf("make a folder for repositories: %w", err)
		}
		s.own, dir = own, own
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the folder for repositories: %w", err)
	}
	s.Model = newModel(dir, o.Now)
	admin := o.Admin
	if admin == "" {
		admin = "root"
	}
	s.Model.addUser(&User{Login: admin, Admin: true})
	s.table = routes()
	s.git = gitserver.New(dir, s.mayGit)
	s.git.Locate = s.Model.locate
	s.git.Hidden = []string{"refs/pull"}
	s.git.Pushed = s.pushed

	handler, err := checked(http.HandlerFunc(s.serve), s.violated)
	if err != nil {
		return nil, errors.Join(err, s.removeOwn())
	}
	s.http = httptest.NewUnstartedServer(s.watched(handler))
	if o.Addr != "" {
		l, err := listen(o.Addr)
		if err != nil {
			return nil, errors.Join(err, s.removeOwn())
		}
		s.http.Listener.Close()
		s.http.Listener = l
	}
	s.http.Start()
	s.URL = s.http.URL
	s.Model.url = s.URL
	return s, nil
}

// Close stops the server and removes what it made.
func (s *Server) Close() error {
	s.http.CloseClientConnections()
	s.http.Close()
	return s.removeOwn()
}

func (s *Server) removeOwn() error {
	if s.own == "" {
		return nil
	}
	return os.RemoveAll(s.own)
}

// Token returns a token of a user with that login, who is made when there is none.
func (s *Server) Token(login string) string {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	u := s.Model.user(login)
	if u == nil {
		u = s.Model.addUser(&User{Login: login})
	}
	return s.Model.token(u, "test")
}

// SetToken makes text a token of a user, who is made when there is none: for
// programs whose tokens are chosen by others.
func (s *Server) SetToken(login, text string) {
	s.Token(login)
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	u := s.Model.user(login)
	u.tokens = append(u.tokens, &token{id: s.Model.next("token"), name: "given", text: text})
}

// Requests returns what was received, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Violations returns what was said against Gitea's description of its API, by
// clients and by the stand-in itself.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.violations...)
}

func (s *Server) violated(problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, problem)
}

// watched notes each request, makes it wait and injects faults.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.latency > 0 {
			select {
			case <-time.After(s.latency):
			case <-r.Context().Done():
				return
			}
		}
		at := s.note(r)
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() { s.settle(at, status.status) }()
		s.faulty(status, r, next)
	})
}

func (s *Server) note(r *http.Request) int {
	user := ""
	s.Model.mu.Lock()
	if u, _ := s.Model.authenticate(r); u != nil {
		user = u.Login
		if as := sudoName(r); as != "" && u.Admin {
			user = as
		}
	}
	s.Model.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{Method: r.Method, Path: r.URL.RequestURI(), User: user})
	return len(s.requests) - 1
}

func (s *Server) settle(at, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[at].Status = status
}

// serve tells git, the API and files apart.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		s.serveAPI(w, r)
	case gitserver.Serves(r):
		s.git.ServeHTTP(w, r)
	default:
		s.serveFile(w, r)
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
