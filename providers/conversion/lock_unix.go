//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package conversion

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the exclusive lock of a file, or returns ErrBusy. It belongs to
// the open file: unlock, or the end of the process, releases it.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := flock(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Somebody may have removed the directory since the file was opened; then
	// the lock is on a file that the next process will not find.
	if mine, err := f.Stat(); err == nil {
		if named, err := os.Stat(path); err == nil && os.SameFile(mine, named) {
			return f, nil
		}
	}
	return nil, errors.Join(ErrBusy, f.Close())
}

// unlock releases the lock at once. Closing the file alone would not, as long as
// a process that is being started has a copy of it.
func unlock(f *os.File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrBusy
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
}
