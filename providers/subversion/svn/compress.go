package svn

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zlib"
)

// section is a buffer for one of the two parts of a compressed window.
type section struct {
	buf     []byte
	inflate inflater
}

// unpack returns the content of a part: its size, and then either the bytes or
// something shorter, which is compressed.
func (s *section) unpack(version byte, data []byte, limit int64) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	size, n := parseNumber(data)
	if n == 0 || size > limit {
		return nil, corrupt("a part of a window has no sensible size")
	}
	data = data[n:]
	if int64(len(data)) == size {
		return data, nil
	}
	if int64(cap(s.buf)) < size {
		s.buf = make([]byte, size)
	}
	out := s.buf[:size]
	if version == 2 {
		return out, unpackLZ4(out, data)
	}
	return out, s.inflate.unpack(out, bytes.NewReader(data))
}

// inflater is a zlib reader that is used again.
type inflater struct{ r io.ReadCloser }

// unpack fills out, exactly, with the content of data.
func (z *inflater) unpack(out []byte, data io.Reader) (err error) {
	if z.r == nil {
		z.r, err = zlib.NewReader(data)
	} else {
		err = z.r.(zlib.Resetter).Reset(data, nil)
	}
	if err != nil {
		return corrupt("a part of a window is not compressed as it should be")
	}
	var more [1]byte
	if _, err := io.ReadFull(z.r, out); err != nil {
		return corrupt("a compressed part of a window is damaged")
	}
	if n, err := z.r.Read(more[:]); n > 0 || err != io.EOF {
		return corrupt("a compressed part of a window is longer than it says")
	}
	return nil
}

// unpackLZ4 fills out, exactly, with the content of the LZ4 block data.
func unpackLZ4(out, data []byte) error {
	bad := corrupt("a compressed part of a window is damaged")
	n := 0
	for len(data) > 0 {
		token := data[0]
		data = data[1:]
		literals, rest, ok := lengthLZ4(int(token>>4), data)
		if !ok || literals > len(rest) || literals > len(out)-n {
			return bad
		}
		n += copy(out[n:], rest[:literals])
		data = rest[literals:]
		if len(data) == 0 { // the last sequence has no match
			break
		}
		if len(data) < 2 {
			return bad
		}
		offset := int(binary.LittleEndian.Uint16(data))
		match, rest, ok := lengthLZ4(int(token&15), data[2:])
		match += 4
		if !ok || offset == 0 || offset > n || match > len(out)-n {
			return bad
		}
		data = rest
		for from := n - offset; match > 0; {
			k := copy(out[n:n+match], out[from:n])
			n, from, match = n+k, from+k, match-k
		}
	}
	if n != len(out) {
		return bad
	}
	return nil
}

// lengthLZ4 reads the rest of a length whose first four bits are n.
func lengthLZ4(n int, data []byte) (length int, rest []byte, ok bool) {
	if n < 15 {
		return n, data, true
	}
	for i, b := range data {
		n += int(b)
		if b != 255 {
			return n, data[i+1:], true
		}
	}
	return 0, nil, false
}
