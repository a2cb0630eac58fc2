package fsfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// tailSize is how much is read of a file at first. It holds the index of
	// most, and all of many.
	tailSize = 16 << 10

	// wholeFile is up to what size the file of a revision is read at once when
	// all that is new in it is wanted.
	wholeFile = 1 << 20

	// maxIndex bounds what the index of a pack may take.
	maxIndex = 8 << 20
)

// revFile is a file that holds one revision, or those of a shard.
type revFile struct {
	file *os.File
	data []byte // instead of the file: all that the index describes
	end  int64  // of what the index describes
	index
}

func (f *revFile) close() {
	if f.file != nil {
		_ = f.file.Close() // it was only read
		f.file = nil
	}
}

// openRevFile opens a revision's own file, or the pack of its shard. It may
// use buf, of tailSize bytes, until it returns.
func openRevFile(own, pack string, buf []byte) (f *revFile, packed bool, err error) {
	path := own
	file, err := os.Open(own)
	if packed = pack != "" && errors.Is(err, fs.ErrNotExist); packed {
		path = filepath.Join(pack, "pack")
		file, err = os.Open(path)
	}
	if err != nil {
		return nil, false, err
	}
	f = &revFile{file: file}
	if err := f.load(buf); err != nil {
		f.close()
		return nil, false, fmt.Errorf("%s: %w", path, err)
	}
	return f, packed, nil
}

// load reads the index, which is at the end of the file.
func (f *revFile) load(buf []byte) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	tail := buf[:min(size, tailSize)]
	if _, err := f.file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	feet, err := parseFooter(tail, size)
	if err != nil {
		return err
	}
	length := feet.end - feet.p2l
	if length > maxIndex {
		return ErrUnsupported
	}
	var raw []byte
	if at := feet.p2l - (size - int64(len(tail))); at >= 0 {
		raw = tail[at : at+length]
	} else {
		raw = make([]byte, length)
		if _, err := f.file.ReadAt(raw, feet.p2l); err != nil {
			return err
		}
	}
	if f.index, err = parseIndex(raw, feet.l2p); err != nil {
		return err
	}
	f.end = feet.l2p
	if int64(len(tail)) == size {
		f.data = bytes.Clone(tail[:f.end])
		f.close()
	}
	return nil
}

// whole reads the file into memory if it is not large.
func (f *revFile) whole() error {
	if f.data != nil || f.end > wholeFile {
		return nil
	}
	data := make([]byte, f.end)
	if _, err := f.file.ReadAt(data, 0); err != nil {
		return err
	}
	f.data = data
	f.close()
	return nil
}

// cost is what the file takes in memory, when all of it is read that may be,
// and a fee for being open.
func (f *revFile) cost() int {
	const record, fee = 512, 32 << 10
	cost := record + len(f.items)*itemSize
	if f.end <= wholeFile {
		cost += int(f.end)
	}
	if f.file != nil {
		cost = max(cost, fee)
	}
	return cost
}

// read returns n bytes of the file, which must not be changed.
func (f *revFile) read(offset, n int64) ([]byte, error) {
	if offset < 0 || n < 0 || offset > f.end-n {
		return nil, damaged("an item lies outside of its file")
	}
	if f.data != nil {
		return f.data[offset : offset+n], nil
	}
	b := make([]byte, n)
	_, err := f.file.ReadAt(b, offset)
	return b, err
}

// copyTo writes n bytes of the file to w.
func (f *revFile) copyTo(w io.Writer, offset, n int64) error {
	if f.data != nil {
		b, err := f.read(offset, n)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	if offset < 0 || n < 0 || offset > f.end-n {
		return damaged("an item lies outside of its file")
	}
	_, err := io.CopyN(w, io.NewSectionReader(f.file, offset, n), n)
	return err
}
