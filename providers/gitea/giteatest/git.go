package giteatest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
}

const commitFormat = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00%x01"

// commits reads commits in the order in which git log tells them.
func commits(dir string, args ...string) ([]commit, error) {
	out, err := git(dir, append([]string{"log", "-z", commitFormat}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []commit
	for _, text := range strings.Split(out, "\x00\x01") {
		f := strings.Split(strings.TrimPrefix(text, "\x00"), "\x00")
		if len(f) < 10 {
			continue
		}
		all = append(all, commit{
			id: f[0], tree: f[1], parents: strings.Fields(f[2]),
			author:    signature{f[3], f[4], unix(f[5])},
			committer: signature{f[6], f[7], unix(f[8])},
			message:   f[9],
		})
	}
	return all, nil
}

func unix(text string) time.Time {
	n, _ := strconv.ParseInt(text, 10, 64)
	return time.Unix(n, 0).UTC()
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

// resolve finds the object of a branch, a tag, another ref or an id; "" is none.
func resolve(dir, name string) string {
	for _, form := range []string{"refs/heads/" + name, "refs/tags/" + name, name} {
		out, err := git(dir, "rev-parse", "--verify", "--quiet", "--end-of-options", form+"^{commit}")
		if err == nil {
			return lastLine(out)
		}
	}
	return ""
}

// lastLine is what rev-parse says behind the options that it repeats.
func lastLine(out string) string {
	lines := strings.Fields(out)
	if len(lines) == 0 {
		return ""
	}
	return lines[len(lines)-1]
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

// change is a file that differs between two commits.
type change struct {
	status     string // added, deleted, changed, renamed
	path, from string
	plus, less int64
}

// changes compares two trees as Gitea shows a pull request.
func changes(dir, from, to string) ([]change, error) {
	out, err := git(dir, "diff", "--raw", "--numstat", "-z", "-M", "--abbrev=40", "--end-of-options", from, to, "--")
	if err != nil {
		return nil, err
	}
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	var all []change
	at := 0
	for at < len(fields) && strings.HasPrefix(fields[at], ":") {
		letter := fields[at][strings.LastIndexByte(fields[at], ' ')+1:]
		c := change{status: statusOf(letter), path: fields[at+1]}
		at += 2
		if letter[0] == 'R' || letter[0] == 'C' {
			c.from, c.path = c.path, fields[at]
			at++
		}
		all = append(all, c)
	}
	for i := range all {
		if at >= len(fields) {
			break
		}
		counts := strings.SplitN(fields[at], "\t", 3)
		at++
		if len(counts) == 3 && counts[2] == "" {
			at += 2 // the two names of a rename follow
		}
		all[i].plus, _ = strconv.ParseInt(counts[0], 10, 64)
		if len(counts) > 1 {
			all[i].less, _ = strconv.ParseInt(counts[1], 10, 64)
		}
	}
	return all, nil
}

func statusOf(letter string) string {
	switch letter[0] {
	case 'A':
		return "added"
	case 'D':
		return "deleted"
	case 'R':
		return "renamed"
	case 'C':
		return "copied"
	}
	return "changed"
}

// person is the environment that makes a commit or tag that of somebody.
func person(author, committer signature) []string {
	return []string{
		"GIT_AUTHOR_NAME=" + author.name, "GIT_AUTHOR_EMAIL=" + author.email, "GIT_AUTHOR_DATE=" + gitDate(author.at),
		"GIT_COMMITTER_NAME=" + committer.name, "GIT_COMMITTER_EMAIL=" + committer.email, "GIT_COMMITTER_DATE=" + gitDate(committer.at),
	}
}

func gitDate(t time.Time) string { return fmt.Sprintf("@%d +0000", t.Unix()) }

// commitTree makes a commit of a tree.
func commitTree(dir, tree, message string, parents []string, author, committer signature) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	out, err := gitWith(dir, person(author, committer), []byte(message), args...)
	return strings.TrimSpace(out), err
}

// emptyTree is the id of the tree without files, in the form of another id.
func emptyTree(like string) string {
	if len(like) == 64 {
		return "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
	}
	return "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
}
