package gitpack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// deltaReader applies a delta that does not fit into memory.
type deltaReader struct {
	in           *bufio.Reader
	base, result int64
}

// newDeltaReader reads the sizes of a delta.
func newDeltaReader(r io.Reader) (*deltaReader, error) {
	d := &deltaReader{in: bufio.NewReaderSize(r, 64<<10)}
	head, err := d.in.Peek(20) // two sizes of at most 10 bytes
	if err != nil && err != io.EOF {
		return nil, err
	}
	base, result, ops, err := deltaSizes(head)
	if err != nil {
		return nil, err
	}
	d.base, d.result = base, result
	_, err = d.in.Discard(len(head) - len(ops))
	return d, err
}

// apply writes the result of the delta to w.
func (d *deltaReader) apply(w io.Writer, base io.ReaderAt) error {
	out := bufio.NewWriterSize(w, 64<<10)
	left := d.result
	for {
		op, err := d.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if op.n > left {
			return fmt.Errorf("%w: delta makes more than the %d bytes it states", ErrCorrupt, d.result)
		}
		left -= op.n
		if op.insert != nil {
			_, err = out.Write(op.insert)
		} else {
			if op.offset+op.n > d.base {
				return fmt.Errorf("%w: delta copies bytes %d to %d of a base of %d", ErrCorrupt, op.offset, op.offset+op.n, d.base)
			}
			_, err = io.Copy(out, io.NewSectionReader(base, op.offset, op.n))
		}
		if err != nil {
			return err
		}
	}
	if left != 0 {
		return fmt.Errorf("%w: delta makes %d of the %d bytes it states", ErrCorrupt, d.result-left, d.result)
	}
	return out.Flush()
}

// next returns the next instruction, whose bytes are valid until the next
// call, or io.EOF.
func (d *deltaReader) next() (deltaOp, error) {
	buf, err := d.in.Peek(1 + maxInsert)
	if len(buf) == 0 || err != nil && err != io.EOF {
		return deltaOp{}, err
	}
	op, rest, err := nextOp(buf)
	if err != nil {
		return deltaOp{}, err
	}
	_, err = d.in.Discard(len(buf) - len(rest))
	return op, err
}
