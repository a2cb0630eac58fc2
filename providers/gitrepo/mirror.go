package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Mirror makes dir a bare repository with exactly the refs of remote, or those
// of them that remote.Only names, and its HEAD. A missing or empty dir appears
// only when it is complete. A mirror that is there is brought up to date,
// fetching only what is new; one that was killed half-way, is damaged, or belongs
// to a repository of another object format is made anew beside dir and swapped
// in. A directory that holds anything else than a repository is refused and not
// touched.
//
// Neither the address nor the credentials of the remote are stored. The
// names dir.partial and dir.old belong to Mirror as well. Two mirrors into the
// same dir must not run at a time: locks found there count as left behind.
//
// progress, if not nil, is called by one goroutine at a time and no more once
// Mirror returned.
func Mirror(ctx context.Context, remote Remote, dir string, progress func(Progress)) error {
	_, err := newMirror(ctx, remote, dir, "", progress)
	return err
}

// errAnew says that a mirror cannot be brought up to date in place.
var errAnew = errors.New("mirror must be made anew")

// mirror is one call of Mirror.
type mirror struct {
	op       string
	remote   Remote
	dir      string
	filter   string // leaves objects out, see git-rev-list(1); "" for none
	progress func(Progress)
}

func newMirror(ctx context.Context, remote Remote, dir, filter string, progress func(Progress)) (*Repo, error) {
	m := mirror{op: "mirror " + remote.String(), filter: filter, progress: progress}
	var err error
	if m.remote, err = remote.ready(m.op); err != nil {
		return nil, err
	}
	if m.dir, err = absolute(m.op, dir); err != nil {
		return nil, err
	}
	if err := m.run(ctx); err != nil {
		return nil, fileError(m.op, err)
	}
	return &Repo{dir: m.dir}, nil
}

func (m mirror) run(ctx context.Context) error {
	for _, leftover := range []string{m.partial(), m.old()} {
		if err := os.RemoveAll(leftover); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(m.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return m.create(ctx)
	case err != nil:
		return err
	case !looksBare(entries):
		return &Error{Op: m.op, Kind: Refused, Message: fmt.Sprintf("%s is not a mirror and not empty; move it away or choose another directory", m.dir)}
	case !isRepository(m.dir) || !exists(filepath.Join(m.dir, "config")):
		return m.create(ctx)
	}
	if err := removeLocks(m.dir); err != nil {
		return err
	}
	err = m.update(ctx, &Repo{dir: m.dir})
	if errors.Is(err, errAnew) || KindOf(err) == Corrupt {
		return m.create(ctx)
	}
	return err
}

func (m mirror) partial() string { return m.dir + ".partial" }

func (m mirror) old() string { return m.dir + ".old" }

// create makes the mirror beside its place and moves it there.
func (m mirror) create(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(m.dir), 0o777); err != nil {
		return err
	}
	fill := m.clone
	if len(m.remote.Only) > 0 {
		fill = m.fetchFirst
	} else if source, ok := m.remote.directory(); ok {
		fill = func(ctx context.Context) error { return m.take(ctx, source) }
	}
	if err := fill(ctx); err != nil {
		// What failed matters more than what is left; the next run removes it.
		_ = os.RemoveAll(m.partial())
		return err
	}
	if err := os.Rename(m.dir, m.old()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(m.partial(), m.dir); err != nil {
		return err
	}
	return os.RemoveAll(m.old())
}

// clone fills the partial mirror through git's transport.
func (m mirror) clone(ctx context.Context) error {
	args := []string{"clone", "--mirror", "--template=", "--no-local", "--progress"}
	if m.filter != "" {
		args = append(args, "--filter="+m.filter)
	}
	c := m.transfer(append(args, "--", m.remote.URL, m.partial())...)
	if err := c.run(ctx); err != nil {
		return err
	}
	repo := &Repo{dir: m.partial()}
	forget := []string{"--remove-section", "remote." + remoteName}
	if m.filter != "" {
		// The rest of the section tells git that missing objects are no damage.
		forget = []string{"--unset-all", "remote." + remoteName + ".url"}
	}
	return repo.git("clean configuration of", append([]string{"config"}, forget...)...).run(ctx)
}

// fetchFirst is clone for some of the refs: git clone --mirror takes all.
func (m mirror) fetchFirst(ctx context.Context) error {
	want, err := LsRemote(ctx, m.remote)
	if err != nil {
		return reop(m.op, err)
	}
	repo, err := Init(ctx, m.partial(), want.ObjectFormat)
	if err != nil {
		return err
	}
	if err := m.fetch(ctx, repo, want); err != nil {
		return err
	}
	return m.setHead(ctx, repo, want)
}

// take fills the partial mirror from a directory, without a transport.
func (m mirror) take(ctx context.Context, source *Repo) error {
	// The refs come first: objects are only ever added while we look.
	want, err := source.Refs(ctx)
	if err != nil {
		return err
	}
	repo, err := Init(ctx, m.partial(), want.ObjectFormat)
	if err != nil {
		return err
	}
	if err := m.takeObjects(ctx, repo, source, want); err != nil {
		return err
	}
	if err := repo.writeFirstRefs(want.Names); err != nil {
		return err
	}
	if want.Head == "refs/heads/"+defaultBranch { // as Init left it
		return nil
	}
	return m.setHead(ctx, repo, want)
}

func (m mirror) takeObjects(ctx context.Context, repo, source *Repo, want Refs) error {
	if err := repo.take(ctx, source, m.progress); err != nil {
		return err
	}
	missing, err := repo.HasObjects(ctx, want.tips())
	if err != nil || len(missing) == 0 {
		return err
	}
	for name, oid := range want.Names {
		if oid == missing[0] {
			return &Error{Op: m.op, Kind: Corrupt, Ref: name, Message: fmt.Sprintf("%s names the object %s, which the repository does not have", plain(name), oid)}
		}
	}
	return &Error{Op: m.op, Kind: Corrupt, Message: fmt.Sprintf("HEAD names the object %s, which the repository does not have", missing[0])}
}

// update brings a mirror up to date, or returns errAnew.
func (m mirror) update(ctx context.Context, repo *Repo) error {
	have, err := repo.Refs(ctx)
	switch KindOf(err) {
	case "":
	case Canceled, Missing:
		return err
	default: // git does not take it for a repository
		return errAnew
	}
	want, err := LsRemote(ctx, m.remote)
	if err != nil {
		return reop(m.op, err)
	}
	if want.ObjectFormat != "" && want.ObjectFormat != have.ObjectFormat {
		return errAnew
	}
	missing, err := repo.HasObjects(ctx, have.tips())
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return errAnew
	}
	if want.equal(have) {
		return nil
	}
	if source, ok := m.remote.directory(); ok && len(m.remote.Only) == 0 {
		if err := m.takeObjects(ctx, repo, source, want); err != nil {
			return err
		}
		err = moveRefs(ctx, repo, have, want)
	} else {
		err = m.follow(ctx, repo, have, want)
	}
	if err != nil {
		return err
	}
	return m.setHead(ctx, repo, want)
}

// follow fetches, after it removed the refs that no pattern covers any more:
// git prunes what it asks for and nothing else.
func (m mirror) follow(ctx context.Context, repo *Repo, have, want Refs) error {
	var unseen []RefUpdate
	for name, oid := range have.Names {
		if !m.remote.sees(name) {
			unseen = append(unseen, RefUpdate{Name: name, Old: oid})
		}
	}
	if err := repo.UpdateRefs(ctx, unseen); err != nil {
		return err
	}
	return m.fetch(ctx, repo, want)
}

// fetch takes over the remote's refs through git's transport.
func (m mirror) fetch(ctx context.Context, repo *Repo, want Refs) error {
	from, filter := m.remote.URL, []string(nil)
	if m.filter != "" {
		from, filter = remoteName, []string{"--filter=" + m.filter}
	}
	args := append([]string{"fetch", "--prune", "--force", "--no-tags", "--no-write-fetch-head",
		"--no-recurse-submodules", "--progress"}, filter...)
	args = append(append(args, "--", from), m.remote.refspecs()...)
	if want.Head == "" && want.HeadOID != "" {
		args = append(args, "HEAD") // no ref need lead to a detached HEAD
	}
	c := m.transfer(args...)
	c.dir = repo.dir
	return c.run(ctx)
}

// remoteName is what git clone calls the remote; partial clones keep it.
const remoteName = "origin"

// transfer returns a run of git that talks to the remote.
func (m mirror) transfer(args ...string) command {
	c := command{op: m.op, remote: &m.remote, args: args, progress: m.progress}
	if m.filter != "" && args[0] == "fetch" {
		c.config = []string{"remote." + remoteName + ".url=" + m.remote.URL}
	}
	return c
}

// moveRefs turns the refs of repo from have into want. Deleting comes first
// and alone, because a transaction cannot replace "a" by "a/b".
func moveRefs(ctx context.Context, repo *Repo, have, want Refs) error {
	var deletes, updates []RefUpdate
	for name, oid := range have.Names {
		if _, ok := want.Names[name]; !ok {
			deletes = append(deletes, RefUpdate{Name: name, Old: oid})
		}
	}
	for name, oid := range want.Names {
		if have.Names[name] != oid {
			updates = append(updates, RefUpdate{Name: name, New: oid})
		}
	}
	if err := repo.UpdateRefs(ctx, deletes); err != nil {
		return err
	}
	return repo.UpdateRefs(ctx, updates)
}

// setHead makes HEAD like the remote's, as far as that is known.
func (m mirror) setHead(ctx context.Context, repo *Repo, want Refs) error {
	switch {
	case want.Head != "":
		return repo.SetHead(ctx, want.Head)
	case want.HeadOID != "":
		return repo.detachHead(ctx, want.HeadOID)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// looksBare reports whether a directory holds nothing that git does not put
// into a bare repository, so that it may be replaced.
func looksBare(entries []fs.DirEntry) bool {
	var typical bool
	for _, entry := range entries {
		switch name := strings.TrimSuffix(entry.Name(), ".lock"); name {
		case "HEAD", "objects", "refs":
			typical = true
		case "branches", "config", "description", "FETCH_HEAD", "gc.log", "gc.pid", "hooks", "info", "lfs", "logs",
			"packed-refs", "packed-refs.new", "reftable", "shallow":
		default:
			return false
		}
	}
	return typical
}

// removeLocks removes what killed runs of git left in a repository that
// nobody else uses. No ref can end in .lock.
func removeLocks(dir string) error {
	remove := func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return ignoreGone(err)
		}
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".lock") && !strings.HasPrefix(name, "tmp_") && name != "packed-refs.new" {
			return nil
		}
		return ignoreGone(os.Remove(path))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := remove(filepath.Join(dir, entry.Name()), entry, nil); err != nil {
			return err
		}
	}
	if err := filepath.WalkDir(filepath.Join(dir, "refs"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), "tmp_") { // a branch may be called so
			return nil
		}
		return remove(path, entry, err)
	}); err != nil {
		return err
	}
	return filepath.WalkDir(filepath.Join(dir, "objects"), remove)
}
