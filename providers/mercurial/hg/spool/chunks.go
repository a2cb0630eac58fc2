package spool

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
	"github.com/drover-migrate/drover/providers/mercurial/hg/bundle"
	"github.com/drover-migrate/drover/providers/mercurial/hg/chain"
)

// readAhead is how much of the data is read at once. Revisions of one log are
// mostly neighbours.
const readAhead = 128 << 10

// chunks are the chunks of one log. It implements chain.Chunks.
type chunks struct {
	*table
	data   *os.File
	start  int64 // of window
	window []byte
	zstd   *zstd.Decoder // made when first needed
}

func newChunks(t *table, data *os.File) *chunks { return &chunks{table: t, data: data} }

func (c *chunks) Chunk(buf []byte, i int) ([]byte, error) {
	r := &c.records[i]
	if r.long(atStored) > chain.MaxChunk {
		return nil, hg.ErrTooLarge
	}
	stored, err := c.read(i, r.long(atOffset), int(r.long(atStored)))
	if err != nil {
		return nil, err
	}
	if r[atForm] == formPlain {
		return append(buf, stored...), nil
	}
	if c.zstd == nil {
		if c.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(chain.MaxChunk)); err != nil {
			return nil, err
		}
	}
	out, err := c.zstd.DecodeAll(stored, buf)
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return nil, hg.ErrTooLarge
	case err != nil:
		return nil, fmt.Errorf("%w: the data of the spool: %w", hg.ErrCorrupt, err)
	}
	return out, nil
}

// read returns n bytes of the data. They are valid until the next call. Not
// more is read ahead than the log has there.
func (c *chunks) read(i int, at int64, n int) ([]byte, error) {
	if from := at - c.start; from >= 0 && from+int64(n) <= int64(len(c.window)) {
		return c.window[from : from+int64(n)], nil
	}
	size := n
	for i++; size < readAhead && i < len(c.records); i++ {
		end := c.records[i].long(atOffset) + c.records[i].long(atStored)
		if end <= at || end-at > readAhead {
			break
		}
		size = max(size, int(end-at))
	}
	if cap(c.window) < size {
		c.window = make([]byte, size)
	}
	got, err := c.data.ReadAt(c.window[:size], at)
	c.start, c.window = at, c.window[:got]
	if got >= n {
		return c.window[:n], nil
	}
	return nil, fmt.Errorf("%w: the data of the spool: %w", hg.ErrCorrupt, err)
}

func (c *chunks) OpenChunk(i int) (io.ReadCloser, error) {
	r := &c.records[i]
	stored := io.NewSectionReader(c.data, r.long(atOffset), r.long(atStored))
	if r[atForm] == formPlain {
		return io.NopCloser(stored), nil
	}
	return bundle.NewZstd(stored)
}

func (c *chunks) Close() error {
	if c.zstd != nil {
		c.zstd.Close()
	}
	return nil
}
