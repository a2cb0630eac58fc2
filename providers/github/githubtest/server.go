package githubtest

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
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

	// NoGit says that there are no git repositories.
	NoGit bool

	// Listen is the address to serve at. Empty: a free port of this machine.
	Listen string

	// Now is the clock that rate limits go by; nil: time.Now. The model has one of
	// its own.
	Now func() time.Time

	// OneHost serves files under the address of everything else, as Enterprise
	// Server does without subdomains, rather than under another.
	OneHost bool

	// Edits lets scripts change the model over HTTP; see Server.Edits.
	Edits bool

	// Unchecked leaves the comparison with GitHub's description out, for
	// benchmarks.
	Unchecked bool
}

// Server is a GitHub with the shape of Enterprise Server, REST below /api/v3
// and GraphQL at /api/graphql, and of github.com at the same time: REST below /
// and GraphQL at /graphql.
type Server struct {
	*standin.Server
	Model *Model

	now     func() time.Time
	git     *gitserver.Server
	rest    http.Handler
	graphql http.Handler
	faulty  http.Handler // answers, unless a fault does
	checked bool
	oneHost bool
	key     []byte // signs the addresses of files

	requests atomic.Int64
	byPath   sync.Map // "GET /repos/{owner}/{repo}" -> *atomic.Int64

	mu      sync.Mutex
	limits  Limits
	budgets map[budgetKey]*budget
	tokens  map[string]*Token
}

// New starts a stand-in with an empty model.
func New(o Options) (*Server, error) {
	base, err := standin.Listen(standin.Options{Addr: o.Listen, Dir: o.Root})
	if err != nil {
		return nil, err
	}
	s := &Server{
		Server: base, checked: !o.Unchecked, oneHost: o.OneHost,
		now: o.Now, limits: DefaultLimits(), budgets: map[budgetKey]*budget{}, tokens: map[string]*Token{},
	}
	s.faulty = s.Faulty(faultPath, http.HandlerFunc(s.serveAny))
	s.key = make([]byte, 32)
	_, _ = rand.Read(s.key) // never fails
	if s.now == nil {
		s.now = time.Now
	}
	root := s.Dir
	if o.NoGit {
		root = ""
	}
	s.Model = NewModel(s.URL, root)
	s.git = gitserver.New(root, s.authorizeGit)
	s.git.Locate = s.locateGit
	s.git.Hidden = []string{"refs/pull"}
	s.git.Pushed = s.pushed
	s.graphql = newGraphQL(s)
	if s.rest, err = s.newREST(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	handler := http.Handler(s)
	if o.Edits {
		handler = s.Edits()
	}
	s.Serve(handler)
	return s, nil
}

// enterpriseVersion is the version that the stand-in has below /api.
const enterpriseVersion = "3.19.0"

// APIURL is where REST is, as Enterprise Server has it.
func (s *Server) APIURL() string { return s.URL + "/api/v3" }

// Requests counts the requests to REST and GraphQL so far, including those that
// were answered with an error or from the client's copy.
func (s *Server) Requests() int64 { return s.requests.Load() }

// RequestsByRoute counts the requests by method and route, such as
// "GET /repos/{owner}/{repo}/labels" and "POST /graphql".
func (s *Server) RequestsByRoute() map[string]int64 {
	all := map[string]int64{}
	s.byPath.Range(func(k, v any) bool {
		all[k.(string)] = v.(*atomic.Int64).Load()
		return true
	})
	return all
}

func (s *Server) count(route string) {
	n, _ := s.byPath.LoadOrStore(route, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, shape := apiPath(r.URL.Path); shape != apiNone {
		s.requests.Add(1)
	}
	s.faulty.ServeHTTP(w, r)
}

// serveAny tells the interfaces and pages apart.
func (s *Server) serveAny(w http.ResponseWriter, r *http.Request) {
	if path, shape := apiPath(r.URL.Path); shape != apiNone {
		s.serveAPI(w, r, path, shape)
	} else {
		s.serveWeb(w, r)
	}
}

// The interfaces that a path can belong to.
type apiShape int

const (
	apiNone apiShape = iota
	apiREST
	apiGraphQL
)

// apiPath returns the path within the interface that path belongs to.
func apiPath(path string) (string, apiShape) {
	if path == "/graphql" || path == "/api/graphql" {
		return "/graphql", apiGraphQL
	}
	if rest, ok := strings.CutPrefix(path, "/api/v3"); ok && (rest == "" || rest[0] == '/') {
		return rest, apiREST
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "rate_limit", "meta", "user", "users", "orgs", "repos", "repositories", "gists", "search", "licenses", "versions", "zen", "organizations", "teams", "emojis":
		return path, apiREST
	}
	return "", apiNone
}

// serveAPI checks the token and the limits, and answers.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, path string, shape apiShape) {
	h := w.Header()
	h.Set("X-GitHub-Request-Id", "D0E0:"+strconv.FormatInt(s.requests.Load(), 16))
	h.Set("X-GitHub-Media-Type", "github.v3; format=json")
	enterprise := strings.HasPrefix(r.URL.Path, "/api/")
	if enterprise {
		h.Set("X-GitHub-Enterprise-Version", enterpriseVersion)
	}
	token, known := s.tokenOf(r)
	if !known {
		writeFailure(w, &failure{status: http.StatusUnauthorized, message: "Bad credentials"})
		return
	}
	if token != nil && !token.FineGrained {
		h.Set("X-OAuth-Scopes", strings.Join(token.Scopes, ", "))
		h.Set("X-Accepted-OAuth-Scopes", "")
	}
	inner := r.Clone(withCaller(r.Context(), caller{token, enterprise}))
	inner.URL.Path = path
	inner.URL.RawPath = ""
	if raw := r.URL.EscapedPath(); strings.HasSuffix(r.URL.Path, path) {
		inner.URL.RawPath = strings.TrimPrefix(raw, "/api/v3")
	}
	if shape == apiGraphQL {
		s.count("POST /graphql")
		s.graphql.ServeHTTP(w, inner)
		return
	}
	s.rest.ServeHTTP(w, inner)
}
