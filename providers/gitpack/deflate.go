package gitpack

import (
	"encoding/binary"
	"hash"
	"hash/adler32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// deflateLevel is the fastest one: most of what is written are deltas,
	// whose bytes are small in number, and full texts once.
	deflateLevel = 1
	// storedMax is the size up to which a payload is put into a stored block:
	// compressing so few bytes saves about as many as it costs.
	storedMax = 24
)

// zlibHeader says deflate with a 32 KiB window, fastest level.
const zlibHeader = "\x78\x01"

// deflater makes zlib streams. It is reused through deflaters.
type deflater struct {
	out   []byte
	flate *flate.Writer
	sum   hash.Hash32
}

// deflaters hands out deflaters, whose tables are worth keeping. The zero
// value is ready for use, by several goroutines.
type deflaters struct{ pool sync.Pool }

func (p *deflaters) get() *deflater {
	d, _ := p.pool.Get().(*deflater)
	if d == nil {
		d = &deflater{sum: adler32.New()}
	}
	return d
}

func (p *deflaters) put(d *deflater) {
	if cap(d.out) <= 1<<20 { // one large object must not stay for ever
		p.pool.Put(d)
	}
}

// Write appends to the output; it is where flate writes to.
func (d *deflater) Write(p []byte) (int, error) {
	d.out = append(d.out, p...)
	return len(p), nil
}

// compress returns data as a zlib stream, valid until the next call.
func (d *deflater) compress(data []byte) ([]byte, error) {
	d.out = append(d.out[:0], zlibHeader...)
	if len(data) <= storedMax {
		n := uint16(len(data))
		d.out = append(d.out, 1) // the last block, stored
		d.out = binary.LittleEndian.AppendUint16(d.out, n)
		d.out = binary.LittleEndian.AppendUint16(d.out, ^n)
		d.out = append(d.out, data...)
	} else {
		if err := d.reset(d); err != nil {
			return nil, err
		}
		if _, err := d.flate.Write(data); err != nil {
			return nil, err
		}
		if err := d.flate.Close(); err != nil {
			return nil, err
		}
	}
	d.out = binary.BigEndian.AppendUint32(d.out, adler32.Checksum(data))
	return d.out, nil
}

// stream copies r to w as a zlib stream.
func (d *deflater) stream(w io.Writer, r io.Reader) (int64, error) {
	if _, err := io.WriteString(w, zlibHeader); err != nil {
		return 0, err
	}
	if err := d.reset(w); err != nil {
		return 0, err
	}
	d.sum.Reset()
	n, err := io.Copy(io.MultiWriter(d.flate, d.sum), r)
	if err != nil {
		return n, err
	}
	if err := d.flate.Close(); err != nil {
		return n, err
	}
	_, err = w.Write(d.sum.Sum(nil))
	return n, err
}

func (d *deflater) reset(w io.Writer) (err error) {
	if d.flate == nil {
		d.flate, err = flate.NewWriter(w, deflateLevel)
		return err
	}
	d.flate.Reset(w)
	return nil
}
