package mercurial

import (
	"cmp"
	"slices"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/wire"
)

// table is what is known of the changesets of a repository, by their numbers
// in its changelog. The log says what they are, the rows what became of them.
type table struct {
	log      hg.Log
	rows     []row
	branches []string     // names that rows refer to
	tagFiles []gitpack.ID // versions of .hgtags that rows refer to; the first is none

	order     wire.Order // of heads, where numbers do not tell
	branchOf  map[string]int32
	tagFileOf map[gitpack.ID]int32
}

// row is one changeset.
type row struct {
	commit, tree gitpack.ID // zero: not converted
	branch       int32
	tagFile      int32
	closed       bool // it closes its branch head
	exported     bool // it is to have a commit
}

func newTable(log hg.Log) *table {
	t := &table{log: log, rows: make([]row, log.Len()), branchOf: map[string]int32{}, tagFileOf: map[gitpack.ID]int32{}}
	t.tagFile(gitpack.ID{})
	return t
}

func (r *row) converted() bool { return !r.commit.IsZero() }

// branch returns the number of a branch name.
func (t *table) branch(name string) int32 {
	n, known := t.branchOf[name]
	if !known {
		n = int32(len(t.branches))
		t.branches, t.branchOf[name] = append(t.branches, name), n
	}
	return n
}

// tagFile returns the number of a version of .hgtags.
func (t *table) tagFile(blob gitpack.ID) int32 {
	n, known := t.tagFileOf[blob]
	if !known {
		n = int32(len(t.tagFiles))
		t.tagFiles, t.tagFileOf[blob] = append(t.tagFiles, blob), n
	}
	return n
}

// parents returns the numbers of the parents of changeset i, -1 for none.
func (t *table) parents(i int) [2]int {
	e := t.log.Entry(i)
	return [2]int{e.P1, e.P2}
}

// heads returns the exported changesets without exported children, oldest
// first.
func (t *table) heads() []int {
	parent := make([]bool, len(t.rows))
	for i := range t.rows {
		if !t.rows[i].exported {
			continue
		}
		for _, p := range t.parents(i) {
			if p >= 0 {
				parent[p] = true
			}
		}
	}
	var heads []int
	for i := range t.rows {
		if t.rows[i].exported && !parent[i] {
			heads = append(heads, i)
		}
	}
	return t.inOrder(heads, t.order.Heads)
}

// inOrder sorts changesets as a server has them. Those that it does not
// mention come first, by their numbers.
func (t *table) inOrder(changesets []int, order []hg.Node) []int {
	place := make(map[hg.Node]int, len(order))
	for i, node := range order {
		place[node] = i + 1
	}
	slices.SortStableFunc(changesets, func(a, b int) int {
		return cmp.Compare(place[t.log.Entry(a).Node], place[t.log.Entry(b).Node])
	})
	return changesets
}

// branchHeads returns, for each branch, the exported changesets that have no
// descendants on the same branch, oldest first.
func (t *table) branchHeads() map[string][]int {
	parent := make([]bool, len(t.rows)) // of a changeset on the same branch
	for i := range t.rows {
		if !t.rows[i].exported {
			continue
		}
		for _, p := range t.parents(i) {
			if p >= 0 && t.rows[p].branch == t.rows[i].branch {
				parent[p] = true
			}
		}
	}
	heads := map[string][]int{}
	for i := range t.rows {
		if t.rows[i].exported && !parent[i] {
			name := t.branches[t.rows[i].branch]
			heads[name] = append(heads[name], i)
		}
	}
	for name, candidates := range heads {
		heads[name] = t.inOrder(t.independent(candidates), t.order.Branches[name])
	}
	return heads
}

// independent returns those of changesets, which are in ascending order, that
// are not ancestors of others. A branch can leave its name and come back to
// it, so that having no child on the branch is not enough.
func (t *table) independent(changesets []int) []int {
	if len(changesets) < 2 {
		return changesets
	}
	lowest := changesets[0]
	ancestor := make([]bool, changesets[len(changesets)-1]-lowest+1)
	reached := make([]bool, len(ancestor))
	for _, i := range changesets {
		reached[i-lowest] = true
	}
	for i := len(reached) - 1; i >= 0; i-- {
		if !reached[i] {
			continue
		}
		for _, p := range t.parents(i + lowest) {
			if p >= lowest {
				reached[p-lowest], ancestor[p-lowest] = true, true
			}
		}
	}
	var independent []int
	for _, i := range changesets {
		if !ancestor[i-lowest] {
			independent = append(independent, i)
		}
	}
	return independent
}
