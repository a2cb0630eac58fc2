package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/chain"
)

// The first byte of a stored chunk says how it is stored.
const (
	chunkRaw   = 0 // as it is, with this byte
	chunkPlain = 'u'
	chunkZlib  = 'x'  // where a zlib stream begins
	chunkZstd  = 0x28 // where a zstd frame begins
)

// maxStored bounds a stored chunk in memory; compression may add a little.
const maxStored = chain.MaxChunk + 1<<20

// decoders decompress chunks for several goroutines.
type decoders struct {
	zstd *zstd.Decoder
	zlib sync.Pool // of io.ReadCloser that is a zlib.Resetter
}

func newDecoders() (*decoders, error) {
	// One text at a time and caller: the goroutines that would help to decode
	// a single chunk cost more than they bring.
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(chain.MaxChunk))
	if err != nil {
		return nil, err
	}
	return &decoders{zstd: z}, nil
}

func (d *decoders) close() { d.zstd.Close() }

// decode appends to buf what a stored chunk holds.
func (d *decoders) decode(buf, stored []byte) ([]byte, error) {
	if len(stored) == 0 {
		return buf, nil
	}
	switch stored[0] {
	case chunkRaw:
		return limitChunk(append(buf, stored...))
	case chunkPlain:
		return limitChunk(append(buf, stored[1:]...))
	case chunkZlib:
		return d.inflate(buf, stored)
	case chunkZstd:
		out, err := d.zstd.DecodeAll(stored, buf)
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			return nil, hg.ErrTooLarge
		}
		if err != nil {
			return nil, fmt.Errorf("%w: a chunk that cannot be decompressed: %w", hg.ErrCorrupt, err)
		}
		return out, nil
	}
	return nil, unknownChunk(stored[0])
}

func limitChunk(chunk []byte) ([]byte, error) {
	if len(chunk) > chain.MaxChunk {
		return nil, hg.ErrTooLarge
	}
	return chunk, nil
}

func (d *decoders) inflate(buf, stored []byte) ([]byte, error) {
	from := bytes.NewReader(stored)
	r, ok := d.zlib.Get().(io.ReadCloser)
	var err error
	if ok {
		err = r.(zlib.Resetter).Reset(from, nil)
	} else {
		r, err = zlib.NewReader(from)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: a chunk that cannot be decompressed: %w", hg.ErrCorrupt, err)
	}
	defer d.zlib.Put(r)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > chain.MaxChunk:
			return nil, hg.ErrTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, fmt.Errorf("%w: a chunk that cannot be decompressed: %w", hg.ErrCorrupt, err)
		}
	}
}

// openChunk streams what a stored chunk holds.
func openChunk(stored io.Reader) (io.ReadCloser, error) {
	r := bufio.NewReaderSize(stored, 64<<10)
	first, err := r.Peek(1)
	if err != nil {
		return nil, fmt.Errorf("%w: the file ends before a chunk", hg.ErrCorrupt)
	}
	switch first[0] {
	case chunkRaw:
		return io.NopCloser(r), nil
	case chunkPlain:
		r.Discard(1) // was peeked
		return io.NopCloser(r), nil
	case chunkZlib:
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("%w: a chunk that cannot be decompressed: %w", hg.ErrCorrupt, err)
		}
		return z, nil
	case chunkZstd:
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
		if err != nil {
			return nil, fmt.Errorf("%w: a chunk that cannot be decompressed: %w", hg.ErrCorrupt, err)
		}
		return z.IOReadCloser(), nil
	}
	return nil, unknownChunk(first[0])
}

func unknownChunk(first byte) error {
	return fmt.Errorf("%w: a chunk that begins with the byte %#02x", hg.ErrCorrupt, first)
}
