package gitpack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Store reads the objects of a repository and of those it borrows from. It
// sees the packs and loose objects that were there when it was opened or last
// refreshed. It is safe for several goroutines.
type Store struct {
	dir   string
	tools tools

	mu      sync.Mutex // held by Refresh and Close
	packs   map[string]*pack
	retired []*pack // no longer on disk, but perhaps being read; open until Close
	now     atomic.Pointer[[]objectDir]
}

// objectDir is one objects directory.
type objectDir struct {
	packs []*pack
	loose *loose
}

// Open opens a bare repository, or the .git directory of another one.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir, packs: map[string]*pack{}}
	if err := s.Refresh(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Refresh makes visible what has been added to the repository since Open or
// the last Refresh.
func (s *Store) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	paths, err := objectDirs(filepath.Join(s.dir, "objects"))
	if err != nil {
		return fmt.Errorf("open the objects of %s: %w", s.dir, err)
	}
	seen := map[string]bool{}
	dirs := make([]objectDir, len(paths))
	for i, path := range paths {
		dirs[i].loose = &loose{dir: path, tools: &s.tools}
		names, err := indexNames(filepath.Join(path, "pack"))
		if err != nil {
			return fmt.Errorf("list the packs of %s: %w", s.dir, err)
		}
		for _, name := range names {
			p, err := s.pack(name)
			if gone(err) {
				continue // an index without a pack, or a repack under our eyes
			}
			if err != nil {
				return err
			}
			seen[name] = true
			dirs[i].packs = append(dirs[i].packs, p)
		}
	}
	for name, p := range s.packs {
		if !seen[name] {
			s.retired = append(s.retired, p)
			delete(s.packs, name)
		}
	}
	s.now.Store(&dirs)
	return nil
}

// pack returns the pack of an index, opening it when it is new.
func (s *Store) pack(name string) (*pack, error) {
	if p := s.packs[name]; p != nil {
		return p, nil
	}
	p, err := openPack(name, &s.tools)
	if err != nil {
		return nil, err
	}
	s.packs[name] = p
	return p, nil
}

// indexNames lists the pack indexes of a directory.
func indexNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "pack-") && strings.HasSuffix(name, ".idx") {
			names = append(names, filepath.Join(dir, name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// Close releases the files of the store. Nothing may be read afterwards.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, p := range s.packs {
		errs = append(errs, p.close())
	}
	for _, p := range s.retired {
		errs = append(errs, p.close())
	}
	s.packs, s.retired = nil, nil
	s.now.Store(&[]objectDir{})
	return errors.Join(errs...)
}

// find returns where an object is: in a pack at an offset, or loose.
func (s *Store) find(id ID) (p *pack, off int64, l *loose) {
	for _, dir := range *s.now.Load() {
		for _, p := range dir.packs {
			if off, ok := p.find(id); ok {
				return p, off, nil
			}
		}
		if dir.loose.has(id) {
			return nil, 0, dir.loose
		}
	}
	return nil, 0, nil
}

// Has reports whether the store holds an object.
func (s *Store) Has(id ID) bool {
	p, _, l := s.find(id)
	return p != nil || l != nil
}

// Stat returns the kind and the size of an object without reading its
// contents. An absent object is an error that wraps ErrMissing.
func (s *Store) Stat(id ID) (kind Kind, size int64, err error) {
	switch p, off, l := s.find(id); {
	case p != nil:
		kind, size, err = p.stat(off)
	case l != nil:
		kind, size, err = l.stat(id)
	default:
		err = ErrMissing
	}
	return kind, size, about(id, err)
}

// Read returns the contents of an object. They may be shared with other
// callers and must not be changed. Objects over [MaxRead] are an error that
// wraps ErrTooLarge, absent ones one that wraps ErrMissing.
func (s *Store) Read(id ID) (kind Kind, data []byte, err error) {
	switch p, off, l := s.find(id); {
	case p != nil:
		kind, data, err = p.readAny(off)
	case l != nil:
		kind, data, err = l.read(id)
	default:
		err = ErrMissing
	}
	return kind, data, about(id, err)
}

// Open streams an object of any size. Objects stored whole need no memory to
// speak of; those stored as deltas are made in memory, or above [MaxRead] in a
// temporary file. Contents that are shorter or longer than size are an error
// of the reader. The caller closes it.
func (s *Store) Open(id ID) (kind Kind, size int64, r io.ReadCloser, err error) {
	switch p, off, l := s.find(id); {
	case p != nil:
		kind, size, r, err = p.open(off)
	case l != nil:
		kind, size, r, err = l.open(id)
	default:
		err = ErrMissing
	}
	if err != nil {
		return 0, 0, nil, about(id, err)
	}
	return kind, size, r, nil
}

// about names the object that an error is about.
func about(id ID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("object %s: %w", id, err)
}
