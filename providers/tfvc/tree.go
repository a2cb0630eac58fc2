package tfvc

import (
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// maxNames is how many names of folders are kept in memory between changesets.
const maxNames = 1 << 20

// tree makes the source tree of a changeset out of the one before. It finds what
// is there whatever the case of a name, and keeps the case that it has, unless
// an item comes to its place under another one.
type tree struct {
	trees *gittree.Trees

	edit  *gittree.Edit
	root  *folder
	at    gitpack.ID // the root that the names are of
	names int        // read so far
}

// folder is what is known of the names in a folder of the tree at hand.
type folder struct {
	names map[string]string  // by folded name, as stored; nil: not read yet
	subs  map[string]*folder // by folded name, of those that were looked into
}

func newTree(trees *gittree.Trees) *tree { return &tree{trees: trees} }

// begin starts a changeset on top of root.
func (t *tree) begin(root gitpack.ID) {
	if t.root == nil || t.at != root || t.names > maxNames {
		t.root, t.names = &folder{}, 0
	}
	t.edit = t.trees.Edit(root)
}

// finish writes the source tree.
func (t *tree) finish() (gitpack.ID, error) {
	var err error
	t.at, err = t.edit.Write(true)
	return t.at, err
}

// read fills in the names of the folder at a stored path. Nothing below it has
// changed since it was written, or its names would be known.
func (t *tree) read(f *folder, at string) error {
	if f.names != nil {
		return nil
	}
	f.names, f.subs = map[string]string{}, map[string]*folder{}
	e, ok, err := t.edit.Lookup(at)
	if err != nil || !ok || !e.Mode.IsDirectory() {
		return err
	}
	entries, err := t.trees.List(e.ID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f.names[fold(shownName(e.Name))] = e.Name
	}
	t.names += len(entries)
	return nil
}

// into returns what is known of a folder in f, which is at a stored path.
func (f *folder) into(key string) *folder {
	sub := f.subs[key]
	if sub == nil {
		sub = &folder{}
		f.subs[key] = sub
	}
	return sub
}

// above finds the folder that p is in. It returns it with its stored path. With
// create, folders that are not there are made, with the names that p gives them,
// and files in their place give way; otherwise the folder may be nil.
func (t *tree) above(p string, create bool) (*folder, string, error) {
	f, at := t.root, ""
	if err := t.read(f, at); err != nil {
		return nil, "", err
	}
	for dir := parent(p); dir != ""; {
		name, left := cut(dir)
		dir = left
		key := fold(name)
		actual, ok := f.names[key]
		if !ok && !create {
			return nil, "", nil
		}
		if !ok {
			actual = storedName(name)
			f.names[key] = actual
		}
		at = join(at, actual)
		if create {
			e, is, err := t.edit.Lookup(at)
			if err != nil {
				return nil, "", err
			}
			if !is || !e.Mode.IsDirectory() {
				if err := t.edit.Set(at, gittree.Directory, gittree.Empty); err != nil {
					return nil, "", err
				}
				f.subs[key] = emptyFolder()
			}
		}
		f = f.into(key)
		if err := t.read(f, at); err != nil {
			return nil, "", err
		}
	}
	return f, at, nil
}

func emptyFolder() *folder {
	return &folder{names: map[string]string{}, subs: map[string]*folder{}}
}

// cut takes the first part off a path.
func cut(p string) (name, left string) {
	for i := range len(p) {
		if p[i] == '/' {
			return p[:i], p[i+1:]
		}
	}
	return p, ""
}

// lookup returns what is at p, and its path as it is stored.
func (t *tree) lookup(p string) (gittree.Entry, string, bool, error) {
	if p == "" {
		e, ok, err := t.edit.Lookup("")
		return e, "", ok, err
	}
	f, at, err := t.above(p, false)
	if err != nil || f == nil {
		return gittree.Entry{}, "", false, err
	}
	actual, ok := f.names[fold(base(p))]
	if !ok {
		return gittree.Entry{}, "", false, nil
	}
	at = join(at, actual)
	e, ok, err := t.edit.Lookup(at)
	return e, at, ok, err
}

// remove takes away what is at p, if anything is.
func (t *tree) remove(p string) error {
	if p == "" {
		t.root = emptyFolder()
		return t.edit.Remove("")
	}
	f, at, err := t.above(p, false)
	if err != nil || f == nil {
		return err
	}
	key := fold(base(p))
	actual, ok := f.names[key]
	if !ok {
		return nil
	}
	delete(f.names, key)
	delete(f.subs, key)
	return t.edit.Remove(join(at, actual)) // a folder from which all is gone stays
}

// place makes room for an item at p and returns its stored path. Named says that
// p has the case that a file is to have. A folder that is there keeps its own:
// one that was renamed has been removed before.
func (t *tree) place(p string, named bool) (*folder, string, error) {
	f, at, err := t.above(p, true)
	if err != nil {
		return nil, "", err
	}
	key, name := fold(base(p)), storedName(base(p))
	actual, exists := f.names[key]
	if exists && named && actual != name {
		e, ok, err := t.edit.Lookup(join(at, actual))
		if err != nil {
			return nil, "", err
		}
		if exists = ok && e.Mode.IsDirectory(); !exists {
			err = t.edit.Remove(join(at, actual))
		}
		if err != nil {
			return nil, "", err
		}
	}
	if !exists {
		actual = name
		f.names[key] = name
	}
	return f, join(at, actual), nil
}

// setFolder puts a folder at p, unless there is one.
func (t *tree) setFolder(p string, named bool) error {
	if p == "" {
		return nil
	}
	f, at, err := t.place(p, named)
	if err != nil {
		return err
	}
	if e, ok, err := t.edit.Lookup(at); err != nil || ok && e.Mode.IsDirectory() {
		return err
	}
	f.subs[fold(base(p))] = emptyFolder()
	return t.edit.Set(at, gittree.Directory, gittree.Empty)
}

// setFile puts a file at p.
func (t *tree) setFile(p string, named bool, id gitpack.ID) error {
	f, at, err := t.place(p, named)
	if err != nil {
		return err
	}
	delete(f.subs, fold(base(p)))
	return t.edit.Set(at, gittree.File, id)
}

// find returns what is at p in a tree that is written, whatever the case.
func find(trees *gittree.Trees, root gitpack.ID, p string) (gittree.Entry, bool, error) {
	e, _, ok, err := findPath(trees, root, p)
	return e, ok, err
}

// findPath is find, and returns the path in the case that it has there.
func findPath(trees *gittree.Trees, root gitpack.ID, p string) (e gittree.Entry, actual string, ok bool, err error) {
	e = gittree.Entry{Mode: gittree.Directory, ID: root}
	for p != "" {
		if !e.Mode.IsDirectory() {
			return gittree.Entry{}, "", false, nil
		}
		name, left := cut(p)
		p = left
		next, ok, err := trees.Lookup(e.ID, storedName(name))
		if err == nil && !ok {
			next, ok, err = findFolded(trees, e.ID, fold(name))
		}
		if err != nil || !ok {
			return gittree.Entry{}, "", false, err
		}
		e, actual = next, join(actual, shownName(next.Name))
	}
	return e, actual, !e.ID.IsZero(), nil
}

func findFolded(trees *gittree.Trees, dir gitpack.ID, key string) (gittree.Entry, bool, error) {
	entries, err := trees.List(dir)
	if err != nil {
		return gittree.Entry{}, false, err
	}
	for _, e := range entries {
		if fold(shownName(e.Name)) == key {
			return e, true, nil
		}
	}
	return gittree.Entry{}, false, nil
}
