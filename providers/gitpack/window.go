package gitpack

import (
	"io"
	"sync"
)

// Sizes of the cache of file windows: 8 MiB for a store.
const (
	windowSize  = 16 << 10
	windowCount = 512
)

// windows keep recently read parts of packs, so that neighbours, which small
// objects mostly are read with, cost no system call. It is safe for several
// goroutines; the zero value is ready for use.
type windows struct {
	slots [windowCount]window
}

type window struct {
	mu   sync.Mutex
	file io.ReaderAt
	n    int64 // the window starts at n times windowSize
	data []byte
}

// windowed reads a file through the windows. What is before the offset that
// fixed returns must never change.
type windowed struct {
	*windows
	file  io.ReaderAt
	fixed func() int64
}

// ReadAt implements io.ReaderAt, but may return fewer bytes than asked for
// without an error.
func (w *windowed) ReadAt(p []byte, off int64) (int, error) {
	n := off / windowSize
	if len(p) >= windowSize || off >= w.fixed() {
		return w.file.ReadAt(p, off)
	}
	slot := &w.slots[n%windowCount]
	slot.mu.Lock()
	defer slot.mu.Unlock()
	if at := int(off - n*windowSize); slot.file == w.file && slot.n == n && at < len(slot.data) {
		return copy(p, slot.data[at:]), nil
	}
	if err := slot.fill(w.file, n, w.fixed()); err != nil {
		return 0, err
	}
	return copy(p, slot.data[off-n*windowSize:]), nil
}

// fill reads window n, as far as the file is fixed.
func (s *window) fill(file io.ReaderAt, n, fixed int64) error {
	if s.data == nil {
		s.data = make([]byte, windowSize)
	}
	s.file = nil // nothing valid until it is read
	s.data = s.data[:min(windowSize, fixed-n*windowSize)]
	if _, err := io.ReadFull(io.NewSectionReader(file, n*windowSize, int64(len(s.data))), s.data); err != nil {
		return err
	}
	s.file, s.n = file, n
	return nil
}
