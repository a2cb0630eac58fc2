//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/drover-migrate/drover/schema"
)

// errHeld means that somebody else holds the lock.
var errHeld = errors.New("the lock is held")

// minLockWait outlasts the instant in which held has the lock to look at it.
const minLockWait = 100 * time.Millisecond

// acquire takes the exclusive lock, waiting for it at most wait, or returns
// errHeld. The lock belongs to the open file and all its duplicates, in
// whatever process; closing the last of them releases it.
func acquire(ctx context.Context, path string, wait time.Duration) (*os.File, error) {
	wait = max(wait, minLockWait)
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	retry := time.NewTicker(min(wait/4, 250*time.Millisecond))
	defer retry.Stop()
	for {
		f, err := tryLock(path)
		if err == nil || !errors.Is(err, errHeld) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-deadline.C:
			return nil, errHeld
		case <-retry.C:
		}
	}
}

func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		return nil, fmt.Errorf("lock %s: %w (%w)", schema.Printable(path), ErrReadOnly, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the state: %w", err)
	}
	if err := flock(f, unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Somebody may have deleted the file since it was opened; then the lock is
	// on a file that the next process will not find.
	if mine, err := f.Stat(); err == nil {
		if named, err := os.Stat(path); err == nil && os.SameFile(mine, named) {
			return f, nil
		}
	}
	return nil, errors.Join(errHeld, f.Close())
}

// held reports whether a process holds the lock. Where the file cannot be
// looked at, one is assumed to.
func held(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	return flock(f, unix.LOCK_SH) != nil
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return errHeld
		case !errors.Is(err, unix.EINTR):
			return fmt.Errorf("lock %s: %w", schema.Printable(f.Name()), err)
		}
	}
}
