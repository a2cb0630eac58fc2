package bitbucketcloudtest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Import feeds a stream to git fast-import in a repository. A test writes histories
// that way: with fixed dates they have the same ids each time.
func (m *Model) Import(r *Repository, stream string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.UpdatedOn = m.tick()
	_, err := git(r.Dir, []byte(stream), "fast-import", "--quiet", "--force")
	return err
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
	_, err := git(r.WikiDir, []byte(stream), "fast-import", "--quiet", "--force")
	return err
}

// DeleteBranch deletes a branch. Its commits stay until they are pruned.
func (m *Model) DeleteBranch(r *Repository, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := git(r.Dir, nil, "update-ref", "-d", "refs/heads/"+name)
	return err
}

// Prune drops the commits that no ref leads to.
func (m *Model) Prune(r *Repository) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := git(r.Dir, nil, "repack", "-a", "-d", "-q"); err != nil {
		return err
	}
	_, err := git(r.Dir, nil, "prune", "--expire=now")
	return err
}

func initBare(dir, branch string) error {
	_, err := git("", nil, "init", "--quiet", "--bare", "--initial-branch="+branch, "--", dir)
	return err
}

// resolve is the full id of a commit.
func resolve(dir, name string) (string, error) {
	return git(dir, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
}

// git runs git without any configuration but the repository's own.
func git(dir string, stdin []byte, args ...string) (string, error) {
	if dir != "" {
		args = append([]string{"--git-dir=" + dir}, args...)
	}
	cmd := exec.Command("git", args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C",
		"GIT_AUTHOR_NAME=Bit Bucket", "GIT_AUTHOR_EMAIL=bit@example.org", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=Bit Bucket", "GIT_COMMITTER_EMAIL=bit@example.org", "GIT_COMMITTER_DATE=1700000000 +0000"}
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", errors.Join(fmt.Errorf("git %s: %s", strings.Join(args, " "), strings.TrimSpace(errs.String())), err)
	}
	return strings.TrimSpace(out.String()), nil
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
