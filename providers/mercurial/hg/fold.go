package hg

import "math"

// Fold returns hunks that do in one step what the deltas of a chain do one
// after the other. Each delta fits the result of the one before it.
//
// Applying a chain of n deltas to a text of s bytes one by one costs n*s.
// Folding costs the number of hunks times log n, and the text is copied once.
func Fold(chain [][]Hunk) []Hunk {
	switch len(chain) {
	case 0:
		return nil
	case 1:
		return chain[0]
	}
	middle := len(chain) / 2
	return compose(Fold(chain[:middle]), Fold(chain[middle:]))
}

// compose returns hunks that do what first and then second do. It copies no
// data.
func compose(first, second []Hunk) []Hunk {
	c := composer{out: make([]Hunk, 0, len(first)+len(second)), first: first}
	at := 0
	for _, h := range second {
		c.advance(h.Start-at, true)
		c.insert(h.Data)
		c.advance(h.End-h.Start, false)
		at = h.End
	}
	c.insert(c.rest)
	return append(c.out, c.first...)
}

// composer walks along the text that first makes and second changes.
type composer struct {
	out   []Hunk
	first []Hunk // those that begin after base
	rest  []byte // what follows of the data of the hunk before them
	base  int    // place in the base text
}

// advance moves on by n bytes, which the result keeps or loses.
func (c *composer) advance(n int, keep bool) {
	for n > 0 {
		if len(c.rest) > 0 {
			k := min(n, len(c.rest))
			if keep {
				c.insert(c.rest[:k])
			}
			c.rest, n = c.rest[k:], n-k
			continue
		}
		plain := math.MaxInt // bytes of the base until first changes it
		if len(c.first) > 0 {
			plain = c.first[0].Start - c.base
		}
		if plain > 0 {
			k := min(n, plain)
			if keep {
				c.base += k
			} else {
				c.remove(k)
			}
			n -= k
			continue
		}
		c.remove(c.first[0].End - c.first[0].Start)
		c.rest, c.first = c.first[0].Data, c.first[1:]
	}
}

// insert adds data at base.
func (c *composer) insert(data []byte) {
	if len(data) == 0 {
		return
	}
	if last := len(c.out) - 1; last >= 0 && c.out[last].End == c.base && len(c.out[last].Data) == 0 {
		c.out[last].Data = data
		return
	}
	c.out = append(c.out, Hunk{Start: c.base, End: c.base, Data: data})
}

// remove leaves out n bytes of the base.
func (c *composer) remove(n int) {
	if n == 0 {
		return
	}
	start := c.base
	c.base += n
	if last := len(c.out) - 1; last >= 0 && c.out[last].End == start {
		c.out[last].End = c.base
		return
	}
	c.out = append(c.out, Hunk{Start: start, End: c.base})
}
