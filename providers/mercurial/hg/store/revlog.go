package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"

	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// https://www.mercurial-scm.org/wiki/RevlogNG
const (
	entrySize = 64

	flagInline       = 1 << 16
	flagGeneralDelta = 1 << 17

	// wholeFile is the size up to which a file of chunks is read at once.
	wholeFile = 4 << 20

	// readAhead is how much of a larger one is read at once.
	readAhead = 256 << 10
)

// index is the index of a log. Entries are kept as they are on disk: 64 bytes a
// revision are less than any decoded form. It does not change, and is safe for
// several goroutines.
type index struct {
	entries      []byte // without chunks
	generalDelta bool
	inline       bool

	once  sync.Once
	nodes map[hg.Node]int32
}

// revlog is a log as Mercurial stores it.
type revlog struct {
	*index
	data     chunkFile
	decoders *decoders
}

// openRevlog opens the log with this index and, if there is one, data file. The
// error is fs.ErrNotExist when there is no index.
func openRevlog(root *os.Root, indexName, dataName string, d *decoders) (*revlog, error) {
	file, err := openRegular(root, indexName)
	if err != nil {
		return nil, err
	}
	r := &revlog{index: &index{}, decoders: d}
	if err := r.readIndex(file); err != nil {
		file.Close()
		return nil, err
	}
	if r.inline {
		r.data.file = file
		return r, nil
	}
	file.Close()
	r.data.file, err = openRegular(root, dataName)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.hasNoChunks():
		return r, nil
	case err != nil:
		return nil, fmt.Errorf("%w: the index is there and its data is not: %w", hg.ErrCorrupt, err)
	}
	return r, nil
}

// another returns the same log for another goroutine. It is closed with r.
func (r *revlog) another() *revlog {
	return &revlog{index: r.index, data: chunkFile{file: r.data.file, borrowed: true}, decoders: r.decoders}
}

// readIndex reads the index and leaves out the chunks between its entries.
func (r *revlog) readIndex(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	var first [4]byte
	switch _, err := file.ReadAt(first[:], 0); {
	case err == io.EOF && info.Size() == 0:
		return nil
	case err == io.EOF:
		return fmt.Errorf("%w: an index of %d bytes", hg.ErrCorrupt, info.Size())
	case err != nil:
		return err
	}
	header := binary.BigEndian.Uint32(first[:])
	if version := header & 0xffff; version != 1 {
		return unsupported(fmt.Sprintf("revlog version %d", version))
	}
	if extra := header &^ (0xffff | flagInline | flagGeneralDelta); extra != 0 {
		return unsupported(fmt.Sprintf("revlog flags %#x", extra))
	}
	r.inline, r.generalDelta = header&flagInline != 0, header&flagGeneralDelta != 0
	if r.inline {
		err = r.readInline(file, info.Size())
	} else {
		err = r.readSplit(file, info.Size())
	}
	if err != nil {
		return err
	}
	return r.check()
}

func (r *revlog) readSplit(file *os.File, size int64) error {
	if size%entrySize != 0 {
		return fmt.Errorf("%w: an index that ends inside an entry", hg.ErrCorrupt)
	}
	if size/entrySize > math.MaxInt32 {
		return fmt.Errorf("%w: an index of %d entries", hg.ErrCorrupt, size/entrySize)
	}
	entries := make([]byte, size)
	if _, err := file.ReadAt(entries, 0); err != nil {
		return err
	}
	r.entries = entries
	return nil
}

func (r *revlog) readInline(file *os.File, size int64) error {
	read := io.ReaderAt(file)
	if size <= wholeFile {
		all := make([]byte, size)
		if _, err := file.ReadAt(all, 0); err != nil {
			return err
		}
		r.data.start, r.data.window = 0, all
		read = bytes.NewReader(all)
	}
	var entry [entrySize]byte
	for at := int64(0); at < size; {
		if _, err := read.ReadAt(entry[:], at); err != nil {
			return fmt.Errorf("%w: an index that ends inside an entry", hg.ErrCorrupt)
		}
		r.entries = append(r.entries, entry[:]...)
		n := int64(binary.BigEndian.Uint32(entry[8:]))
		if n > size-at-entrySize {
			return fmt.Errorf("%w: an index that ends inside a chunk", hg.ErrCorrupt)
		}
		at += entrySize + n
	}
	return nil
}

// check looks at every number that leads to other entries.
func (x *index) check() error {
	offset := int64(0)
	for i := range x.Len() {
		e := x.raw(i)
		if p1, p2 := e.int(24), e.int(28); p1 < -1 || p1 >= i || p2 < -1 || p2 >= i {
			return fmt.Errorf("%w: revision %d has the parents %d and %d", hg.ErrCorrupt, i, p1, p2)
		}
		if base := e.int(16); base < 0 || base > i {
			return fmt.Errorf("%w: revision %d is made from revision %d", hg.ErrCorrupt, i, base)
		}
		if flags := hg.Flags(binary.BigEndian.Uint16(e[6:])); !flags.Known() {
			return unsupported(fmt.Sprintf("the revision flags %#x", uint16(flags)))
		}
		if e.int(8) < 0 || e.int(12) < 0 {
			return fmt.Errorf("%w: revision %d has a negative size", hg.ErrCorrupt, i)
		}
		// Where the chunks of an inline log are follows from their sizes.
		if x.inline && x.offset(i) != offset {
			return fmt.Errorf("%w: revision %d is not where its predecessors end", hg.ErrCorrupt, i)
		}
		offset += int64(e.int(8))
	}
	return nil
}

// hasNoChunks reports whether all texts are empty.
func (x *index) hasNoChunks() bool {
	for i := range x.Len() {
		if x.raw(i).int(8) != 0 {
			return false
		}
	}
	return true
}

type rawEntry []byte

func (e rawEntry) int(at int) int { return int(int32(binary.BigEndian.Uint32(e[at:]))) }

func (x *index) raw(i int) rawEntry { return rawEntry(x.entries[i*entrySize : (i+1)*entrySize]) }

// offset is where the chunk of i is among the chunks. The first entry's has
// the header of the file in its place.
func (x *index) offset(i int) int64 {
	if i == 0 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(x.raw(i)) >> 16)
}

func (x *index) node(i int) hg.Node { return hg.Node(x.raw(i)[32:52]) }

func (x *index) Len() int { return len(x.entries) / entrySize }

func (x *index) Parents(i int) (p1, p2 int) { return x.raw(i).int(24), x.raw(i).int(28) }

func (x *index) Entry(i int) hg.Entry {
	e := x.raw(i)
	return hg.Entry{
		Node:  x.node(i),
		P1:    e.int(24),
		P2:    e.int(28),
		Link:  e.int(20),
		Size:  int64(e.int(12)),
		Flags: hg.Flags(binary.BigEndian.Uint16(e[6:])),
	}
}

func (x *index) Base(i int) int {
	base := x.raw(i).int(16)
	switch {
	case base == i:
		return -1
	case x.generalDelta:
		return base
	}
	return i - 1 // base is where the chain begins
}

func (x *index) Find(n hg.Node) (int, bool) {
	x.once.Do(func() {
		x.nodes = make(map[hg.Node]int32, x.Len())
		for i := range x.Len() {
			x.nodes[x.node(i)] = int32(i)
		}
	})
	i, ok := x.nodes[n]
	return int(i), ok
}

func (r *revlog) Chunk(buf []byte, i int) ([]byte, error) {
	at, n := r.place(i)
	if n > maxStored {
		return nil, hg.ErrTooLarge
	}
	stored, err := r.data.read(at, int(n))
	if err != nil {
		return nil, err
	}
	return r.decoders.decode(buf, stored)
}

func (r *revlog) OpenChunk(i int) (io.ReadCloser, error) {
	at, n := r.place(i)
	if n == 0 {
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	return openChunk(io.NewSectionReader(r.data.file, at, n))
}

// place is where the chunk of i is in the file.
func (r *revlog) place(i int) (at, n int64) {
	at, n = r.offset(i), int64(r.raw(i).int(8))
	if r.inline {
		at += int64(i+1) * entrySize
	}
	return at, n
}

func (r *revlog) Close() error { return r.data.close() }

// chunkFile reads pieces of a file, mostly in ascending order.
type chunkFile struct {
	file     *os.File
	borrowed bool  // somebody else closes file
	start    int64 // of window
	window   []byte
}

// read returns n bytes from offset at. They are valid until the next call.
func (c *chunkFile) read(at int64, n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	if from := at - c.start; from >= 0 && from+int64(n) <= int64(len(c.window)) {
		return c.window[from : from+int64(n)], nil
	}
	if c.file == nil {
		return nil, fmt.Errorf("%w: a chunk without a file", hg.ErrCorrupt)
	}
	size := max(n, readAhead)
	if cap(c.window) < size {
		c.window = make([]byte, size)
	}
	got, err := c.file.ReadAt(c.window[:size], at)
	c.start, c.window = at, c.window[:got]
	if got >= n {
		return c.window[:n], nil
	}
	if err == io.EOF {
		return nil, fmt.Errorf("%w: the file ends %d bytes into a chunk of %d", hg.ErrCorrupt, got, n)
	}
	return nil, err
}

func (c *chunkFile) close() error {
	if c.file == nil || c.borrowed {
		return nil
	}
	return c.file.Close()
}
