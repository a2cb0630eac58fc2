package conversion

import (
	"errors"
	"io"
	"os"
)

// disk is every change that a session makes to files itself. Tests end the
// process between two of them.
type disk interface {
	MkdirAll(path string) error
	Write(path string, fill func(io.Writer) error) error // a new file that is on disk when it returns
	Append(path string) (*os.File, error)                // opens for writing at the end
	Truncate(path string, size int64) error
	Rename(from, to string) error // on disk when it returns
	RemoveAll(path string) error
}

type realDisk struct{}

func (realDisk) MkdirAll(path string) error { return os.MkdirAll(path, 0o777) }

func (realDisk) Write(path string, fill func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (realDisk) Append(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}

func (realDisk) Truncate(path string, size int64) error { return os.Truncate(path, size) }

func (realDisk) Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(to)
}

func (realDisk) RemoveAll(path string) error { return os.RemoveAll(path) }
