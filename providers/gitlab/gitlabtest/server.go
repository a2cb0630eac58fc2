package gitlabtest

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// DefaultVersion is the version that a server is of unless Options say otherwise.
const DefaultVersion = "18.9.0"

// Options say what kind of server is wanted. The zero Options are a server with
// one administrator called root.
type Options struct {
	// Dir is where git repositories are kept. Empty: a folder of its own, which
	// Close removes.
	Dir string

	// Admin is the username of the first user, an administrator. Empty: root.
	Admin string

	// Version is the version that it says it is. Empty: DefaultVersion.
	Version string

	// Now is the clock. Nil: the real one.
	Now func() time.Time

	// Latency is how long each answer takes at least.
	Latency time.Duration

	// Addr is where it listens, such as "127.0.0.1:8080". Empty: a free port.
	Addr string

	// GitHub is where its importers find GitHub when a request names no server, and
	// BitbucketCloud where they find the API of Bitbucket Cloud.
	GitHub, BitbucketCloud string
}

// Server is a running stand-in.
type Server struct {
	URL   string // without a slash at the end
	Model *Model

	admin   string
	version string
	http    *httptest.Server
	git     *gitserver.Server
	mux     *http.ServeMux
	latency time.Duration
	own     string // folder to remove on Close

	importing *importing

	mu         sync.Mutex
	requests   []Request
	violations []string
	faults     []*Fault
	limits     Limits
	budgets    map[string]*budget
}

// Request is one that was received.
type Request struct {
	Method, Path string // the path with its query
	User         string // in whose name it was made; empty: nobody's
	Status       int    // of the answer; 0: the connection was dropped
}

// New starts a server.
func New(o Options) (*Server, error) {
	s := &Server{latency: o.Latency, admin: cmp.Or(o.Admin, "root"), version: cmp.Or(o.Version, DefaultVersion), budgets: map[string]*budget{}}
	dir := o.Dir
	if dir == "" {
		own, err := os.MkdirTemp("", "gitlabtest-*")
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
	s.importing = newImporting(o)
	s.Model.addUser(&User{Username: s.admin, Name: "Administrator", Admin: true})
	s.mux = s.routes()
	s.git = gitserver.New(dir, s.mayGit)
	s.git.Locate = s.Model.locate
	s.git.Hidden = []string{"refs/merge-requests", "refs/keep-around", "refs/environments", "refs/pipelines", "refs/tmp"}
	s.git.Pushed = s.pushed

	handler, err := checked(http.HandlerFunc(s.serve), s.violated)
	if err != nil {
		return nil, errors.Join(err, s.removeOwn())
	}
	s.http = httptest.NewUnstartedServer(s.watched(handler))
	if o.Addr != "" {
		l, err := net.Listen("tcp", o.Addr)
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
	s.importing.end()
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

// AdminToken returns a token of the administrator, with all scopes.
func (s *Server) AdminToken() string { return s.Token(s.admin, "api", "sudo", "admin_mode") }

// Token returns a token of a user with that username, who is made when there is
// none, with the scopes given: api when there are none.
func (s *Server) Token(username string, scopes ...string) string {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	u := s.Model.user(username)
	if u == nil {
		u = s.Model.addUser(&User{Username: username})
	}
	if len(scopes) == 0 {
		scopes = []string{"api"}
	}
	return s.Model.token(u, scopes)
}

// SetToken makes text a token of a user, who is made when there is none: for
// programs whose tokens are chosen by others. It has all scopes that the user can
// give it.
func (s *Server) SetToken(username, text string) {
	s.Token(username)
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	u := s.Model.user(username)
	scopes := []string{"api"}
	if u.Admin {
		scopes = append(scopes, "sudo", "admin_mode")
	}
	u.tokens = append(u.tokens, &token{id: s.Model.next("token"), name: "given", text: text, scopes: scopes, created: s.Model.clock()})
}

// Requests returns what was received, in order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Violations returns what was said against GitLab's description of its API, by
// clients and by the stand-in itself.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
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
	if t, _ := s.Model.authenticate(r); t != nil {
		user = t.user.Username
		if as := s.Model.sudoUser(r); as != nil && t.user.Admin {
			user = as.Username
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
		s.serveGit(w, r)
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
