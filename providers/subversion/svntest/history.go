package svntest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// DefaultUUID is the identity of histories that name no other.
const DefaultUUID = "6d3cf1e6-3f4b-4f8e-8a2d-0c2f6a4b7c11"

// History is a Subversion repository in memory. It is made revision by
// revision: Begin, and then the changes in the order in which a dump has them.
// Its methods must not be called by several goroutines at once.
type History struct {
	UUID string

	revisions []*revision
	err       error
}

type revision struct {
	props   map[string]string
	changes []change
	root    *node
}

// change is one node record of a dump.
type change struct {
	action   string
	path     string
	node     *node // what the path holds afterwards
	fromPath string
	fromRev  int64 // -1: no copy
	text     bool  // the text is part of the record
	props    bool  // the properties are
}

// New returns a history with the empty revision 0.
func New() *History {
	h := &History{UUID: DefaultUUID}
	h.revisions = []*revision{{
		props: map[string]string{"svn:date": Date(time.Unix(startOfTime, 0))},
		root:  &node{dir: true},
	}}
	return h
}

const startOfTime = 1293840000 // 2011-01-01

// Date returns t as Subversion writes it.
func Date(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// Err returns the first mistake in what was asked for.
func (h *History) Err() error { return h.err }

// Latest returns the number of the last revision.
func (h *History) Latest() int64 { return int64(len(h.revisions) - 1) }

// Begin starts the next revision and returns its number.
func (h *History) Begin(props map[string]string) int64 {
	h.revisions = append(h.revisions, &revision{props: props, root: h.current().root})
	return h.Latest()
}

func (h *History) current() *revision { return h.revisions[len(h.revisions)-1] }

// RevProp sets a revision property of the revision at hand.
func (h *History) RevProp(name, value string) {
	r := h.current()
	r.props = maps.Clone(r.props)
	if r.props == nil {
		r.props = map[string]string{}
	}
	r.props[name] = value
}

// Edit says how a node differs from what it is made of. A nil Text and empty
// properties leave things as they are.
type Edit struct {
	Text   []byte
	Set    map[string]string
	Remove []string

	pieces text // instead of Text
}

func (e Edit) hasText() bool { return e.Text != nil || e.pieces != nil }

func (e Edit) hasProps() bool { return len(e.Set)+len(e.Remove) > 0 }

func (e Edit) apply(n *node) *node {
	if e.hasProps() {
		n = n.withProps(e.Set, e.Remove)
	}
	if e.hasText() {
		copied := *n
		if copied.text = e.pieces; e.pieces == nil {
			copied.text = text{string(e.Text)}
		}
		n = &copied
	}
	return n
}

// Mkdir adds a directory.
func (h *History) Mkdir(path string, e Edit) {
	h.add(path, "", -1, e.apply(&node{dir: true}), e)
}

// Add adds a file.
func (h *History) Add(path string, e Edit) {
	if !e.hasText() {
		e.Text = []byte{}
	}
	h.add(path, "", -1, e.apply(&node{}), e)
}

// Copy copies a file or directory as it was in a revision before this one,
// and changes it.
func (h *History) Copy(from string, revision int64, path string, e Edit) {
	if n := h.source(from, revision); n != nil {
		h.add(path, from, revision, e.apply(n), e)
	}
}

// Replace puts a new file, or directory when dir is set, at a path that
// exists.
func (h *History) Replace(path string, dir bool, e Edit) {
	if !dir && !e.hasText() {
		e.Text = []byte{}
	}
	h.replace(path, "", -1, e.apply(&node{dir: dir}), e)
}

// ReplaceByCopy puts a copy at a path that exists.
func (h *History) ReplaceByCopy(from string, revision int64, path string, e Edit) {
	if n := h.source(from, revision); n != nil {
		h.replace(path, from, revision, e.apply(n), e)
	}
}

// Change changes the text or the properties of what is at path.
func (h *History) Change(path string, e Edit) {
	n := h.current().root.lookup(path)
	if n == nil {
		h.fail(fmt.Errorf("%q does not exist", path))
		return
	}
	h.put(change{action: "change", path: path, node: e.apply(n), fromRev: -1, text: e.hasText(), props: e.hasProps()})
}

// Delete removes what is at path.
func (h *History) Delete(path string) {
	if path == "" || h.current().root.lookup(path) == nil {
		h.fail(fmt.Errorf("%q cannot be deleted", path))
		return
	}
	h.put(change{action: "delete", path: path, fromRev: -1})
}

func (h *History) source(from string, revision int64) *node {
	if revision < 0 || revision >= h.Latest() {
		h.fail(fmt.Errorf("r%d is not before r%d", revision, h.Latest()))
		return nil
	}
	n := h.revisions[revision].root.lookup(from)
	if n == nil {
		h.fail(fmt.Errorf("%q does not exist in r%d", from, revision))
	}
	return n
}

func (h *History) add(path, from string, revision int64, n *node, e Edit) {
	if h.current().root.lookup(path) != nil {
		h.fail(fmt.Errorf("%q exists", path))
		return
	}
	if dir, _, ok := cutLast(path); ok && h.current().root.lookup(dir) == nil {
		h.Mkdir(dir, Edit{})
	}
	h.put(change{action: "add", path: path, node: n, fromPath: from, fromRev: revision, text: e.hasText(), props: e.hasProps()})
}

func (h *History) replace(path, from string, revision int64, n *node, e Edit) {
	if h.current().root.lookup(path) == nil {
		h.fail(fmt.Errorf("%q does not exist", path))
		return
	}
	h.put(change{action: "replace", path: path, node: n, fromPath: from, fromRev: revision, text: e.hasText(), props: e.hasProps()})
}

func (h *History) put(c change) {
	r := h.current()
	root, err := r.root.with(c.path, c.node)
	if err != nil {
		h.fail(err)
		return
	}
	r.root = root
	r.changes = append(r.changes, c)
}

func (h *History) fail(err error) {
	if h.err == nil {
		h.err = fmt.Errorf("r%d: %w", h.Latest(), err)
	}
}

var errNoRevision = errors.New("changes need a revision")

func cutLast(path string) (dir, name string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}
