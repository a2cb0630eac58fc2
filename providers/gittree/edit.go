package gittree

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// Edit collects changes to a root. It takes memory for what changes, not for
// what the root holds. It belongs to one goroutine.
type Edit struct {
	trees *Trees
	root  *folder
	delta gitpack.Delta
}

// folder is a directory that may have changes.
type folder struct {
	base    gitpack.ID // the tree that they apply to
	changes map[string]change
}

// change is what becomes of one name: an entry (the zero one when it is
// removed), or a directory with changes of its own.
type change struct {
	entry  Entry
	folder *folder
}

// Edit starts an edit of root.
func (t *Trees) Edit(root gitpack.ID) *Edit {
	return &Edit{trees: t, root: newFolder(root)}
}

func newFolder(base gitpack.ID) *folder {
	if base.IsZero() {
		base = Empty
	}
	return &folder{base: base}
}

func (f *folder) set(name string, c change) {
	if f.changes == nil {
		f.changes = map[string]change{}
	}
	f.changes[name] = c
}

// Lookup returns what is at a path, as the edit will leave it. A directory
// with changes below it has no ID until it is written.
func (e *Edit) Lookup(path string) (Entry, bool, error) {
	if path != "" {
		if err := checkPath(path); err != nil {
			return Entry{}, false, err
		}
	}
	f, name, rest := e.root, "", path
	for rest != "" {
		name, rest, _ = strings.Cut(rest, "/")
		c, changed := f.changes[name]
		switch {
		case !changed && rest == "":
			return e.trees.Lookup(f.base, name)
		case !changed:
			return e.trees.Lookup(f.base, name+"/"+rest)
		case c.folder != nil:
			f = c.folder
		case rest == "":
			return c.entry, c.entry.exists(), nil
		case !c.entry.Mode.IsDirectory():
			return Entry{}, false, nil
		default:
			return e.trees.Lookup(c.entry.ID, rest)
		}
	}
	entry := Entry{Name: name, Mode: Directory, ID: f.base}
	if len(f.changes) > 0 {
		entry.ID = gitpack.ID{}
	}
	return entry, true, nil
}

// Set puts an entry at a path, makes the directories on the way to it, and
// replaces what stands in its place or in theirs. A Directory takes over the
// whole tree id, whatever its size; at the path "" it replaces the root.
func (e *Edit) Set(path string, mode Mode, id gitpack.ID) error {
	if mode == 0 {
		return fmt.Errorf("path %.200q: an entry needs a mode", path)
	}
	if mode.IsDirectory() && id.IsZero() {
		id = Empty
	}
	if path == "" {
		if !mode.IsDirectory() {
			return fmt.Errorf("the root of a tree cannot have the mode %s", mode)
		}
		e.root = newFolder(id)
		return nil
	}
	if err := checkPath(path); err != nil {
		return err
	}
	f, name, err := e.parent(path, true)
	if err != nil {
		return err
	}
	name = strings.Clone(name) // or the whole path would stay in memory
	f.set(name, change{entry: Entry{Name: name, Mode: mode, ID: id}})
	return nil
}

// Remove takes away what is at a path: a file, or a directory with all that is
// in it; at the path "", everything. Nothing there is no error.
func (e *Edit) Remove(path string) error {
	if path == "" {
		e.root = newFolder(Empty)
		return nil
	}
	if err := checkPath(path); err != nil {
		return err
	}
	f, name, err := e.parent(path, false)
	if err != nil || f == nil {
		return err
	}
	f.set(strings.Clone(name), change{})
	return nil
}

// parent returns the folder that holds the last part of a path, and that part.
// If build is not set and there is no such directory, there is no folder.
func (e *Edit) parent(path string, build bool) (*folder, string, error) {
	f := e.root
	for {
		name, rest, more := strings.Cut(path, "/")
		if !more {
			return f, name, nil
		}
		next, err := e.enter(f, name, build)
		if err != nil || next == nil {
			return nil, "", err
		}
		f, path = next, rest
	}
}

// enter returns the directory of that name in f.
func (e *Edit) enter(f *folder, name string, build bool) (*folder, error) {
	c, changed := f.changes[name]
	if c.folder != nil {
		return c.folder, nil
	}
	if !changed {
		var err error
		if c.entry, _, err = e.trees.Lookup(f.base, name); err != nil {
			return nil, err
		}
	}
	base := c.entry.ID
	if !c.entry.Mode.IsDirectory() {
		if !build {
			return nil, nil
		}
		base = Empty
	}
	next := newFolder(base)
	f.set(strings.Clone(name), change{folder: next})
	return next, nil
}

// Write writes the trees that the changes lead to and returns the new root,
// from which the edit goes on. Directories in which nothing is left after the
// changes are left out, or with keepEmpty stay as entries of the empty tree,
// which git can hold but no work tree can. The objects are the same and come
// in the same order whatever the order of the changes. After an error the edit
// is of no use any more.
func (e *Edit) Write(keepEmpty bool) (gitpack.ID, error) {
	id, err := e.write(e.root, keepEmpty)
	if err != nil {
		return gitpack.ID{}, err
	}
	if id == Empty {
		if err := e.putEmpty(); err != nil {
			return gitpack.ID{}, err
		}
	}
	e.root = newFolder(id)
	return id, nil
}

func (e *Edit) putEmpty() error {
	return e.trees.put(&node{ordered: true}, gitpack.ID{}, nil)
}

// write writes one directory after those in it.
func (e *Edit) write(f *folder, keepEmpty bool) (gitpack.ID, error) {
	if len(f.changes) == 0 {
		return f.base, nil
	}
	stored, err := e.trees.load(f.base)
	if err != nil {
		return gitpack.ID{}, err
	}
	base, err := stored.inOrder()
	if err != nil {
		return gitpack.ID{}, err
	}
	var changes []Entry
	for _, name := range slices.Sorted(maps.Keys(f.changes)) {
		entry := f.changes[name].entry
		if sub := f.changes[name].folder; sub != nil {
			id, err := e.write(sub, keepEmpty)
			if err != nil {
				return gitpack.ID{}, err
			}
			entry = Entry{Mode: Directory, ID: id}
		}
		entry.Name = name
		if entry.Mode.IsDirectory() && entry.ID == Empty && !base.holds(entry) {
			if !keepEmpty {
				entry = Entry{Name: name}
			} else if err := e.putEmpty(); err != nil {
				return gitpack.ID{}, err
			}
		}
		changes = append(changes, entry)
	}
	s := newSplice(base, changes)
	switch {
	case s.idle():
		return stored.id, nil
	case s.size == 0:
		return Empty, nil
	}
	next := s.apply(&e.delta)
	delta := e.delta.Bytes()
	if base != stored || base.len() == 0 {
		delta = nil
	}
	if err := e.trees.put(next, stored.id, delta); err != nil {
		return gitpack.ID{}, err
	}
	return next.id, nil
}
