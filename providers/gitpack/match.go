package gitpack

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Sizes of the search for common blocks.
const (
	blockSize = 16 // as git's own search: shorter matches hardly pay for their instruction
	minMiddle = 32 // a changed middle of fewer bytes is inserted without a search
)

// matcher makes deltas between two contents. It is not safe for concurrent
// use.
//
// Two versions of a file mostly differ in one place, so their common start
// and end come first. In between, the blocks of the base are put into a table
// by their hash and looked up at every byte of the result, one candidate a
// hash: a cheap search that finds what has moved by any distance.
type matcher struct {
	delta Delta
	table []uint32 // position of a block in the base + 1, by hash
}

// diff returns the delta that makes data out of base, valid until the next
// call, or nil when it would be longer than limit bytes.
func (m *matcher) diff(base, data []byte, limit int) []byte {
	m.delta.Reset(int64(len(base)), int64(len(data)))
	start := commonPrefix(base, data)
	end := commonSuffix(base[start:], data[start:])
	m.delta.Copy(0, int64(start))
	if !m.middle(base[:len(base)-end], data[:len(data)-end], start, limit) {
		return nil
	}
	m.delta.Copy(int64(len(base)-end), int64(end))
	if delta := m.delta.Bytes(); len(delta) <= limit {
		return delta
	}
	return nil
}

// middle adds what makes data[start:] out of base, of which only base[start:]
// is searched. It gives up when the delta exceeds limit.
func (m *matcher) middle(base, data []byte, start, limit int) bool {
	if len(base)-start < blockSize || len(data)-start < minMiddle {
		m.delta.Insert(data[start:])
		return true
	}
	shift := m.index(base, start)
	inserted := start // data[inserted:at] has no match yet
	for at := start; at+blockSize <= len(data); {
		from := int(m.table[blockHash(data[at:])>>shift]) - 1
		if from < 0 || !bytes.Equal(base[from:from+blockSize], data[at:at+blockSize]) {
			at++
			if at-inserted > limit {
				return false
			}
			continue
		}
		back := commonSuffix(base[start:from], data[inserted:at])
		n := back + blockSize + commonPrefix(base[from+blockSize:], data[at+blockSize:])
		m.delta.Insert(data[inserted : at-back])
		m.delta.Copy(int64(from-back), int64(n))
		at += n - back
		inserted = at
	}
	m.delta.Insert(data[inserted:])
	return true
}

// index fills the table with the blocks of base[start:] and returns by how
// many bits a hash is shifted to find its place.
func (m *matcher) index(base []byte, start int) (shift int) {
	width := max(bits.Len(uint(2*(len(base)-start)/blockSize)), 6)
	if size := 1 << width; size <= cap(m.table) {
		m.table = m.table[:size]
		clear(m.table)
	} else {
		m.table = make([]uint32, size)
	}
	shift = 64 - width
	// From the end, so that of equal blocks the first one stays.
	for at := start + (len(base)-start)/blockSize*blockSize - blockSize; at >= start; at -= blockSize {
		m.table[blockHash(base[at:])>>shift] = uint32(at) + 1
	}
	return shift
}

// blockHash mixes the first blockSize bytes of b; its upper bits are the good
// ones.
func blockHash(b []byte) uint64 {
	lo, hi := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	h := (lo ^ bits.RotateLeft64(hi, 29)*0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd
	return (h ^ h>>32) * 0xc4ceb9fe1a85ec53
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[len(a)-n:], b[len(b)-n:]
	i := n
	for ; i >= 8; i -= 8 {
		if x := binary.LittleEndian.Uint64(a[i-8:]) ^ binary.LittleEndian.Uint64(b[i-8:]); x != 0 {
			return n - i + bits.LeadingZeros64(x)/8
		}
	}
	for i > 0 && a[i-1] == b[i-1] {
		i--
	}
	return n - i
}
