package history

import (
	"fmt"
	"slices"
	"sort"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// graph holds the commits to convert in arrays, some hundred bytes a commit.
// A commit is known by its place in the order of ids.
type graph struct {
	ids     []gitpack.ID // sorted
	trees   []gitpack.ID // empty when trees stay
	dates   []int64
	facts   []fact
	data    [][]byte     // of commits that were kept; may be empty
	first   []int32      // parents of i: links[first[i]:first[i+1]]
	links   []int32      // places of parents; ^n stands for outside[n]
	outside []gitpack.ID // parents that were converted earlier
}

// fact is what reading a commit told about it.
type fact uint8

const (
	personal   fact = 1 << iota // a person in it is mapped
	mentioning                  // its message holds what could be commit ids
	huge                        // not to be read ahead
	reached                     // a ref leads to it
	dirty                       // it will change
)

// hugeCommit is the size over which a commit is not read ahead.
const hugeCommit = 1 << 20

// sketch is what reading a commit gives.
type sketch struct {
	id      gitpack.ID
	tree    gitpack.ID
	date    int64
	facts   fact
	parents []gitpack.ID
	data    []byte // nil if it is to be read again
}

// newGraph sorts and links commits. Parents that are none of them must satisfy
// converted. Repeated commits count once.
func newGraph(commits []sketch, trees bool, converted func(gitpack.ID) (bool, error)) (*graph, error) {
	slices.SortFunc(commits, func(a, b sketch) int { return a.id.Compare(b.id) })
	commits = slices.CompactFunc(commits, func(a, b sketch) bool { return a.id == b.id })
	n := len(commits)
	g := &graph{
		ids: make([]gitpack.ID, n), dates: make([]int64, n), facts: make([]fact, n), first: make([]int32, n+1),
		links: make([]int32, 0, n+n/8),
	}
	if trees {
		g.trees = make([]gitpack.ID, n)
	}
	for i, c := range commits {
		g.ids[i], g.dates[i], g.facts[i] = c.id, c.date, c.facts
		if trees {
			g.trees[i] = c.tree
		}
	}
	if slices.ContainsFunc(commits, func(c sketch) bool { return c.data != nil }) {
		g.data = make([][]byte, n)
		for i, c := range commits {
			g.data[i] = c.data
		}
	}
	outside := map[gitpack.ID]int32{}
	for i, c := range commits {
		for _, parent := range c.parents {
			at, ok := g.find(parent)
			if !ok {
				if at, ok = outside[parent]; !ok {
					if known, err := converted(parent); err != nil {
						return nil, err
					} else if !known {
						return nil, fmt.Errorf("commit %s, a parent of %s, is missing; fetch the repository anew", parent, c.id)
					}
					at = ^int32(len(g.outside))
					outside[parent] = at
					g.outside = append(g.outside, parent)
				}
			}
			g.links = append(g.links, at)
		}
		g.first[i+1] = int32(len(g.links))
	}
	return g, nil
}

func (g *graph) len() int { return len(g.ids) }

// find returns the place of a commit.
func (g *graph) find(id gitpack.ID) (int32, bool) {
	i, ok := slices.BinarySearchFunc(g.ids, id, gitpack.ID.Compare)
	return int32(i), ok
}

// parents returns the places of a commit's parents.
func (g *graph) parents(i int32) []int32 { return g.links[g.first[i]:g.first[i+1]] }

// read returns the bytes of a commit.
func (g *graph) read(store *gitpack.Store, i int32) ([]byte, error) {
	if len(g.data) > 0 && g.data[i] != nil {
		return g.data[i], nil
	}
	_, data, err := store.Read(g.ids[i])
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", g.ids[i], err)
	}
	return data, nil
}

// withPrefix returns the range of the commits whose ids begin with p.
func (g *graph) withPrefix(p prefix) (from, to int) {
	return p.within(len(g.ids), func(i int) gitpack.ID { return g.ids[i] })
}

// edges are dependencies beside those on parents: from the commit to the one
// that its message mentions. They are sorted.
type edges []edge

type edge struct{ from, to int32 }

// of returns the edges that begin at i.
func (e edges) of(i int32) edges {
	start := sort.Search(len(e), func(n int) bool { return e[n].from >= i })
	end := start
	for end < len(e) && e[end].from == i {
		end++
	}
	return e[start:end]
}

// order returns the commits, each after its parents and those that it mentions.
// Mentions that lead in a circle, which takes forged abbreviations, do not
// count.
func (g *graph) order(mentions edges) []int32 {
	waiting := make([]int32, g.len()) // for so many others
	heirs := g.heirs(mentions, waiting)
	order := make([]int32, 0, g.len())
	for i := range waiting {
		if waiting[i] == 0 {
			order = append(order, int32(i))
		}
	}
	for done := 0; done < len(order); done++ {
		for _, heir := range heirs.of(order[done]) {
			if waiting[heir]--; waiting[heir] == 0 {
				order = append(order, heir)
			}
		}
	}
	if len(order) < g.len() {
		return g.order(nil)
	}
	return order
}

// lists holds a list of places for each place.
type lists struct{ first, items []int32 }

func (l lists) of(i int32) []int32 { return l.items[l.first[i]:l.first[i+1]] }

// heirs returns, for each commit, those that come after it, and counts in
// waiting how many others each one waits for.
func (g *graph) heirs(mentions edges, waiting []int32) lists {
	l := lists{first: make([]int32, g.len()+1)}
	each := func(f func(child, parent int32)) {
		for i := range int32(g.len()) {
			for _, parent := range g.parents(i) {
				if parent >= 0 {
					f(i, parent)
				}
			}
		}
		for _, m := range mentions {
			f(m.from, m.to)
		}
	}
	each(func(child, parent int32) {
		waiting[child]++
		l.first[parent+1]++
	})
	for i := range g.len() {
		l.first[i+1] += l.first[i]
	}
	l.items = make([]int32, l.first[g.len()])
	next := slices.Clone(l.first)
	each(func(child, parent int32) {
		l.items[next[parent]] = child
		next[parent]++
	})
	return l
}
