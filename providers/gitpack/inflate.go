package gitpack

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Sizes of the reads that feed an inflater: each is twice as large as the one
// before. Most objects are smaller than the first one.
const (
	firstRead  = 512
	inflateBuf = 16 << 10
)

// tinyMax is the size of contents up to which their compressed form is taken
// as a whole.
const tinyMax = 8 << 10

// maxRatio is more than deflate can do: a stream that has to become larger
// than this many times its bytes cannot be what it says.
const maxRatio = 1040

// inflater reads one zlib stream that lies somewhere in a file. It is reused
// through inflaters.
//
// It takes the frame of the stream apart itself: zlib readers make a new
// checksum for every stream, which costs as much as a small object.
type inflater struct {
	from  section
	in    *bufio.Reader
	flate io.ReadCloser // also a flate.Resetter; nil until the first stream
	tiny  tiny
	sizes [20]byte // the start of a delta: two sizes of at most 10 bytes
	end   [4]byte  // what follows the contents
}

// inflaters hands out inflaters, whose tables are worth keeping. The zero
// value is ready for use, by several goroutines.
type inflaters struct{ pool sync.Pool }

// get returns an inflater whose in delivers the bytes of r from off to end.
func (p *inflaters) get(r io.ReaderAt, off, end int64) *inflater {
	f, _ := p.pool.Get().(*inflater)
	if f == nil {
		f = &inflater{}
		f.in = bufio.NewReaderSize(&f.from, inflateBuf)
	}
	f.from = section{r: r, off: off, end: end, step: firstRead}
	f.in.Reset(&f.from)
	return f
}

func (p *inflaters) put(f *inflater) {
	f.from.r = nil
	p.pool.Put(f)
}

// start begins the zlib stream at the place that in has reached.
func (f *inflater) start() error {
	src, err := f.in.Peek(zlibHeaderSize)
	if err != nil {
		return endsEarly(damaged(err))
	}
	if err := checkZlib(src); err != nil {
		return err
	}
	if _, err := f.in.Discard(zlibHeaderSize); err != nil {
		return damaged(err)
	}
	if f.flate == nil {
		f.flate = flate.NewReader(f.in)
		return nil
	}
	return damaged(f.flate.(flate.Resetter).Reset(f.in, nil))
}

const zlibHeaderSize = 2

// checkZlib checks the header of a zlib stream: deflate, a window that deflate
// knows, no dictionary.
func checkZlib(src []byte) error {
	if len(src) >= zlibHeaderSize {
		cmf, flg := src[0], src[1]
		if cmf&15 == 8 && cmf>>4 <= 7 && (int(cmf)<<8|int(flg))%31 == 0 && flg&0x20 == 0 {
			return nil
		}
	}
	return fmt.Errorf("%w: compressed data has no zlib header", ErrCorrupt)
}

// Read implements io.Reader for the contents of the started stream.
func (f *inflater) Read(p []byte) (int, error) {
	n, err := f.flate.Read(p)
	return n, damaged(err)
}

// all returns the contents of the zlib stream at the place that in has
// reached, which must have exactly size bytes.
func (f *inflater) all(size int64) ([]byte, error) {
	if left := f.from.left() + int64(f.in.Buffered()); size/maxRatio > left {
		return nil, fmt.Errorf("%w: %d bytes cannot hold an object of %d", ErrCorrupt, left, size)
	}
	data := make([]byte, size)
	if f.small(data) {
		return data, nil
	}
	if err := f.start(); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, endsEarly(err)
	}
	return data, f.finish(adler32.Checksum(data))
}

// small is all for contents that fit into the buffer, and reports whether it
// could be done. It takes nothing from in.
func (f *inflater) small(data []byte) bool {
	if len(data) > tinyMax {
		return false
	}
	// Compressed contents are hardly ever larger than they are. What is cut
	// off here or by the end of the file does not succeed.
	src, _ := f.in.Peek(len(data) + len(data)/8 + 64)
	if checkZlib(src) != nil {
		return false
	}
	src = src[zlibHeaderSize:]
	made, end := f.tiny.inflate(data, src)
	return made == len(data) && end >= 0 && len(src)-end >= 4 &&
		binary.BigEndian.Uint32(src[end:]) == adler32.Checksum(data)
}

// head fills buf from the start of the zlib stream at the place that in has
// reached. The rest of the stream is not looked at.
func (f *inflater) head(buf []byte) error {
	src, _ := f.in.Peek(firstRead / 2)
	if checkZlib(src) == nil {
		if made, _ := f.tiny.inflate(buf, src[zlibHeaderSize:]); made == len(buf) {
			return nil
		}
	}
	if err := f.start(); err != nil {
		return err
	}
	_, err := io.ReadFull(f, buf)
	return endsEarly(err)
}

// finish checks that the stream ends here, with the checksum of its contents.
func (f *inflater) finish(sum uint32) error {
	switch n, err := io.ReadFull(f, f.end[:1]); {
	case n > 0:
		return fmt.Errorf("%w: an object is longer than it states", ErrCorrupt)
	case err != io.EOF:
		return err
	}
	if _, err := io.ReadFull(f.in, f.end[:]); err != nil {
		return endsEarly(damaged(err))
	}
	if binary.BigEndian.Uint32(f.end[:]) != sum {
		return fmt.Errorf("%w: the checksum of compressed data is wrong", ErrCorrupt)
	}
	return nil
}

// endsEarly turns the end of a stream where more was due into an error.
func endsEarly(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: an object is shorter than it states", ErrCorrupt)
	}
	return err
}

// damaged wraps what flate finds wrong in ErrCorrupt. Failures to read the
// file stay what they are.
func damaged(err error) error {
	if err == nil || err == io.EOF || errors.Is(err, ErrCorrupt) {
		return err
	}
	var failed *readError
	switch {
	case errors.As(err, &failed):
		return failed.err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: compressed data is cut off", ErrCorrupt)
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}

// section reads the bytes of r from off to end, at most step bytes at a time,
// which doubles.
type section struct {
	r        io.ReaderAt
	off, end int64
	step     int64
}

// readError marks a failure of the file, so that it is not taken for damage.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

func (s *section) left() int64 { return max(s.end-s.off, 0) }

func (s *section) Read(p []byte) (int, error) {
	want := min(int64(len(p)), s.left(), s.step)
	s.step = min(2*s.step, inflateBuf)
	if want == 0 {
		return 0, io.EOF
	}
	n, err := s.r.ReadAt(p[:want], s.off)
	s.off += int64(n)
	switch {
	case n > 0:
		return n, nil
	case err == io.EOF:
		return 0, io.EOF
	}
	return 0, &readError{err}
}
