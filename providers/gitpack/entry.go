package gitpack

import (
	"fmt"
	"math"
)

// Entry types of packs that are not object kinds.
const (
	offsetDelta Kind = 6
	refDelta    Kind = 7
)

// Layout of a pack.
const (
	packHeaderSize  = 12
	packTrailerSize = len(ID{})
	entryHeaderMax  = 10 + len(ID{}) // a type and size, then a base
)

// entry is the header of an object in a pack.
type entry struct {
	kind   Kind  // of the object, or offsetDelta or refDelta
	size   int64 // of the contents, or of the delta
	base   int64 // offset of the base of an offsetDelta
	baseID ID    // base of a refDelta
}

func (e entry) delta() bool { return e.kind == offsetDelta || e.kind == refDelta }

// parseEntry reads the header at the start of buf, which lies at offset off of
// its pack, and returns how long it is. buf holds entryHeaderMax bytes or as
// many as are left.
func parseEntry(buf []byte, off int64) (entry, int, error) {
	if len(buf) == 0 {
		return entry{}, 0, fmt.Errorf("%w: offset %d is outside the pack", ErrCorrupt, off)
	}
	c := buf[0]
	e := entry{kind: Kind(c >> 4 & 7), size: int64(c & 15)}
	n := 1
	for shift := 4; c&0x80 != 0; shift += 7 {
		if n == len(buf) {
			return entry{}, 0, fmt.Errorf("%w: entry at %d is cut off", ErrCorrupt, off)
		}
		c = buf[n]
		n++
		part := int64(c & 0x7f)
		if shift > 56 && part > math.MaxInt64>>shift || shift > 62 {
			return entry{}, 0, fmt.Errorf("%w: entry at %d states an impossible size", ErrCorrupt, off)
		}
		e.size |= part << shift
	}
	switch {
	case e.kind.valid():
		return e, n, nil
	case e.kind == refDelta:
		if len(buf)-n < len(e.baseID) {
			return entry{}, 0, fmt.Errorf("%w: entry at %d is cut off", ErrCorrupt, off)
		}
		return e, n + copy(e.baseID[:], buf[n:]), nil
	case e.kind == offsetDelta:
		back, m := parseBack(buf[n:])
		if m == 0 || back <= 0 || back > off-packHeaderSize {
			return entry{}, 0, fmt.Errorf("%w: entry at %d has its base outside the pack", ErrCorrupt, off)
		}
		e.base = off - back
		return e, n + m, nil
	}
	return entry{}, 0, fmt.Errorf("%w: entry at %d has the unknown type %d", ErrCorrupt, off, e.kind)
}

// parseBack reads the distance to the base of a delta and the number of its
// bytes, 0 when it is cut off or too large.
func parseBack(buf []byte) (back int64, n int) {
	for i, c := range buf {
		if i > 0 {
			back++
		}
		if back > math.MaxInt64>>8 {
			return 0, 0
		}
		back = back<<7 | int64(c&0x7f)
		if c&0x80 == 0 {
			return back, i + 1
		}
	}
	return 0, 0
}

// appendEntry appends the header of an entry of contents or a delta of size
// bytes. back is the distance to the base of an offsetDelta.
func appendEntry(buf []byte, kind Kind, size, back int64) []byte {
	c := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		buf = append(buf, c|0x80)
		c = byte(size & 0x7f)
	}
	buf = append(buf, c)
	if kind != offsetDelta {
		return buf
	}
	var tmp [10]byte
	at := len(tmp) - 1
	tmp[at] = byte(back & 0x7f)
	for back >>= 7; back > 0; back >>= 7 {
		back--
		at--
		tmp[at] = 0x80 | byte(back&0x7f)
	}
	return append(buf, tmp[at:]...)
}
