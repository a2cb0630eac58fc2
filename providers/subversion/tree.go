package subversion

import (
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// tree applies the nodes of a revision to the source tree of the one before. Its
// methods that take paths want them as source trees store them.
type tree struct {
	trees    *gittree.Trees
	objects  func() gittree.Objects
	settings *settings
	rootAt   func(revision int64) (gitpack.ID, bool)
	texts    *texts

	edit  *gittree.Edit
	props map[string]*properties // of the folders that changed, to be written
}

// begin starts a revision on top of root.
func (t *tree) begin(root gitpack.ID) {
	t.edit = t.trees.Edit(root)
	t.props = map[string]*properties{}
}

// finish writes the revision and returns its root.
func (t *tree) finish() (gitpack.ID, error) {
	for folder, p := range t.props {
		if err := t.writeProperties(folder, p); err != nil {
			return gitpack.ID{}, err
		}
	}
	return t.edit.Write(true)
}

// Faults of histories.
var (
	errNoSuchPath  = errors.New("there is nothing at this path in the revision before")
	errPathTaken   = errors.New("there is something at this path already")
	errNoSource    = errors.New("there is nothing where it was copied from")
	errOtherKind   = errors.New("it is not of the kind that the revision says")
	errLaterSource = errors.New("it was copied from a revision that is not an earlier one")
)

// apply applies one node.
func (t *tree) apply(rev int64, n *svn.Node) error {
	at := stored(n.Path)
	entry, exists, err := t.edit.Lookup(at)
	if err != nil {
		return err
	}
	if n.Path == "" && n.Action == svn.Add { // dumps begin with it
		if !n.Copied() {
			return t.change(n, entry)
		}
		exists = false
	}
	switch n.Action {
	case svn.Delete:
		if !exists {
			return errNoSuchPath
		}
		return t.remove(at)
	case svn.Replace:
		if !exists {
			return errNoSuchPath
		}
		if err := t.remove(at); err != nil {
			return err
		}
		return t.add(rev, n)
	case svn.Add:
		if exists {
			return errPathTaken
		}
		return t.add(rev, n)
	case svn.Modify:
		if !exists {
			return errNoSuchPath
		}
		return t.change(n, entry)
	}
	return fmt.Errorf("the action %v is not known", n.Action)
}

func (t *tree) remove(p string) error {
	for folder := range t.props {
		if within(folder, p) {
			delete(t.props, folder)
		}
	}
	if p != "" {
		if err := t.setFile(p, nil); err != nil {
			return err
		}
	}
	return t.edit.Remove(p)
}

func (t *tree) add(rev int64, n *svn.Node) error {
	if n.Path != "" {
		above, ok, err := t.edit.Lookup(parent(stored(n.Path)))
		if err != nil {
			return err
		}
		if !ok || !above.Mode.IsDirectory() {
			return fmt.Errorf("its folder %q does not exist", svn.Printable(parent(n.Path)))
		}
	}
	if !n.Copied() {
		if n.Kind == svn.Dir {
			if err := t.edit.Set(stored(n.Path), gittree.Directory, gittree.Empty); err != nil {
				return err
			}
			return t.changeFolder(n)
		}
		return t.changeFile(n, content{}, nil)
	}
	if n.FromRevision >= rev {
		return errLaterSource
	}
	root, ok := t.rootAt(n.FromRevision)
	if !ok {
		return fmt.Errorf("it was copied from r%d, which is before the history begins", n.FromRevision)
	}
	from, ok, err := t.trees.Lookup(root, stored(n.FromPath))
	switch {
	case err != nil:
		return err
	case !ok:
		return errNoSource
	case n.Kind != svn.Unknown && from.Mode.IsDirectory() != (n.Kind == svn.Dir):
		return errOtherKind
	case from.Mode.IsDirectory():
		if err := t.edit.Set(stored(n.Path), gittree.Directory, from.ID); err != nil {
			return err
		}
		if n.Props == nil {
			return nil
		}
		return t.changeFolder(n)
	}
	props, err := t.fileProperties(root, stored(n.FromPath), from)
	if err != nil {
		return err
	}
	return t.changeFile(n, content{mode: from.Mode, id: from.ID}, props)
}

func (t *tree) change(n *svn.Node, entry gittree.Entry) error {
	isDir := entry.Mode.IsDirectory()
	if n.Kind != svn.Unknown && isDir != (n.Kind == svn.Dir) {
		return errOtherKind
	}
	if isDir {
		return t.changeFolder(n)
	}
	at := stored(n.Path)
	p, err := t.folder(parent(at))
	if err != nil {
		return err
	}
	return t.changeFile(n, content{mode: entry.Mode, id: entry.ID}, withModes(p.Files[base(at)], entry.Mode))
}

func (t *tree) changeFolder(n *svn.Node) error {
	if n.Text != nil {
		return errOtherKind
	}
	if n.Props == nil {
		return nil
	}
	p, err := t.folder(stored(n.Path))
	if err != nil {
		return err
	}
	props := keep(n.Props.Apply(p.Folder), folderProperty)
	if len(props) == 0 && len(p.Folder) == 0 {
		return nil
	}
	t.props[stored(n.Path)] = p.setFolder(props)
	return nil
}

// changeFile gives the file at n.Path its new text and properties. Was is what
// it had before, or what it is a copy of.
func (t *tree) changeFile(n *svn.Node, was content, props map[string][]byte) error {
	before := props
	props = keep(n.Props.Apply(props), t.settings.keepsFile)
	special, wasSpecial := has(props, propSpecial), has(before, propSpecial)
	now, err := t.texts.result(n, was, special, special != wasSpecial)
	if err != nil {
		return err
	}
	left := keep(props, func(name string) bool { // what the mode does not tell
		switch name {
		case propSpecial:
			return now.mode != gittree.Symlink
		case propExecutable:
			return now.mode == gittree.Symlink
		}
		return true
	})
	if now.mode != gittree.Symlink {
		now.mode = gittree.File
		if has(props, propExecutable) {
			now.mode = gittree.Executable
		}
	}
	if err := t.edit.Set(stored(n.Path), now.mode, now.id); err != nil {
		return err
	}
	return t.setFile(stored(n.Path), left)
}

func has(props map[string][]byte, name string) bool {
	_, ok := props[name]
	return ok
}

// withModes adds the properties that a mode stands for.
func withModes(props map[string][]byte, mode gittree.Mode) map[string][]byte {
	name := ""
	switch mode {
	case gittree.Symlink:
		name = propSpecial
	case gittree.Executable:
		name = propExecutable
	default:
		return props
	}
	all := map[string][]byte{name: []byte("*")}
	for k, v := range props {
		all[k] = v
	}
	return all
}

// folder returns the properties in the folder at p, as the revision leaves them.
func (t *tree) folder(p string) (*properties, error) {
	if changed, ok := t.props[p]; ok {
		return changed, nil
	}
	entry, ok, err := t.edit.Lookup(join(p, propertiesName))
	if err != nil || !ok {
		return &properties{}, err
	}
	return t.readProperties(entry.ID)
}

func (t *tree) readProperties(id gitpack.ID) (*properties, error) {
	_, data, err := t.objects().Read(id)
	if err != nil {
		return nil, fmt.Errorf("read properties of the source tree: %w", err)
	}
	return decodeProperties(data)
}

// folderProperties returns the properties of the folder at p of a root that is
// written.
func (t *tree) folderProperties(root gitpack.ID, p string) (map[string][]byte, error) {
	entry, ok, err := t.trees.Lookup(root, join(p, propertiesName))
	if err != nil || !ok {
		return nil, err
	}
	found, err := t.readProperties(entry.ID)
	if err != nil {
		return nil, err
	}
	return found.Folder, nil
}

// fileProperties returns the properties of a file of a root that is written.
func (t *tree) fileProperties(root gitpack.ID, p string, entry gittree.Entry) (map[string][]byte, error) {
	at, ok, err := t.trees.Lookup(root, join(parent(p), propertiesName))
	if err != nil || !ok {
		return withModes(nil, entry.Mode), err
	}
	found, err := t.readProperties(at.ID)
	if err != nil {
		return nil, err
	}
	return withModes(found.Files[base(p)], entry.Mode), nil
}

// setFile notes what the mode of the file at p does not tell.
func (t *tree) setFile(p string, props map[string][]byte) error {
	folder := parent(p)
	now, err := t.folder(folder)
	if err != nil {
		return err
	}
	if len(props) == 0 && len(now.Files[base(p)]) == 0 {
		return nil
	}
	t.props[folder] = now.setFile(base(p), props)
	return nil
}

func (t *tree) writeProperties(folder string, p *properties) error {
	at := join(folder, propertiesName)
	if p.empty() {
		return t.edit.Remove(at)
	}
	data, err := p.encode()
	if err != nil {
		return err
	}
	id, err := t.objects().Put(gitpack.Blob, data)
	if err != nil {
		return err
	}
	return t.edit.Set(at, gittree.File, id)
}
