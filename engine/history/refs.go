package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

const (
	notesPrefix   = "refs/notes/"
	replacePrefix = "refs/replace/"
)

// tips are what the refs of a repository lead to.
type tips struct {
	refs    map[string]gitpack.ID // and, under "HEAD", the commit of a detached one
	commits []gitpack.ID          // of all refs but notes
	notes   []gitpack.ID
	tags    []gitpack.ID // tag objects, each after those that it tags
	trees   []gitpack.ID // that refs and tags lead to without a commit
}

const headName = "HEAD"

// findTips follows refs and tags.
func findTips(store *gitpack.Store, refs gitrepo.Refs) (*tips, error) {
	t := &tips{refs: map[string]gitpack.ID{}}
	named := maps.Clone(refs.Names)
	if named == nil {
		named = map[string]string{}
	}
	if refs.Head == "" && refs.HeadOID != "" {
		named[headName] = refs.HeadOID
	}
	seen := map[gitpack.ID]bool{}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		id, err := gitpack.ParseID(named[name])
		if err != nil {
			return nil, fmt.Errorf("ref %q: %w", name, err)
		}
		t.refs[name] = id
		if err := t.follow(store, id, strings.HasPrefix(name, notesPrefix), seen); err != nil {
			return nil, fmt.Errorf("ref %q: %w", name, err)
		}
	}
	return t, nil
}

// follow adds what id leads to.
func (t *tips) follow(store *gitpack.Store, id gitpack.ID, notes bool, seen map[gitpack.ID]bool) error {
	var chain []gitpack.ID
	for !seen[id] {
		kind, _, err := store.Stat(id)
		if err != nil {
			return err
		}
		if kind == gitpack.Commit && notes {
			t.notes = append(t.notes, id) // which may be those of another ref as well
			break
		}
		seen[id] = true
		switch kind {
		case gitpack.Commit:
			t.commits = append(t.commits, id)
		case gitpack.Tree:
			t.trees = append(t.trees, id)
		case gitpack.Tag:
			chain = append(chain, id)
			_, data, err := store.Read(id)
			if err != nil {
				return err
			}
			if tag, ok := parseTag(data); ok {
				id = tag.object
			}
		}
	}
	slices.Reverse(chain)
	t.tags = append(t.tags, chain...)
	return nil
}

// mapRefs returns the refs with the new ids that became tells. The names of
// replacements are ids themselves.
func (t *tips) mapRefs(became func(gitpack.ID) (gitpack.ID, error)) (map[string]string, error) {
	mapped := make(map[string]string, len(t.refs))
	for _, name := range slices.Sorted(maps.Keys(t.refs)) {
		id, err := became(t.refs[name])
		if err != nil {
			return nil, fmt.Errorf("ref %q: %w", name, err)
		}
		if hex, ok := strings.CutPrefix(name, replacePrefix); ok {
			if raw, err := gitpack.ParseID(hex); err == nil {
				replaced, err := became(raw)
				if err != nil {
					return nil, fmt.Errorf("ref %q: %w", name, err)
				}
				name = replacePrefix + replaced.String()
			}
		}
		mapped[name] = id.String()
	}
	return mapped, nil
}

// setRefs makes the refs of a repository exactly these, in one transaction, and
// then HEAD.
func setRefs(ctx context.Context, repo *gitrepo.Repo, refs map[string]string, head string) error {
	have, err := repo.Refs(ctx)
	if err != nil {
		return err
	}
	var updates []gitrepo.RefUpdate
	for name := range have.Names {
		if _, ok := refs[name]; !ok {
			updates = append(updates, gitrepo.RefUpdate{Name: name})
		}
	}
	for name, id := range refs {
		if have.Names[name] != id && name != headName {
			updates = append(updates, gitrepo.RefUpdate{Name: name, New: id})
		}
	}
	slices.SortFunc(updates, func(a, b gitrepo.RefUpdate) int { return strings.Compare(a.Name, b.Name) })
	if err := updateRefs(ctx, repo, updates); err != nil {
		return err
	}
	if id, detached := refs[headName]; detached {
		if have.Head == "" && have.HeadOID == id {
			return nil
		}
		return writeFile(filepath.Join(repo.Dir(), headName), func(w io.Writer) error {
			_, err := io.WriteString(w, id+"\n")
			return err
		})
	}
	if head == "" || head == have.Head {
		return nil
	}
	return repo.SetHead(ctx, head)
}

// updateRefs makes all updates at once. Where a ref takes the place of a folder of
// others that go, which no transaction of git can do, those go first.
func updateRefs(ctx context.Context, repo *gitrepo.Repo, updates []gitrepo.RefUpdate) error {
	gone := map[string]bool{}
	for _, u := range updates {
		if u.New == "" {
			gone[u.Name] = true
		}
	}
	var first, rest []gitrepo.RefUpdate
	for _, u := range updates {
		if u.New == "" && slices.ContainsFunc(updates, func(o gitrepo.RefUpdate) bool { return o.New != "" && clash(o.Name, u.Name) }) {
			first = append(first, u)
		} else {
			rest = append(rest, u)
		}
	}
	if err := repo.UpdateRefs(ctx, first); err != nil {
		return err
	}
	return repo.UpdateRefs(ctx, rest)
}

// clash reports whether one name is a folder of the other.
func clash(a, b string) bool {
	return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// readRefs returns the refs of a repository whose history can be read.
func readRefs(ctx context.Context, repo *gitrepo.Repo) (gitrepo.Refs, error) {
	format, err := repo.ObjectFormat(ctx)
	if err != nil {
		return gitrepo.Refs{}, err
	}
	if format != "sha1" {
		return gitrepo.Refs{}, fmt.Errorf("%s has %s object ids: %w; leave out what rewrites its history", repo.Dir(), format, errors.ErrUnsupported)
	}
	switch _, err := os.Lstat(filepath.Join(repo.Dir(), "shallow")); {
	case err == nil:
		return gitrepo.Refs{}, fmt.Errorf("the history of %s is cut off: %w; fetch all of it", repo.Dir(), errors.ErrUnsupported)
	case !errors.Is(err, os.ErrNotExist):
		return gitrepo.Refs{}, err
	}
	return repo.Refs(ctx)
}
