package bitbucketcloudtest

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Import feeds a stream to git fast-import in a repository. A test writes histories
// that way: with fixed dates they have the same ids each time.
func (m *Model) Import(r *Repository, stream string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.UpdatedOn = m.tick()
	return gitserver.Repo{Dir: r.Dir}.FastImport(stream)
}

// ImportWiki feeds a stream to git fast-import in a repository's wiki, which it makes
// first.
func (m *Model) ImportWiki(r *Repository, stream string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.WikiDir == "" {
		dir := filepath.Join(m.root, strings.Trim(r.UUID, "{}")+".wiki.git")
		if err := initBare(dir, "master"); err != nil {
			return err
		}
		r.WikiDir, r.HasWiki = dir, true
	}
	return gitserver.Repo{Dir: r.WikiDir}.FastImport(stream)
}

// DeleteBranch deletes a branch. Its commits stay until they are pruned.
func (m *Model) DeleteBranch(r *Repository, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return gitserver.Repo{Dir: r.Dir}.SetRef("refs/heads/"+name, "")
}

// Prune drops the commits that no ref leads to.
func (m *Model) Prune(r *Repository) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.memory.Forget()
	git := gitserver.Repo{Dir: r.Dir}
	if _, err := git.Run("repack", "-a", "-d", "-q"); err != nil {
		return err
	}
	_, err := git.Run("prune", "--expire=now")
	return err
}

func initBare(dir, branch string) error {
	return gitserver.Repo{Dir: dir}.Init(gitserver.Layout{Branch: branch})
}

// resolve is the full id of a commit.
func resolve(dir, name string) (string, error) {
	id := gitserver.Repo{Dir: dir}.Resolve(name)
	if id == "" {
		return "", fmt.Errorf("there is no commit %s", name)
	}
	return id, nil
}

// locateGit finds the folder of WORKSPACE/SLUG, or of WORKSPACE/SLUG.git/wiki.
func (s *Server) locateGit(name string) (string, bool) {
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	code, wiki := strings.CutSuffix(name, ".git/wiki")
	workspace, slug, _ := strings.Cut(code, "/")
	r := s.Model.repository(workspace, slug)
	switch {
	case r == nil || strings.Contains(slug, "/"):
		return "", false
	case wiki:
		return r.WikiDir, r.WikiDir != ""
	}
	return r.Dir, r.Dir != ""
}

// authorizeGit lets in who may read. An API token comes with a user name of its own.
func (s *Server) authorizeGit(r *http.Request, name string, write bool) int {
	username, secret, signed := r.BasicAuth()
	var user *User
	if signed {
		t := s.token(secret)
		if t == nil || username != t.gitUser() || !t.grants("repository") {
			return http.StatusUnauthorized
		}
		user = t.User
	}
	s.Model.mu.Lock()
	defer s.Model.mu.Unlock()
	workspace, slug, _ := strings.Cut(strings.TrimSuffix(name, ".git/wiki"), "/")
	repo := s.Model.repository(workspace, slug)
	switch {
	case repo != nil && repo.level(user) != "" && !write:
		return 0
	case repo != nil && repo.level(user) != "":
		return http.StatusForbidden
	case !signed:
		return http.StatusUnauthorized
	}
	return http.StatusNotFound
}
