package gittree

import (
	"fmt"
	"iter"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// Change is a path at which two roots differ. The entry of the root that has
// nothing there is the zero one; Names are the last part of Path.
type Change struct {
	Path     string
	Old, New Entry
}

// Walk yields everything below root that is no directory, and the directories
// that are empty, in the order of their paths (a directory's ends with a slash
// there). Name is the path. It ends with the first error.
func (t *Trees) Walk(root gitpack.ID) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		w := walker{trees: t, fail: func(err error) bool { return yield(Entry{}, err) }}
		w.each(nil, root, 0, func(path []byte, e Entry) bool {
			e.Name = string(path)
			return yield(e, nil)
		})
	}
}

// Diff yields the paths at which b differs from a, in their order: of what is
// no directory, and of directories that are empty and that the other root
// does not have. Subtrees that are equal are not opened. It ends with the
// first error.
func (t *Trees) Diff(a, b gitpack.ID) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		w := walker{trees: t, fail: func(err error) bool { return yield(Change{}, err) }}
		w.diff(nil, a, b, 0, func(c Change) bool { return yield(c, nil) })
	}
}

// walker goes through trees. Its methods return false once they have to end.
type walker struct {
	trees *Trees
	fail  func(error) bool
}

func (w walker) load(path []byte, id gitpack.ID, depth int) (*node, bool) {
	n, err := w.trees.load(id)
	if err == nil {
		n, err = n.inOrder()
	}
	if err == nil && depth > maxDepth {
		err = fmt.Errorf("%w: more than %d directories deep", gitpack.ErrCorrupt, maxDepth)
	}
	if err != nil {
		w.fail(fmt.Errorf("directory %.200q: %w", path, err))
		return nil, false
	}
	return n, true
}

// each visits what is below a tree. The path is valid during the visit.
func (w walker) each(path []byte, id gitpack.ID, depth int, visit func(path []byte, e Entry) bool) bool {
	n, ok := w.load(path, id, depth)
	if !ok {
		return false
	}
	for i := range n.len() {
		name, _ := n.name(i)
		if !w.one(join(path, name), n.entry(i, string(name)), depth, visit) {
			return false
		}
	}
	return true
}

// one visits an entry, or what is below it.
func (w walker) one(path []byte, e Entry, depth int, visit func(path []byte, e Entry) bool) bool {
	if e.Mode.IsDirectory() && e.ID != Empty {
		return w.each(path, e.ID, depth+1, visit)
	}
	return visit(path, e)
}

func (w walker) diff(path []byte, a, b gitpack.ID, depth int, visit func(Change) bool) bool {
	if a == b {
		return true
	}
	old, ok := w.load(path, a, depth)
	if !ok {
		return false
	}
	next, ok := w.load(path, b, depth)
	if !ok {
		return false
	}
	removed := func(path []byte, e Entry) bool { return visit(Change{Path: string(path), Old: e}) }
	added := func(path []byte, e Entry) bool { return visit(Change{Path: string(path), New: e}) }
	for i, j := 0, 0; i < old.len() || j < next.len(); {
		order := compareAt(old, i, next, j)
		switch {
		case order < 0:
			name, _ := old.name(i)
			ok = w.one(join(path, name), old.entry(i, string(name)), depth, removed)
		case order > 0:
			name, _ := next.name(j)
			ok = w.one(join(path, name), next.entry(j, string(name)), depth, added)
		default:
			name, dir := next.name(j)
			was, is := old.entry(i, string(name)), next.entry(j, string(name))
			if dir {
				ok = w.diff(join(path, name), was.ID, is.ID, depth+1, visit)
			} else if was != is {
				ok = visit(Change{Path: string(join(path, name)), Old: was, New: is})
			}
		}
		if !ok {
			return false
		}
		if order <= 0 {
			i++
		}
		if order >= 0 {
			j++
		}
	}
	return true
}

// compareAt orders entry i of a and entry j of b; past the end comes last.
func compareAt(a *node, i int, b *node, j int) int {
	switch {
	case i == a.len():
		return 1
	case j == b.len():
		return -1
	}
	nameA, dirA := a.name(i)
	nameB, dirB := b.name(j)
	return compare(nameA, dirA, nameB, dirB)
}

// join appends a name to the path of a directory. Siblings share the memory
// behind it, one after the other.
func join(dir, name []byte) []byte {
	if len(dir) > 0 {
		dir = append(dir, '/')
	}
	return append(dir, name...)
}
