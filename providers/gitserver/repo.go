package gitserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers/gitrepo"
)

// Repo is a bare repository of a stand-in. What its methods are given for a name or
// an id may come from a request.
type Repo struct {
	Dir string

	// Memory, when set, keeps answers that never change. It has to forget them when
	// objects are pruned.
	Memory *Memory
}

// Memory keeps what git said of objects that are named by their full ids, for any
// number of repositories. The zero Memory is empty. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	answers map[string]string
	size    int
}

// maxMemory is how much a Memory keeps, in bytes. One that is full begins again.
const maxMemory = 64 << 20

func (m *Memory) get(key string) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	answer, ok := m.answers[key]
	return answer, ok
}

func (m *Memory) put(key, answer string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size += len(key) + len(answer); m.answers == nil || m.size > maxMemory {
		m.answers, m.size = map[string]string{}, len(key)+len(answer)
	}
	m.answers[key] = answer
}

// Forget empties the memory: objects were pruned.
func (m *Memory) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers, m.size = nil, 0
}

// Layout is what an empty repository is like.
type Layout struct {
	Branch       string // that HEAD leads to; empty: main
	ObjectFormat string // sha1 or sha256; empty: sha1
	Config       string // more of the configuration
	PreReceive   string // the hook of that name; empty: none
}

// Init makes an empty repository.
func (r Repo) Init(l Layout) error {
	config := "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n" + l.Config
	if format := cmp.Or(l.ObjectFormat, "sha1"); format != "sha1" {
		config = strings.Replace(config, "version = 0", "version = 1", 1) + "[extensions]\n\tobjectformat = " + format + "\n"
	}
	for _, folder := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags", "hooks"} {
		if err := os.MkdirAll(filepath.Join(r.Dir, folder), 0o755); err != nil {
			return fmt.Errorf("make a repository: %w", err)
		}
	}
	err := errors.Join(
		os.WriteFile(filepath.Join(r.Dir, "config"), []byte(config), 0o644),
		os.WriteFile(filepath.Join(r.Dir, "HEAD"), []byte("ref: refs/heads/"+cmp.Or(l.Branch, "main")+"\n"), 0o644),
	)
	if l.PreReceive != "" {
		err = errors.Join(err, os.WriteFile(filepath.Join(r.Dir, "hooks", "pre-receive"), []byte(l.PreReceive), 0o755))
	}
	if err != nil {
		return fmt.Errorf("make a repository: %w", err)
	}
	return nil
}

// Run runs git in the repository with no configuration but the repository's own, and
// returns what it writes, also when it fails. Names and ids that come from requests
// must have been resolved, or stand behind "--end-of-options".
func (r Repo) Run(args ...string) (string, error) {
	if r.Memory == nil || !lasting(args) {
		return r.RunWith(nil, nil, args...)
	}
	key := r.Dir + "\x00" + strings.Join(args, "\x00")
	if answer, ok := r.Memory.get(key); ok {
		return answer, nil
	}
	answer, err := r.RunWith(nil, nil, args...)
	if err == nil {
		r.Memory.put(key, answer)
	}
	return answer, err
}

// RunWith runs git like Run, with more in its environment and with an input.
func (r Repo) RunWith(env []string, in []byte, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"--git-dir=" + r.Dir}, args...)...)
	cmd.Dir = r.Dir
	cmd.Env = append(environment(), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin = bytes.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// lasting reports whether git will give the same answer for ever: it is asked to
// read, and all objects are named by their full ids.
func lasting(args []string) bool {
	if !slices.Contains([]string{"blame", "cat-file", "diff", "format-patch", "log", "ls-tree", "merge-base", "merge-tree", "rev-list", "rev-parse", "show"}, args[0]) {
		return false
	}
	objects := args[0] == "cat-file" // which names objects only, behind "--" as well
	named := false
	for _, arg := range args[1:] {
		switch {
		case arg == "--" && !objects:
			return named // paths follow
		case slices.Contains([]string{"--all", "--branches", "--tags", "--remotes"}, arg):
			return false
		case strings.HasPrefix(arg, "-"), objects && arg == "blob":
			continue
		}
		named = true
		for _, side := range strings.Split(strings.TrimPrefix(arg, "^"), "..") {
			// An id may be followed by a path or by what is wanted of it.
			id := strings.TrimPrefix(side, ".")
			if at := strings.IndexAny(id, ":^"); at >= 0 {
				id = id[:at]
			}
			if !IsID(id) {
				return false
			}
		}
	}
	return named
}

// IsID reports whether a text is the full id of an object.
func IsID(text string) bool {
	return (len(text) == 40 || len(text) == 64) && strings.Trim(text, "0123456789abcdef") == ""
}

// Refs reads all refs with the objects that they name.
func (r Repo) Refs() (map[string]string, error) {
	repo, err := gitrepo.Open(r.Dir)
	if err != nil {
		return nil, err
	}
	refs, err := repo.Refs(context.Background())
	return refs.Names, err
}

// Head is the ref that HEAD leads to, whether or not that is there; empty: none.
func (r Repo) Head() string {
	data, err := os.ReadFile(filepath.Join(r.Dir, "HEAD"))
	if ref, ok := strings.CutPrefix(string(data), "ref: "); ok && err == nil {
		return strings.TrimSpace(ref)
	}
	return ""
}

// Resolve finds the commit of a branch, a tag, another ref or an id; empty: there is
// none.
func (r Repo) Resolve(name string) string {
	for _, form := range []string{"refs/heads/" + name, "refs/tags/" + name, name} {
		id, known := r.loose(form)
		switch {
		case known && id == "":
			continue
		case known && strings.HasPrefix(form, "refs/heads/"):
			return id // git lets a branch be nothing but a commit
		}
		if !known {
			id = form
		}
		out, err := r.Run("rev-parse", "--verify", "--quiet", "--end-of-options", id+"^{commit}")
		// What is said last is the id: rev-parse repeats its options.
		if f := strings.Fields(out); err == nil && len(f) > 0 {
			return f[len(f)-1]
		}
	}
	return ""
}

// loose reads a ref that has a file of its own. Unless it is known, git has to be
// asked.
func (r Repo) loose(ref string) (id string, known bool) {
	local, err := filepath.Localize(ref)
	if err != nil || !strings.HasPrefix(ref, "refs/") {
		return "", false
	}
	data, err := os.ReadFile(filepath.Join(r.Dir, local))
	if id = strings.TrimSuffix(string(data), "\n"); err == nil && IsID(id) {
		return id, true
	}
	_, packed := os.Stat(filepath.Join(r.Dir, "packed-refs"))
	return "", errors.Is(err, os.ErrNotExist) && errors.Is(packed, os.ErrNotExist)
}

// SetRef moves or makes a ref; an empty id removes it. The object is there.
func (r Repo) SetRef(ref, id string) error {
	if r.setLoose(ref, id) {
		return nil
	}
	if id == "" {
		_, err := r.Run("update-ref", "-d", ref)
		return err
	}
	_, err := r.Run("update-ref", ref, id)
	return err
}

// setLoose sets a ref that has, or will have, a file of its own, and reports whether
// it did. It holds the lock that git would hold.
func (r Repo) setLoose(ref, id string) bool {
	_, known := r.loose(ref)
	if !known || gitrepo.CheckRefName(ref) != nil || id != "" && !IsID(id) {
		return false
	}
	name := filepath.Join(r.Dir, filepath.FromSlash(ref))
	if os.MkdirAll(filepath.Dir(name), 0o755) != nil {
		return false
	}
	lock, err := os.OpenFile(name+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return false
	}
	_, err = lock.WriteString(id + "\n")
	if err = errors.Join(err, lock.Close()); err == nil && id != "" {
		err = os.Rename(lock.Name(), name)
	} else if err == nil {
		err = errors.Join(os.Remove(name), os.Remove(lock.Name()))
	}
	if err != nil {
		os.Remove(lock.Name())
	}
	return err == nil
}

// MergeBase is the best common ancestor of two commits; empty: there is none.
func (r Repo) MergeBase(a, b string) string {
	out, err := r.Run("merge-base", a, b)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// Contains reports whether a commit is another one or follows from it.
func (r Repo) Contains(commit, other string) bool {
	_, err := r.Run("merge-base", "--is-ancestor", other, commit)
	return err == nil
}
