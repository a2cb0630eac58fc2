package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/drover-migrate/drover/schema"
)

// Errors that callers branch on, with errors.Is.
var (
	// ErrMissing means that there is no state at the path.
	ErrMissing = errors.New("there is no state yet; the first apply makes it")

	// ErrUnknown means that the state holds no such resource or run.
	ErrUnknown = errors.New("not in the state")

	// ErrSuperseded means that another claim took the resource over. The
	// ledger that met it can write no more.
	ErrSuperseded = errors.New("taken over by a later claim; this worker must stop")

	// ErrTaken means that the place at the target, or the source's
	// repository, belongs to another resource of this state.
	ErrTaken = errors.New("already belongs to another resource")

	// ErrReadOnly means that the file, its folder or this Store cannot be
	// written.
	ErrReadOnly = errors.New("the state cannot be written; check the permissions of the file and its folder")

	// ErrFull means that the disk or a quota is exhausted.
	ErrFull = errors.New("no space left for the state; what was recorded is safe, free some space and run the command again")
)

// LockedError means that another process may be writing.
type LockedError struct {
	Path  string
	Owner *Owner    // nil when no run has begun there, or none can be read
	At    time.Time // when this was found out
}

func (e *LockedError) Error() string {
	if e.Owner == nil {
		return fmt.Sprintf("state %s is locked by another process. Wait with --lock-timeout", schema.Printable(e.Path))
	}
	run := e.Owner.Run
	return fmt.Sprintf("state %s is locked since %s UTC by %s %s, %s, pid %d, last sign of life %s ago. "+
		"Wait with --lock-timeout, or stop it with drover cancel",
		schema.Printable(e.Path), run.Started.UTC().Format("15:04"), schema.Printable(string(run.Kind)), schema.Printable(run.ID),
		schema.Printable(run.Host), run.PID, age(e.At.Sub(e.Owner.Heartbeat)))
}

// age is d as a person says it: one unit, and nothing below a second.
func age(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// NewerError means that a newer Drover wrote the state.
type NewerError struct {
	Path        string
	Have, Known int
	Version     string // of the Drover that wrote it
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("state %s has generation %d, and this drover knows %d; install drover %s or newer",
		schema.Printable(e.Path), e.Have, e.Known, schema.Printable(e.Version))
}

// CorruptError means that the file is damaged, or is no state at all.
type CorruptError struct {
	Path string
	Err  error
}

func (e *CorruptError) Error() string {
	path := schema.Printable(e.Path)
	return fmt.Sprintf("state %s is damaged (%s); keep the file for diagnosis and restore a backup, such as the newest %s.backup-*",
		path, schema.Printable(e.Err.Error()), path)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// NetworkFSError means that the state lies on a network file system, where
// SQLite's locks and its shared memory do not hold.
type NetworkFSError struct {
	Path string
	Type string // nfs, smb, fuse ...
}

func (e *NetworkFSError) Error() string {
	return fmt.Sprintf("state %s is on a network file system (%s), which can damage it; "+
		"put it on a local disk, or pass --unsafe-network-state", schema.Printable(e.Path), e.Type)
}

// explain wraps err with what was being done, and gives SQLite's errors the
// types of this package.
func explain(ctx context.Context, path, doing string, err error) error {
	if err == nil {
		return nil
	}
	// database/sql reports a transaction that its context ended as one that
	// is done already.
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err()
	}
	return fmt.Errorf("%s: %w", doing, classify(path, err))
}

func classify(path string, err error) error {
	failure, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return err
	}
	switch failure.Code {
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt:
		return &CorruptError{Path: path, Err: err}
	case sqlite3.ErrFull:
		return fmt.Errorf("%s: %w (%w)", schema.Printable(path), ErrFull, err)
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return fmt.Errorf("%s: %w (%w)", schema.Printable(path), ErrReadOnly, err)
	case sqlite3.ErrBusy:
		return fmt.Errorf("%s is being written by another program; try again when it is done: %w", schema.Printable(path), err)
	}
	switch failure.SystemErrno {
	case syscall.ENOSPC, syscall.EDQUOT:
		return fmt.Errorf("%s: %w (%w)", schema.Printable(path), ErrFull, err)
	case syscall.EACCES, syscall.EPERM, syscall.EROFS:
		return fmt.Errorf("%s: %w (%w)", schema.Printable(path), ErrReadOnly, err)
	}
	return fmt.Errorf("%s: %w", schema.Printable(path), err)
}
