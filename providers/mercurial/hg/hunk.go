package hg

import (
	"encoding/binary"
	"fmt"
	"io"
)

// hunkHeader is the size of what precedes a hunk's data: start, end, length.
const hunkHeader = 12

// ParseHunks takes a delta apart and appends its hunks to hunks. They refer to
// delta. They are in order, do not overlap and lie inside a base of baseSize
// bytes.
func ParseHunks(hunks []Hunk, delta []byte, baseSize int64) ([]Hunk, error) {
	last := int64(0)
	for len(delta) > 0 {
		if len(delta) < hunkHeader {
			return nil, fmt.Errorf("%w: a delta ends inside a hunk", ErrCorrupt)
		}
		start := int64(binary.BigEndian.Uint32(delta))
		end := int64(binary.BigEndian.Uint32(delta[4:]))
		n := int64(binary.BigEndian.Uint32(delta[8:]))
		delta = delta[hunkHeader:]
		if err := checkHunk(last, start, end, baseSize); err != nil {
			return nil, err
		}
		if n > int64(len(delta)) {
			return nil, fmt.Errorf("%w: a delta ends inside a hunk", ErrCorrupt)
		}
		hunks = append(hunks, Hunk{Start: int(start), End: int(end), Data: delta[:n:n]})
		delta = delta[n:]
		last = end
	}
	return hunks, nil
}

func checkHunk(last, start, end, baseSize int64) error {
	if start < last || end < start || end > baseSize {
		return fmt.Errorf("%w: a delta replaces bytes %d to %d of %d, after byte %d", ErrCorrupt, start, end, baseSize, last)
	}
	return nil
}

// ResultSize is the size of what hunks make from a base of baseSize bytes.
func ResultSize(hunks []Hunk, baseSize int64) int64 {
	for _, h := range hunks {
		baseSize += int64(len(h.Data)) - int64(h.End-h.Start)
	}
	return baseSize
}

// Apply returns a new slice with what hunks, which fit base, make from it.
func Apply(base []byte, hunks []Hunk) []byte {
	text := make([]byte, 0, ResultSize(hunks, int64(len(base))))
	last := 0
	for _, h := range hunks {
		text = append(text, base[last:h.Start]...)
		text = append(text, h.Data...)
		last = h.End
	}
	return append(text, base[last:]...)
}

// ScanDelta reads a delta to its end without holding it. It calls hunk with the
// place of each hunk and a reader of its n bytes of data, in order; what hunk
// leaves of the data is skipped.
func ScanDelta(delta io.Reader, baseSize int64, hunk func(start, end, n int64, data io.Reader) error) error {
	var header [hunkHeader]byte
	last := int64(0)
	for {
		if _, err := io.ReadFull(delta, header[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return truncated(err)
		}
		start := int64(binary.BigEndian.Uint32(header[:]))
		end := int64(binary.BigEndian.Uint32(header[4:]))
		n := int64(binary.BigEndian.Uint32(header[8:]))
		if err := checkHunk(last, start, end, baseSize); err != nil {
			return err
		}
		last = end
		data := &io.LimitedReader{R: delta, N: n}
		if err := hunk(start, end, n, data); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, data); err != nil {
			return err
		}
		if data.N > 0 {
			return truncated(io.ErrUnexpectedEOF)
		}
	}
}

// ApplyStream writes what a delta makes from base.
func ApplyStream(w io.Writer, base io.ReaderAt, baseSize int64, delta io.Reader) error {
	last := int64(0)
	err := ScanDelta(delta, baseSize, func(start, end, _ int64, data io.Reader) error {
		if _, err := io.Copy(w, io.NewSectionReader(base, last, start-last)); err != nil {
			return err
		}
		last = end
		_, err := io.Copy(w, data)
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, io.NewSectionReader(base, last, baseSize-last))
	return err
}

func truncated(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the data ends too early", ErrCorrupt)
	}
	return err
}
