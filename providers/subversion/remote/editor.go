package remote

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Editor makes a revision out of the commands of a replay. It is used by one
// goroutine.
//
// Paths are relative to the root of the repository, also in replays of a
// folder. Errors are about the data, and of type *svn.Error.
type Editor struct {
	revision *svn.Revision
	scratch  string
	spool    *svn.Spool
	budget   Budget
}

// NewEditor returns an editor for a revision. Large texts wait in temporary
// files in the folder scratch.
func NewEditor(number int64, scratch string) *Editor {
	return &Editor{revision: &svn.Revision{Number: number}, scratch: scratch, spool: svn.NewSpool(scratch)}
}

// Revision returns what was made. Its properties are still to be set. The
// editor cannot be used any more.
func (e *Editor) Revision() *svn.Revision {
	r := e.revision
	e.revision = nil
	return r
}

// Abort releases what was made. It does nothing after Revision.
func (e *Editor) Abort() {
	if e.revision != nil {
		_ = e.revision.Close() // temporary files, of which nobody will read again
		e.revision = nil
	}
}

// Delete removes a path.
func (e *Editor) Delete(path string) error {
	full, err := e.path(path)
	if err != nil {
		return err
	}
	if full == "" {
		return e.fault(full, errors.New("the root cannot be deleted"))
	}
	return e.append(&svn.Node{Path: full, Action: svn.Delete, FromRevision: -1})
}

// Copy is where an added node comes from.
type Copy struct {
	Path     string // relative to the root of the repository, perhaps with a leading slash
	Revision int64  // -1: it is no copy
}

// Add begins a new file or directory.
func (e *Editor) Add(path string, kind svn.Kind, from Copy) (*Node, error) {
	full, err := e.path(path)
	if err != nil {
		return nil, err
	}
	n := &svn.Node{Path: full, Action: svn.Add, Kind: kind, FromRevision: -1}
	if from.Revision >= 0 {
		n.FromPath, n.FromRevision = strings.TrimPrefix(from.Path, "/"), from.Revision
		if err := svn.CheckPath(n.FromPath); err != nil {
			return nil, e.fault(full, fmt.Errorf("it is copied from a path that cannot be: %w", err))
		}
		if n.FromRevision >= e.revision.Number {
			return nil, e.fault(full, fmt.Errorf("it is copied from r%d, which does not come before", n.FromRevision))
		}
	}
	if nodes := e.revision.Nodes; len(nodes) > 0 {
		if last := nodes[len(nodes)-1]; last.Path == full && last.Action == svn.Delete {
			n.Action = svn.Replace
			e.revision.Nodes = nodes[:len(nodes)-1]
		}
	}
	if err := e.append(n); err != nil {
		return nil, err
	}
	return &Node{editor: e, path: full, kind: kind, node: n}, nil
}

// Open begins the change of a file or directory that exists. It is a node of
// the revision only if something in it is changed.
func (e *Editor) Open(path string, kind svn.Kind) (*Node, error) {
	full, err := e.path(path)
	if err != nil {
		return nil, err
	}
	return &Node{editor: e, path: full, kind: kind}, nil
}

func (e *Editor) path(path string) (string, error) {
	path = strings.TrimPrefix(path, "/")
	if err := svn.CheckPath(path); err != nil {
		return "", e.fault(path, err)
	}
	return path, nil
}

func (e *Editor) append(n *svn.Node) error {
	if err := e.reserve(n.Path, len(n.Path)+len(n.FromPath)); err != nil {
		return err
	}
	e.revision.Nodes = append(e.revision.Nodes, n)
	return nil
}

func (e *Editor) reserve(path string, n int) error {
	if err := e.budget.Reserve(n); err != nil {
		return e.fault(path, err)
	}
	return nil
}

func (e *Editor) fault(path string, err error) error {
	return &svn.Error{Revision: e.revision.Number, Path: path, Err: err}
}

// Node is a file or directory that is being changed.
type Node struct {
	editor *Editor
	path   string
	kind   svn.Kind
	node   *svn.Node // nil while nothing has changed
	text   *svn.TextWriter
}

// Kind returns whether it is a file or a directory.
func (n *Node) Kind() svn.Kind { return n.kind }

// change returns the node of the revision.
func (n *Node) change() (*svn.Node, error) {
	if n.node == nil {
		node := &svn.Node{Path: n.path, Action: svn.Modify, Kind: n.kind, FromRevision: -1}
		if err := n.editor.append(node); err != nil {
			return nil, err
		}
		n.node = node
	}
	return n.node, nil
}

// SetProp changes a property, or removes it if value is nil. The editor keeps
// value.
func (n *Node) SetProp(name string, value []byte) error {
	if isForeign(name) {
		return nil
	}
	node, err := n.change()
	if err != nil {
		return err
	}
	if err := n.editor.reserve(n.path, len(name)+len(value)); err != nil {
		return err
	}
	if node.Props == nil {
		node.Props = &svn.PropChange{}
	}
	if value == nil {
		delete(node.Props.Set, name)
		node.Props.Delete = append(node.Props.Delete, name)
		return nil
	}
	if node.Props.Set == nil {
		node.Props.Set = map[string][]byte{}
	}
	node.Props.Set[name] = value
	return nil
}

// isForeign tells properties that a working copy keeps for itself. Some
// servers send them along; the repository does not have them.
func isForeign(name string) bool {
	return strings.HasPrefix(name, "svn:entry:") || strings.HasPrefix(name, "svn:wc:")
}

// BeginText begins an svndiff against the text that the file had. BaseMD5 is
// the checksum of that in hex, or empty.
func (n *Node) BeginText(baseMD5 string) error {
	node, err := n.change()
	switch {
	case err != nil:
		return err
	case n.kind != svn.File:
		return n.editor.fault(n.path, errors.New("a directory is given a text"))
	case n.text != nil || node.Text != nil:
		return n.editor.fault(n.path, errors.New("the file is given two texts"))
	}
	if node.BaseMD5, err = n.checksum(baseMD5); err != nil {
		return err
	}
	n.text = svn.NewTextWriter(false, n.editor.scratch)
	return nil
}

// Write adds to the svndiff.
func (n *Node) Write(p []byte) (int, error) {
	if n.text == nil {
		return 0, n.editor.fault(n.path, errors.New("a part of a text comes before its beginning"))
	}
	return n.text.Write(p)
}

// EndText ends the svndiff.
func (n *Node) EndText() error {
	if n.text == nil {
		return n.editor.fault(n.path, errors.New("the end of a text comes before its beginning"))
	}
	text := n.text.Text()
	n.text = nil
	if text.Size() == 0 { // no window at all makes an empty file
		text = svn.NewText(true, nil)
	}
	n.node.Text = text
	return n.editor.spool.Keep(text)
}

// Discard releases a text that was begun and not ended.
func (n *Node) Discard() {
	if n.text != nil {
		n.text.Discard()
		n.text = nil
	}
}

// Close ends a file. MD5 is the checksum of its text in hex, or empty.
func (n *Node) Close(md5 string) error {
	if n.text != nil {
		return n.editor.fault(n.path, errors.New("the file ends before its text"))
	}
	sum, err := n.checksum(md5)
	if err != nil || n.node == nil {
		return err
	}
	n.node.MD5 = sum
	if n.node.Text != nil {
		n.node.Text.Expect(sum, "")
	}
	return nil
}

// checksum accepts MD5 in hex. All zeros is how some servers say that they do
// not know.
func (n *Node) checksum(md5 string) (string, error) {
	if strings.Trim(md5, "0") == "" {
		return "", nil
	}
	if raw, err := hex.DecodeString(md5); err != nil || len(raw) != 16 {
		return "", n.editor.fault(n.path, errors.New("its checksum is not 32 hexadecimal digits"))
	}
	return strings.ToLower(md5), nil
}

var _ io.Writer = (*Node)(nil)
