package bitbucketservertest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Import feeds a stream to git fast-import in a repository. With fixed dates,
// commits have the same ids each time.
func (m *Model) Import(r *Repository, stream string) error {
	_, err := git(r.Dir, stream, "fast-import", "--quiet", "--force")
	return err
}

// initBare makes an empty bare repository, by hand: git takes longer to make one than
// to fill it. What keeps the commits of pull requests is hidden.
func initBare(dir string) (string, error) {
	for _, folder := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return "", err
		}
	}
	config := "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n[transfer]\n\thideRefs = refs/stash\n"
	return dir, errors.Join(
		os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o644),
		os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/main\n"), 0o644),
	)
}

func git(dir, input string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"--git-dir", dir}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000"}
	cmd.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

func resolve(dir, name string) (string, error) {
	return git(dir, "", "rev-parse", "--verify", "--quiet", name)
}

// updateRef moves a ref; an empty commit deletes it.
func updateRef(dir, name, commit string) error {
	args := []string{"update-ref", name, commit}
	if commit == "" {
		args = []string{"update-ref", "-d", name}
	}
	_, err := git(dir, "", args...)
	return err
}

// takeObjects gives a repository the objects of its fork.
func takeObjects(dir, fork string) error {
	_, err := git(dir, "", "fetch", "--quiet", "--no-tags", fork, "+refs/heads/*:refs/stash/forks/*")
	return err
}

// merge merges a commit into a branch, with the files of the commit.
func merge(dir, branch, head string, by *User, message string) (string, error) {
	commit, err := git(dir, message, "-c", "user.name="+by.Full, "-c", "user.email="+by.Email, "commit-tree", head+"^{tree}", "-p", branch, "-p", head)
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
