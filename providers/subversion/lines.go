package subversion

import (
	"fmt"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// lineTree returns the public tree of the line at p: its folder without the
// lines inside of it.
func (c *converter) lineTree(root gitpack.ID, p string) (gitpack.ID, error) {
	e, ok, err := c.trees.Lookup(root, stored(p))
	if err != nil || !ok || !e.Mode.IsDirectory() {
		return gittree.Empty, err
	}
	if c.history.inner[p] > 0 {
		edit := c.trees.Edit(e.ID)
		for _, at := range slices.Sorted(maps.Keys(c.history.live)) {
			if at != p && within(at, p) {
				if err := edit.Remove(stored(rest(at, p))); err != nil {
					return gitpack.ID{}, err
				}
			}
		}
		if e.ID, err = edit.Write(false); err != nil {
			return gitpack.ID{}, err
		}
	}
	return c.public.public(e.ID)
}

// startLine begins the line at p, if there is one now. It returns how many
// revisions of the table it added.
func (c *converter) startLine(ch *change, s *stamp, p string, k kind, root gitpack.ID) (int, error) {
	h := c.history
	if _, exists := h.live[p]; exists {
		return 0, nil
	}
	if above := h.owner(p); above != none && !h.hollow(h.Lines[above].Path) {
		return 0, nil // a folder in a line, such as a branch copied into another
	}
	if e, ok, err := c.trees.Lookup(root, stored(p)); err != nil || !ok || !e.Mode.IsDirectory() {
		return 0, err
	}
	tree, err := c.lineTree(root, p)
	if err != nil {
		return 0, err
	}
	from := c.origin(ch, p)
	if k != trunk && tree == gittree.Empty && !(from.copied && from.line != none && h.Lines[from.line].Kind != outside) {
		return 0, nil // a folder for branches to come, or a branch to come
	}
	if from.commit == none && k == trunk {
		from.commit = c.chained(trunk, p)
	}
	l := &line{Path: p, Kind: k, Start: s.rev, End: alive, Origin: from.commit, Tip: from.commit}
	if k == tag {
		l.Tagger, l.Message = s.person, s.message
	}
	i := h.begin(l)
	same := from.commit != none && h.Commits[from.commit].Tree == tree
	empty := same || from.commit == none && tree == gittree.Empty
	if empty && (k == tag || c.settings.EmptyRevisions == dropWord) {
		if l.Tip == none {
			return 0, nil
		}
		return 1, c.record(i, l.Tip)
	}
	if from.copied && from.commit == none && c.now.Number != c.settings.StartRevision {
		c.lose("subversion.origin", p, fmt.Sprintf("it was copied from /%s@%d, of which there is no commit; its history begins here", svn.Printable(from.path), from.rev))
	}
	if from.below != "" {
		c.lose("subversion.subfolder", p, fmt.Sprintf("it is a copy of the folder %s of a line; its first commit moves all files", svn.Printable(from.below)))
	}
	var was, is map[string][]byte
	if from.copied && from.line != none && from.below == "" {
		if source, ok := h.root(from.rev); ok {
			if was, is, err = c.mergeProperties(source, from.path, root, p); err != nil {
				return 0, err
			}
		}
	}
	return 1, c.write(s, i, tree, was, is)
}

// extendLine adds a commit to a line that goes on.
func (c *converter) extendLine(s *stamp, i int32, before, root gitpack.ID) (int, error) {
	l := c.history.Lines[i]
	tree, err := c.lineTree(root, l.Path)
	if err != nil {
		return 0, err
	}
	was, is, err := c.mergeProperties(before, l.Path, root, l.Path)
	if err != nil {
		return 0, err
	}
	if l.Kind == tag {
		c.lose("subversion.tag_changed", l.Path, "the tag was changed after it was made; it stands for its last state")
	}
	return c.writeUnlessIdle(s, i, tree, was, is)
}

func (c *converter) writeUnlessIdle(s *stamp, i int32, tree gitpack.ID, was, is map[string][]byte) (int, error) {
	h := c.history
	l := h.Lines[i]
	idle := l.Tip != none && h.Commits[l.Tip].Tree == tree || l.Tip == none && tree == gittree.Empty
	if idle && c.settings.EmptyRevisions == dropWord {
		if parents, _ := c.merges(i, was, is); len(parents) == 0 {
			return 0, nil
		}
	}
	return 1, c.write(s, i, tree, was, is)
}

// extendOutside keeps the line of what is in no other one. It returns that line
// when it has come to its end.
func (c *converter) extendOutside(ch *change, s *stamp, root gitpack.ID) (made int, gone int32, err error) {
	h := c.history
	if !ch.home || slices.Contains(h.Layout.Trunk, h.Layout.Home) {
		return 0, none, nil
	}
	tree, err := c.lineTree(root, h.Layout.Home)
	if err != nil {
		return 0, none, err
	}
	i := h.home
	switch {
	case tree == gittree.Empty && i == none:
		return 0, none, nil
	case tree == gittree.Empty:
		h.end(i, s.rev)
		return 0, i, nil
	case c.settings.Outside == dropWord:
		c.lose("subversion.outside", h.Layout.Home, `there are files in no trunk, branch or tag; they are left out, as outside = "drop" says`)
		return 0, none, nil
	case i == none:
		c.lose("subversion.outside", h.Layout.Home, "there are files in no trunk, branch or tag; they are in "+outsideRef)
		tip := c.chained(outside, h.Layout.Home)
		i = h.begin(&line{Path: h.Layout.Home, Kind: outside, Start: s.rev, End: alive, Origin: tip, Tip: tip})
	case h.Commits[h.Lines[i].Tip].Tree == tree:
		return 0, none, nil
	}
	return 1, none, c.write(s, i, tree, nil, nil)
}

// chained returns the tip of the last line of this kind at p, when it would be
// archived otherwise: a trunk that is removed and put back goes on.
func (c *converter) chained(k kind, p string) int32 {
	h := c.history
	for i := len(h.Lines) - 1; i >= 0; i-- {
		if l := h.Lines[i]; l.Kind == k && l.Path == p && l.End != alive && l.Tip != none {
			if h.held(l.Tip) {
				return none // another line goes on from it
			}
			l.Archived = false
			return l.Tip
		}
	}
	return none
}

// origin is where a new line comes from.
type origin struct {
	commit int32  // or none
	line   int32  // or none
	copied bool   // the folder itself, or one above it, is a copy
	path   string // of the source
	rev    int64
	below  string // the part of the line that was copied, when not all of it
}

// origin finds what the folder at p was made of.
func (c *converter) origin(ch *change, p string) origin {
	for at := p; ; at = parent(at) {
		if n := ch.added[at]; n != nil && n.Copied() {
			o := c.source(join(n.FromPath, rest(p, at)), n.FromRevision)
			o.copied = true
			return o
		} else if n != nil || at == "" {
			break
		}
	}
	return c.assembled(ch, p)
}

// source finds the commit that a path and revision stand for.
func (c *converter) source(p string, rev int64) origin {
	h := c.history
	o := origin{commit: none, path: p, rev: rev}
	o.line = h.lineHolding(p, rev)
	if o.line != none {
		o.commit = h.commitAt(o.line, rev)
		o.below = rest(p, h.Lines[o.line].Path)
	}
	return o
}

// assembled is the origin of a folder that was made empty and filled with parts
// of a line, as cvs2svn makes tags: the line that most of the parts are from.
// Only what has the same place in both counts, so that a file borrowed from
// elsewhere joins no histories.
func (c *converter) assembled(ch *change, p string) origin {
	best := origin{commit: none, line: none}
	parts, last := map[int32]int{}, map[int32]int64{}
	for at, n := range ch.added {
		if !n.Copied() || at == p || !within(at, p) {
			continue
		}
		i := c.history.lineHolding(n.FromPath, n.FromRevision)
		if i == none || rest(n.FromPath, c.history.Lines[i].Path) != rest(at, p) {
			continue
		}
		parts[i]++
		last[i] = max(last[i], n.FromRevision)
	}
	for _, i := range slices.Sorted(maps.Keys(parts)) {
		if best.line == none || parts[i] > parts[best.line] {
			best.line = i
		}
	}
	if best.line != none {
		best.rev = last[best.line]
		best.path = c.history.Lines[best.line].Path
		best.commit = c.history.commitAt(best.line, best.rev)
	}
	return best
}
