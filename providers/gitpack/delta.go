package gitpack

import (
	"encoding/binary"
	"fmt"
)

// Limits of git's delta format.
const (
	maxInsert     = 127
	maxCopy       = 64 << 10 // the format has room for 24 bits; git itself writes no more than this
	maxCopyOffset = 1<<32 - 1
)

// Delta builds a git delta: the instructions that make a result out of a
// base. Calls follow the order of the result.
type Delta struct {
	out     []byte
	insert  int   // index of the length byte of an insert at the end of out, or 0
	offset  int64 // the copy that is not written yet
	pending int64
	base    int64
	broken  bool
}

// NewDelta starts a delta between contents of the given sizes.
func NewDelta(baseSize, resultSize int64) *Delta {
	d := &Delta{}
	d.Reset(baseSize, resultSize)
	return d
}

// Reset starts another delta in the same memory: what Bytes returned before
// must no longer be in use.
func (d *Delta) Reset(baseSize, resultSize int64) {
	out := d.out[:0]
	out = binary.AppendUvarint(out, uint64(baseSize))
	out = binary.AppendUvarint(out, uint64(resultSize))
	*d = Delta{out: out, base: baseSize}
}

// Copy continues the result with n bytes of the base. A copy that continues
// the one before is merged with it.
func (d *Delta) Copy(offset, n int64) {
	switch {
	case n == 0:
	case offset < 0 || n < 0 || offset > d.base-n:
		d.broken = true
	case d.pending > 0 && d.offset+d.pending == offset:
		d.pending += n
	default:
		d.flush()
		d.offset, d.pending = offset, n
	}
}

// Insert continues the result with data, which is copied.
func (d *Delta) Insert(data []byte) {
	if len(data) == 0 {
		return
	}
	d.flush()
	for len(data) > 0 {
		if d.insert == 0 || d.out[d.insert] == maxInsert {
			d.insert = len(d.out)
			d.out = append(d.out, 0)
		}
		n := min(len(data), maxInsert-int(d.out[d.insert]))
		d.out[d.insert] += byte(n)
		d.out = append(d.out, data[:n]...)
		data = data[n:]
	}
}

// Bytes returns the delta. It is nil when a copy was outside the base or
// farther into it than the format can say (4 GiB): such a result has to be
// stored whole, and [Writer.PutDelta] does so when it gets an empty delta.
func (d *Delta) Bytes() []byte {
	d.flush()
	if d.broken {
		return nil
	}
	return d.out
}

// flush writes the pending copy.
func (d *Delta) flush() {
	for d.pending > 0 && !d.broken {
		if d.offset > maxCopyOffset {
			d.broken = true
			return
		}
		n := min(d.pending, maxCopy)
		d.out = appendCopy(d.out, uint32(d.offset), uint32(n))
		d.offset += n
		d.pending -= n
		d.insert = 0
	}
}

// appendCopy appends a copy instruction: a byte that says which bytes of the
// offset and the size follow, and those that are not zero. The size 0x10000
// is written as zero.
func appendCopy(out []byte, offset, n uint32) []byte {
	at := len(out)
	out = append(out, 0)
	op := byte(0x80)
	for bit := byte(1); offset > 0; bit, offset = bit<<1, offset>>8 {
		if b := byte(offset); b != 0 {
			op |= bit
			out = append(out, b)
		}
	}
	if n == maxCopy {
		n = 0
	}
	for bit := byte(0x10); n > 0; bit, n = bit<<1, n>>8 {
		if b := byte(n); b != 0 {
			op |= bit
			out = append(out, b)
		}
	}
	out[at] = op
	return out
}

// ApplyDelta returns the result of a delta. The delta may be anything: what
// does not fit the base or its own sizes is an error that wraps ErrCorrupt,
// a result over [MaxRead] one that wraps ErrTooLarge.
func ApplyDelta(base, delta []byte) ([]byte, error) { return appendDelta(nil, base, delta) }

// appendDelta is ApplyDelta with a result in the memory of buf, if there is
// enough.
func appendDelta(buf, base, delta []byte) ([]byte, error) {
	baseSize, resultSize, ops, err := deltaSizes(delta)
	if err != nil {
		return nil, err
	}
	if baseSize != int64(len(base)) {
		return nil, fmt.Errorf("%w: delta for a base of %d bytes, the base has %d", ErrCorrupt, baseSize, len(base))
	}
	if resultSize > MaxRead {
		return nil, fmt.Errorf("%w: delta makes %d bytes", ErrTooLarge, resultSize)
	}
	// The stated size is believed step by step: ten bytes must not cost 64 MiB.
	result := buf[:0]
	if want := min(resultSize, 1<<20); int64(cap(buf)) < want {
		result = make([]byte, 0, want)
	}
	for len(ops) > 0 {
		var op deltaOp
		if op, ops, err = nextOp(ops); err != nil {
			return nil, err
		}
		piece := op.insert
		if piece == nil {
			if op.offset+op.n > baseSize {
				return nil, fmt.Errorf("%w: delta copies bytes %d to %d of a base of %d", ErrCorrupt, op.offset, op.offset+op.n, baseSize)
			}
			piece = base[op.offset : op.offset+op.n]
		}
		if int64(len(piece)) > resultSize-int64(len(result)) {
			return nil, fmt.Errorf("%w: delta makes more than the %d bytes it states", ErrCorrupt, resultSize)
		}
		result = append(result, piece...)
	}
	if int64(len(result)) != resultSize {
		return nil, fmt.Errorf("%w: delta makes %d of the %d bytes it states", ErrCorrupt, len(result), resultSize)
	}
	return result, nil
}

// deltaOp is one instruction: insert bytes, or when there are none copy n
// bytes at offset. n is never 0.
type deltaOp struct {
	insert    []byte
	offset, n int64
}

// nextOp reads the instruction at the start of ops, which is not empty.
func nextOp(ops []byte) (deltaOp, []byte, error) {
	code := ops[0]
	ops = ops[1:]
	switch {
	case code == 0:
		return deltaOp{}, nil, fmt.Errorf("%w: delta with a reserved instruction", ErrCorrupt)
	case code < 0x80:
		if int(code) > len(ops) {
			return deltaOp{}, nil, fmt.Errorf("%w: delta ends inside an insert", ErrCorrupt)
		}
		return deltaOp{insert: ops[:code:code], n: int64(code)}, ops[code:], nil
	}
	var args [7]byte
	for i := range args {
		if code&(1<<i) == 0 {
			continue
		}
		if len(ops) == 0 {
			return deltaOp{}, nil, fmt.Errorf("%w: delta ends inside a copy", ErrCorrupt)
		}
		args[i], ops = ops[0], ops[1:]
	}
	op := deltaOp{
		offset: int64(binary.LittleEndian.Uint32(args[:4])),
		n:      int64(args[4]) | int64(args[5])<<8 | int64(args[6])<<16,
	}
	if op.n == 0 {
		op.n = maxCopy
	}
	return op, ops, nil
}

// deltaSizes splits a delta into the sizes it states and its instructions.
func deltaSizes(delta []byte) (base, result int64, ops []byte, err error) {
	base, n := deltaSize(delta)
	result, m := deltaSize(delta[max(n, 0):])
	if n <= 0 || m <= 0 {
		return 0, 0, nil, fmt.Errorf("%w: delta without its sizes", ErrCorrupt)
	}
	return base, result, delta[n+m:], nil
}

// deltaSize reads a size and the number of its bytes, which is not positive
// when the size is cut off or out of range.
func deltaSize(buf []byte) (int64, int) {
	size, n := binary.Uvarint(buf)
	if int64(size) < 0 {
		return 0, -1
	}
	return int64(size), n
}

// checkDelta reports whether a delta is well formed and leads from a base of
// one size to a result of another. Whether the result has the right bytes is
// the word of who made it.
func checkDelta(delta []byte, baseSize, resultSize int64) error {
	base, result, ops, err := deltaSizes(delta)
	if err != nil {
		return err
	}
	if base != baseSize || result != resultSize {
		return fmt.Errorf("%w: delta from %d to %d bytes, want %d to %d", ErrCorrupt, base, result, baseSize, resultSize)
	}
	var made int64
	for len(ops) > 0 {
		var op deltaOp
		if op, ops, err = nextOp(ops); err != nil {
			return err
		}
		if op.insert == nil && op.offset+op.n > base {
			return fmt.Errorf("%w: delta copies bytes %d to %d of a base of %d", ErrCorrupt, op.offset, op.offset+op.n, base)
		}
		made += op.n
	}
	if made != result {
		return fmt.Errorf("%w: delta makes %d of the %d bytes it states", ErrCorrupt, made, result)
	}
	return nil
}
