package svn

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// Spool bounds what the texts of one revision take in memory together: once
// they exceed a few megabytes, the others wait in one temporary file. It and
// its texts may be used by several goroutines.
type Spool struct {
	dir string

	mu   sync.Mutex
	held int64 // bytes of texts left in memory
	file *os.File
	size int64
	kept int // texts in the file
}

// NewSpool returns a spool whose file, if one is needed, is made in dir.
func NewSpool(dir string) *Spool { return &Spool{dir: dir} }

// Keep takes account of t and moves it out of memory if there is too much
// already. The file lives until all texts in it are closed.
func (s *Spool) Keep(t *Text) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.file != nil || t.load != nil {
		return nil
	}
	if s.held+t.size <= spillSize {
		s.held += t.size
		return nil
	}
	if s.kept == 0 { // the first, or all before it were closed
		f, err := os.CreateTemp(s.dir, "drover-texts-*")
		if err != nil {
			return fmt.Errorf("store the texts of a large revision: %w", err)
		}
		_ = os.Remove(f.Name()) // see TextWriter
		s.file, s.size = f, 0
	}
	if _, err := s.file.WriteAt(t.data, s.size); err != nil {
		if s.kept == 0 {
			err = errors.Join(err, s.file.Close(), removeFile(s.file.Name()))
		}
		return fmt.Errorf("store the texts of a large revision: %w", err)
	}
	s.kept++
	t.data, t.file, t.offset, t.spool = nil, s.file, s.size, s
	s.size += t.size
	return nil
}

// release gives up one text of the file.
func (s *Spool) release(file *os.File) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept--
	if s.kept > 0 {
		return nil
	}
	return errors.Join(file.Close(), removeFile(file.Name()))
}
