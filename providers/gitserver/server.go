package gitserver

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// Server serves the repositories below a folder at PATH.git, or PATH without
// the ending as forges accept it. Its fields are set before it serves.
type Server struct {
	// Locate says in which folder the repository called repo is, and whether
	// there is one. Nil: in repo.git below the root.
	Locate func(repo string) (dir string, ok bool)

	// Hidden names refs, such as refs/pull, that are given out and that no push
	// may touch.
	Hidden []string

	// Pushed, when set, is told of each push that git took, before its answer
	// ends. Single refs may have been refused.
	Pushed func(r *http.Request, repo string)

	// Told, when set, says what the hooks of a repository find in their environment,
	// such as what the one who pushes may do.
	Told func(r *http.Request, repo string) []string

	root      string
	authorize func(r *http.Request, repo string, write bool) int
	key       []byte   // signs the addresses of large objects
	able      sync.Map // configuration -> what git says that it can do
}

// New returns a server of the repositories below root. authorize is asked
// before anything else about a repository, which may not exist: it returns 0,
// or the HTTP status to answer with. Nil lets everybody do everything.
func New(root string, authorize func(r *http.Request, repo string, write bool) int) *Server {
	if authorize == nil {
		authorize = func(*http.Request, string, bool) int { return 0 }
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return &Server{root: root, authorize: authorize, key: key}
}

// Create makes the empty bare repository path.git below the root, with the
// branch main, and returns its folder. One that is there stays as it is.
func (s *Server) Create(path string) (dir string, err error) {
	dir, ok := s.below(path)
	if !ok {
		return "", fmt.Errorf("create repository %q: the path leads out of the root", path)
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := (Repo{Dir: dir}).Init(Layout{}); err != nil {
		return "", fmt.Errorf("create repository %q: %w", path, err)
	}
	return dir, nil
}

// below returns the folder of a repository below the root.
func (s *Server) below(repo string) (string, bool) {
	local, err := filepath.Localize(repo)
	if err != nil || local == "." {
		return "", false
	}
	return filepath.Join(s.root, local+".git"), true
}

// locate returns the folder of a repository that exists.
func (s *Server) locate(repo string) (string, bool) {
	find := s.below
	if s.Locate != nil {
		find = s.Locate
	}
	dir, ok := find(repo)
	if !ok {
		return "", false
	}
	_, err := os.Stat(filepath.Join(dir, "HEAD"))
	return dir, err == nil
}

// request is one that is understood.
type request struct {
	repo    string // without .git
	service string // git-upload-pack, git-receive-pack or empty
	refs    bool   // asks for the refs of service
	lfs     string // what follows /info/lfs/
}

// Serves reports whether r is a request of git or Git LFS, so that one server
// can have web pages and repositories under the same paths.
func Serves(r *http.Request) bool {
	_, ok := parse(r)
	return ok
}

func parse(r *http.Request) (request, bool) {
	p := strings.TrimPrefix(r.URL.Path, "/")
	if p != strings.TrimPrefix(path.Clean("/"+p), "/") {
		return request{}, false
	}
	var q request
	if repo, rest, ok := strings.Cut(p, "/info/lfs/"); ok {
		q = request{repo: repo, lfs: rest}
	} else if repo, ok := strings.CutSuffix(p, "/info/refs"); ok {
		q = request{repo: repo, service: r.URL.Query().Get("service"), refs: true}
		if q.service != "git-upload-pack" && q.service != "git-receive-pack" {
			return request{}, false
		}
	} else {
		q = request{repo: path.Dir(p), service: path.Base(p)}
		if q.service != "git-upload-pack" && q.service != "git-receive-pack" || r.Method != http.MethodPost {
			return request{}, false
		}
	}
	q.repo = strings.TrimSuffix(q.repo, ".git")
	return q, q.repo != "" && q.repo != "."
}

// ServeHTTP implements http.Handler. What is neither git nor Git LFS is not
// found.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, ok := parse(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if q.lfs != "" {
		s.serveLFS(w, r, q)
		return
	}
	if status := s.authorize(r, q.repo, q.service == "git-receive-pack"); status != 0 {
		refuse(w, status)
		return
	}
	dir, ok := s.locate(q.repo)
	if !ok {
		http.Error(w, "Repository not found.", http.StatusNotFound)
		return
	}
	s.serveGit(w, r, q, dir)
}

func refuse(w http.ResponseWriter, status int) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
	}
	http.Error(w, http.StatusText(status), status)
}
