package gitlabtest

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/providers/standin"
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
	*standin.Server
	standin.Log
	Model *Model

	admin   string
	version string
	git     *gitserver.Server
	mux     *http.ServeMux

	importing *importing

	mu      sync.Mutex
	limits  Limits
	budgets map[string]*budget
}

// Fault is something that goes wrong, and Request one that was received.
type (
	Fault   = standin.Fault
	Request = standin.Request
)

// New starts a server.
func New(o Options) (*Server, error) {
	base, err := standin.Listen(standin.Options{Addr: o.Addr, Dir: o.Dir, Latency: o.Latency})
	if err != nil {
		return nil, err
	}
	s := &Server{Server: base, admin: cmp.Or(o.Admin, "root"), version: cmp.Or(o.Version, DefaultVersion), budgets: map[string]*budget{}}
	s.Model = newModel(base.Dir, o.Now)
	s.importing = newImporting(o)
	s.Model.addUser(&User{Username: s.admin, Name: "Administrator", Admin: true})
	s.mux = s.routes()
	s.git = gitserver.New(base.Dir, s.mayGit)
	s.git.Locate = s.Model.locate
	s.git.Hidden = []string{"refs/merge-requests", "refs/keep-around", "refs/environments", "refs/pipelines", "refs/tmp"}
	s.git.Pushed = s.pushed
	s.git.Told = s.rules
	s.Model.url = s.URL
	handler, err := checked(http.HandlerFunc(s.serve), s.Violated)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Serve(s.Noted(s.asker, s.Faulty(nil, handler)))
	return s, nil
}

// Close ends the server and removes what it made.
func (s *Server) Close() error {
	s.importing.end()
	return s.Server.Close()
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

// asker is in whose name a request is made.
func (s *Server) asker(r *http.Request) string {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	user := ""
	if t, _ := s.Model.authenticate(r); t != nil {
		user = t.user.Username
		if as := s.Model.sudoUser(r); as != nil && t.user.Admin {
			user = as.Username
		}
	}
	return user
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
