package svn

import (
	"bufio"
	"fmt"
	"io"
)

// windowReader reads windows from a stream.
type windowReader struct {
	r       *bufio.Reader
	started bool
	dec     decoder
	last    window
	body    []byte
}

func newWindowReader(r io.Reader) *windowReader {
	return &windowReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// header reads up to the body of the next window. At the end it is io.EOF.
func (r *windowReader) header() (window, error) {
	var w window
	if !r.started {
		magic, err := r.r.Peek(diffHeader)
		if err != nil && err != io.EOF {
			return w, err
		}
		if r.dec.version, err = diffVersion(magic); err != nil {
			return w, err
		}
		r.started = true
		_, _ = r.r.Discard(diffHeader) // it was peeked
	}
	data, err := r.r.Peek(maxHeader)
	if err != nil && err != io.EOF {
		return w, err
	}
	if len(data) == 0 {
		return w, io.EOF
	}
	n, err := w.parseHeader(data)
	if err != nil {
		return w, err
	}
	_, _ = r.r.Discard(n) // it was peeked
	if err := w.follows(&r.last); err != nil {
		return w, err
	}
	if w.sourceLen > 0 {
		r.last = w
	}
	return w, nil
}

// skip reads a window without its body.
func (r *windowReader) skip() (window, error) {
	w, err := r.header()
	if err != nil {
		return w, err
	}
	if _, err := r.r.Discard(w.bodyLen); err != nil {
		return w, ended(err)
	}
	return w, nil
}

// next reads a window, which is valid until the following call.
func (r *windowReader) next() (window, error) {
	w, err := r.header()
	if err != nil {
		return w, err
	}
	if cap(r.body) < w.bodyLen {
		r.body = make([]byte, w.bodyLen)
	}
	body := r.body[:w.bodyLen]
	if _, err := io.ReadFull(r.r, body); err != nil {
		return w, ended(err)
	}
	return w, r.dec.unpack(&w, body)
}

func ended(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return corrupt("it ends in a window")
	}
	return err
}

// applyStream is applyDiff for texts of any size.
func applyStream(diff io.Reader, base io.ReaderAt, baseSize int64, out io.Writer) error {
	r := newWindowReader(diff)
	var source, target []byte
	for {
		w, err := r.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if w.sourceOffset+w.sourceLen > baseSize {
			return corrupt("a window lies outside of its base")
		}
		source = append(source[:0], make([]byte, w.sourceLen)...)
		if len(source) > 0 {
			if n, err := base.ReadAt(source, w.sourceOffset); n < len(source) {
				return fmt.Errorf("read the text that a difference belongs to: %w", err)
			}
		}
		if target, err = w.expand(target[:0], source, nil); err != nil {
			return err
		}
		if _, err := out.Write(target); err != nil {
			return err
		}
	}
}
