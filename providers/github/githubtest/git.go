package githubtest

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// repositoryDir is where a repository's git repository is. It is named by id,
// which a rename does not change.
func (m *Model) repositoryDir(r *Repository) string {
	return filepath.Join(m.root, "repositories", strconv.FormatInt(r.ID, 10)+".git")
}

func (m *Model) wikiDir(r *Repository) string {
	return filepath.Join(m.root, "wikis", strconv.FormatInt(r.ID, 10)+".git")
}

func (m *Model) gistDir(g *Gist) string { return filepath.Join(m.root, "gists", g.ID+".git") }

func pullRef(i *Issue) string { return fmt.Sprintf("refs/pull/%d/head", i.Number) }

// Import feeds a stream to git fast-import in a repository. A test writes
// histories that way: with fixed dates they have the same ids each time.
func (m *Model) Import(r *Repository, stream string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	if err := (gitserver.Repo{Dir: r.Dir}).FastImport(stream); err != nil {
		return err
	}
	return m.pushed(r)
}

// pushed takes a push into the model: open pull requests follow their branches.
func (m *Model) pushed(r *Repository) error {
	r.PushedAt = m.now
	for _, in := range m.Repositories {
		for _, i := range in.Issues {
			if i.Pull == nil || i.State != "open" || i.Pull.Head.Repo != r || i.Pull.Head.Gone || in.Dir == "" {
				continue
			}
			commit, err := resolve(r.Dir, "refs/heads/"+i.Pull.Head.Branch)
			if err != nil || commit == i.Pull.Head.Commit {
				continue // the branch is gone, which DeleteHead tells
			}
			i.Pull.Head.Commit = commit
			if err := m.readPull(i); err != nil {
				return err
			}
			m.touch(i)
		}
	}
	return nil
}

// ImportWiki feeds a stream to git fast-import in a repository's wiki, which
// it makes first. A wiki's branch is master.
func (m *Model) ImportWiki(r *Repository, stream string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	if r.WikiDir == "" {
		dir, err := initBare(m.wikiDir(r), "master")
		if err != nil {
			return err
		}
		r.WikiDir = dir
	}
	return gitserver.Repo{Dir: r.WikiDir}.FastImport(stream)
}

// PushFiles commits files on top of a branch, which it makes when there is
// none, and returns the commit. Files of the branch that are not given go.
func (m *Model) PushFiles(r *Repository, branch string, by *User, message string, files map[string]string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.tick()
	ref := "refs/heads/" + branch
	if err := commitTree(r.Dir, ref, by, at, message, files); err != nil {
		return "", err
	}
	if err := m.pushed(r); err != nil {
		return "", err
	}
	return resolve(r.Dir, ref)
}

// Commit returns the commit that a name, such as refs/heads/main, leads to in
// a repository.
func (m *Model) Commit(r *Repository, name string) (string, error) { return resolve(r.Dir, name) }

// initBare makes an empty bare repository.
func initBare(dir, branch string) (string, error) {
	return dir, gitserver.Repo{Dir: dir}.Init(gitserver.Layout{Branch: branch})
}

// commitTree commits files on top of ref, in the account's name. Others go.
func commitTree(dir, ref string, by *User, at time.Time, message string, files map[string]string) error {
	who := gitserver.Signature{Name: cmp.Or(by.Name, by.Login), Email: cmp.Or(by.Email, by.Login+"@users.noreply.github.com"), At: at}
	c := gitserver.Change{Ref: ref, Whole: true, Author: who, Committer: who, Message: message}
	c.Parent, _ = resolve(dir, ref) // none: it is the first
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c.Files = append(c.Files, gitserver.File{Path: name, Data: []byte(files[name])})
	}
	_, err := gitserver.Repo{Dir: dir}.Make(c)
	return err
}

// resolve returns the commit that a name leads to.
func resolve(dir, name string) (string, error) {
	id := gitserver.Repo{Dir: dir}.Resolve(name)
	if id == "" {
		return "", fmt.Errorf("no commit %s", name)
	}
	return id, nil
}

func fetchObjects(dir, from, commit string) error {
	_, err := git(dir, "-c", "uploadpack.allowAnySHA1InWant=true", "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", "--", from, commit)
	return err
}

// listCommits returns the commits that head has and base has not, oldest
// first.
func listCommits(dir, base, head string) ([]Commit, error) {
	all, err := gitserver.Repo{Dir: dir}.Commits("--reverse", "--topo-order", head, "^"+base, "--")
	var commits []Commit
	for _, c := range all {
		commits = append(commits, Commit{
			OID: c.ID, Tree: c.Tree, Parents: c.Parents,
			AuthorName: c.Author.Name, AuthorEmail: c.Author.Email,
			AuthoredAt: c.Author.At, CommittedAt: c.Committer.At,
			Message: strings.TrimRight(c.Message, "\n"),
		})
	}
	return commits, err
}

func unixTime(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0).UTC()
}

// listFiles returns the files that differ between head and where it left
// base.
func listFiles(dir, base, head string) ([]File, error) {
	from := base
	if out, err := git(dir, "merge-base", base, head); err == nil {
		from = strings.TrimSpace(out)
	}
	raw, err := git(dir, "diff", "--raw", "-z", "--no-abbrev", "-M", from, head, "--")
	if err != nil {
		return nil, err
	}
	var files []File
	fields := strings.Split(raw, "\x00")
	for n := 0; n+1 < len(fields); n += 2 {
		f := strings.Fields(fields[n]) // :MODE MODE OLD NEW STATUS
		if len(f) < 5 {
			break
		}
		file := File{Path: fields[n+1], Blob: f[3], Status: "modified"}
		switch f[4][0] {
		case 'A':
			file.Status = "added"
		case 'D':
			file.Status, file.Blob = "removed", f[2]
		case 'R':
			n++
			file.Status, file.OldPath, file.Path = "renamed", file.Path, fields[n+1]
		}
		files = append(files, file)
	}
	return files, readPatches(dir, from, head, files)
}

// readPatches fills in the patches, which git writes in the order of the
// files.
func readPatches(dir, from, head string, files []File) error {
	out, err := git(dir, "diff", "-M", "--no-color", "--no-prefix", from, head, "--")
	if err != nil {
		return err
	}
	parts := strings.Split("\n"+out, "\ndiff --git ")[1:]
	if len(parts) != len(files) {
		return fmt.Errorf("git lists %d files and %d patches", len(files), len(parts))
	}
	for n, part := range parts {
		_, patch, found := strings.Cut(part, "\n@@ ")
		if !found {
			continue // binary, or only renamed
		}
		f := &files[n]
		f.Patch = strings.TrimSuffix("@@ "+patch, "\n")
		for line := range strings.Lines(f.Patch) {
			switch line[0] {
			case '+':
				f.Additions++
			case '-':
				f.Deletions++
			}
		}
	}
	return nil
}

func git(dir string, args ...string) (string, error) { return gitserver.Repo{Dir: dir}.Run(args...) }
