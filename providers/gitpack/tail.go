package gitpack

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
)

// maxObjects is what fits into the header of a pack.
const maxObjects = math.MaxUint32

const packMagic = "PACK\x00\x00\x00\x02" // and version 2

// parsePackHeader returns the number of objects that a pack states.
func parsePackHeader(head [packHeaderSize]byte) (uint32, error) {
	if string(head[:4]) != packMagic[:4] {
		return 0, fmt.Errorf("%w: this is not a pack", ErrCorrupt)
	}
	if v := binary.BigEndian.Uint32(head[4:]); v != 2 && v != 3 {
		return 0, fmt.Errorf("%w: pack of the unknown version %d", ErrCorrupt, v)
	}
	return binary.BigEndian.Uint32(head[8:]), nil
}

// create makes the file of the pack, with a header that is completed at the
// end. The caller holds mu.
func (w *Writer) create() error {
	if err := os.MkdirAll(w.dir, 0o777); err != nil {
		return fmt.Errorf("write a pack: %w", err)
	}
	file, err := os.CreateTemp(w.dir, "tmp_pack_*")
	if err != nil {
		return fmt.Errorf("write a pack: %w", err)
	}
	w.file = file
	w.tail = append(make([]byte, 0, tailSize+tailSize/4), packMagic...)
	w.tail = append(w.tail, 0, 0, 0, 0)
	return nil
}

// write adds bytes to the entry being written. The caller holds mu.
func (w *Writer) write(b []byte) error {
	w.crc = crc32.Update(w.crc, crc32.IEEETable, b)
	if len(w.tail)+len(b) > cap(w.tail) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if len(b) > tailSize {
		n, err := w.file.WriteAt(b, w.flushed)
		w.flushed += int64(n)
		return err
	}
	w.tail = append(w.tail, b...)
	return nil
}

// flush moves the tail to the file. The caller holds mu.
func (w *Writer) flush() error {
	if _, err := w.file.WriteAt(w.tail, w.flushed); err != nil {
		return err
	}
	w.flushed += int64(len(w.tail))
	w.tail = w.tail[:0]
	return nil
}

// unfinished reads what has been written of a pack, whether it is in the file
// or not.
type unfinished Writer

// ReadAt implements io.ReaderAt.
func (u *unfinished) ReadAt(p []byte, off int64) (int, error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if u.file == nil {
		return 0, io.EOF
	}
	n := 0
	if off < u.flushed {
		var err error
		n, err = u.file.ReadAt(p[:min(int64(len(p)), u.flushed-off)], off)
		if err != nil {
			return n, err
		}
	}
	if at := off + int64(n) - u.flushed; n < len(p) && at < int64(len(u.tail)) {
		n += copy(p[n:], u.tail[at:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// inFile returns how much of the pack is in the file, where it stays as it is.
func (w *Writer) inFile() int64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.flushed
}

// Size returns the bytes of the pack so far.
func (w *Writer) Size() int64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.flushed + int64(len(w.tail))
}

// Len returns the number of objects in the pack so far.
func (w *Writer) Len() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.records)
}
