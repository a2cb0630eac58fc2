package subversion

import (
	"container/heap"
	"fmt"
	"maps"
	"slices"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// What Subversion records of a merge is which revisions of which folder were
// applied. Git's merge says more: all that the other side holds is here. So a
// revision is a merge in git only when everything that is in the other line, and
// was not here yet, is recorded as merged. Else it is a cherry-pick, and a
// parent would be a lie that later merges would act on.

// mergeParents returns the commits that a revision of line into merges, besides
// its first parent, and what it took over without being a merge.
func (h *history) mergeParents(into, first int32, rev int64, before, after merged) (parents []int32, picked merged) {
	picked = after.since(before)
	for _, p := range slices.Sorted(maps.Keys(picked)) {
		tip := min(after[p][len(after[p])-1].to, rev-1)
		if c := h.wholeMerge(p, tip, into, first, after); c != none {
			parents = append(parents, c)
		}
	}
	parents = h.independent(parents)
	here := append([]int32{first}, parents...)
	for p, added := range picked {
		picked[p] = h.apart(p, min(added[len(added)-1].to, rev-1), added, here)
	}
	maps.DeleteFunc(picked, func(_ string, left ranges) bool { return len(left) == 0 })
	return parents, picked
}

// apart returns the revisions of added that changed the line at p and that none
// of the commits here leads to.
func (h *history) apart(p string, rev int64, added ranges, here []int32) ranges {
	from := h.lastBefore(p, rev)
	if from == none {
		return nil
	}
	var left ranges
	for _, m := range h.missing(h.commitAt(from, rev), here...) {
		if c := &h.Commits[m]; h.Lines[c.Line].Path == p && added.contains(c.Rev) && !c.Idle {
			left = left.add(span{c.Rev, c.Rev})
		}
	}
	return left
}

// wholeMerge returns the last commit of the line at p, up to a revision, that is
// merged with all that leads to it. First is where the merging line stands.
func (h *history) wholeMerge(p string, rev int64, into, first int32, after merged) int32 {
	from := h.lastBefore(p, rev)
	if from == none || from == into {
		return none
	}
	for {
		c := h.commitAt(from, rev)
		if c == none || h.Commits[c].Line != from {
			return none // what the line grew from is another line's to merge
		}
		missing := h.missing(c, first)
		if len(missing) == 0 {
			return none // it is here already
		}
		gap, proof := int64(-1), false
		for _, m := range missing {
			switch mc := &h.Commits[m]; {
			case mc.Idle || len(mc.Parents) > 1: // brings nothing of its own
			case after[h.Lines[mc.Line].Path].contains(mc.Rev):
				proof = true
			default:
				gap = mc.Rev // missing runs from the youngest to the oldest
			}
		}
		switch {
		case gap < 0 && proof:
			return c
		case gap < 0:
			return none
		}
		rev = gap - 1
	}
}

// lastBefore returns the last line at p that began up to a revision.
func (h *history) lastBefore(p string, rev int64) int32 {
	list := h.byPath[p]
	for k := len(list) - 1; k >= 0; k-- {
		if h.Lines[list[k]].Start <= rev {
			return list[k]
		}
	}
	return none
}

// missing returns the commits that lead to c and not to have, the youngest
// first.
func (h *history) missing(c int32, have ...int32) []int32 {
	if c == none {
		return nil
	}
	const wanted, known = 1, 2
	marks := map[int32]uint8{}
	var queue youngest
	open := 0 // commits in the queue that are not known
	mark := func(i int32, m uint8) {
		old, met := marks[i]
		if old|m == old {
			return
		}
		marks[i] = old | m
		switch {
		case !met:
			heap.Push(&queue, i)
			if m == wanted {
				open++
			}
		case old == wanted: // still in the queue: parents are older than children
			open--
		}
	}
	mark(c, wanted)
	for _, i := range have {
		if i != none {
			mark(i, known)
		}
	}
	var found []int32
	for open > 0 {
		i := heap.Pop(&queue).(int32)
		m := marks[i]
		if m == wanted {
			open--
			found = append(found, i)
		} else {
			m = known
		}
		for _, p := range h.Commits[i].Parents {
			mark(p, m)
		}
	}
	return found
}

// independent leaves out commits that others of the list lead to.
func (h *history) independent(list []int32) []int32 {
	slices.Sort(list)
	list = slices.Compact(list)
	var left []int32
	for i, c := range list {
		reached := slices.ContainsFunc(list[i+1:], func(later int32) bool { return len(h.missing(c, later)) == 0 })
		if !reached {
			left = append(left, c)
		}
	}
	return left
}

// youngest is a heap of commits.
type youngest []int32

func (y youngest) Len() int           { return len(y) }
func (y youngest) Less(i, j int) bool { return y[i] > y[j] }
func (y youngest) Swap(i, j int)      { y[i], y[j] = y[j], y[i] }
func (y *youngest) Push(x any)        { *y = append(*y, x.(int32)) }
func (y *youngest) Pop() any {
	last := len(*y) - 1
	x := (*y)[last]
	*y = (*y)[:last]
	return x
}

// pickedLines are the lines of a message that name what was taken over.
func pickedLines(picked merged) []string {
	var lines []string
	for _, p := range slices.Sorted(maps.Keys(picked)) {
		lines = append(lines, fmt.Sprintf("%s: /%s:%s", cherryTrailer, svn.Printable(p), picked[p]))
	}
	return lines
}
