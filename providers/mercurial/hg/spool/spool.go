// Package spool keeps a Mercurial history that arrives in bundles, from files
// or from servers, in a folder of our own, and reads it as an [hg.Repository].
//
// Start at [Open], [Spool.Add] and [Spool.Follow].
//
// # Files
//
//	data      the deltas as they came, the larger ones compressed
//	index     a record of fixed size for each revision
//	groups    which records belong to which log
//	state     JSON: how much of the three is valid, and what names and phases there are
//
// The three are only ever appended to. Each Add ends with one replacement of
// state, after everything it speaks of is on the disk, so a process that is
// killed leaves the spool as it was: what state does not cover is cut off by
// the next Open. One process at a time may use a spool; the caller sees to it.
//
// # Why
//
// Mercurial's own store has a file for each file of the history. That suits a
// program that is asked for single files; we read everything once, and tens of
// thousands of small files are slow to make. Here a bundle is three sequential
// files, and what it brings of one file stays together.
//
// Texts are checked when they are read, not when they arrive: whoever converts
// them reads them anyway. Only what leads somewhere (parents, bases, places in
// deltas, sizes) is checked at once.
package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/bundle"
	"github.com/drover-migrate/drover/providers/mercurial/hg/chain"
	"github.com/drover-migrate/drover/schema"
)

// Options are for Open.
type Options struct {
	Scratch string // folder for texts too large for memory; "" is the system's
}

// Spool is a history in a folder. It implements [hg.Repository]. Add and Follow
// must not run while anything else is done with it.
type Spool struct {
	dir    string
	opts   Options
	data   *os.File
	index  *os.File
	groups *os.File

	state     state
	changelog *table
	manifests *table
	ranges    map[string][]span // of files, by path
	hidden    []bool            // nil: nothing is
	phases    []hg.Phase
}

var _ hg.Repository = (*Spool)(nil)

// Open opens the spool in dir, or makes an empty one.
func Open(dir string, opts Options) (_ *Spool, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make a spool: %w", err)
	}
	s := &Spool{dir: dir, opts: opts}
	defer func() {
		if err != nil {
			s.Close()
			err = fmt.Errorf("open the spool at %s: %w", schema.Printable(dir), err)
		}
	}()
	if s.state, err = readState(dir); err != nil {
		return nil, err
	}
	for name, file := range map[string]**os.File{"data": &s.data, "index": &s.index, "groups": &s.groups} {
		if *file, err = os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
			return nil, err
		}
	}
	if err := s.cut(); err != nil {
		return nil, err
	}
	return s, s.load()
}

// cut removes what an Add that did not end has left.
func (s *Spool) cut() error {
	for _, f := range []struct {
		file *os.File
		size int64
	}{{s.data, s.state.Data}, {s.index, s.state.Index}, {s.groups, s.state.Groups}} {
		info, err := f.file.Stat()
		if err != nil {
			return err
		}
		if info.Size() < f.size {
			return fmt.Errorf("%w: %s has %d bytes and should have %d; remove the folder, and all is read again",
				hg.ErrCorrupt, filepath.Base(f.file.Name()), info.Size(), f.size)
		}
		if info.Size() > f.size {
			if err := f.file.Truncate(f.size); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads the tables that are always needed.
func (s *Spool) load() error {
	var changelog, manifests []span
	var err error
	if changelog, manifests, s.ranges, err = readGroups(s.groups, s.state); err != nil {
		return err
	}
	if s.changelog, err = readTable(s.index, changelog); err != nil {
		return fmt.Errorf("read the changelog: %w", err)
	}
	if s.manifests, err = readTable(s.index, manifests); err != nil {
		return fmt.Errorf("read the manifest log: %w", err)
	}
	return s.look()
}

// look works out phases and what is visible.
func (s *Spool) look() error {
	var err error
	if s.phases, err = s.state.phases(s.changelog.Len()); err != nil {
		return err
	}
	numbers := func(nodes []hg.Node) map[int]bool {
		known := map[int]bool{}
		for _, n := range nodes {
			if i, ok := s.changelog.Find(n); ok {
				known[i] = true
			}
		}
		return known
	}
	var pinned []hg.Node
	for _, n := range s.state.Bookmarks {
		pinned = append(pinned, n)
	}
	s.hidden = hg.Hidden(s.changelog, s.phases, numbers(s.state.Obsolete), numbers(pinned))
	if s.state.Heads == nil {
		return nil
	}
	// A server's history is what its heads lead to. What it had before and
	// has no more stays in the spool, out of sight.
	reached := numbers(s.state.Heads)
	if s.hidden == nil {
		s.hidden = make([]bool, s.changelog.Len())
	}
	seen := make([]bool, s.changelog.Len())
	for i := len(seen) - 1; i >= 0; i-- {
		if !seen[i] && !reached[i] {
			s.hidden[i] = true
			continue
		}
		seen[i] = true
		p1, p2 := s.changelog.Parents(i)
		for _, p := range [2]int{p1, p2} {
			if p >= 0 {
				seen[p] = true
			}
		}
	}
	return nil
}

// Add appends what a bundle brings that the spool does not hold. When it
// fails, the spool is as it was before.
func (s *Spool) Add(ctx context.Context, from io.Reader) error {
	return s.add(func(to bundle.Sink) error { return bundle.Read(ctx, from, to) })
}

// AddChangegroup is Add for a changegroup that has no bundle around it.
func (s *Spool) AddChangegroup(ctx context.Context, from io.Reader) error {
	return s.add(func(to bundle.Sink) error { return bundle.ReadChangegroup(ctx, from, to) })
}

func (s *Spool) add(read func(bundle.Sink) error) error {
	w := newWriter(s)
	err := read(w)
	if err == nil {
		err = w.finish()
	}
	if err == nil {
		return s.load()
	}
	// What was appended is cut off, and the tables are read again.
	return errors.Join(err, s.cut(), s.load())
}

// Follow makes the spool show what a server has now: the ancestors of heads,
// its bookmarks, and its phases, given by their roots. Changesets that the
// spool does not hold are left out.
func (s *Spool) Follow(heads []hg.Node, bookmarks map[string]hg.Node, roots map[hg.Node]hg.Phase) error {
	numbers := map[int]hg.Phase{}
	for n, phase := range roots {
		if i, ok := s.changelog.Find(n); ok {
			numbers[i] = phase
		}
	}
	next := s.state
	next.Heads = append([]hg.Node{}, heads...)
	next.Bookmarks = map[string]hg.Node{}
	for name, n := range bookmarks {
		if _, ok := s.changelog.Find(n); ok {
			next.Bookmarks[name] = n
		}
	}
	next.Phases = runs(hg.Phases(s.changelog, numbers))
	if err := next.write(s.dir); err != nil {
		return fmt.Errorf("record what the server has: %w", err)
	}
	s.state = next
	return s.look()
}

// Has reports whether the spool holds a changeset, visible or not.
func (s *Spool) Has(n hg.Node) bool {
	_, ok := s.changelog.Find(n)
	return ok
}

// Changelog implements [hg.Repository].
func (s *Spool) Changelog() (hg.Log, error) { return s.log(s.changelog, "changelog"), nil }

// Manifests implements [hg.Repository].
func (s *Spool) Manifests() (hg.Log, error) { return s.log(s.manifests, "manifest"), nil }

// File implements [hg.Repository].
func (s *Spool) File(path string) (hg.Log, error) {
	name := bundle.Log{Kind: bundle.File, Path: path}.String()
	ranges, ok := s.ranges[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, hg.ErrNoFile)
	}
	t, err := readTable(s.index, ranges)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s.log(t, name), nil
}

func (s *Spool) log(t *table, name string) *chain.Log {
	return chain.New(newChunks(t, s.data), chain.Options{Name: name, Scratch: s.opts.Scratch, Changeset: s.changeset})
}

func (s *Spool) changeset(link int) (hg.Node, bool) {
	if link < 0 || link >= s.changelog.Len() {
		return hg.Node{}, false
	}
	return s.changelog.node(link), true
}

// Files implements [hg.Repository].
func (s *Spool) Files() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for path := range s.ranges {
			if !yield(path, nil) {
				return
			}
		}
	}
}

// Bookmarks implements [hg.Repository].
func (s *Spool) Bookmarks() map[string]hg.Node { return s.state.Bookmarks }

// LocalTags implements [hg.Repository]. They do not travel.
func (s *Spool) LocalTags() map[string]hg.Node { return nil }

// Phase implements [hg.Repository].
func (s *Spool) Phase(i int) hg.Phase { return s.phases[i] }

// Hidden implements [hg.Repository]. Besides what is obsolete, what the server
// no longer has is hidden.
func (s *Spool) Hidden(i int) bool { return s.hidden != nil && s.hidden[i] }

// Requirements implements [hg.Repository]. A spool has none.
func (s *Spool) Requirements() []string { return nil }

// LargeFile implements [hg.Repository]. Bundles hold no large files.
func (s *Spool) LargeFile(string) (io.ReadCloser, error) { return nil, fs.ErrNotExist }

// LFSObject implements [hg.Repository]. Bundles hold no large files.
func (s *Spool) LFSObject(string) (io.ReadCloser, error) { return nil, fs.ErrNotExist }

// Close implements [hg.Repository].
func (s *Spool) Close() error {
	var errs []error
	for _, f := range []*os.File{s.data, s.index, s.groups} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
