package dump

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	bufferSize = 256 << 10

	// maxZstdWindow is what a decoder may need of memory; `zstd --ultra -22`
	// uses as much.
	maxZstdWindow = 128 << 20
)

// input is a dump as a stream of bytes.
type input struct {
	r      *bufio.Reader
	offset int64 // of the next byte

	file  *os.File // for seeking, when the bytes are those of the file
	size  int64    // of the file
	close []func() error
}

// newInput reads from a stream that cannot seek.
func newInput(r io.Reader) *input { return &input{r: bufio.NewReaderSize(r, bufferSize)} }

// openInput opens a dump file, compressed or not.
func openInput(path string) (*input, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe would wait
		return nil, errors.New("it is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := &input{close: []func() error{f.Close}}
	if err := in.start(f); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

func (in *input) start(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	raw := bufio.NewReaderSize(f, bufferSize)
	magic, err := raw.Peek(6)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(raw)
		if err != nil {
			return fmt.Errorf("decompress: %w", err)
		}
		in.r = bufio.NewReaderSize(z, bufferSize)
	case bytes.HasPrefix(magic, []byte("BZh")):
		in.r = bufio.NewReaderSize(bzip2.NewReader(raw), bufferSize)
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return fmt.Errorf("decompress: %w", err)
		}
		in.close = append(in.close, func() error { z.Close(); return nil })
		in.r = bufio.NewReaderSize(z, bufferSize)
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		return errors.New("it is compressed by xz, which cannot be read: decompress it (xz -d), or use gzip, bzip2 or zstd")
	default:
		in.r, in.file, in.size = raw, f, info.Size()
	}
	return nil
}

// Close closes the file.
func (in *input) Close() error {
	var errs []error
	for _, f := range in.close {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// errLine says that a line has no end in sight.
var errLine = errors.New("a line is longer than a header can be")

// line returns the next line without its end, valid until the next read. At
// the end of the input it is io.EOF, within a line io.ErrUnexpectedEOF.
func (in *input) line() ([]byte, error) {
	line, err := in.r.ReadSlice('\n')
	in.offset += int64(len(line))
	switch {
	case err == bufio.ErrBufferFull:
		return nil, errLine
	case err == io.EOF && len(line) > 0:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	return line[:len(line)-1], nil
}

// copyTo copies n bytes to w.
func (in *input) copyTo(w io.Writer, n int64) error {
	for n > 0 {
		chunk, err := in.r.Peek(int(min(n, bufferSize)))
		if len(chunk) == 0 {
			return unexpected(err)
		}
		if _, err := w.Write(chunk); err != nil {
			return err
		}
		_, _ = in.r.Discard(len(chunk)) // it was peeked
		in.offset += int64(len(chunk))
		n -= int64(len(chunk))
	}
	return nil
}

// skip passes over n bytes, without reading them where that is possible.
func (in *input) skip(n int64) error {
	if in.file != nil && n > bufferSize {
		return in.seek(in.offset + n)
	}
	for n > 0 {
		k, err := in.r.Discard(int(min(n, 1<<30)))
		in.offset += int64(k)
		n -= int64(k)
		if err != nil {
			return unexpected(err)
		}
	}
	return nil
}

// seek goes to a place of the file.
func (in *input) seek(offset int64) error {
	if offset > in.size || offset < 0 {
		return io.ErrUnexpectedEOF
	}
	if _, err := in.file.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	in.r.Reset(in.file)
	in.offset = offset
	return nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
