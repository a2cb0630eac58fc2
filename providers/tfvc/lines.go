package tfvc

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/schema"
)

// commit makes the commits of the changeset at hand.
func (c *converter) commit(stamp *stamp, root gitpack.ID) error {
	h, set := c.history, int32(c.now.set.Number)
	ended := c.endLines()
	begun, err := c.startLines(stamp, root)
	if err != nil {
		return err
	}
	touched, outside := c.touched(ended, begun)
	for _, i := range slices.SortedFunc(maps.Keys(touched), c.byPath) {
		if err := c.extendLine(stamp, i, touched[i], root); err != nil {
			return fmt.Errorf("%s: %w", schema.Printable(h.Lines[i].Path), err)
		}
	}
	gone, err := c.extendOutside(stamp, outside || len(ended) > 0, root, set)
	if err != nil {
		return err
	}
	if gone != none {
		ended = append(ended, gone)
	}
	h.archive(ended)
	return nil
}

// touched lists the lines that go on in which something changed, and tells
// whether something did outside of all. A line that only lost a folder to a new
// line inside of it is not marked as changed itself.
func (c *converter) touched(ended []int32, begun map[int32]bool) (lines map[int32]bool, outside bool) {
	h := c.history
	lines = map[int32]bool{}
	touch := func(key string, own bool) {
		switch i := h.owner(key); {
		case i == none:
			outside = true
		case !begun[i]:
			lines[i] = lines[i] || own
		}
	}
	for _, p := range c.now.removed {
		key := fold(p)
		// What was in a line that ended ended with it.
		own := !slices.ContainsFunc(ended, func(i int32) bool { return within(key, fold(h.Lines[i].Path)) })
		touch(key, own)
	}
	for _, s := range c.now.present {
		touch(fold(s.path), true)
	}
	for i := range begun {
		if key := fold(h.Lines[i].Path); key != "" {
			touch(parent(key), false)
		}
	}
	return lines, outside
}

func (c *converter) byPath(a, b int32) int {
	return cmp.Or(comparePaths(c.history.Lines[a].Path, c.history.Lines[b].Path), cmp.Compare(a, b))
}

// endLines ends the lines whose folder is gone, or gone and there again.
func (c *converter) endLines() (ended []int32) {
	h := c.history
	removed := map[string]bool{}
	for _, p := range c.now.removed {
		removed[fold(p)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(h.live)) {
		at := key
		for at != "" && !removed[at] {
			at = parent(at)
		}
		if !removed[at] || c.onlyRecased(at) {
			continue
		}
		i := h.live[key]
		h.end(i, int32(c.now.set.Number))
		ended = append(ended, i)
	}
	return ended
}

// onlyRecased reports whether what was removed at a folded path is there again
// because only the case of its name changed.
func (c *converter) onlyRecased(key string) bool {
	from, ok := c.now.copies[key]
	return ok && from.kind == renamed && from.foreign == "" && fold(from.path) == key
}

// candidates lists the paths at which lines may begin: branches in which
// something is new and that no line has. The deepest are first, because the
// others are without them.
func (c *converter) candidates() []string {
	h := c.history
	found := map[string]string{}
	switch l := &h.Layout; {
	case !l.some():
		found[""] = ""
	case len(l.Patterns) > 0:
		for _, s := range c.now.present {
			for _, p := range l.roots(s.path) {
				if _, ok := found[fold(p)]; !ok {
					found[fold(p)] = p
				}
			}
		}
	default:
		for _, p := range l.Branches {
			if c.touches(fold(p)) {
				found[fold(p)] = p
			}
		}
	}
	var list []string
	for key, p := range found {
		if _, ok := h.live[key]; !ok {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(b, "/"), strings.Count(a, "/")), comparePaths(a, b))
	})
	return list
}

// touches reports whether something came to be at, in or above a folder.
func (c *converter) touches(key string) bool {
	list := c.now.present
	i := sort.Search(len(list), func(i int) bool { return fold(list[i].path) >= key })
	for ; i < len(list) && strings.HasPrefix(fold(list[i].path), key); i++ {
		if within(fold(list[i].path), key) {
			return true
		}
	}
	return false
}

// startLines begins the lines that there are now.
func (c *converter) startLines(s *stamp, root gitpack.ID) (map[int32]bool, error) {
	begun := map[int32]bool{}
	for _, p := range c.candidates() {
		did, err := c.startLine(s, p, root)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", schema.Printable(p), err)
		}
		if did {
			begun[c.history.live[fold(p)]] = true
		}
	}
	return begun, nil
}

// startLine begins the line at p, if there is one now.
func (c *converter) startLine(s *stamp, p string, root gitpack.ID) (bool, error) {
	h := c.history
	e, actual, ok, err := findPath(c.trees, root, p)
	if err != nil || !ok || !e.Mode.IsDirectory() {
		return false, err
	}
	p = actual
	tree, err := c.lineTree(root, p)
	if err != nil {
		return false, err
	}
	from := c.origin(p)
	if tree == gittree.Empty && from.commit == none {
		return false, nil // a branch to come
	}
	l := &line{Path: p, Start: int32(c.now.set.Number), End: alive, Origin: from.commit, Tip: from.commit}
	i := h.begin(l)
	if from.chained != none {
		h.Lines[from.chained].Archived = false
	}
	if from.commit != none && h.Commits[from.commit].Tree == tree && c.settings.EmptyChangesets == dropWord {
		c.record(i, from.commit)
		return true, nil
	}
	switch {
	case from.foreign != "":
		c.lose("tfvc.origin", p, fmt.Sprintf("it comes from %s, which is in another project; its history begins here", schema.Printable(from.foreign)))
	case from.copied && from.commit == none:
		c.lose("tfvc.origin", p, "there is no commit of what it was made of; its history begins here")
	case from.below != "":
		c.lose("tfvc.subfolder", p, fmt.Sprintf("it was made of the folder %s of a branch; its first commit moves all files", schema.Printable(from.below)))
	}
	return true, c.write(s, i, tree, nil)
}

// extendLine adds a commit to a line that goes on. Own says that something in it
// changed, and not only what is cut out of it.
func (c *converter) extendLine(s *stamp, i int32, own bool, root gitpack.ID) error {
	h := c.history
	l := h.Lines[i]
	tree, err := c.lineTree(root, l.Path)
	if err != nil {
		return err
	}
	merged, err := c.mergeParents(i, tree)
	if err != nil {
		return err
	}
	idle := l.Tip != none && h.Commits[l.Tip].Tree == tree || l.Tip == none && tree == gittree.Empty
	if idle && len(merged) == 0 && (!own || c.settings.EmptyChangesets == dropWord) {
		return nil
	}
	return c.write(s, i, tree, merged)
}

// extendOutside keeps the line of what is in no branch. It returns that line
// when it has come to its end.
func (c *converter) extendOutside(s *stamp, touched bool, root gitpack.ID, set int32) (gone int32, err error) {
	h := c.history
	if _, whole := h.live[""]; !touched || whole || !h.Layout.some() {
		return none, nil
	}
	tree, err := c.lineTree(root, "")
	if err != nil {
		return none, err
	}
	i := h.home
	switch {
	case tree == gittree.Empty && i == none:
		return none, nil
	case tree == gittree.Empty:
		h.end(i, set)
		return i, nil
	case c.settings.Outside == dropWord:
		c.lose("tfvc.outside", "", `there are files in no branch; they are left out, as outside = "drop" says`)
		return none, nil
	case i == none:
		c.lose("tfvc.outside", "", "there are files in no branch; they are in "+outsideRef)
		i = h.begin(&line{Outside: true, Start: set, End: alive, Origin: none, Tip: none})
	case h.Commits[h.Lines[i].Tip].Tree == tree:
		return none, nil
	}
	return none, c.write(s, i, tree, nil)
}

// origin is where a new line comes from.
type origin struct {
	commit  int32 // or none
	chained int32 // the line that goes on in it, or none
	copied  bool  // the folder itself, or one above it, is a copy
	foreign string
	below   string // the part of the line that was copied, when not all of it
}

// origin finds what the folder at p was made of.
func (c *converter) origin(p string) origin {
	h := c.history
	for at := p; ; at = parent(at) {
		from, ok := c.now.copies[fold(at)]
		switch {
		case ok && from.kind == undeleted:
			if i := h.former(p); i != none {
				return origin{commit: h.Lines[i].Tip, chained: i, copied: true}
			}
		case ok && from.foreign != "":
			return origin{commit: none, chained: none, copied: true, foreign: from.foreign}
		case ok:
			return c.sourceAt(join(from.path, rest(p, at)), from.version)
		}
		if at == "" {
			return c.assembled(p)
		}
	}
}

// sourceAt finds the commit that a path and version stand for.
func (c *converter) sourceAt(p string, version int) origin {
	h := c.history
	o := origin{commit: none, chained: none, copied: true}
	if i := h.lineHolding(p, version); i != none {
		o.commit = h.commitAt(i, version)
		if below := rest(p, h.Lines[i].Path); below != "" {
			o.below = below
		}
	}
	return o
}

// assembled is the origin of a folder that was made empty and filled with parts
// of a line: the line that most of the parts are from. Only what has the same
// place in both counts, so that a file borrowed from elsewhere joins no
// histories.
func (c *converter) assembled(p string) origin {
	h := c.history
	parts, last := map[int32]int{}, map[int32]int{}
	for at, from := range c.now.copies {
		if from.kind == undeleted || from.foreign != "" || at == fold(p) || !within(at, fold(p)) {
			continue
		}
		i := h.lineHolding(from.path, from.version)
		if i == none || fold(rest(from.path, h.Lines[i].Path)) != rest(at, p) {
			continue
		}
		parts[i]++
		last[i] = max(last[i], from.version)
	}
	best := none
	for _, i := range slices.Sorted(maps.Keys(parts)) {
		if best == none || parts[i] > parts[best] {
			best = i
		}
	}
	o := origin{commit: none, chained: none}
	if best != none {
		o.commit, o.copied = h.commitAt(best, last[best]), true
	}
	return o
}

// write adds a commit with the given tree to a line.
func (c *converter) write(s *stamp, i int32, tree gitpack.ID, merged []int32) error {
	h := c.history
	l := h.Lines[i]
	parents := merged
	if l.Tip != none {
		parents = append([]int32{l.Tip}, merged...)
	}
	of := conversion.Commit{Tree: tree, Author: s.author, Committer: s.committer, Message: s.message}
	for _, p := range parents {
		of.Parents = append(of.Parents, h.Commits[p].ID)
	}
	id, err := c.session.Writer().Put(gitpack.Commit, conversion.EncodeCommit(of))
	if err != nil {
		return err
	}
	at := h.add(commit{ID: id, Tree: tree, Set: int32(c.now.set.Number), Line: i, Parents: parents})
	c.record(i, at)
	return nil
}

// record notes which commit stands for the changeset at hand.
func (c *converter) record(i, commit int32) {
	h := c.history
	name := cmp.Or(schema.Printable(h.Lines[i].Path), wholeProject)
	c.session.Record(conversion.Revision{Source: c.revisionName(), Branch: name, Commit: h.Commits[commit].ID})
}
