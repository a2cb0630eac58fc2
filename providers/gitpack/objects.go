package gitpack

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// Entry is an object as a listing shows it.
type Entry struct {
	ID   ID
	Kind Kind
	Size int64
}

// Objects lists every object of the store once, in no particular order. The
// iteration ends with the first error.
func (s *Store) Objects() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		dirs := *s.now.Load()
		var listed []*pack
		for i, dir := range dirs {
			for _, p := range dir.packs {
				for e, err := range p.objects(listed, dirs[:i]) {
					if err != nil {
						yield(Entry{}, fmt.Errorf("list %s: %w", p.name, err))
						return
					}
					if !yield(e, nil) {
						return
					}
				}
				listed = append(listed, p)
			}
			for e, err := range dir.loose.objects(listed, dirs[:i]) {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// known reports whether an object was listed already. It asks the indexes,
// which costs no memory, rather than keeping a set.
func known(id ID, packs []*pack, dirs []objectDir) bool {
	for _, p := range packs {
		if _, ok := p.index.find(id); ok {
			return true
		}
	}
	return slices.ContainsFunc(dirs, func(d objectDir) bool { return d.loose.has(id) })
}

func (l *loose) objects(listed []*pack, before []objectDir) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for first := range 256 {
			for _, id := range l.list(byte(first)) {
				if known(id, listed, before) {
					continue
				}
				kind, size, err := l.stat(id)
				if !yield(Entry{id, kind, size}, about(id, err)) || err != nil {
					return
				}
			}
		}
	}
}

// spot is an object of a pack: where it starts and where its index has it.
type spot struct {
	off int64
	pos uint32
}

// spots returns the objects of a pack in the order in which they lie in it.
func (p *pack) spots() []spot {
	spots := make([]spot, p.index.n)
	for i := range spots {
		spots[i] = spot{p.index.offset(i), uint32(i)}
	}
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Compare(a.off, b.off) })
	return spots
}

// objects lists the objects of a finished pack that are not in listed or
// loose in before. Entries are read in the order of the file, so that the
// base of a delta nearly always comes first.
func (p *pack) objects(listed []*pack, before []objectDir) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		spots := p.spots()
		kinds := make([]Kind, len(spots))
		for i, at := range spots {
			id := p.index.id(int(at.pos))
			kind, size, err := p.list(i, spots, kinds)
			if err != nil {
				yield(Entry{}, about(id, err))
				return
			}
			kinds[i] = kind
			if known(id, listed, before) {
				continue
			}
			if !yield(Entry{id, kind, size}, nil) {
				return
			}
		}
	}
}

// list returns the kind and size of the object at spots[i], given the kinds of
// those before it.
func (p *pack) list(i int, spots []spot, kinds []Kind) (Kind, int64, error) {
	f, e, err := p.at(spots[i].off)
	if err != nil {
		return 0, 0, err
	}
	defer p.tools.inflaters.put(f)
	if !e.delta() {
		return e.kind, e.size, nil
	}
	size, err := resultSize(f, e)
	if err != nil {
		return 0, 0, err
	}
	if j, ok := slices.BinarySearchFunc(spots[:i], e.base, func(s spot, off int64) int { return cmp.Compare(s.off, off) }); ok {
		return kinds[j], size, nil
	}
	kind, err := p.kindOf(e, spots[i].off)
	return kind, size, err
}
