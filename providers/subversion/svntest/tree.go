package svntest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// node is a file or directory of one revision. Nodes never change, so all
// revisions share what they have in common, and a copy is one pointer.
type node struct {
	dir      bool
	children []child // of a directory, by name
	text     text    // of a file
	props    map[string]string
}

type child struct {
	name string
	node *node
}

// text is the content of a file in pieces that versions of it share: that
// keeps tens of thousands of versions in memory.
type text []string

func (t text) size() (n int) {
	for _, piece := range t {
		n += len(piece)
	}
	return n
}

func (t text) bytes() []byte {
	b := make([]byte, 0, t.size())
	for _, piece := range t {
		b = append(b, piece...)
	}
	return b
}

func (n *node) find(name string) (int, bool) {
	return slices.BinarySearchFunc(n.children, name, func(c child, name string) int {
		return strings.Compare(c.name, name)
	})
}

// lookup returns the node at path, or nil.
func (n *node) lookup(path string) *node {
	for path != "" && n != nil {
		var name string
		name, path, _ = strings.Cut(path, "/")
		at, ok := n.find(name)
		if !ok {
			return nil
		}
		n = n.children[at].node
	}
	return n
}

// with returns n with what is at path replaced by to; nil removes it.
func (n *node) with(path string, to *node) (*node, error) {
	if path == "" {
		return to, nil
	}
	name, rest, deeper := strings.Cut(path, "/")
	at, ok := n.find(name)
	copied := *n
	switch {
	case !n.dir:
		return nil, fmt.Errorf("the parent of %s is a file", path)
	case deeper && !ok:
		return nil, fmt.Errorf("%s does not exist", name)
	case deeper:
		below, err := n.children[at].node.with(rest, to)
		if err != nil {
			return nil, err
		}
		copied.children = slices.Clone(n.children)
		copied.children[at].node = below
	case to == nil && ok:
		copied.children = slices.Delete(slices.Clone(n.children), at, at+1)
	case to == nil:
	case ok:
		copied.children = slices.Clone(n.children)
		copied.children[at].node = to
	default:
		copied.children = make([]child, 0, len(n.children)+1)
		copied.children = append(copied.children, n.children[:at]...)
		copied.children = append(copied.children, child{name, to})
		copied.children = append(copied.children, n.children[at:]...)
	}
	return &copied, nil
}

func (n *node) withProps(set map[string]string, remove []string) *node {
	copied := *n
	copied.props = maps.Clone(n.props)
	for _, name := range remove {
		delete(copied.props, name)
	}
	if copied.props == nil && len(set) > 0 {
		copied.props = map[string]string{}
	}
	maps.Copy(copied.props, set)
	return &copied
}

// walk calls visit for everything below n, with paths that begin with prefix.
func (n *node) walk(prefix string, visit func(path string, n *node)) {
	for _, c := range n.children {
		path := join(prefix, c.name)
		visit(path, c.node)
		c.node.walk(path, visit)
	}
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}
