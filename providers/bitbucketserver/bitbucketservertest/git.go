package bitbucketservertest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// Import feeds a stream to git fast-import in a repository. With fixed dates,
// commits have the same ids each time.
func (m *Model) Import(r *Repository, stream string) error {
	return gitserver.Repo{Dir: r.Dir}.FastImport(stream)
}

// initBare makes an empty bare repository. What keeps the commits of pull requests is
// hidden.
func initBare(dir string) (string, error) {
	return dir, gitserver.Repo{Dir: dir}.Init(gitserver.Layout{Config: "[transfer]\n\thideRefs = refs/stash\n"})
}

func resolve(dir, name string) (string, error) {
	id := gitserver.Repo{Dir: dir}.Resolve(name)
	if id == "" {
		return "", fmt.Errorf("there is no commit %s", name)
	}
	return id, nil
}

// updateRef moves a ref; an empty commit deletes it.
func updateRef(dir, name, commit string) error { return gitserver.Repo{Dir: dir}.SetRef(name, commit) }

// takeObjects gives a repository the objects of its fork.
func takeObjects(dir, fork string) error {
	_, err := gitserver.Repo{Dir: dir}.Run("fetch", "--quiet", "--no-tags", fork, "+refs/heads/*:refs/stash/forks/*")
	return err
}

// merge merges a commit into a branch, with the files of the commit.
func merge(dir, branch, head string, by *User, message string) (string, error) {
	who := gitserver.Signature{Name: by.Full, Email: by.Email, At: time.Unix(1700000000, 0)}
	commit, err := gitserver.Repo{Dir: dir}.CommitTree(head+"^{tree}", message, []string{branch, head}, who, who)
	if err != nil {
		return "", err
	}
	return commit, updateRef(dir, branch, commit)
}

// locateGit finds a repository by its path for git: scm/KEY/SLUG.
func (s *Server) locateGit(path string) (dir string, ok bool) {
	s.Model.View(func() {
		if r := s.scm(path); r != nil {
			dir, ok = r.Dir, true
		}
	})
	return dir, ok
}

func (s *Server) scm(path string) *Repository {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) != 3 || parts[0] != "scm" || parts[1] != strings.ToLower(parts[1]) {
		return nil
	}
	return s.Model.repository(parts[1], parts[2])
}

// authorizeGit lets in who may read. To others, a repository is not there.
func (s *Server) authorizeGit(r *http.Request, path string, write bool) (status int) {
	u := s.caller(r)
	if u == nil {
		return http.StatusUnauthorized
	}
	s.Model.View(func() {
		repository := s.scm(path)
		switch {
		case repository == nil || repository.permit(u) < permitRead:
			status = http.StatusNotFound
		case write:
			status = http.StatusForbidden
		}
	})
	return status
}

// moment is how the server writes a time; nil for none.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}
