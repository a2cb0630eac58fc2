package history

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// resolver finds out which commits messages mention and what they became.
type resolver struct {
	store  *gitpack.Store
	graph  *graph
	became []gitpack.ID // by place; zero while it is not known
	table  table        // of the commits of earlier calls

	// byNew lists the places of the commits by the first 28 bits of their new
	// id: the first one, and behind each one the next. ^0 ends a list.
	// They are nil if nobody asks.
	byNew map[uint32]int32
	next  []int32
}

// newResolver returns a resolver that can rename mentions if ids is set.
func newResolver(store *gitpack.Store, g *graph, t table, ids bool) *resolver {
	r := &resolver{store: store, graph: g, table: t, became: make([]gitpack.ID, g.len())}
	if ids {
		r.byNew, r.next = map[uint32]int32{}, make([]int32, g.len())
	}
	return r
}

// shortest returns the shortest abbreviation of an id as a number.
func shortest(id gitpack.ID) uint32 { return binary.BigEndian.Uint32(id[:4]) >> 4 }

// set says what a commit became.
func (r *resolver) set(i int32, id gitpack.ID) {
	r.became[i] = id
	if r.byNew == nil {
		return
	}
	next, ok := r.byNew[shortest(id)]
	if !ok {
		next = -1
	}
	r.next[i] = next
	r.byNew[shortest(id)] = i
}

// get returns what a commit became, if that is known.
func (r *resolver) get(raw gitpack.ID) (gitpack.ID, bool, error) {
	if i, ok := r.graph.find(raw); ok {
		return r.became[i], !r.became[i].IsZero(), nil
	}
	return r.table.get(raw)
}

// mentioned is a commit that a message mentions.
type mentioned struct {
	raw   gitpack.ID
	place int32 // in the graph, or -1
	new   gitpack.ID
}

// find returns the commit that digits name in a message of the given date.
func (r *resolver) find(digits []byte, date int64) (mentioned, bool, error) {
	p, ok := parsePrefix(digits)
	if !ok {
		return mentioned{}, false, nil
	}
	var found []mentioned
	from, to := r.graph.withPrefix(p)
	for i := from; i < to; i++ {
		if len(digits) == fullID || r.graph.dates[i] <= date {
			found = append(found, mentioned{r.graph.ids[i], int32(i), r.became[i]})
		}
	}
	earlier, err := r.table.withPrefix(p, rawSide)
	if err != nil {
		return mentioned{}, false, err
	}
	for _, e := range earlier {
		if len(digits) < fullID {
			if d, err := r.date(e.raw); err != nil || d > date {
				continue // or it left the source
			}
		}
		found = append(found, mentioned{e.raw, -1, e.new})
	}
	if len(found) != 1 {
		return mentioned{}, false, nil
	}
	return found[0], true, nil
}

func (r *resolver) date(id gitpack.ID) (int64, error) {
	_, data, err := r.store.Read(id)
	if err != nil {
		return 0, err
	}
	l, _ := parseLinks(data, nil)
	return l.date, nil
}

// edges finds, for each of the commits, which others its message mentions.
// Commits that mention one that an earlier call changed become dirty.
func (r *resolver) edges(commits []int32) (edges, error) {
	var group errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	results := make([]edges, workers)
	for w := range workers {
		group.Go(func() error {
			for n := w; n < len(commits); n += workers {
				var err error
				if results[w], err = r.edgesOf(commits[n], results[w]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	all := slices.Concat(results...)
	slices.SortFunc(all, func(a, b edge) int {
		if a.from != b.from {
			return int(a.from - b.from)
		}
		return int(a.to - b.to)
	})
	return slices.Compact(all), nil
}

func (r *resolver) edgesOf(i int32, found edges) (edges, error) {
	data, err := r.graph.read(r.store, i)
	if err != nil {
		return nil, err
	}
	l, ok := parseLinks(data, nil)
	if !ok {
		return found, nil
	}
	for m := range mentions(data[l.message:]) {
		to, ok, err := r.find(data[l.message+m.start:l.message+m.end], l.date)
		switch {
		case err != nil:
			return nil, err
		case !ok || to.place == i:
		case to.place >= 0:
			found = append(found, edge{i, to.place})
		case to.new != to.raw:
			r.graph.facts[i] |= dirty // nobody else looks at this commit
		}
	}
	return found, nil
}

// rename returns what stands for digits in a message of a commit or tag of the
// given date, nil for the digits themselves. Parents are those of the commit,
// or what the tag is about: longer digits are written where an ancestor has
// the same ones.
func (r *resolver) rename(digits []byte, date int64, parents []gitpack.ID) ([]byte, error) {
	to, ok, err := r.find(digits, date)
	if err != nil || !ok || to.new.IsZero() || to.new == to.raw {
		return nil, err
	}
	length := len(digits)
	full := hex.AppendEncode(nil, to.new[:])
	if length == fullID {
		return full, nil
	}
	p, _ := parsePrefix(full[:length])
	others, err := r.alike(p)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if other.raw == to.raw || common(other.new, to.new) < length {
			continue
		}
		if above, err := r.isAncestor(other.raw, parents); err != nil {
			return nil, err
		} else if above {
			length = min(common(other.new, to.new)+1, fullID)
		}
	}
	return full[:length], nil
}

// alike returns the commits whose new id begins with p.
func (r *resolver) alike(p prefix) ([]pair, error) {
	found, err := r.table.withPrefix(p, newSide)
	if err != nil {
		return nil, err
	}
	at, ok := r.byNew[shortest(p.low)]
	if !ok {
		return found, nil
	}
	for ; at >= 0; at = r.next[at] {
		if id := r.became[at]; id.Compare(p.low) >= 0 && id.Compare(p.high) <= 0 {
			found = append(found, pair{r.graph.ids[at], id})
		}
	}
	return found, nil
}

// isAncestor reports whether id is among from or above them. It is asked only
// about ids that happen to begin alike.
func (r *resolver) isAncestor(id gitpack.ID, from []gitpack.ID) (bool, error) {
	seen := map[gitpack.ID]bool{}
	for waiting := slices.Clone(from); len(waiting) > 0; {
		at := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if at == id {
			return true, nil
		}
		if seen[at] {
			continue
		}
		seen[at] = true
		if i, ok := r.graph.find(at); ok {
			for _, parent := range r.graph.parents(i) {
				if parent >= 0 {
					waiting = append(waiting, r.graph.ids[parent])
				} else {
					waiting = append(waiting, r.graph.outside[^parent])
				}
			}
			continue
		}
		_, data, err := r.store.Read(at)
		if err != nil {
			return false, fmt.Errorf("read commit %s: %w", at, err)
		}
		if l, ok := parseLinks(data, nil); ok {
			waiting = append(waiting, l.parents...)
		}
	}
	return false, nil
}
