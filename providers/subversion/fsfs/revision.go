package fsfs

import (
	"context"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Revisions gives the revisions from..to to emit, which has to close them.
// Errors name the revision.
func (r *Repository) Revisions(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
	in := r.takeReader()
	defer r.giveBack(in)
	for number := from; number <= to; number++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		revision, err := in.revision(number)
		if err != nil {
			return in.fault(number, err)
		}
		if err := emit(revision); err != nil {
			return err
		}
	}
	return nil
}

// Log gives the revisions from..to without contents to emit.
func (r *Repository) Log(ctx context.Context, from, to int64, emit func(svn.LogEntry) error) error {
	in := r.takeReader()
	defer r.giveBack(in)
	for number := from; number <= to; number++ {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		props, changes, err := in.entry(number)
		if err != nil {
			return in.fault(number, err)
		}
		if err := emit(svn.LogEntry{Number: number, Props: props, Changes: changes}); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) fault(revision int64, err error) error {
	var placed *svn.Error
	if errors.As(err, &placed) {
		return err
	}
	return &svn.Error{Revision: revision, Err: err}
}

func (r *reader) entry(number int64) (map[string][]byte, []svn.Change, error) {
	props, err := r.revProps(number)
	if err != nil {
		return nil, nil, err
	}
	f, err := r.revFile(number)
	if err != nil {
		return nil, nil, err
	}
	it, ok := f.find(number, changesItem)
	if !ok || it.kind != changedPaths {
		return props, nil, nil // a revision that changes nothing may have no list
	}
	raw, err := f.read(it.offset, it.size)
	if err != nil {
		return nil, nil, err
	}
	changes, err := parseChanges(raw)
	return props, changes, err
}

func (r *reader) revision(number int64) (*svn.Revision, error) {
	props, changes, err := r.entry(number)
	if err != nil {
		return nil, err
	}
	made, err := r.madeIn(number)
	if err != nil {
		return nil, err
	}
	revision := &svn.Revision{Number: number, Props: props, Nodes: make([]*svn.Node, 0, len(changes))}
	spool := svn.NewSpool(r.scratch)
	for _, c := range changes {
		n, err := r.change(&made, c)
		if err == nil {
			revision.Nodes = append(revision.Nodes, n)
			if n.Text != nil {
				err = spool.Keep(n.Text)
			}
		}
		if err != nil {
			_ = revision.Close() // temporary files of which nobody will read
			return nil, &svn.Error{Revision: number, Path: c.Path, Err: err}
		}
	}
	return revision, nil
}

// made is what is new in a revision.
type made struct {
	revision int64
	nodes    map[string]node
	users    map[place]int // how many nodes have the same text
}

// madeIn reads all nodes that a revision made.
func (r *reader) madeIn(number int64) (made, error) {
	m := made{revision: number, nodes: map[string]node{}, users: map[place]int{}}
	f, err := r.revFile(number)
	if err != nil {
		return m, err
	}
	if err := f.whole(); err != nil {
		return m, err
	}
	for _, it := range f.of(number) {
		if it.kind != nodeRevision {
			continue
		}
		raw, err := f.read(it.offset, it.size)
		if err != nil {
			return m, err
		}
		n, err := parseNode(raw)
		if err != nil {
			return m, err
		}
		m.nodes[n.path] = n
		text := place{revision: -1}
		if n.text != nil {
			text = n.text.place
			m.users[text]++
		}
		if n.kind == svn.File {
			r.nodes.put(place{it.revision, it.number}, text)
		}
	}
	return m, nil
}

// change makes a node out of a changed path.
func (r *reader) change(m *made, c svn.Change) (*svn.Node, error) {
	out := &svn.Node{Path: c.Path, Action: c.Action, FromPath: c.FromPath, FromRevision: c.FromRevision}
	if c.Action == svn.Delete {
		return out, nil
	}
	n, ok := m.nodes[c.Path]
	if !ok || n.kind != c.Kind {
		return nil, damaged("a changed path has no node")
	}
	out.Kind = n.kind
	var prior node
	var err error
	if c.FromRevision >= 0 {
		// What a copy changes is not always marked.
		if prior, err = r.node(n.prior); err != nil {
			return nil, fmt.Errorf("find what it is a copy of: %w", err)
		}
		c.TextChanged, c.PropsChanged = !same(n.text, prior.text), !same(n.props, prior.props)
	} else if c.Action != svn.Modify {
		n.prior = place{revision: -1}
		c.TextChanged, c.PropsChanged = n.text != nil, n.props != nil
	}
	if c.PropsChanged {
		out.Props = &svn.PropChange{Full: true}
		if n.props != nil {
			raw, err := r.expand(n.props)
			if err != nil {
				return nil, err
			}
			if out.Props.Set, err = parseHash(raw); err != nil {
				return nil, err
			}
		}
	}
	if c.TextChanged && n.kind == svn.File {
		if out.Text, err = r.text(m, n); err != nil {
			return nil, err
		}
	}
	if out.Text != nil && n.text != nil {
		out.MD5, out.SHA1 = n.text.md5, n.text.sha1
		out.Text.Expect(out.MD5, out.SHA1)
	}
	return out, nil
}

func same(a, b *representation) bool {
	return a == nil && b == nil || a != nil && b != nil && a.place == b.place
}
