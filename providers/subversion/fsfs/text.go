package fsfs

import "github.com/drover-migrate/drover/providers/subversion/svn"

// text returns the text of a node as a difference to that of the node before
// it, if it is stored as one, and otherwise as a whole. Several nodes share what
// is stored when their texts are the same, as after merges.
func (r *reader) text(m *made, n node) (*svn.Text, error) {
	if n.text == nil {
		return svn.NewText(true, nil), nil
	}
	rep, repo := n.text, r.Repository
	origin := svn.Origin{Revision: rep.revision, Number: rep.number}
	if r.given[rep.place] && rep.whole <= wholeText {
		// Who has read the first one hardly needs it again.
		t := svn.NewLateText(rep.whole, func() ([]byte, error) { return repo.expand(rep) })
		t.Origin = origin
		return t, nil
	}
	t, err := r.textNow(m, n)
	if err != nil {
		return nil, err
	}
	t.Origin = origin
	if len(r.given) == keptGiven {
		clear(r.given)
	}
	r.given[rep.place] = true
	return t, nil
}

// textNow is text for who has not had it before.
func (r *reader) textNow(m *made, n node) (*svn.Text, error) {
	s, err := r.stored(n.text)
	if err != nil {
		return nil, err
	}
	usable, err := r.usable(m, n, &s)
	if err != nil {
		return nil, err
	}
	if usable {
		return s.text(r.scratch)
	}
	text, err := r.expand(n.text)
	if err != nil {
		return nil, err
	}
	return svn.NewText(true, text), nil
}

// usable reports whether what is stored applies to the text that the node had
// before.
func (r *reader) usable(m *made, n node, s *stored) (bool, error) {
	switch {
	case s.plain:
		return true, nil
	case n.prior.revision < 0:
		return s.base == nil, nil
	case s.base == nil:
		// It would apply, as a text that has nothing in common with the other.
		// Whoever has both as a whole can do better, as long as they are small.
		return s.size > wholeText, nil
	}
	// A text that was made for this node is a difference to that of one of its
	// predecessors. If that is of the revision of the last predecessor, it is
	// the last predecessor's: no other is as young.
	if n.text.revision == m.revision && m.users[n.text.place] == 1 && s.base.revision == n.prior.revision {
		return true, nil
	}
	prior, err := r.textOf(n.prior)
	return err == nil && prior == s.base.place, err
}

const wholeText = 8 << 20
