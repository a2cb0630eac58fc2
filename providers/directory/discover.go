package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		if query.Kind != "repositories" {
			yield(providers.Discovered{}, providers.Errorf(providers.CodeInvalid, "an archive cannot list %q; it lists repositories", schema.Printable(query.Kind)))
			return
		}
		tree, err := s.archive.open()
		if err != nil {
			yield(providers.Discovered{}, failure("list repositories", s.archive.dir, err))
			return
		}
		w := walk{tree: tree, found: func(found schema.Found) error {
			if !yield(providers.Discovered{Item: &found}, nil) {
				return errNoMore
			}
			return nil
		}}
		switch err := w.folder(ctx, ""); {
		case errors.Is(err, errNoMore):
		case err != nil:
			yield(providers.Discovered{}, failure("list repositories", s.archive.dir, err))
		default:
			yield(providers.Discovered{End: &providers.ListingEnd{Complete: w.problem == nil, Problem: w.problem}}, nil)
		}
	}
}

// walk goes through an archive in the order of names. It follows no symbolic
// links.
type walk struct {
	tree    tree
	found   func(schema.Found) error
	problem *providers.Error // the first thing that could not be looked at
}

// folder walks a namespace. It fails only when the walk is to end.
func (w *walk) folder(ctx context.Context, namespace string) error {
	entries, err := w.entries(namespace)
	if err != nil {
		w.note(namespace, err)
		return nil
	}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := entry.Name()
		base, isGit := strings.CutSuffix(name, gitSuffix)
		switch {
		case !entry.IsDir(), base == "", strings.Contains(name, tempMark),
			strings.HasSuffix(name, wikiSuffix), strings.HasSuffix(name, recordsSuffix):
			continue
		case isGit:
			err = w.repository(namespace, base)
		case segmentFault(name) != "":
			w.note(path.Join(namespace, name), providers.Errorf(providers.CodeInvalid, "its name %s", segmentFault(name)))
			continue
		case strings.Count(path.Join(namespace, name), "/")+1 >= maxDepth:
			w.note(path.Join(namespace, name), providers.Errorf(providers.CodeInvalid, "it is more than %d folders deep", maxDepth-1))
			continue
		default:
			err = w.folder(ctx, path.Join(namespace, name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entries(namespace string) ([]fs.DirEntry, error) {
	dir, err := w.tree.Open(path.Join(".", namespace))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (w *walk) note(name string, err error) {
	if w.problem == nil {
		w.problem = failure("look into", path.Join(".", name), err)
	}
}

// repository tells of a folder NAME.git, if it is a repository.
func (w *walk) repository(namespace, name string) error {
	at, invalid := newLocation(namespace, name)
	if invalid != nil {
		w.note(path.Join(namespace, name), invalid)
		return nil
	}
	head, err := readSmall(w.tree, path.Join(at.git(), "HEAD"), 4<<10)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		w.note(at.git(), err)
		return nil
	}
	m, err := readManifest(w.tree, at)
	if err != nil {
		w.note(at.String(), err)
		return nil
	}
	repo := &stored{at: at, tree: w.tree, manifest: m}
	empty, err := w.empty(at)
	if err != nil {
		w.note(at.git(), err)
		return nil
	}
	found := schema.Found{
		Identity: repo.identity(), ID: at.String(), FullName: at.String(), Owner: at.namespace, Name: at.name, Slug: at.name, Empty: empty,
	}
	if branch, ok := strings.CutPrefix(string(head), "ref: refs/heads/"); ok {
		found.DefaultBranch = strings.TrimSpace(branch)
	}
	if own := repo.settings(); own != nil {
		found.Visibility, found.Archived, found.Fork = own.Visibility, own.Archived, own.Fork
		found.Topics, found.License = own.Topics, own.License
	}
	return w.found(found)
}

// empty reports whether a repository has no refs. It looks at the files that
// git keeps them in: a process for each of ten thousand repositories would make
// a listing a matter of minutes.
func (w *walk) empty(at location) (bool, error) {
	info, err := w.tree.Stat(path.Join(at.git(), "packed-refs"))
	if err == nil && info.Size() > int64(len("# pack-refs with: peeled fully-peeled sorted \n")) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return w.noFiles(path.Join(at.git(), "refs"), maxDepth)
}

func (w *walk) noFiles(name string, depth int) (bool, error) {
	dir, err := w.tree.Open(name)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist), nil
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return false, fmt.Errorf("list %s: %w", schema.Printable(name), err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || depth == 0 {
			return false, nil
		}
		if none, err := w.noFiles(path.Join(name, entry.Name()), depth-1); err != nil || !none {
			return false, err
		}
	}
	return true, nil
}
