package githubtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// filesPath is below what the host of files serves. Unless all is on one host,
// that is another name of this machine: a client that sends its token there
// would send it to a stranger.
const filesPath = "/_files"

// fileHost is the web address of the host of files.
func (s *Server) fileHost() string {
	if s.oneHost {
		return s.URL
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	return "http://localhost:" + port
}

// signed is the address of a file, which anybody who knows it may fetch.
func (s *Server) signed(path string) string {
	return s.fileHost() + filesPath + path + "?sig=" + s.signature(path)
}

func (s *Server) signature(path string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(path))
	return hex.EncodeToString(h.Sum(nil))
}

// serveWeb answers what is no request to an interface: git, files, patches.
func (s *Server) serveWeb(w http.ResponseWriter, r *http.Request) {
	if path, ok := strings.CutPrefix(r.URL.Path, filesPath); ok {
		s.serveFile(w, r, path)
		return
	}
	if to := s.renamed(r); to != "" {
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return
	}
	if gitserver.Serves(r) {
		s.git.ServeHTTP(w, r)
		return
	}
	token, known := s.tokenOf(r)
	if !known || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.NotFound(w, r)
		return
	}
	var f *file
	s.Model.View(func() { f = s.fileAt(r.URL.Path, token) })
	switch {
	case f == nil:
		http.NotFound(w, r)
	case f.elsewhere != "":
		http.Redirect(w, r, s.signed(f.elsewhere), http.StatusFound)
	default:
		serveContent(w, r, f)
	}
}

// renamed returns where a page of a renamed repository is now.
func (s *Server) renamed(r *http.Request) string {
	part := strings.SplitN(r.URL.EscapedPath(), "/", 4) // "", owner, repo, rest
	if len(part) < 3 {
		return ""
	}
	name, git := strings.CutSuffix(part[2], ".git")
	var to string
	s.Model.View(func() {
		if s.Model.Attachments[r.URL.Path] != nil {
			return
		}
		if repo, moved := s.Model.Repository(part[1], name); moved {
			to = "/" + repo.FullName()
		}
	})
	if to == "" {
		return ""
	}
	if git {
		to += ".git"
	}
	if len(part) > 3 {
		to += "/" + part[3]
	}
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to
}

// file is something to download.
type file struct {
	name, kind string
	data       []byte
	elsewhere  string // path on the host of files, in place of content
}

// serveFile hands out a file whose address was given out. Like the stores that
// forges keep files in, it refuses who signs in as well.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, path string) {
	if r.Header.Get("Authorization") != "" && !s.oneHost {
		http.Error(w, "Only one auth mechanism allowed", http.StatusBadRequest)
		return
	}
	if !hmac.Equal([]byte(r.URL.Query().Get("sig")), []byte(s.signature(path))) {
		http.Error(w, "Signature does not match", http.StatusForbidden)
		return
	}
	var f *file
	s.Model.View(func() {
		if id, err := strconv.ParseInt(strings.TrimPrefix(path, "/assets/"), 10, 64); err == nil {
			if a := object[*Asset](s.Model, prefixAsset, id); a != nil {
				f = &file{name: a.Name, kind: a.ContentType, data: a.Data}
			}
		} else if a := s.Model.Attachments[path]; a != nil {
			f = &file{name: a.Name, kind: a.ContentType, data: a.Data}
		}
	})
	if f == nil {
		http.NotFound(w, r)
		return
	}
	serveContent(w, r, f)
}

// fileAt returns what is at a path, nil when nothing is or the token may not
// have it.
func (s *Server) fileAt(path string, token *Token) *file {
	if a := s.Model.Attachments[path]; a != nil {
		return attachmentFor(a, token)
	}
	part := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(part) == 5 && part[0] == "gist" && part[3] == "raw" {
		return s.gistRaw(part[2], part[4])
	}
	if len(part) < 4 {
		return nil
	}
	repo, _ := s.Model.Repository(part[0], part[1])
	if repo == nil || !s.Model.May(token, repo, "read") {
		return nil
	}
	switch {
	case part[2] == "pull" && len(part) == 4:
		return patchOf(repo, part[3])
	case part[2] == "releases" && part[3] == "download" && len(part) >= 6:
		return assetNamed(repo, strings.Join(part[4:len(part)-1], "/"), part[len(part)-1])
	}
	return nil
}

// attachmentFor leads to a file as GitHub does: what is public is served where
// it is or elsewhere, what is private only to classic tokens.
func attachmentFor(a *Attachment, token *Token) *file {
	switch {
	case a.Private && (token == nil || token.FineGrained || !token.Has("repo")):
		return nil
	case a.Private || strings.HasPrefix(a.Path, "/user-attachments/"):
		return &file{elsewhere: a.Path}
	}
	return &file{name: a.Name, kind: a.ContentType, data: a.Data}
}

func (s *Server) gistRaw(id, name string) *file {
	g := s.Model.Gist(id)
	if g == nil {
		return nil
	}
	for _, f := range g.Files {
		if f.Name == name {
			return &file{name: f.Name, kind: "text/plain; charset=utf-8", data: []byte(f.Content)}
		}
	}
	return nil
}

// assetNamed leads to an asset as browsers find it. Those of private
// repositories need a session there, which no token replaces.
func assetNamed(r *Repository, tag, name string) *file {
	for _, e := range r.Releases {
		if e.Tag != tag || e.Draft || r.Visibility != "public" {
			continue
		}
		for _, a := range e.Assets {
			if a.Name == name {
				return &file{elsewhere: fmt.Sprintf("/assets/%d", a.ID)}
			}
		}
	}
	return nil
}

// patchOf is a pull request's N.patch or N.diff.
func patchOf(r *Repository, name string) *file {
	number, kind, _ := strings.Cut(name, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	i := r.Issue(n)
	if err != nil || i == nil || i.Pull == nil || r.Dir == "" || i.Pull.Head.Commit == "" {
		return nil
	}
	args := []string{"format-patch", "--stdout", i.Pull.Base.Commit + ".." + i.Pull.Head.Commit, "--"}
	switch kind {
	case "patch":
	case "diff":
		args = []string{"diff", i.Pull.Base.Commit + "..." + i.Pull.Head.Commit, "--"}
	default:
		return nil
	}
	out, err := git(r.Dir, args...)
	if err != nil {
		return nil
	}
	return &file{name: name, kind: "text/plain; charset=utf-8", data: []byte(out)}
}

// locateGit finds the git repository at owner/name, owner/name.wiki or gist/ID.
func (s *Server) locateGit(path string) (dir string, ok bool) {
	s.Model.View(func() {
		repo, gist, wiki := s.Model.atGit(path)
		switch {
		case gist != nil:
			dir = gist.Dir
		case repo != nil && wiki && repo.HasWiki:
			dir = repo.WikiDir
		case repo != nil && !wiki:
			dir = repo.Dir
		}
	})
	return dir, dir != ""
}

// atGit returns what a path of git is about.
func (m *Model) atGit(path string) (r *Repository, g *Gist, wiki bool) {
	owner, name, ok := strings.Cut(path, "/")
	if !ok {
		return nil, nil, false
	}
	if owner == "gist" {
		return nil, m.Gist(name), false
	}
	if r, _ = m.Repository(owner, name); r != nil {
		return r, nil, false
	}
	name, wiki = strings.CutSuffix(name, ".wiki")
	r, _ = m.Repository(owner, name)
	return r, nil, wiki
}

// authorizeGit decides about one request of git or Git LFS.
func (s *Server) authorizeGit(r *http.Request, path string, write bool) (status int) {
	token, known := s.tokenOf(r)
	if !known {
		return http.StatusUnauthorized
	}
	permission := "read"
	if write {
		permission = "write"
	}
	s.Model.View(func() {
		repo, gist, _ := s.Model.atGit(path)
		switch {
		case gist != nil && (!write || token != nil && token.User == gist.Owner):
		case repo != nil && s.Model.May(token, repo, permission) && (!write || token != nil && !repo.Archived):
		case token == nil:
			status = http.StatusUnauthorized
		case repo != nil && s.Model.May(token, repo, "read") || gist != nil:
			status = http.StatusForbidden
		default:
			status = http.StatusNotFound
		}
	})
	return status
}

// pushed takes what was pushed into the model.
func (s *Server) pushed(_ *http.Request, path string) {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	if r, _, wiki := s.Model.atGit(path); r != nil && !wiki {
		s.Model.tick()
		if err := s.Model.pushed(r); err != nil {
			s.Violated(fmt.Sprintf("read what was pushed to %s: %v", r.FullName(), err))
		}
	}
}
