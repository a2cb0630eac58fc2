package hgtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// bundleWriter collects revisions and writes them as a bundle of version 2 with
// a changegroup of version 02, not compressed.
type bundleWriter struct {
	changelog bytes.Buffer
	manifest  bytes.Buffer
	files     map[string]*bytes.Buffer
}

// add appends a revision to the group of a log.
func add(to *bytes.Buffer, node, p1, p2, base, link hg.Node, delta []byte) {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(4+5*20+len(delta)))
	to.Write(size[:])
	for _, n := range []hg.Node{node, p1, p2, base, link} {
		to.Write(n[:])
	}
	to.Write(delta)
}

func (b *bundleWriter) file(path string) *bytes.Buffer {
	if b.files[path] == nil {
		b.files[path] = &bytes.Buffer{}
	}
	return b.files[path]
}

// writeTo writes the bundle.
func (b *bundleWriter) writeTo(w io.Writer) error {
	const partName, key, version = "CHANGEGROUP", "version", "02"
	header := []byte{byte(len(partName))}
	header = append(header, partName...)
	header = append(header, 0, 0, 0, 0, 1, 0, byte(len(key)), byte(len(version)))
	header = append(header, key+version...)
	head := append([]byte("HG20\x00\x00\x00\x00"), 0, 0, 0, byte(len(header)))
	if _, err := w.Write(append(head, header...)); err != nil {
		return err
	}
	c := &chunked{to: w}
	end := []byte{0, 0, 0, 0}
	pieces := [][]byte{b.changelog.Bytes(), end, b.manifest.Bytes(), end}
	var paths []string
	for path := range b.files {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		name := binary.BigEndian.AppendUint32(nil, uint32(4+len(path)))
		pieces = append(pieces, append(name, path...), b.files[path].Bytes(), end)
	}
	for _, piece := range append(pieces, end) {
		if err := c.write(piece); err != nil {
			return err
		}
	}
	return c.close()
}

// chunked writes the payload of a part.
type chunked struct {
	to  io.Writer
	buf []byte
}

func (c *chunked) write(p []byte) error {
	const full = 64 << 10
	for c.buf = append(c.buf, p...); len(c.buf) >= full; c.buf = c.buf[full:] {
		if err := c.chunk(c.buf[:full]); err != nil {
			return err
		}
	}
	return nil
}

func (c *chunked) chunk(p []byte) error {
	if _, err := c.to.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))); err != nil {
		return err
	}
	_, err := c.to.Write(p)
	return err
}

// close ends the part and the bundle.
func (c *chunked) close() error {
	if len(c.buf) > 0 {
		if err := c.chunk(c.buf); err != nil {
			return err
		}
	}
	_, err := c.to.Write(make([]byte, 8))
	return err
}

// encodeHunks writes a delta.
func encodeHunks(hunks []hg.Hunk) []byte {
	var delta []byte
	for _, h := range hunks {
		delta = binary.BigEndian.AppendUint32(delta, uint32(h.Start))
		delta = binary.BigEndian.AppendUint32(delta, uint32(h.End))
		delta = binary.BigEndian.AppendUint32(delta, uint32(len(h.Data)))
		delta = append(delta, h.Data...)
	}
	return delta
}
