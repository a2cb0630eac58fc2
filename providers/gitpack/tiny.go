package gitpack

import (
	"encoding/binary"
	"math/bits"
)

// tiny inflates what is small and in memory. Most objects are a few hundred
// bytes, for which a general inflater spends its time on tables made for
// megabytes.
//
// It vouches for nothing but its success: whatever it cannot do, damaged
// streams among it, is done again by the general inflater, which says what is
// wrong. Callers check the checksum of what it makes.
type tiny struct {
	lit, dist           codes // of the block at hand
	fixedLit, fixedDist codes // of blocks without codes of their own
	fixed               bool  // whether these two are made

	src   []byte
	pos   int
	ahead uint64 // bits read ahead, the next one lowest
	n     int    // how many; negative when more were taken than there are
	dst   []byte
	made  int
}

// The format of deflate, RFC 1951.
const (
	maxCodeBits = 15
	endOfBlock  = 256
	litCodes    = 288
	distCodes   = 30
	metaCodes   = 19
	// metaOrder is the order in which the lengths of the codes for the lengths
	// of codes are given.
	metaOrder = "\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"
)

// fastBits is the length of the codes that are looked up in one step.
const fastBits = 8

// codes is a set of Huffman codes.
type codes struct {
	fast   [1 << fastBits]uint16 // symbol<<4 | length, by the next bits; 0 for longer codes
	count  [maxCodeBits + 1]uint16
	symbol [litCodes]uint16 // in the order of their codes
}

// inflate fills dst from the deflate stream at the start of src. It returns how
// many bytes it made, and where the stream ends in src, -1 when it does not end
// with them.
func (t *tiny) inflate(dst, src []byte) (made, end int) {
	t.src, t.pos, t.ahead, t.n, t.dst, t.made = src, 0, 0, 0, dst, 0
	for {
		t.refill()
		last, kind := t.take(1), t.take(2)
		ok := false
		switch kind {
		case 0:
			ok = t.stored()
		case 1:
			t.makeFixed()
			ok = t.block(&t.fixedLit, &t.fixedDist)
		case 2:
			ok = t.makeCodes() && t.block(&t.lit, &t.dist)
		}
		if !ok || t.n < 0 {
			return t.made, -1
		}
		if last == 1 {
			return t.made, t.pos - t.n/8
		}
	}
}

// refill reads ahead at least 56 bits, or what there is.
func (t *tiny) refill() {
	if len(t.src)-t.pos >= 8 && t.n >= 0 {
		t.ahead |= binary.LittleEndian.Uint64(t.src[t.pos:]) << t.n
		t.pos += (63 - t.n) >> 3
		t.n |= 56
		return
	}
	for t.n >= 0 && t.n <= 56 && t.pos < len(t.src) {
		t.ahead |= uint64(t.src[t.pos]) << t.n
		t.pos++
		t.n += 8
	}
}

// take returns the next bits, which refill has read ahead.
func (t *tiny) take(n int) int {
	v := int(t.ahead & (1<<n - 1))
	t.ahead >>= n
	t.n -= n
	return v
}

// stored copies a block that is not compressed.
func (t *tiny) stored() bool {
	if t.n < 0 {
		return false
	}
	t.pos -= t.n / 8
	t.ahead, t.n = 0, 0
	if len(t.src)-t.pos < 4 {
		return false
	}
	size := binary.LittleEndian.Uint16(t.src[t.pos:])
	if size != ^binary.LittleEndian.Uint16(t.src[t.pos+2:]) {
		return false
	}
	t.pos += 4
	from := t.src[t.pos:min(t.pos+int(size), len(t.src))]
	n := copy(t.dst[t.made:], from)
	t.made += n
	t.pos += n
	return n == int(size)
}

// block inflates the symbols of a block. It stops without success when dst is
// full.
func (t *tiny) block(lit, dist *codes) bool {
	for {
		t.literals(lit)
		t.refill()
		symbol := t.symbol(lit)
		switch {
		case t.n < 0 || symbol < 0:
			return false
		case symbol == endOfBlock:
			return true
		case symbol < endOfBlock:
			if t.made == len(t.dst) {
				return false
			}
			t.dst[t.made] = byte(symbol)
			t.made++
			continue
		}
		length, ok := t.length(symbol - endOfBlock - 1)
		if !ok {
			return false
		}
		back, ok := t.distance(t.symbol(dist))
		if !ok || t.n < 0 || back > t.made {
			return false
		}
		room := min(length, len(t.dst)-t.made)
		for range room { // forwards: a match may reach into what it makes
			t.dst[t.made] = t.dst[t.made-back]
			t.made++
		}
		if room < length {
			return false
		}
	}
}

// literals inflates literals with short codes as long as there are any. It
// leaves everything else, errors too, to its caller.
func (t *tiny) literals(lit *codes) {
	made, dst := t.made, t.dst
	for made < len(dst) {
		t.refill()
		ahead, n := t.ahead, t.n
		for n >= fastBits && made < len(dst) {
			e := lit.fast[ahead&(1<<fastBits-1)]
			if e == 0 || e >= endOfBlock<<4 {
				t.ahead, t.n, t.made = ahead, n, made
				return
			}
			ahead >>= e & 15
			n -= int(e & 15)
			dst[made] = byte(e >> 4)
			made++
		}
		stuck := n == t.n
		t.ahead, t.n = ahead, n
		if stuck {
			break
		}
	}
	t.made = made
}

// length returns the length of a match by its symbol, counted from 0: eight of
// one each, then in groups of four with ever more bits of their own.
func (t *tiny) length(symbol int) (int, bool) {
	switch {
	case symbol < 8:
		return 3 + symbol, true
	case symbol < 28:
		extra := symbol/4 - 1
		return 3 + (4+symbol%4)<<extra + t.take(extra), true
	}
	return 258, symbol == 28
}

// distance returns how far back a match lies: four of one each, then in groups
// of two.
func (t *tiny) distance(symbol int) (int, bool) {
	if symbol < 0 || symbol >= distCodes {
		return 0, false
	}
	if symbol < 4 {
		return 1 + symbol, true
	}
	extra := symbol/2 - 1
	return 1 + (2+symbol%2)<<extra + t.take(extra), true
}

// symbol takes a code and returns its symbol, or -1.
func (t *tiny) symbol(c *codes) int {
	if e := c.fast[t.ahead&(1<<fastBits-1)]; e != 0 {
		t.ahead >>= e & 15
		t.n -= int(e & 15)
		return int(e >> 4)
	}
	// Codes of one length are consecutive numbers, and follow those of the
	// length before.
	code, first, index := 0, 0, 0
	for n := 1; n <= maxCodeBits; n++ {
		code |= t.take(1)
		count := int(c.count[n])
		if code-first < count {
			return int(c.symbol[index+code-first])
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return -1
}

// make sets up the codes that have the given lengths, 0 for none. It refuses
// sets that are not complete, but for a single code.
func (c *codes) make(lengths []byte) bool {
	c.count = [maxCodeBits + 1]uint16{}
	var used [litCodes]uint16 // most symbols have no code
	n := 0
	for symbol, length := range lengths {
		if length > 0 {
			c.count[length]++
			used[n] = uint16(symbol)
			n++
		}
	}
	var index, next [maxCodeBits + 2]uint16 // by length: the place in symbol, the code
	left := 1
	for length := 1; length <= maxCodeBits; length++ {
		left = left<<1 - int(c.count[length])
		if left < 0 {
			return false
		}
		index[length+1] = index[length] + c.count[length]
		next[length+1] = (next[length] + c.count[length]) << 1
	}
	if left > 0 && n > 1 {
		return false
	}
	c.fast = [1 << fastBits]uint16{}
	for _, symbol := range used[:n] {
		length := lengths[symbol] & 15
		c.symbol[index[length]] = symbol
		index[length]++
		if length <= fastBits {
			entry := symbol<<4 | uint16(length)
			for at := uint(bits.Reverse16(next[length]) >> (16 - length)); at < uint(len(c.fast)); at += 1 << length {
				c.fast[at] = entry
			}
		}
		next[length]++
	}
	return true
}

// makeFixed sets up the codes of blocks that bring none.
func (t *tiny) makeFixed() {
	if t.fixed {
		return
	}
	var lengths [litCodes]byte
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	t.fixedLit.make(lengths[:])
	for i := range 32 { // two of them are never used
		lengths[i] = 5
	}
	t.fixedDist.make(lengths[:32])
	t.fixed = true
}

// makeCodes reads the codes of a block.
func (t *tiny) makeCodes() bool {
	lits, dists, metas := 257+t.take(5), 1+t.take(5), 4+t.take(4)
	if lits > 286 || dists > distCodes {
		return false
	}
	var lengths [litCodes + 32]byte
	for _, at := range []byte(metaOrder[:metas]) {
		t.refill()
		lengths[at] = byte(t.take(3))
	}
	if t.n < 0 || !t.lit.make(lengths[:metaCodes]) {
		return false
	}
	meta := &t.lit // its place is free until the lengths are known
	clear(lengths[:metaCodes])
	for at := 0; at < lits+dists; {
		t.refill()
		symbol := t.symbol(meta)
		if t.n < 0 || symbol < 0 {
			return false
		}
		var value byte
		repeat := 1
		switch symbol {
		default:
			value = byte(symbol)
		case 16:
			if at == 0 {
				return false
			}
			value = lengths[at-1]
			repeat = 3 + t.take(2)
		case 17:
			repeat = 3 + t.take(3)
		case 18:
			repeat = 11 + t.take(7)
		}
		if repeat > lits+dists-at {
			return false
		}
		if value == 0 {
			at += repeat
			continue
		}
		for range repeat {
			lengths[at] = value
			at++
		}
	}
	return lengths[endOfBlock] > 0 && t.lit.make(lengths[:lits]) && t.dist.make(lengths[lits:lits+dists])
}
