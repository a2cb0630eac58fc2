package state

import (
	"context"
	"errors"
	"os"
)

// Reservation is the lock of a state that may not exist yet. An apply takes it
// before it knows whether there is anything to record.
type Reservation struct {
	path string
	lock *os.File // nil once Open took it over
}

// Reserve takes the lock of the state at path without making the state. The
// folder must exist. It fails as Open does when somebody else has the lock.
func Reserve(ctx context.Context, path string, o Options) (*Reservation, error) {
	o = o.withDefaults()
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(ctx, path, o)
	if err != nil {
		return nil, err
	}
	return &Reservation{path: path, lock: lock}, nil
}

// LockFile returns the file whose lock is held, for processes to inherit.
func (r *Reservation) LockFile() *os.File { return r.lock }

// Release gives the lock back, and leaves nothing behind when no state was
// made. After Open took the lock over it does nothing.
func (r *Reservation) Release() error {
	if r.lock == nil {
		return nil
	}
	var err error
	if errors.Is(exists(r.path), ErrMissing) {
		err = os.Remove(lockPath(r.path)) // whoever waits for it notices
	}
	err = errors.Join(err, r.lock.Close())
	r.lock = nil
	return err
}

// takeLock takes the lock of a state, or says who has it.
func takeLock(ctx context.Context, path string, o Options) (*os.File, error) {
	lock, err := acquire(ctx, lockPath(path), o.LockTimeout)
	if errors.Is(err, errHeld) {
		return nil, &LockedError{Path: path, Owner: peekOwner(ctx, path), At: o.Now()}
	}
	return lock, err
}
