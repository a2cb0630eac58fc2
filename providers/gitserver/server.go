package gitserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
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

	root      string
	authorize func(r *http.Request, repo string, write bool) int
	key       []byte // signs the addresses of large objects
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
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", fmt.Errorf("create repository %q: %w", path, err)
	}
	cmd := exec.Command("git", "init", "--quiet", "--bare", "--initial-branch=main", "--", dir)
	cmd.Env = environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("create repository %q: %w: %s", path, err, out)
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

// serveGit lets git http-backend answer.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request, q request, dir string) {
	program, err := exec.LookPath("git")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body, err := sized(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	defer body.Close()
	inner := r.Clone(r.Context())
	inner.Body = body
	inner.TransferEncoding = nil
	inner.ContentLength = body.size
	inner.URL.Path = "/" + filepath.Base(dir) + "/" + q.service
	if q.refs {
		inner.URL.Path = "/" + filepath.Base(dir) + "/info/refs"
	}
	h := cgi.Handler{
		Path:   program,
		Args:   []string{"http-backend"},
		Dir:    dir,
		Env:    append(s.environment(r), "GIT_PROJECT_ROOT="+filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1"),
		Stderr: io.Discard, // the client is told what is wrong
		Logger: log.New(io.Discard, "", 0),
	}
	if q.service == "git-receive-pack" && !q.refs && s.Pushed != nil {
		defer s.Pushed(r, q.repo)
	}
	h.ServeHTTP(w, inner)
}

// environment is that of git, with the settings of a forge.
func (s *Server) environment(r *http.Request) []string {
	settings := [][2]string{
		{"http.receivepack", "true"}, // who may push was asked already
		{"uploadpack.allowFilter", "true"},
		{"uploadpack.allowAnySHA1InWant", "true"},
		{"safe.directory", "*"},
		{"receive.autogc", "false"},
		{"core.fsync", "none"}, // thousands of refs would wait for the disk
	}
	for _, ref := range s.Hidden {
		settings = append(settings, [2]string{"receive.hideRefs", ref})
	}
	env := append(environment(), "GIT_CONFIG_COUNT="+strconv.Itoa(len(settings)))
	for n, kv := range settings {
		env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, kv[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", n, kv[1]))
	}
	if v := r.Header.Get("Git-Protocol"); v != "" && len(v) <= 40 && strings.Trim(v, "abcdefghijklmnopqrstuvwxyz0123456789=:") == "" {
		env = append(env, "GIT_PROTOCOL="+v)
	}
	return env
}

// environment keeps the configuration of whoever runs the tests out.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C"}
}

// sizedBody is a request's body of known length.
type sizedBody struct {
	io.Reader
	size  int64
	close func() error
}

func (b *sizedBody) Close() error { return b.close() }

// sized returns the body of r with its length, which CGI needs. git sends
// pushes above one MiB in chunks of unknown total, which go to a file first.
func sized(r *http.Request) (*sizedBody, error) {
	if r.ContentLength >= 0 {
		return &sizedBody{Reader: r.Body, size: r.ContentLength, close: r.Body.Close}, nil
	}
	f, err := os.CreateTemp("", "gitserver-*")
	if err != nil {
		return nil, err
	}
	remove := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	size, err := io.Copy(f, r.Body)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return &sizedBody{Reader: f, size: size, close: remove}, nil
}
