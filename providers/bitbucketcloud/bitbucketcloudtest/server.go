package bitbucketcloudtest

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Options say what a stand-in is like.
type Options struct {
	// Root is the folder of the git repositories, which exists.
	Root string

	// Listen is the address to serve at. Empty: a free port of this machine.
	Listen string

	// Now is the clock that rate limits go by; nil: time.Now. The model has one of
	// its own.
	Now func() time.Time
}

// Server is a Bitbucket Cloud: the interface below /2.0, pages and git beside it.
type Server struct {
	URL   string // of the pages, without a slash at the end
	Model *Model

	now   func() time.Time
	http  *http.Server
	files *http.Server // another host, which files are on
	store string       // its address
	git   *gitserver.Server
	rest  http.Handler

	requests atomic.Int64

	mu         sync.Mutex
	violations []string
	byRoute    map[string]int64
	faults     []*activeFault
	limits     Limits
	budgets    map[string]*budget
	tokens     map[string]*Token
}

// New starts a stand-in with an empty model.
func New(o Options) (*Server, error) {
	if _, err := os.Stat(o.Root); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", cmp.Or(o.Listen, "127.0.0.1:0"))
	if err != nil {
		return nil, err
	}
	files, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	s := &Server{
		URL: "http://" + l.Addr().String(), store: "http://" + files.Addr().String(), now: o.Now,
		byRoute: map[string]int64{}, limits: DefaultLimits(), budgets: map[string]*budget{}, tokens: map[string]*Token{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.Model = NewModel(s.URL, o.Root)
	s.git = gitserver.New(o.Root, s.authorizeGit)
	s.git.Locate = s.locateGit
	if s.rest, err = s.checked(s.routes()); err != nil {
		return nil, errors.Join(err, l.Close(), files.Close())
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	s.files = &http.Server{Handler: http.HandlerFunc(s.serveFile), ReadHeaderTimeout: time.Minute}
	go s.http.Serve(l) // both end when the server is closed
	go s.files.Serve(files)
	return s, nil
}

// Close ends the server and drops its connections.
func (s *Server) Close() error { return errors.Join(s.http.Close(), s.files.Close()) }

// APIURL is where the interface is.
func (s *Server) APIURL() string { return s.URL + apiPrefix }

const apiPrefix = "/2.0"

// Requests counts the requests to the interface so far.
func (s *Server) Requests() int64 { return s.requests.Load() }

// RequestsByRoute counts the requests by route, such as
// "/repositories/{workspace}/{repo}/issues".
func (s *Server) RequestsByRoute() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]int64, len(s.byRoute))
	for route, n := range s.byRoute {
		all[route] = n
	}
	return all
}

// Violations returns what did not agree with Atlassian's description so far. A test
// that ends with one has found a bug.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.violations...)
}

// maxViolations bounds what is kept: a hundred show what is wrong.
const maxViolations = 100

func (s *Server) violate(problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.violations) < maxViolations {
		s.violations = append(s.violations, problem)
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	api := strings.HasPrefix(r.URL.Path, apiPrefix+"/")
	if api {
		s.requests.Add(1)
	}
	if s.disturb(w, r) {
		return
	}
	s.answer(w, r, api)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, api bool) {
	switch {
	case api:
		s.rest.ServeHTTP(w, r)
	case gitserver.Serves(r):
		s.git.ServeHTTP(w, r)
	default:
		s.servePicture(w, r)
	}
}
