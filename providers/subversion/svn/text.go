package svn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/drover-migrate/drover/providers/gitpack"
)

const (
	// MaxText is the largest text that is held in memory.
	MaxText = gitpack.MaxRead

	// spillSize is how much of a text is kept in memory while it waits.
	spillSize = 8 << 20
)

// Text is the new text of a file, as the source gave it: the bytes themselves,
// or an svndiff against the text that the file had before (of a copy: the text
// of its source; of a new file: the empty text).
//
// A text may be applied several times and by several goroutines until it is
// closed.
type Text struct {
	Full bool // the bytes themselves

	// Origin is where the source keeps the text, if it says. What results from
	// texts of the same origin is the same.
	Origin Origin

	data   []byte
	load   func() ([]byte, error) // instead of data
	file   *os.File               // instead of data
	offset int64                  // in file
	spool  *Spool                 // that file is of, or nil
	size   int64

	md5, sha1 string // see Expect
}

// Origin is a place in a repository. The zero Origin is none.
type Origin struct{ Revision, Number int64 }

// NewLateText returns a text of size bytes that load reads when it is needed,
// which may be several times and by several goroutines.
func NewLateText(size int64, load func() ([]byte, error)) *Text {
	return &Text{Full: true, load: load, size: size}
}

// NewText returns a text that keeps data, which must not change any more.
func NewText(full bool, data []byte) *Text {
	return &Text{Full: full, data: data, size: int64(len(data))}
}

// Size returns how many bytes the text has as it came. What results from it
// can be smaller or larger (ResultSize).
func (t *Text) Size() int64 { return t.size }

// Held returns how many of these bytes are in memory and not in a file.
func (t *Text) Held() int64 { return int64(len(t.data)) }

// Close releases the text. It may be called again, and on nil.
func (t *Text) Close() error {
	if t == nil || t.file == nil {
		return nil
	}
	file := t.file
	t.file = nil
	if t.spool != nil {
		return t.spool.release(file)
	}
	return errors.Join(file.Close(), removeFile(file.Name()))
}

// bytes returns the text as it came.
func (t *Text) bytes() ([]byte, error) {
	if t.load != nil {
		return t.load()
	}
	if t.file == nil {
		return t.data, nil
	}
	if t.size > MaxText {
		return nil, ErrTooLarge
	}
	data := make([]byte, t.size)
	if _, err := t.file.ReadAt(data, t.offset); err != nil {
		return nil, fmt.Errorf("read back a waiting text: %w", err)
	}
	return data, nil
}

// reader reads the text as it came.
func (t *Text) reader() io.Reader {
	if t.file == nil {
		return bytes.NewReader(t.data)
	}
	return io.NewSectionReader(t.file, t.offset, t.size)
}

// ResultSize returns the size of the text that results, without building it.
func (t *Text) ResultSize() (int64, error) {
	if t.Full {
		return t.size, nil
	}
	var total int64
	d := newWindowReader(t.reader())
	for {
		w, err := d.skip()
		if err == io.EOF {
			return total, nil
		}
		if err != nil {
			return 0, err
		}
		if total > math.MaxInt64-w.targetLen {
			return 0, corrupt("its windows have no sensible size")
		}
		total += w.targetLen
	}
}

// Apply returns the text that results from base, and a git delta that makes
// it out of base. The delta is nil when base is empty or t is Full; it is
// correct but not always worth storing. The text may share memory with t.
//
// The error is ErrTooLarge when t or the result exceeds MaxText; otherwise it
// means that t is damaged or does not fit base (ErrCorrupt, ErrChecksum).
func (t *Text) Apply(base []byte) (text, delta []byte, err error) {
	return t.apply(base, true)
}

// Result is Apply for who needs no delta.
func (t *Text) Result(base []byte) ([]byte, error) {
	text, _, err := t.apply(base, false)
	return text, err
}

func (t *Text) apply(base []byte, wantDelta bool) (text, delta []byte, err error) {
	data, err := t.bytes()
	switch {
	case err != nil:
		return nil, nil, err
	case t.Full && len(data) > MaxText:
		return nil, nil, ErrTooLarge
	case t.Full:
		text = data
	default:
		if text, delta, err = applyDiff(data, base, wantDelta); err != nil {
			return nil, nil, err
		}
	}
	if err := t.verify(text); err != nil {
		return nil, nil, err
	}
	return text, delta, nil
}

// ApplyStream writes the text that results from base to w. It needs little
// memory, whatever the sizes are. Its errors are those of Apply except for
// ErrTooLarge, and those of base and w; part of the text is written by then.
func (t *Text) ApplyStream(base io.ReaderAt, baseSize int64, w io.Writer) error {
	return t.applyVerified(w, func(w io.Writer) error {
		if t.load != nil {
			data, err := t.load()
			if err == nil {
				_, err = w.Write(data)
			}
			return err
		}
		if t.Full {
			_, err := io.Copy(w, t.reader())
			return err
		}
		return applyStream(t.reader(), base, baseSize, w)
	})
}

// TextWriter collects a Text while it arrives. What exceeds a few megabytes
// waits in a temporary file.
type TextWriter struct {
	text Text
	dir  string
	buf  []byte
}

// NewTextWriter returns a writer of a text. Temporary files are made in dir.
// One of Text and Discard must be called.
func NewTextWriter(full bool, dir string) *TextWriter {
	return &TextWriter{text: Text{Full: full}, dir: dir}
}

// Grow prepares for n more bytes, which may be a claim: memory is reserved
// only up to a limit.
func (w *TextWriter) Grow(n int64) {
	const trusted = 1 << 20
	if w.text.file == nil && n > 0 && cap(w.buf)-len(w.buf) < int(min(n, trusted)) {
		w.buf = append(make([]byte, 0, len(w.buf)+int(min(n, trusted))), w.buf...)
	}
}

// Write adds to the text.
func (w *TextWriter) Write(p []byte) (int, error) {
	w.text.size += int64(len(p))
	if w.text.file == nil {
		if len(w.buf)+len(p) <= spillSize {
			w.buf = append(w.buf, p...)
			return len(p), nil
		}
		if err := w.spill(); err != nil {
			return 0, err
		}
	}
	n, err := w.text.file.Write(p)
	if err != nil {
		err = fmt.Errorf("store a large text: %w", err)
	}
	return n, err
}

func (w *TextWriter) spill() error {
	f, err := os.CreateTemp(w.dir, "drover-text-*")
	if err != nil {
		return fmt.Errorf("store a large text: %w", err)
	}
	// Where an open file can be removed, a killed process leaves nothing.
	_ = os.Remove(f.Name())
	w.text.file = f
	if _, err := f.Write(w.buf); err != nil {
		w.Discard()
		return fmt.Errorf("store a large text: %w", err)
	}
	w.buf = nil
	return nil
}

// Text returns the collected text. The writer cannot be used any more.
func (w *TextWriter) Text() *Text {
	t := w.text
	t.data = w.buf
	w.text.file, w.buf = nil, nil
	return &t
}

// Discard releases what was collected.
func (w *TextWriter) Discard() {
	_ = w.text.Close() // a temporary file, removed already where that is possible
	w.buf = nil
}

func removeFile(name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
