package history

import (
	"encoding/hex"
	"sort"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// prefix is the beginning of an id.
type prefix struct {
	low, high gitpack.ID // the first and the last id that begin so
}

// parsePrefix reads up to 40 hexadecimal digits.
func parsePrefix(digits []byte) (prefix, bool) {
	var p prefix
	var padded [fullID]byte
	for _, fill := range []struct {
		digit byte
		id    *gitpack.ID
	}{{'0', &p.low}, {'f', &p.high}} {
		n := copy(padded[:], digits)
		for i := n; i < len(padded); i++ {
			padded[i] = fill.digit
		}
		if _, err := hex.Decode(fill.id[:], padded[:]); err != nil {
			return prefix{}, false
		}
	}
	return p, true
}

// within returns the range of those of n sorted ids that begin so.
func (p prefix) within(n int, id func(int) gitpack.ID) (from, to int) {
	from = sort.Search(n, func(i int) bool { return id(i).Compare(p.low) >= 0 })
	to = from
	for to < n && id(to).Compare(p.high) <= 0 {
		to++
	}
	return from, to
}

// common returns how many hexadecimal digits two ids begin with alike.
func common(a, b gitpack.ID) int {
	for i := range a {
		if a[i] != b[i] {
			if a[i]>>4 == b[i]>>4 {
				return 2*i + 1
			}
			return 2 * i
		}
	}
	return fullID
}
