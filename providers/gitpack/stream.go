package gitpack

import (
	"fmt"
	"hash"
	"hash/adler32"
	"io"
	"os"
	"slices"
)

// maxRebuild bounds what is written to disk to stream one object that is
// stored as a delta. Git stores files over 512 MiB whole.
const maxRebuild = 32 << 30

// stream is the contents of a whole object, inflated while they are read.
// It fails when they are not as long as stated.
type stream struct {
	f    *inflater
	pool *inflaters
	sum  hash.Hash32
	left int64
	err  error
}

// newStream takes over f, whose in has reached a zlib stream of size bytes.
func newStream(f *inflater, pool *inflaters, size int64) (*stream, error) {
	if err := f.start(); err != nil {
		pool.put(f)
		return nil, err
	}
	return &stream{f: f, pool: pool, sum: adler32.New(), left: size}, nil
}

func (s *stream) Read(p []byte) (int, error) {
	switch {
	case s.err != nil:
		return 0, s.err
	case len(p) == 0:
		return 0, nil
	case s.left == 0:
		if s.err = s.f.finish(s.sum.Sum32()); s.err == nil {
			s.err = io.EOF
		}
		return 0, s.err
	}
	n, err := s.f.Read(p[:min(int64(len(p)), s.left)])
	s.sum.Write(p[:n])
	s.left -= int64(n)
	switch {
	case err == io.EOF && s.left > 0:
		s.err = endsEarly(err)
	case err != nil && err != io.EOF:
		s.err = err
	}
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

func (s *stream) Close() error {
	if s.f != nil {
		s.pool.put(s.f)
		s.f, s.err = nil, os.ErrClosed
	}
	return nil
}

// rebuild makes the object at off in temporary files, delta by delta.
func (p *pack) rebuild(off int64) (kind Kind, size int64, r io.ReadCloser, err error) {
	var links []int64
	at := off
	for {
		f, e, err := p.at(at)
		if err != nil {
			return 0, 0, nil, err
		}
		p.tools.inflaters.put(f)
		if !e.delta() {
			kind = e.kind
			break
		}
		if len(links) == maxChain {
			return 0, 0, nil, errChain(off)
		}
		links = append(links, at)
		at = e.base
	}
	budget := int64(maxRebuild)
	base, err := p.spillWhole(at, &budget)
	for _, at := range slices.Backward(links) {
		if err != nil {
			return 0, 0, nil, err
		}
		var next *spill
		next, err = p.spillDelta(at, base, &budget)
		_ = base.Close() // a temporary file that is no longer needed
		base = next
	}
	if err != nil {
		return 0, 0, nil, err
	}
	if _, err := base.Seek(0, io.SeekStart); err != nil {
		_ = base.Close()
		return 0, 0, nil, err
	}
	return kind, base.size, base, nil
}

// readAny is read for objects whose bases are over MaxRead as well.
func (p *pack) readAny(off int64) (Kind, []byte, error) {
	kind, data, err := p.read(off)
	if err == nil || !tooLarge(err) {
		return kind, data, err
	}
	if _, size, statErr := p.stat(off); statErr != nil || size > MaxRead {
		return 0, nil, err
	}
	kind, _, r, err := p.rebuild(off)
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	data, err = io.ReadAll(r)
	return kind, data, err
}

// spill is a temporary file that is gone when it is closed.
type spill struct {
	*os.File
	size int64
}

func newSpill() (*spill, error) {
	file, err := os.CreateTemp("", "drover-object-*")
	if err != nil {
		return nil, fmt.Errorf("make room for a large object: %w", err)
	}
	_ = os.Remove(file.Name()) // where open files cannot be removed, Close does it
	return &spill{File: file}, nil
}

func (s *spill) Close() error {
	err := s.File.Close()
	_ = os.Remove(s.Name()) // fails where it is removed already
	return err
}

// fill writes what make makes, and closes the file when that fails.
func (s *spill) fill(size int64, budget *int64, write func(io.Writer) error) (*spill, error) {
	if *budget -= size; *budget < 0 {
		_ = s.Close()
		return nil, fmt.Errorf("%w: more than %d bytes have to be written to read it", ErrTooLarge, int64(maxRebuild))
	}
	s.size = size
	if err := write(s.File); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// spillWhole writes the whole object at off to a temporary file.
func (p *pack) spillWhole(off int64, budget *int64) (*spill, error) {
	f, e, err := p.at(off)
	if err != nil {
		return nil, err
	}
	s, err := newStream(f, &p.tools.inflaters, e.size)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out, err := newSpill()
	if err != nil {
		return nil, err
	}
	return out.fill(e.size, budget, func(w io.Writer) error {
		_, err := io.Copy(w, s)
		return err
	})
}

// spillDelta applies the delta at off to base, into a temporary file.
func (p *pack) spillDelta(off int64, base *spill, budget *int64) (*spill, error) {
	f, e, err := p.at(off)
	if err != nil {
		return nil, err
	}
	s, err := newStream(f, &p.tools.inflaters, e.size)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	d, err := newDeltaReader(s)
	if err != nil {
		return nil, err
	}
	if d.base != base.size {
		return nil, fmt.Errorf("%w: delta for a base of %d bytes, the base has %d", ErrCorrupt, d.base, base.size)
	}
	out, err := newSpill()
	if err != nil {
		return nil, err
	}
	return out.fill(d.result, budget, func(w io.Writer) error { return d.apply(w, base) })
}
