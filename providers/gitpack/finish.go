package gitpack

import (
	"bufio"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Finish completes the pack and makes it visible to git and to the store of
// the writer, which is refreshed. It returns the name of the pack,
// "pack-<hex>", once the pack is safe on disk; "" when nothing was written.
func (w *Writer) Finish() (name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return "", errors.Join(w.err, w.discard())
	}
	if w.file == nil {
		w.err = errFinished
		return "", nil
	}
	if err := w.flush(); err != nil {
		return "", errors.Join(fmt.Errorf("finish a pack in %s: %w", w.dir, err), w.discard())
	}
	objects := make([]located, len(w.records))
	for i := range w.records {
		objects[i] = w.records[i].located
	}
	if name, err = seal(w.file, w.flushed, w.dir, objects); err != nil {
		return "", errors.Join(err, w.discard())
	}
	err = w.file.Close()
	w.release()
	if w.store != nil {
		err = errors.Join(err, w.store.Refresh())
	}
	return name, err
}

// Abort gives up the pack and removes what was written of it. After Finish
// it does nothing, so that it can be deferred.
func (w *Writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.discard()
}

// discard removes the file and ends the writer. The caller holds mu.
func (w *Writer) discard() error {
	file := w.file
	w.release()
	if file == nil {
		return nil
	}
	err := os.Remove(file.Name())
	if gone(err) { // it has its final name already, and no index
		err = nil
	}
	return errors.Join(file.Close(), err)
}

// release ends the writer: what it wrote is now found through the store.
func (w *Writer) release() {
	w.file, w.tail, w.records, w.byID = nil, nil, nil, nil
	w.err = errFinished
}

// seal turns a file of entries into a pack of dir: it completes the header,
// adds the checksum and gives the pack its index and its name. The pack gets
// its name before the index does, because git takes an index without a pack
// for damage, and a pack without an index for nothing.
func seal(file *os.File, size int64, dir string, objects []located) (name string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("finish a pack in %s: %w", dir, err)
		}
	}()
	var count [4]byte
	binary.BigEndian.PutUint32(count[:], uint32(len(objects)))
	if _, err := file.WriteAt(count[:], packHeaderSize-int64(len(count))); err != nil {
		return "", err
	}
	// The count is in the first block of the checksum, so that it can only be
	// computed now.
	h := sha1.New()
	if _, err := io.Copy(h, bufio.NewReaderSize(io.NewSectionReader(file, 0, size), 1<<20)); err != nil {
		return "", err
	}
	sum := ID(h.Sum(nil))
	if _, err := file.WriteAt(sum[:], size); err != nil {
		return "", err
	}
	if err := durable(file); err != nil {
		return "", err
	}
	index, err := writeTemp(dir, "tmp_idx_*", encodeIndex(objects, sum))
	if err != nil {
		return "", err
	}
	name = "pack-" + sum.String()
	if err := os.Rename(file.Name(), filepath.Join(dir, name+".pack")); err != nil {
		return "", errors.Join(err, os.Remove(index))
	}
	if err := os.Rename(index, filepath.Join(dir, name+".idx")); err != nil {
		return "", errors.Join(err, os.Remove(index))
	}
	return name, syncDir(dir)
}

// durable makes a file read-only, as git keeps packs, and waits until it is
// on disk.
func durable(file *os.File) error {
	if err := file.Chmod(0o444); err != nil {
		return err
	}
	return file.Sync()
}

// writeTemp writes a file of a temporary name and returns that name.
func writeTemp(dir, pattern string, data []byte) (name string, err error) {
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err == nil {
		err = durable(file)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// syncDir waits until the names in a directory are on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // some systems cannot, and have no other way
	return d.Close()
}
