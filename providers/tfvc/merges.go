package tfvc

import (
	"fmt"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/schema"
)

// mergeParents returns the commits that a changeset merged as a whole into a
// line, whose public tree is tree.
//
// Servers record merges file by file. A commit of another line is a parent when
// nothing of what happened there up to that commit, since the two lines were
// last one, is left out: each file that it changed was merged in that state by
// this changeset, or is the same in both lines now. Otherwise it is a
// cherry-pick, and no parent.
func (c *converter) mergeParents(i int32, tree gitpack.ID) ([]int32, error) {
	h := c.history
	l := h.Lines[i]
	bySource := map[int32][]mergeRecord{}
	for _, m := range c.now.merges {
		if !within(fold(m.target), fold(l.Path)) || h.owner(fold(m.target)) != i {
			continue
		}
		m.to = min(m.to, c.now.set.Number-1)
		if m.to <= 0 {
			m.to = c.now.set.Number - 1
		}
		switch s := h.lineHolding(m.source, m.to); {
		case s == none || h.Lines[s].Outside:
			c.lose("tfvc.merge", l.Path, fmt.Sprintf("%s was merged, which is in no branch; no commit has it as a parent", schema.Printable(m.source)))
		case s != i:
			bySource[s] = append(bySource[s], m)
		}
	}
	if len(bySource) == 0 {
		return nil, nil
	}
	known := h.ancestors(l.Tip)
	var parents []int32
	for _, s := range slices.SortedFunc(maps.Keys(bySource), c.byPath) {
		to := 0
		for _, m := range bySource[s] {
			to = max(to, m.to)
		}
		tip := h.commitAt(s, to)
		if tip == none || int(tip) < len(known) && known[tip] {
			continue
		}
		whole, err := c.mergedWhole(s, tip, to, known, bySource[s], tree)
		if err != nil {
			return nil, err
		}
		if !whole {
			c.lose("tfvc.cherry_pick", l.Path, fmt.Sprintf("parts of %s were merged; they are in the commit, and it has no second parent", schema.Printable(h.Lines[s].Path)))
			continue
		}
		parents = append(parents, tip)
		for k, is := range h.ancestors(tip) {
			if is {
				if k >= len(known) {
					known = append(known, make([]bool, k+1-len(known))...)
				}
				known[k] = true
			}
		}
	}
	return parents, nil
}

// mergedWhole reports whether the records cover all that happened in the line s
// up to its commit tip, which is that of the version to.
func (c *converter) mergedWhole(s, tip int32, to int, known []bool, records []mergeRecord, tree gitpack.ID) (bool, error) {
	h := c.history
	before, since := gittree.Empty, 0
	for at := tip; at != none; {
		if int(at) < len(known) && known[at] {
			before, since = h.Commits[at].Tree, int(h.Commits[at].Set)
			break
		}
		parents := h.Commits[at].Parents
		if at = none; len(parents) > 0 {
			at = parents[0]
		}
	}
	merged := map[string]mergeRecord{}
	for _, m := range records {
		key := fold(rest(m.source, h.Lines[s].Path))
		if old, ok := merged[key]; ok { // two ranges of one file
			m.from, m.to = min(m.from, old.from), max(m.to, old.to)
		}
		merged[key] = m
	}
	for change, err := range c.trees.Diff(before, h.Commits[tip].Tree) {
		if err != nil {
			return false, err
		}
		now, _, err := find(c.trees, tree, change.Path)
		if err != nil {
			return false, err
		}
		if now.ID == change.New.ID {
			continue // as it is there, or as absent
		}
		m, ok := merged[fold(change.Path)]
		if !ok {
			return false, nil
		}
		covers, err := c.covers(m, h.Lines[s].Path, change, since, to)
		if err != nil || !covers {
			return false, err
		}
	}
	return true, nil
}

// covers reports whether a record takes in all of what became of a file since a
// version and up to another.
func (c *converter) covers(m mergeRecord, folder string, change gittree.Change, since, to int) (bool, error) {
	path := join(folder, change.Path)
	state := func(version int) (gitpack.ID, error) {
		e, _, err := find(c.trees, c.history.root(version), path)
		return e.ID, err
	}
	if m.to < to {
		then, err := state(m.to)
		if err != nil || then != change.New.ID {
			return false, err
		}
	}
	if m.from-1 > since {
		then, err := state(m.from - 1)
		if err != nil || then != change.Old.ID {
			return false, err
		}
	}
	return true, nil
}
