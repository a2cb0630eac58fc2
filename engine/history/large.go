package history

import (
	"fmt"
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/schema"
)

// Mode is what becomes of large files.
type Mode string

const (
	Move   Mode = "move"   // to Git LFS
	Remove Mode = "remove" // from the history
)

// DefaultThreshold is the size that GitHub accepts no file above.
const DefaultThreshold = 100 << 20

// LargeFiles says which files are large and what becomes of them.
type LargeFiles struct {
	// Threshold is the size in bytes from which on a file is large; a file of
	// exactly that size is. 0 means DefaultThreshold.
	Threshold int64

	// Paths restricts what is large to files whose path matches one of these
	// patterns, see schema.MatchGlob. None means all files.
	Paths []string

	Mode Mode
}

func (l LargeFiles) threshold() int64 {
	if l.Threshold <= 0 {
		return DefaultThreshold
	}
	return l.Threshold
}

// check refuses what cannot be carried out.
func (l LargeFiles) check() error {
	if l.Mode != Move && l.Mode != Remove {
		return fmt.Errorf("large files can be moved or removed, not %q", string(l.Mode))
	}
	return l.checkPaths()
}

func (l LargeFiles) checkPaths() error {
	for _, p := range l.Paths {
		if _, err := schema.MatchGlob(p, ""); err != nil {
			return fmt.Errorf("pattern %q of large files: %w", p, err)
		}
	}
	return nil
}

// covers reports whether a file at path is one of those that can be large.
func (l LargeFiles) covers(path string) bool {
	return len(l.Paths) == 0 || slices.ContainsFunc(l.Paths, func(p string) bool {
		ok, err := schema.MatchGlob(p, path)
		return ok && err == nil
	})
}

// isControl reports whether git reads the file itself, which it could not do
// through a filter.
func isControl(name []byte) bool {
	switch string(name) {
	case attributesName, ".gitignore", ".gitmodules", ".lfsconfig":
		return true
	}
	return false
}

// sizes holds the large blobs of a repository.
type sizes struct {
	of    map[gitpack.ID]int64
	maybe [1 << 13]byte // a bit for the first 16 of an id: nearly all blobs are small
}

// findSizes looks at the sizes of all objects, which costs less than following
// the history.
func findSizes(store *gitpack.Store, threshold int64) (*sizes, error) {
	s := &sizes{of: map[gitpack.ID]int64{}}
	for e, err := range store.Objects() {
		if err != nil {
			return nil, err
		}
		if e.Kind == gitpack.Blob && e.Size >= threshold {
			s.of[e.ID] = e.Size
			s.maybe[uint(e.ID[0])<<5|uint(e.ID[1])>>3] |= 1 << (e.ID[1] & 7)
		}
	}
	return s, nil
}

// large returns the size of a large blob.
func (s *sizes) large(id gitpack.ID) (int64, bool) {
	if s.maybe[uint(id[0])<<5|uint(id[1])>>3]&(1<<(id[1]&7)) == 0 {
		return 0, false
	}
	size, ok := s.of[id]
	return size, ok
}

// survey finds out where in a history large files are. What it learns about a
// tree holds wherever that tree is, so that each is read once.
type survey struct {
	store *gitpack.Store
	large LargeFiles
	sizes *sizes

	// filters reports whether a blob of attributes says anything about filters.
	// It is nil where that does not matter.
	filters func(gitpack.ID) (bool, error)

	folders *folders
	holding map[gitpack.ID]bool // whether there is anything of interest below a tree
	told    map[place]bool
}

// place is a tree or blob where it stands in the history.
type place struct {
	id gitpack.ID
	at int32 // number of its path
}

func newSurvey(store *gitpack.Store, large LargeFiles) (*survey, error) {
	s, err := findSizes(store, large.threshold())
	if err != nil {
		return nil, err
	}
	return &survey{
		store: store, large: large, sizes: s, folders: newFolders(),
		holding: map[gitpack.ID]bool{}, told: map[place]bool{},
	}, nil
}

// holds reports whether a tree has a large blob or a rule about filters
// anywhere below it.
func (s *survey) holds(tree gitpack.ID, depth int) (bool, error) {
	if holds, ok := s.holding[tree]; ok {
		return holds, nil
	}
	if depth > maxTreeDepth {
		return false, fmt.Errorf("tree %s is more than %d folders deep", tree, maxTreeDepth)
	}
	data, err := readTree(s.store, tree)
	if err != nil {
		return false, err
	}
	holds := false
	for e, err := range treeEntries(data) {
		if err != nil {
			return false, fmt.Errorf("read tree %s: %w", tree, err)
		}
		switch {
		case e.isTree():
			below, err := s.holds(e.id, depth+1)
			if err != nil {
				return false, err
			}
			holds = holds || below
		case !e.isFile():
		case s.filters != nil && string(e.name) == attributesName:
			filters, err := s.filters(e.id)
			if err != nil {
				return false, err
			}
			holds = holds || filters
		case !isControl(e.name):
			_, large := s.sizes.large(e.id)
			holds = holds || large
		}
	}
	s.holding[tree] = holds
	return holds, nil
}

// found is a large file in a tree.
type found struct {
	path string
	blob gitpack.ID
	size int64
}

// tell calls tell for each large file in a root tree that it was not called for
// yet.
func (s *survey) tell(root gitpack.ID, tell func(found) error) error {
	return s.tellBelow(root, 0, 0, tell)
}

func (s *survey) tellBelow(tree gitpack.ID, in int32, depth int, tell func(found) error) error {
	if holds, err := s.holds(tree, depth); err != nil || !holds {
		return err
	}
	if s.told[place{tree, in}] {
		return nil
	}
	s.told[place{tree, in}] = true
	data, err := readTree(s.store, tree)
	if err != nil {
		return err
	}
	for e, err := range treeEntries(data) {
		if err != nil {
			return fmt.Errorf("read tree %s: %w", tree, err)
		}
		if e.isTree() {
			if err := s.tellBelow(e.id, s.folders.in(in, e.name), depth+1, tell); err != nil {
				return err
			}
			continue
		}
		size, large := s.sizes.large(e.id)
		if !large || !e.isFile() || isControl(e.name) {
			continue
		}
		f := found{path: s.folders.path(0, in, string(e.name)), blob: e.id, size: size}
		at := place{e.id, s.folders.in(in, e.name)}
		if s.told[at] || !s.large.covers(f.path) {
			continue
		}
		s.told[at] = true
		if err := tell(f); err != nil {
			return err
		}
	}
	return nil
}
