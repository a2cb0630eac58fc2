package hg

// Graph is the parents of changesets, by number; -1 is no parent. Parents are
// smaller than their children.
type Graph interface {
	Len() int
	Parents(i int) (p1, p2 int)
}

// Phases returns the phase of each changeset. roots holds changesets that are
// at least in a phase, together with all their descendants; what descends from
// none is public.
func Phases(g Graph, roots map[int]Phase) []Phase {
	phases := make([]Phase, g.Len())
	if len(roots) == 0 {
		return phases
	}
	for i := range phases {
		phases[i] = roots[i]
		p1, p2 := g.Parents(i)
		for _, p := range [2]int{p1, p2} {
			if p >= 0 {
				phases[i] = max(phases[i], phases[p])
			}
		}
	}
	return phases
}

// Hidden returns which changesets are out of sight: those that are archived,
// internal, or not public and in obsolete, unless they are in pinned or an
// ancestor of a changeset that is visible and not public. It is nil when all
// are visible.
func Hidden(g Graph, phases []Phase, obsolete, pinned map[int]bool) []bool {
	var hidden []bool
	for i, phase := range phases {
		if phase >= Archived || phase != Public && obsolete[i] {
			if hidden == nil {
				hidden = make([]bool, len(phases))
			}
			hidden[i] = !pinned[i]
		}
	}
	if hidden == nil {
		return nil
	}
	for i := len(hidden) - 1; i >= 0; i-- { // children come before their parents
		if hidden[i] || phases[i] == Public {
			continue
		}
		p1, p2 := g.Parents(i)
		for _, p := range [2]int{p1, p2} {
			if p >= 0 {
				hidden[p] = false
			}
		}
	}
	return hidden
}
