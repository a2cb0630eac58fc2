package conversion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// Names in the directory beside those of git. All have one prefix.
const (
	ownPrefix      = "drover-"
	lockFile       = "drover-lock"
	checkpointFile = "drover-checkpoint"
	statePrefix    = "drover-state-"
	scratchDir     = "drover-scratch"
	spoolDir       = "drover-spool"
	newSuffix      = ".new" // of a file that is going to replace another
)

// mayUse refuses a directory that holds anything but a bare repository, or
// parts of one, and files of a conversion: it might have to be emptied.
func (s *Session) mayUse() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	typical := len(entries) == 0
	for _, entry := range entries {
		switch name := strings.TrimSuffix(entry.Name(), ".lock"); name {
		case "HEAD", "objects", "refs":
			typical = true
		case "branches", "config", "description", "FETCH_HEAD", "gc.log", "gc.pid", "hooks", "info", "lfs", "logs",
			"packed-refs", "packed-refs.new", "shallow":
		default:
			if !strings.HasPrefix(name, ownPrefix) {
				return fmt.Errorf("it holds %q and is not an export; move it away or choose another directory", entry.Name())
			}
			typical = true
		}
	}
	if !typical {
		return errors.New("it is not an export and not empty; move it away or choose another directory")
	}
	return nil
}

// resume makes the directory what the last checkpoint says, or a repository
// without objects.
func (s *Session) resume(ctx context.Context, key string) error {
	c, err := readCheckpoint(s.path(checkpointFile))
	if err == nil && c.Key == key {
		err = c.check(s.dir)
	}
	var damage *damageError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.As(err, &damage), err == nil && c.Key != key:
		return s.anew(ctx, key)
	case err != nil:
		return err
	}
	s.last = c
	if err := s.tidy(); err != nil {
		return err
	}
	s.repo, err = gitrepo.Open(s.dir)
	return err
}

// anew empties the directory and makes a repository. The checkpoint goes
// first: without one, the next call does the same again.
func (s *Session) anew(ctx context.Context, key string) error {
	if err := s.disk.RemoveAll(s.path(checkpointFile)); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == lockFile {
			continue
		}
		if err := s.disk.RemoveAll(s.path(entry.Name())); err != nil {
			return err
		}
	}
	s.last = checkpoint{Version: checkpointVersion, Key: key}
	s.repo, err = gitrepo.Init(ctx, s.dir, "sha1")
	return err
}

// tidy removes what a run left that was killed: packs and states that the
// checkpoint does not name, rows of the table after it, temporary files and
// the locks of git.
func (s *Session) tidy() error {
	named := map[string]bool{}
	for _, p := range s.last.Packs {
		named[p.Name] = true
	}
	err := s.sweep("objects/pack", func(name string) bool {
		return !named[strings.TrimSuffix(name, filepath.Ext(name))]
	})
	if err != nil {
		return err
	}
	err = s.sweep(".", func(name string) bool {
		return strings.HasSuffix(name, ".lock") || name == "packed-refs.new" || name == scratchDir ||
			strings.HasPrefix(name, ownPrefix) && strings.HasSuffix(name, newSuffix) ||
			strings.HasPrefix(name, statePrefix) && name != s.last.State.Name
	})
	if err != nil {
		return err
	}
	if err := s.removeRefLocks(); err != nil {
		return err
	}
	if info, err := os.Stat(s.path(providers.RevisionsFile)); err != nil || info.Size() == s.last.Table {
		return err
	}
	return s.disk.Truncate(s.path(providers.RevisionsFile), s.last.Table)
}

// sweep removes the entries of a folder that are left behind.
func (s *Session) sweep(folder string, left func(name string) bool) error {
	entries, err := os.ReadDir(s.path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !left(entry.Name()) {
			continue
		}
		if err := s.disk.RemoveAll(s.path(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// removeRefLocks removes the locks that a killed git left on refs. No ref can
// end in .lock.
func (s *Session) removeRefLocks() error {
	return filepath.WalkDir(s.path("refs"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".lock") {
			return nil
		}
		return s.disk.RemoveAll(path)
	})
}
