package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// workplace is the repository that a rewrite writes to: the result itself when
// it only grows, else one beside it that takes its place when it is complete.
type workplace struct {
	to    string // where the result belongs
	repo  *gitrepo.Repo
	state state
	old   string // the result of another key, if there is one
}

func partialOf(to string) string { return to + ".partial" }

func oldOf(to string) string { return to + ".old" }

// openWorkplace brings to an end what a killed call began, and returns where to
// go on.
func openWorkplace(ctx context.Context, from *gitrepo.Repo, to, key string) (*workplace, error) {
	if err := settle(to); err != nil {
		return nil, err
	}
	w := &workplace{to: to}
	switch s, err := readState(to); {
	case err == nil && s.fits(key):
		if err := os.RemoveAll(partialOf(to)); err != nil {
			return nil, err
		}
		return w, w.open(from, to, s)
	case errors.Is(err, fs.ErrNotExist):
		if err := checkFree(to); err != nil {
			return nil, err
		}
	default: // of another key, or damaged
		w.old = to
	}
	if s, err := readState(partialOf(to)); err == nil && s.fits(key) {
		return w, w.open(from, partialOf(to), s)
	}
	if err := os.RemoveAll(partialOf(to)); err != nil {
		return nil, err
	}
	return w, w.create(ctx, from, partialOf(to), state{Format: stateFormat, Key: key})
}

func (s state) fits(key string) bool { return s.Format == stateFormat && s.Key == key }

// settle completes an exchange of results that was interrupted.
func settle(to string) error {
	there, err := isThere(to)
	if err != nil {
		return err
	}
	if there {
		return os.RemoveAll(oldOf(to))
	}
	if err := os.Rename(oldOf(to), to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// checkFree makes sure that nothing stands where the result is to be.
func checkFree(to string) error {
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not the result of a rewrite and not empty; move it away or choose another directory", to)
	}
	return os.Remove(to)
}

// create makes a repository that open can go on with.
func (w *workplace) create(ctx context.Context, from *gitrepo.Repo, dir string, s state) error {
	if _, err := gitrepo.Init(ctx, dir, "sha1"); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, stateDir), 0o777); err != nil {
		return err
	}
	if err := s.write(dir); err != nil {
		return err
	}
	return w.open(from, dir, s)
}

// open goes on with the repository dir.
func (w *workplace) open(from *gitrepo.Repo, dir string, s state) error {
	w.state = s
	if err := w.sweep(dir); err != nil {
		return err
	}
	var err error
	if w.repo, err = gitrepo.Open(dir); err != nil {
		return err
	}
	return w.repo.AddAlternate(from)
}

// sweep removes what a killed call left: locks of git, files that were not
// complete, and packs that the state does not name.
func (w *workplace) sweep(dir string) error {
	packs := filepath.Join(dir, "objects", "pack")
	entries, err := os.ReadDir(packs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		base := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		if !slices.Contains(w.state.Packs, base) {
			if err := os.Remove(filepath.Join(packs, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.RemoveAll(lfsScratch(dir)); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name := entry.Name(); name == "objects" || name == "lfs" || name == stateDir {
				return fs.SkipDir
			}
		case strings.HasSuffix(path, ".lock") || strings.HasPrefix(entry.Name(), tempPrefix):
			return os.Remove(path)
		}
		return nil
	})
}

// maxPacks is how many packs the result consists of at most. Each one slows
// down git.
const maxPacks = 16

// save makes s the state of the workplace. pack is what was written meanwhile,
// "" for nothing.
func (w *workplace) save(s state, pack string) error {
	s.Packs = slices.Clone(w.state.Packs)
	if pack != "" {
		s.Packs = append(s.Packs, pack)
	}
	if len(s.Packs) > maxPacks {
		merged, err := gitpack.Merge(w.repo.Dir(), s.Packs)
		if err != nil {
			return err
		}
		s.Packs = []string{merged}
	}
	if err := s.write(w.repo.Dir()); err != nil {
		return err
	}
	w.state = s
	return w.sweep(w.repo.Dir())
}

// publish puts the workplace where the result belongs.
func (w *workplace) publish() error {
	if w.repo.Dir() == w.to {
		return nil
	}
	if err := os.Rename(w.to, oldOf(w.to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(partialOf(w.to), w.to); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(w.to)); err != nil {
		return err
	}
	return os.RemoveAll(oldOf(w.to))
}
