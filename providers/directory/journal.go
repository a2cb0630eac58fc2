package directory

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
)

// journal is where records wait, in the order of their arrival, until finish
// sorts them into the files of their kinds. A kill while it is written leaves
// at most one line without an end, which counts as not stored.
type journal struct {
	file *os.File
	size int64
}

// openJournal opens the journal for writing and drops what a kill left at its
// end.
func (r records) openJournal() (*journal, error) {
	if err := r.tree.MkdirAll(r.at.incoming(), 0o777); err != nil {
		return nil, err
	}
	file, err := r.tree.OpenFile(r.at.journal(), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	size, err := completeSize(file)
	if err == nil {
		err = file.Truncate(size)
	}
	if err == nil && size == 0 { // it may be new
		err = errors.Join(syncDir(r.tree, r.at.incoming()), syncDir(r.tree, r.at.records()))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &journal{file: file, size: size}, nil
}

// completeSize returns the size of a file up to its last line feed.
func completeSize(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	block := make([]byte, 1) // nearly always, the last byte decides
	for end := info.Size(); end > 0; {
		start := max(0, end-int64(len(block)))
		part := block[:end-start]
		if _, err := file.ReadAt(part, start); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
		end, block = start, make([]byte, 64<<10)
	}
	return 0, nil
}

// write appends whole lines. When it fails, none of them count.
func (j *journal) write(lines []byte) error {
	if _, err := j.file.WriteAt(lines, j.size); err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(len(lines))
	return nil
}

// close makes what was written survive a power cut.
func (j *journal) close() error { return errors.Join(j.file.Sync(), j.file.Close()) }

// pending reports whether records wait in the journal.
func (r records) pending() (bool, error) {
	info, err := r.tree.Stat(r.at.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

// eachLine calls do with every line of a file that is not blank, and with its
// number. A missing file has no lines. A last line without an end counts unless
// the file is a journal.
func (r records) eachLine(ctx context.Context, name string, do func(number int64, line []byte) error) error {
	file, err := openRegular(r.tree, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := newLineReader(file)
	for number := int64(1); ; number++ {
		if number%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLongLine):
			return r.damaged(name, number, err)
		case err != nil:
			return err
		case !lines.terminated && name == r.at.journal():
			return nil
		case len(bytes.TrimSpace(line)) == 0:
			continue
		}
		if err := do(number, line); err != nil {
			return err
		}
	}
}
