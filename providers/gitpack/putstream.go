package gitpack

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
)

// streamOver is the size from which PutStream does not hold an object in
// memory.
const streamOver = 4 << 20

// PutStream stores an object of exactly size bytes that is read from r, in
// bounded memory. It reads r without holding up other goroutines.
func (w *Writer) PutStream(k Kind, size int64, r io.Reader) (ID, error) {
	if size < 0 {
		return ID{}, fmt.Errorf("write a %s of %d bytes", k, size)
	}
	if size > streamOver {
		return w.putLarge(k, size, r)
	}
	var data bytes.Buffer
	data.Grow(int(size) + bytes.MinRead)
	n, err := data.ReadFrom(io.LimitReader(r, size+1))
	if err := exactly(k, size, n, err); err != nil {
		return ID{}, err
	}
	return w.Put(k, data.Bytes())
}

// exactly checks that a stream had as many bytes as promised.
func exactly(k Kind, size, n int64, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("read a %s of %d bytes: %w", k, size, err)
	case n < size:
		return fmt.Errorf("read a %s of %d bytes: it ends after %d: %w", k, size, n, io.ErrUnexpectedEOF)
	case n > size:
		return fmt.Errorf("read a %s of %d bytes: it is longer", k, size)
	}
	return nil
}

// putLarge compresses to a file of its own while it hashes, and appends that
// file once the id is known.
func (w *Writer) putLarge(k Kind, size int64, r io.Reader) (id ID, err error) {
	if err := os.MkdirAll(w.dir, 0o777); err != nil {
		return ID{}, fmt.Errorf("write a pack: %w", err)
	}
	file, err := os.CreateTemp(w.dir, "tmp_obj_*")
	if err != nil {
		return ID{}, fmt.Errorf("make room for a %s of %d bytes: %w", k, size, err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()

	h := sha1.New()
	h.Write(appendObjectHeader(nil, k, size))
	d := w.tools.deflaters.get()
	defer w.tools.deflaters.put(d)
	out := bufio.NewWriterSize(file, 256<<10)
	n, err := d.stream(out, io.TeeReader(io.LimitReader(r, size+1), h))
	if err := exactly(k, size, n, err); err != nil {
		return ID{}, err
	}
	if err := out.Flush(); err != nil {
		return ID{}, fmt.Errorf("write a %s of %d bytes: %w", k, size, err)
	}
	h.Sum(id[:0])
	if w.Has(id) {
		return id, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return id, w.append(record{located: located{id: id}, kind: k, size: size}, k, size, nil, func() error { return w.copy(file) })
}

// copy adds a whole file to the entry being written. The caller holds mu.
func (w *Writer) copy(file *os.File) error {
	buf := make([]byte, tailSize)
	for off := int64(0); ; {
		n, err := file.ReadAt(buf, off)
		off += int64(n)
		if n > 0 {
			if err := w.write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
