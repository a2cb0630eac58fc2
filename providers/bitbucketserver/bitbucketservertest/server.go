package bitbucketservertest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/contracttest"
	"github.com/drover-migrate/drover/providers/gitserver"
	"github.com/drover-migrate/drover/providers/standin"
)

// Options say what a stand-in is like.
type Options struct {
	Root    string // folder of the git repositories; empty: one of its own, which Close removes
	Version string // of the server; empty: 10.3.0
	Listen  string // address to serve at; empty: a free port of this machine
	Silent  bool   // answers do not name the account, as behind some proxies
}

// Fault disturbs some requests. Its Path is matched with the path below that of the
// server, such as "/rest/*/activities".
type Fault = standin.Fault

// Server is a Bitbucket Data Center. Its address has a path, as such servers often
// have.
type Server struct {
	*standin.Server
	Model *Model

	version string
	silent  bool
	handler http.Handler
	git     *gitserver.Server

	mu       sync.Mutex
	requests map[string]int64
	limit    int64 // requests that are left; negative: any number
	wait     time.Duration
	tokens   map[string]*User
}

// mount is the path that the server stands at.
const mount = "/bitbucket"

// New starts a server.
func New(o Options) (*Server, error) {
	base, err := standin.Listen(standin.Options{Addr: o.Listen, Dir: o.Root})
	if err != nil {
		return nil, err
	}
	base.URL += mount
	s := &Server{
		Server: base, Model: newModel(base.Dir), version: cmp.Or(o.Version, "10.3.0"), silent: o.Silent,
		requests: map[string]int64{}, limit: -1, tokens: map[string]*User{},
	}
	s.git = gitserver.New(s.Dir, s.authorizeGit)
	s.git.Locate = s.locateGit
	contract, err := s.contract()()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	covers := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/rest/") }
	s.handler = contract.Handler(s.routes(), covers, s.Violated)
	faulty := s.Faulty(nil, http.HandlerFunc(s.answerREST))
	mux := http.NewServeMux()
	mux.Handle(mount+"/", http.StripPrefix(mount, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gitserver.Serves(r) {
			s.git.ServeHTTP(w, r)
			return
		}
		faulty.ServeHTTP(w, r)
	})))
	mux.Handle("/scm/", s.git) // where the server of Git LFS says that it keeps objects
	s.Serve(mux)
	return s, nil
}

// atLeast compares the version.
func (s *Server) atLeast(major, minor int) bool {
	var have [2]int
	fmt.Sscanf(s.version, "%d.%d", &have[0], &have[1])
	return have[0] > major || have[0] == major && have[1] >= minor
}

// contract is the description of the version, or of the one that is nearest.
func (s *Server) contract() func() (*contracttest.Contract, error) {
	if s.atLeast(9, 0) {
		return contract10
	}
	return contract8
}

// Token returns a token of somebody's account.
func (s *Server) Token(u *User) string {
	token := "NjU0MzIx" + strconv.FormatInt(u.ID, 10)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = u
	return token
}

// Requests counts the requests so far, by the path of the operation.
func (s *Server) Requests() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int64{}
	for path, n := range s.requests {
		all[path] = n
	}
	return all
}

// Limit lets so many requests pass and refuses the next, once, until a wait is over.
func (s *Server) Limit(requests int64, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit, s.wait = requests, wait
}

// answerREST answers what is not git.
func (s *Server) answerREST(w http.ResponseWriter, r *http.Request) {
	if s.throttle(w) {
		return
	}
	s.Model.View(func() { w.Header().Set("Date", s.Model.now.Format(http.TimeFormat)) })
	if u := s.caller(r); u != nil && !s.silent {
		w.Header().Set("X-AUSERNAME", url.QueryEscape(u.Name))
	}
	s.handler.ServeHTTP(w, r)
}

// throttle answers for a bucket that is empty.
func (s *Server) throttle(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit < 0 {
		return false
	}
	h := w.Header()
	h.Set("X-RateLimit-Limit", "60")
	h.Set("X-RateLimit-FillRate", "5")
	h.Set("X-RateLimit-Interval-Seconds", "1")
	h.Set("X-RateLimit-Remaining", strconv.FormatInt(max(0, s.limit-1), 10))
	if s.limit > 0 {
		s.limit--
		h.Set("Retry-After", "0")
		return false
	}
	s.limit = -1
	h.Set("Retry-After", strconv.Itoa(int(s.wait/time.Second)))
	w.WriteHeader(http.StatusTooManyRequests)
	return true
}

// caller is whose credentials a request has: a token alone, or with a name.
func (s *Server) caller(r *http.Request) *User {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	name := ""
	if !bearer {
		var ok bool
		if name, token, ok = r.BasicAuth(); !ok {
			return nil
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.tokens[token]
	if u == nil || !bearer && name != u.Name && name != "x-token-auth" {
		return nil
	}
	return u
}

// refusal is an answer that says what is wrong.
type refusal struct {
	status    int
	exception string
	message   string
}

func (f *refusal) Error() string { return f.message }

func answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(err.Error())
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client may be gone
}

func refuse(w http.ResponseWriter, f *refusal) {
	answer(w, f.status, fields{"errors": []any{fields{"context": nil, "message": f.message, "exceptionName": "com.atlassian.bitbucket." + f.exception}}})
}
