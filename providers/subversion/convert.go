package subversion

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// converter takes revisions, one after the other, into git.
type converter struct {
	history  *history
	session  *conversion.Session
	settings *settings
	uuid     string
	root     string // URL of the repository

	trees  *gittree.Trees
	tree   *tree
	public *publisher
	losses *conversion.Losses
	due    func() bool // whether it is time for a checkpoint

	now *svn.Revision // the one at hand
}

// change is what a revision does to lines.
type change struct {
	touched map[int32]bool       // lines in which something changed
	removed map[int32]bool       // lines whose folder is gone, and may be there again
	added   map[string]*svn.Node // what was added outside of lines, or is the root of one
	roots   map[string]kind      // folders that may be lines from now on
	copies  []string             // folders that were copied, and may hold such
	claims  map[string]bool      // roots in which something changed that the line around loses, if they are lines
	home    bool                 // something changed that is in no line
	within  bool                 // something changed in the layout's home
}

func newChange() *change {
	return &change{
		touched: map[int32]bool{}, removed: map[int32]bool{}, claims: map[string]bool{},
		added: map[string]*svn.Node{}, roots: map[string]kind{},
	}
}

// revision converts the next revision.
func (c *converter) revision(r *svn.Revision) error {
	c.now = r
	h := c.history
	if len(h.Roots) == 0 {
		h.First = r.Number
	}
	before, _ := h.root(r.Number - 1)
	c.tree.begin(before)
	ch := newChange()
	ch.within = len(r.Nodes) == 0
	started := r.Number >= c.settings.StartRevision
	for _, n := range r.Nodes {
		if err := svn.CheckPath(n.Path); err != nil {
			return &svn.Error{Revision: r.Number, Path: n.Path, Err: err}
		}
		if started {
			if err := c.collect(ch, n); err != nil {
				return &svn.Error{Revision: r.Number, Path: n.Path, Err: err}
			}
		}
		if err := c.tree.apply(r.Number, n); err != nil {
			return &svn.Error{Revision: r.Number, Path: n.Path, Err: err}
		}
	}
	root, err := c.tree.finish()
	if err != nil {
		return &svn.Error{Revision: r.Number, Err: err}
	}
	h.Roots = append(h.Roots, root)
	if !started {
		return c.date(r)
	}
	if r.Number > 0 && (r.Number == c.settings.StartRevision || r.Number == h.First) {
		ch.copies = append(ch.copies, "") // what is there already begins here
		for _, root := range h.Layout.roots("") {
			ch.roots[root.path] = root.kind
		}
		ch.home = true
	}
	return c.commit(ch, before, root)
}

// collect notes what a node does to the lines that there were before it.
func (c *converter) collect(ch *change, n *svn.Node) error {
	h := c.history
	if within(n.Path, h.Layout.Home) {
		ch.within = true
	}
	owner := c.ownerOf(ch, n.Path)
	ownerPath := ""
	if owner != none {
		ownerPath = h.Lines[owner].Path
		if err := c.loseIn(ownerPath, n); err != nil {
			return err
		}
		if ownerPath != n.Path && !h.hollow(ownerPath) {
			ch.touched[owner] = true
			return nil // an ordinary change of a line, which most are
		}
	} else if within(n.Path, h.Layout.Home) {
		if err := c.loseIn(h.Layout.Home, n); err != nil {
			return err
		}
	}
	if n.Action == svn.Delete || n.Action == svn.Replace {
		ch.remove(h, n.Path)
	}
	claim := ""
	for _, r := range h.Layout.roots(n.Path) {
		if owner == none || len(r.path) > len(ownerPath) {
			ch.roots[r.path] = r.kind
			claim = r.path
		}
	}
	switch {
	case claim != "":
		ch.claims[claim] = true
	case owner != none:
		ch.touched[owner] = true
	default:
		ch.home = true
	}
	if n.Copied() && n.Kind != svn.File {
		ch.copies = append(ch.copies, n.Path)
		c.nested(ch, n)
	}
	if n.Action == svn.Add || n.Action == svn.Replace {
		ch.added[n.Path] = n
	}
	return nil
}

// remove notes that all at and below p is gone.
func (ch *change) remove(h *history, p string) {
	for at, i := range h.live {
		if within(at, p) {
			ch.removed[i] = true
		}
	}
	maps.DeleteFunc(ch.added, func(at string, _ *svn.Node) bool { return within(at, p) })
	maps.DeleteFunc(ch.roots, func(at string, _ kind) bool { return within(at, p) })
	maps.DeleteFunc(ch.claims, func(at string, _ bool) bool { return within(at, p) })
	ch.copies = slices.DeleteFunc(ch.copies, func(at string) bool { return within(at, p) })
}

// ownerOf is history.owner without the lines that this revision removed.
func (c *converter) ownerOf(ch *change, p string) int32 {
	h := c.history
	owner := h.owner(p)
	for owner != none && ch.removed[owner] {
		at := h.Lines[owner].Path
		if at == "" {
			return none
		}
		owner = h.owner(parent(at))
	}
	return owner
}

// nested finds lines deeper than the layout says. The copy of a line into a
// folder that only groups others, as to branches/team/feature, is a line; and so
// is each line inside of such a folder when that is copied.
func (c *converter) nested(ch *change, n *svn.Node) {
	h := c.history
	roots := h.Layout.roots(n.Path)
	if len(roots) == 0 || roots[0].kind == trunk {
		return
	}
	group := roots[0]
	for at := n.Path; at != group.path; {
		at = parent(at)
		if over := ch.added[at]; over != nil && over.Copied() && h.lineHolding(over.FromPath, over.FromRevision) != none {
			return // a part of the line that begins at or above at
		}
	}
	if n.Path != group.path && h.lineAt(n.FromPath, n.FromRevision) != none {
		ch.roots[n.Path] = group.kind
		return
	}
	if i := h.lineHolding(n.FromPath, n.FromRevision); i != none && h.Lines[i].Kind != outside {
		return
	}
	for _, l := range h.Lines {
		if l.Kind != outside && l.Path != n.FromPath && within(l.Path, n.FromPath) && l.at(n.FromRevision) {
			ch.roots[join(n.Path, rest(l.Path, n.FromPath))] = group.kind
		}
	}
}

// commit makes the commits of a revision.
func (c *converter) commit(ch *change, before, root gitpack.ID) error {
	h, rev := c.history, c.now.Number
	author, seconds, err := c.author()
	if err != nil {
		return err
	}
	stamp := &stamp{person: author.At(seconds, 0), rev: rev}
	stamp.message = c.message()

	var ended []int32
	for _, i := range slices.Sorted(maps.Keys(ch.removed)) {
		h.end(i, rev)
		ended = append(ended, i)
	}
	if err := c.expandCopies(ch, root); err != nil {
		return err
	}
	made := 0
	for _, p := range newRoots(ch) {
		n, err := c.startLine(ch, stamp, p, ch.roots[p], root)
		if err != nil {
			return &svn.Error{Revision: rev, Path: p, Err: err}
		}
		made += n
	}
	c.settleClaims(ch)
	for _, i := range c.inOrder(ch.touched) {
		if h.Lines[i].End != alive {
			continue
		}
		n, err := c.extendLine(stamp, i, before, root)
		if err != nil {
			return &svn.Error{Revision: rev, Path: h.Lines[i].Path, Err: err}
		}
		made += n
	}
	n, gone, err := c.extendOutside(ch, stamp, root)
	if err != nil {
		return &svn.Error{Revision: rev, Err: err}
	}
	if gone != none {
		ended = append(ended, gone)
	}
	h.archive(ended)
	if made+n == 0 && rev > 0 && ch.within {
		c.lose("subversion.revision", "", "the revision changed nothing that a commit can show")
	}
	return nil
}

// settleClaims gives what changed in a folder that could have become a line, and
// did not, to the line around it.
func (c *converter) settleClaims(ch *change) {
	h := c.history
	for p := range ch.claims {
		if _, ok := h.live[p]; ok {
			continue
		}
		if i := h.owner(p); i != none {
			ch.touched[i] = true
		} else {
			ch.home = true
		}
	}
}

// newRoots orders the folders that may begin a line: the deepest first, because
// the others are without them.
func newRoots(ch *change) []string {
	return slices.SortedFunc(maps.Keys(ch.roots), func(a, b string) int {
		if d := depth(b) - depth(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}

// inOrder sorts lines: trunks, branches, tags, and by path.
func (c *converter) inOrder(set map[int32]bool) []int32 {
	return slices.SortedFunc(maps.Keys(set), func(a, b int32) int {
		x, y := c.history.Lines[a], c.history.Lines[b]
		if x.Kind != y.Kind {
			return int(x.Kind) - int(y.Kind)
		}
		return strings.Compare(x.Path, y.Path)
	})
}

// expandCopies finds the lines inside of folders that were copied as a whole.
func (c *converter) expandCopies(ch *change, root gitpack.ID) error {
	folders := func(p string) ([]string, error) {
		e, ok, err := c.trees.Lookup(root, stored(p))
		if err != nil || !ok || !e.Mode.IsDirectory() {
			return nil, err
		}
		entries, err := c.trees.List(e.ID)
		var names []string
		for _, e := range entries {
			if e.Mode.IsDirectory() {
				names = append(names, shownName(e.Name))
			}
		}
		return names, err
	}
	for _, p := range ch.copies {
		found, err := c.history.Layout.expand(p, folders)
		if err != nil {
			return err
		}
		for _, r := range found {
			ch.roots[r.path] = r.kind
		}
	}
	return nil
}
