package giteatest

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/providers/standin"
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
	*standin.Server
	standin.Log
	Model *Model

	git   *gitserver.Server
	table []route
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
	s := &Server{Server: base}
	s.Model = newModel(base.Dir, o.Now)
	admin := o.Admin
	if admin == "" {
		admin = "root"
	}
	s.Model.addUser(&User{Login: admin, Admin: true})
	s.table = routes()
	s.git = gitserver.New(base.Dir, s.mayGit)
	s.git.Locate = s.Model.locate
	s.git.Hidden = []string{"refs/pull"}
	s.git.Pushed = s.pushed
	s.Model.url = s.URL
	handler, err := checked(http.HandlerFunc(s.serve), s.Violated)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Serve(s.Noted(s.asker, s.Faulty(nil, handler)))
	return s, nil
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

// asker is in whose name a request is made.
func (s *Server) asker(r *http.Request) string {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	user := ""
	if u, _ := s.Model.authenticate(r); u != nil {
		user = u.Login
		if as := sudoName(r); as != "" && u.Admin {
			user = as
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
		s.git.ServeHTTP(w, r)
	default:
		s.serveFile(w, r)
	}
}
