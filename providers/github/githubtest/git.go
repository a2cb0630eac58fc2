package githubtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
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
	if err := fastImport(r.Dir, stream); err != nil {
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
	return fastImport(r.WikiDir, stream)
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

// initBare makes an empty bare repository. It is written by hand: git takes
// longer to make one than to fill it.
func initBare(dir, branch string) (string, error) {
	for _, folder := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return "", err
		}
	}
	config := "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
	return dir, errors.Join(
		os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o644),
		os.WriteFile(filepath.Join(dir, "HEAD"), []byte("ref: refs/heads/"+branch+"\n"), 0o644),
	)
}

func fastImport(dir, stream string) error {
	_, err := git(dir, []byte(stream), "fast-import", "--quiet", "--force")
	return err
}

// commitTree commits files on top of ref, with the account's name and a fixed
// zone.
func commitTree(dir, ref string, by *User, at time.Time, message string, files map[string]string) error {
	var s strings.Builder
	who := fmt.Sprintf("%s <%s> %d +0000", cmp.Or(by.Name, by.Login), cmp.Or(by.Email, by.Login+"@users.noreply.github.com"), at.Unix())
	fmt.Fprintf(&s, "commit %s\ncommitter %s\ndata %d\n%s\n", ref, who, len(message), message)
	if parent, err := resolve(dir, ref); err == nil {
		fmt.Fprintf(&s, "from %s\n", parent)
	}
	s.WriteString("deleteall\n")
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", strconv.Quote(name), len(files[name]), files[name])
	}
	return fastImport(dir, s.String())
}

// resolve returns the commit that a name leads to. Branches that git keeps in
// a file of their own, as it does here, are read without a process.
func resolve(dir, name string) (string, error) {
	if strings.HasPrefix(name, "refs/heads/") {
		if id, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			return strings.TrimSpace(string(id)), nil
		}
	}
	out, err := git(dir, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("no commit %s: %w", name, err)
	}
	return strings.TrimSpace(out), nil
}

func updateRef(dir, ref, commit string) error {
	_, err := git(dir, nil, "update-ref", "--", ref, commit)
	return err
}

func deleteRef(dir, ref string) error {
	_, err := git(dir, nil, "update-ref", "-d", "--", ref)
	return err
}

func fetchObjects(dir, from, commit string) error {
	_, err := git(dir, nil, "-c", "uploadpack.allowAnySHA1InWant=true", "fetch", "--quiet", "--no-write-fetch-head", "--no-tags", "--", from, commit)
	return err
}

// listCommits returns the commits that head has and base has not, oldest
// first.
func listCommits(dir, base, head string) ([]Commit, error) {
	out, err := git(dir, nil, "log", "-z", "--reverse", "--topo-order", "--format=%H%n%T%n%P%n%an%n%ae%n%at%n%ct%n%B", head, "^"+base, "--")
	if err != nil {
		return nil, err
	}
	var commits []Commit
	for _, record := range strings.Split(strings.TrimSuffix(out, "\x00"), "\x00") {
		f := strings.SplitN(record, "\n", 8)
		if len(f) < 8 {
			continue
		}
		commits = append(commits, Commit{
			OID: f[0], Tree: f[1], Parents: strings.Fields(f[2]),
			AuthorName: f[3], AuthorEmail: f[4],
			AuthoredAt: unixTime(f[5]), CommittedAt: unixTime(f[6]),
			Message: strings.TrimRight(f[7], "\n"),
		})
	}
	return commits, nil
}

func unixTime(s string) time.Time {
	n, _ := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0).UTC()
}

// listFiles returns the files that differ between head and where it left
// base.
func listFiles(dir, base, head string) ([]File, error) {
	from := base
	if out, err := git(dir, nil, "merge-base", base, head); err == nil {
		from = strings.TrimSpace(out)
	}
	raw, err := git(dir, nil, "diff", "--raw", "-z", "--no-abbrev", "-M", from, head, "--")
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
	out, err := git(dir, nil, "diff", "-M", "--no-color", "--no-prefix", from, head, "--")
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

// git runs git without any configuration but the repository's own.
func git(dir string, stdin []byte, args ...string) (string, error) {
	if dir != "" {
		args = append([]string{"--git-dir=" + dir}, args...)
	}
	cmd := exec.Command("git", args...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", errors.Join(fmt.Errorf("git %s: %s", args[len(args)-1], strings.TrimSpace(errs.String())), err)
	}
	return out.String(), nil
}
