package bitbucketcloudtest

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/providers/standin"
)

// Options say what a stand-in is like.
type Options struct {
	// Root is the folder of the git repositories. Empty: one of its own, which Close
	// removes.
	Root string

	// Listen is the address to serve at. Empty: a free port of this machine.
	Listen string

	// Now is the clock that rate limits go by; nil: time.Now. The model has one of
	// its own.
	Now func() time.Time
}

// Fault disturbs some requests. Its Path is matched with paths such as
// "/2.0/repositories/*".
type Fault = standin.Fault

// Server is a Bitbucket Cloud: the interface below /2.0, pages and git beside it.
type Server struct {
	*standin.Server // its URL is that of the pages
	Model           *Model

	now   func() time.Time
	files *standin.Server // another host, which files are on
	git   *gitserver.Server
	rest  http.Handler

	requests atomic.Int64

	mu      sync.Mutex
	byRoute map[string]int64
	limits  Limits
	budgets map[string]*budget
	tokens  map[string]*Token
}

// New starts a stand-in with an empty model.
func New(o Options) (*Server, error) {
	base, err := standin.Listen(standin.Options{Addr: o.Listen, Dir: o.Root})
	if err != nil {
		return nil, err
	}
	files, err := standin.Listen(standin.Options{Dir: base.Dir})
	if err != nil {
		return nil, errors.Join(err, base.Close())
	}
	s := &Server{
		Server: base, files: files, now: o.Now,
		byRoute: map[string]int64{}, limits: DefaultLimits(), budgets: map[string]*budget{}, tokens: map[string]*Token{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.Model = NewModel(s.URL, s.Dir)
	s.git = gitserver.New(s.Dir, s.authorizeGit)
	s.git.Locate = s.locateGit
	if s.rest, err = s.checked(s.routes()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	faulty := s.Faulty(nil, http.HandlerFunc(s.answer))
	s.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) {
			s.requests.Add(1)
		}
		faulty.ServeHTTP(w, r)
	}))
	s.files.Serve(http.HandlerFunc(s.serveFile))
	return s, nil
}

// Close ends the server and drops its connections.
func (s *Server) Close() error { return errors.Join(s.files.Close(), s.Server.Close()) }

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

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, apiPrefix+"/") }

// answer tells the interface, git and pages apart.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	switch {
	case isAPI(r):
		s.rest.ServeHTTP(w, r)
	case gitserver.Serves(r):
		s.git.ServeHTTP(w, r)
	default:
		s.servePicture(w, r)
	}
}
