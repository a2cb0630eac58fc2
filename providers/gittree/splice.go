package gittree

import (
	"bytes"
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// splice makes a new tree out of a base: the entries at some places are left
// out, others come in.
type splice struct {
	base    *node
	removed []int // ascending
	added   []addition
	size    int // of the new tree's contents
}

// addition is an entry that comes in before the one at place.
type addition struct {
	place int
	entry Entry
}

// newSplice turns changes of distinct names into a splice of base, which is in
// order. An entry without a mode removes its name.
func newSplice(base *node, changes []Entry) splice {
	s := splice{base: base, size: len(base.data)}
	for _, e := range changes {
		if base.holds(e) {
			continue
		}
		// A file and a directory of one name have different places.
		for _, dir := range []bool{false, true} {
			if i, found := base.search(e.Name, dir); found {
				s.removed = append(s.removed, i)
				s.size -= base.end(i) - int(base.starts[i])
			}
		}
		if e.exists() {
			place, _ := base.search(e.Name, e.Mode.IsDirectory())
			s.added = append(s.added, addition{place, e})
			s.size += len(appendEntry(nil, e))
		}
	}
	slices.Sort(s.removed)
	slices.SortFunc(s.added, func(a, b addition) int {
		return compare(a.entry.Name, a.entry.Mode.IsDirectory(), b.entry.Name, b.entry.Mode.IsDirectory())
	})
	return s
}

// holds reports whether the entry is in the node as it is.
func (n *node) holds(e Entry) bool {
	i, found := n.search(e.Name, e.Mode.IsDirectory())
	return found && n.entry(i, e.Name) == e
}

// idle reports whether the splice changes nothing.
func (s *splice) idle() bool { return len(s.removed) == 0 && len(s.added) == 0 }

// apply returns the new tree, which has no id yet, and makes delta lead to it
// from the base.
func (s *splice) apply(delta *gitpack.Delta) *node {
	delta.Reset(int64(len(s.base.data)), int64(s.size))
	m := merge{
		base:  s.base,
		delta: delta,
		out: &node{
			data:    make([]byte, 0, s.size),
			starts:  make([]uint32, 0, s.base.len()-len(s.removed)+len(s.added)),
			ordered: true,
		},
	}
	removed := s.removed
	for _, a := range s.added {
		for len(removed) > 0 && removed[0] < a.place {
			m.copy(removed[0])
			m.skip()
			removed = removed[1:]
		}
		m.copy(a.place)
		m.insert(a.entry, len(removed) > 0 && removed[0] == a.place)
	}
	for _, i := range removed {
		m.copy(i)
		m.skip()
	}
	m.copy(s.base.len())
	return m.out
}

// merge goes through the entries of a base while it writes a new tree.
type merge struct {
	base  *node
	at    int // the next entry of the base
	out   *node
	delta *gitpack.Delta
	line  []byte
}

// copy takes over the entries of the base up to one.
func (m *merge) copy(to int) {
	from, end := m.base.position(m.at), m.base.position(to)
	shift := len(m.out.data) - from
	for ; m.at < to; m.at++ {
		m.out.starts = append(m.out.starts, uint32(int(m.base.starts[m.at])+shift))
	}
	m.out.data = append(m.out.data, m.base.data[from:end]...)
	m.delta.Copy(int64(from), int64(end-from))
}

func (m *merge) skip() { m.at++ }

// insert adds an entry. When it replaces the next one of the base, and mostly
// only the id is another, the rest of the line is copied in the delta.
func (m *merge) insert(e Entry, replaces bool) {
	m.line = appendEntry(m.line[:0], e)
	m.out.starts = append(m.out.starts, uint32(len(m.out.data)))
	m.out.data = append(m.out.data, m.line...)
	fresh := m.line
	if replaces {
		from := m.base.position(m.at)
		same := len(m.line) - len(e.ID)
		if bytes.HasPrefix(m.base.data[from:], m.line[:same]) {
			m.delta.Copy(int64(from), int64(same))
			fresh = m.line[same:]
		}
	}
	m.delta.Insert(fresh)
}
