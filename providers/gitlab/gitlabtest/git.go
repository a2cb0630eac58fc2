package gitlabtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// git runs git in a repository. Names and ids that come from requests must have
// been resolved, or stand behind "--end-of-options".
func git(dir string, args ...string) (string, error) { return gitWith(dir, nil, nil, args...) }

// gitWith runs git with an environment of its own and an input.
func gitWith(dir string, env []string, in []byte, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"--git-dir=" + dir}, args...)...)
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}, env...)
	cmd.Stdin = bytes.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// rulesHeader is how the server tells the hook of a repository what the one who
// pushes may do.
const rulesHeader = "X-Gitlabtest-Rules"

// hook refuses pushes as GitLab does, all of a push when one of its refs is not
// allowed. Its rules are lines: a kind (branch, tag or default), whether the one
// who pushes may, whether by force, and a pattern.
const hook = `#!/bin/sh
zero=0000000000000000000000000000000000000000
fail() { echo "GitLab: $1" >&2; exit 1; }
rule() {
	ruled=
	while read -r kind may force pattern; do
		test "$kind" = "$1" || continue
		case $2 in $pattern) ruled=yes; ruled_may=$may; ruled_force=$force ;; esac
	done <<-END
	$HTTP_X_GITLABTEST_RULES
	END
}
while read -r old new ref; do
	case $ref in
	refs/heads/*)
		name=${ref#refs/heads/}
		rule default "$name"
		if test "$new" = $zero && test -n "$ruled"; then fail "The default branch of a project cannot be deleted."; fi
		if test "$new" != $zero && echo "$name" | grep -Eq '^[0-9a-f]{40}(-?/|$)'; then fail "You cannot create a branch with a 40-character hexadecimal branch name."; fi
		rule branch "$name"
		test -n "$ruled" || continue
		if test "$old" != $zero && test "$new" != $zero && test "$ruled_force" = no && ! git merge-base --is-ancestor "$old" "$new"; then
			fail "You are not allowed to force push code to a protected branch on this project."
		fi
		if test "$new" = $zero; then
			test "$ruled_may" = yes || fail "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete a protected branch."
			fail "You can only delete protected branches using the web interface."
		fi
		test "$ruled_may" = yes && continue
		test "$old" != $zero || fail "You are not allowed to create protected branches on this project."
		fail "You are not allowed to push code to protected branches on this project."
		;;
	refs/tags/*)
		name=${ref#refs/tags/}
		rule default "$name"
		if test "$old" = $zero && test -n "$ruled"; then fail "You cannot use default branch name to create a tag"; fi
		if test "$new" != $zero && echo "$name" | grep -Eq '^[0-9a-f]{40}([0-9a-f]{24})?([^0-9a-f]|$)'; then fail "You cannot create a tag with a SHA-1 or SHA-256 tag name."; fi
		rule tag "$name"
		test -n "$ruled" || continue
		if test "$new" = $zero; then
			test "$ruled_may" = yes || fail "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a protected tag."
			fail "You can only delete protected tags using the web interface."
		fi
		test "$old" = $zero || fail "Protected tags cannot be updated."
		test "$ruled_may" = yes || fail "You are not allowed to create this tag as it is protected."
		;;
	esac
done
`

// makeGit makes an empty bare repository with the hook.
func (m *Model) makeGit(dir, branch string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make a repository: %w", err)
	}
	if _, err := git(dir, "init", "--quiet", "--bare", "--initial-branch="+branch, dir); err != nil {
		return err
	}
	// Refs that keep commits of old diffs are nobody's to fetch.
	for _, ref := range []string{"refs/keep-around", "refs/tmp"} {
		if _, err := git(dir, "config", "--add", "uploadpack.hideRefs", ref); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "hooks"), 0o755); err != nil {
		return fmt.Errorf("make a repository: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "hooks", "pre-receive"), []byte(hook), 0o755)
}

func (m *Model) makeWiki(p *Project) error {
	if p.wiki {
		return nil
	}
	p.wiki = true
	return m.makeGit(m.wikiDir(p), "main")
}

// commit is a commit as the API shows it.
type commit struct {
	id, tree          string
	parents           []string
	author, committer signature
	message           string
}

type signature struct {
	name, email string
	at          time.Time
	zone        string // +0200
}

const commitFormat = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B%x00%x01"

// commits reads commits in the order in which git log tells them.
func commits(dir string, args ...string) ([]commit, error) {
	out, err := git(dir, append([]string{"log", "-z", "--date=raw", commitFormat}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []commit
	for _, text := range strings.Split(out, "\x00\x01") {
		f := strings.Split(strings.TrimPrefix(text, "\x00"), "\x00")
		if len(f) < 10 {
			continue
		}
		all = append(all, commit{id: f[0], tree: f[1], parents: strings.Fields(f[2]), author: signed(f[3:6]), committer: signed(f[6:9]), message: f[9]})
	}
	return all, nil
}

func signed(f []string) signature {
	seconds, zone, _ := strings.Cut(f[2], " ")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	return signature{name: f[0], email: f[1], at: time.Unix(n, 0).UTC(), zone: zone}
}

// oneCommit reads the commit that a name stands for.
func oneCommit(dir, rev string) (commit, error) {
	all, err := commits(dir, "-1", "--end-of-options", rev, "--")
	if err != nil {
		return commit{}, err
	}
	if len(all) == 0 {
		return commit{}, errors.New("no such commit")
	}
	return all[0], nil
}

// resolve finds the commit of a branch, a tag, another ref or an id; "" is none.
func resolve(dir, name string) string {
	for _, form := range []string{"refs/heads/" + name, "refs/tags/" + name, name} {
		out, err := git(dir, "rev-parse", "--verify", "--quiet", "--end-of-options", form+"^{commit}")
		if fields := strings.Fields(out); err == nil && len(fields) > 0 {
			return fields[len(fields)-1]
		}
	}
	return ""
}

// setRef moves or makes a ref; an empty id removes it.
func setRef(dir, ref, id string) error {
	if id == "" {
		_, err := git(dir, "update-ref", "-d", ref)
		return err
	}
	_, err := git(dir, "update-ref", ref, id)
	return err
}

// mergeBase is the best common ancestor of two commits; "" when there is none.
func mergeBase(dir, a, b string) string {
	out, err := git(dir, "merge-base", a, b)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// contains says whether one commit is another one or follows from it.
func contains(dir, in, id string) bool {
	_, err := git(dir, "merge-base", "--is-ancestor", id, in)
	return err == nil
}

// readRefs reads the refs of a repository with the objects they name.
func readRefs(dir string) (map[string]string, error) {
	out, err := git(dir, "for-each-ref", "--format=%(refname) %(objectname)")
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for _, line := range strings.Split(out, "\n") {
		if name, id, ok := strings.Cut(line, " "); ok {
			refs[name] = id
		}
	}
	return refs, nil
}

// person is the environment that makes a commit or tag that of somebody.
func person(name, email string, at time.Time) []string {
	date := fmt.Sprintf("@%d +0000", at.Unix())
	return []string{
		"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + email, "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + email, "GIT_COMMITTER_DATE=" + date,
	}
}

// commitTree makes a commit of a tree.
func commitTree(dir, tree, message string, parents []string, who []string) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	out, err := gitWith(dir, who, []byte(message), args...)
	return strings.TrimSpace(out), err
}

const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// edit is a change of one file.
type edit struct {
	path, from string // from: it is moved
	data       []byte
	remove     bool
	keep       bool // moved as it is
}

// editTree makes a tree out of another one and changes of files.
func editTree(dir, tree string, edits []edit) (string, error) {
	index, err := os.CreateTemp("", "gitlabtest-index-*")
	if err != nil {
		return "", err
	}
	index.Close()
	os.Remove(index.Name()) // git wants to make it
	defer os.Remove(index.Name())
	env := []string{"GIT_INDEX_FILE=" + index.Name()}
	if _, err := gitWith(dir, env, nil, "read-tree", tree); err != nil {
		return "", err
	}
	for _, e := range edits {
		if err := stageEdit(dir, env, e); err != nil {
			return "", err
		}
	}
	out, err := gitWith(dir, env, nil, "write-tree")
	return strings.TrimSpace(out), err
}

func stageEdit(dir string, env []string, e edit) error {
	gone := e.from
	if e.remove {
		gone = e.path
	}
	mode, id := "100644", ""
	if gone != "" {
		out, _ := gitWith(dir, env, nil, "ls-files", "--stage", "-z", "--", gone)
		if f := strings.Fields(out); len(f) > 1 {
			mode, id = f[0], f[1]
		}
		if _, err := gitWith(dir, env, []byte("0 "+strings.Repeat("0", 40)+"\t"+gone+"\x00"), "update-index", "-z", "--index-info"); err != nil {
			return err
		}
	}
	if e.remove {
		return nil
	}
	if !e.keep {
		out, err := gitWith(dir, nil, e.data, "hash-object", "-w", "--stdin")
		if err != nil {
			return err
		}
		id = strings.TrimSpace(out)
	}
	_, err := gitWith(dir, env, []byte(mode+" "+id+"\t"+e.path+"\x00"), "update-index", "-z", "--index-info")
	return err
}
