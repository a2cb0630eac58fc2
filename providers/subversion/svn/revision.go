package svn

import "errors"

// Names of revision properties.
const (
	PropAuthor = "svn:author"
	PropDate   = "svn:date"
	PropLog    = "svn:log"
)

// Action says what a revision does to a path.
type Action byte

// The actions. The values are the letters of `svn log -v`.
const (
	Add     Action = 'A' // the path did not exist; with FromRevision >= 0 a copy
	Delete  Action = 'D' // a file, or a directory with all below it
	Modify  Action = 'M' // properties, text, or both
	Replace Action = 'R' // Delete and Add at once
)

func (a Action) String() string {
	switch a {
	case Add:
		return "add"
	case Delete:
		return "delete"
	case Modify:
		return "change"
	case Replace:
		return "replace"
	}
	return "unknown"
}

// Kind is the kind of a node.
type Kind byte

// The kinds.
const (
	Unknown Kind = iota // of deleted nodes, and of changed ones where a source does not say
	File
	Dir
)

func (k Kind) String() string {
	switch k {
	case File:
		return "file"
	case Dir:
		return "dir"
	}
	return "unknown"
}

// Revision is one revision with all it changes.
type Revision struct {
	Number int64
	Props  map[string][]byte // all revision properties
	Nodes  []*Node           // in the order in which they apply
}

// Close releases the texts of all nodes.
func (r *Revision) Close() error {
	var errs []error
	for _, n := range r.Nodes {
		errs = append(errs, n.Text.Close())
	}
	return errors.Join(errs...)
}

// Node is one change of a revision.
//
// Nodes apply one after the other: a node inside a copied directory comes
// after the copy, and a path may be deleted and added again in one revision.
// The source of a copy is always the state of an earlier revision.
type Node struct {
	Path   string // see CheckPath; "" is the root
	Action Action
	Kind   Kind // of Add and Replace always File or Dir

	FromPath     string
	FromRevision int64 // -1: no copy

	// Props is nil when the properties stay what they are: those of the
	// predecessor of a changed node, of the source of a copy, none of a new one.
	Props *PropChange

	// Text is nil when the text stays what it is: that of the predecessor, of
	// the source of a copy, or, of a new file, empty.
	Text *Text

	// Checksums in lower-case hex, empty when the source does not give them:
	// of the text that Text is a difference to, and of the whole text after the
	// change.
	BaseMD5, MD5, SHA1 string
}

// Copied reports whether the node is a copy.
func (n *Node) Copied() bool { return n.FromRevision >= 0 }

// PropChange is a change of a node's properties.
type PropChange struct {
	Full   bool              // Set holds all of them; otherwise the others stay
	Set    map[string][]byte // added or changed
	Delete []string          // removed; never with Full
}

// Apply returns the properties that result from base, which is left as it is.
// On a nil change that is base itself.
func (c *PropChange) Apply(base map[string][]byte) map[string][]byte {
	switch {
	case c == nil:
		return base
	case c.Full:
		return c.Set
	}
	props := make(map[string][]byte, len(base)+len(c.Set))
	for name, value := range base {
		props[name] = value
	}
	for _, name := range c.Delete {
		delete(props, name)
	}
	for name, value := range c.Set {
		props[name] = value
	}
	return props
}
