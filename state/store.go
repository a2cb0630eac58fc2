package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// Options say who opens a state, and how.
type Options struct {
	Create  bool   // make the state when there is none
	Version string // of Drover

	// Who runs it, for the message that others see while the lock is held.
	Actor, Host string
	PID         int

	LockTimeout    time.Duration // how long to wait for the lock
	Reserved       *Reservation  // the lock, when it was taken before; Open takes it over
	BackupDir      string        // for the backup before an upgrade; empty: beside the state
	AllowNetworkFS bool          // accept a network file system, without WAL

	Now    func() time.Time // nil: time.Now
	Random io.Reader        // of ids; nil: crypto/rand
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Version == "" {
		o.Version = "unknown"
	}
	return o
}

// Store is an open state. It is safe for concurrent use. Every call that reads
// sees one consistent snapshot; two calls may see two.
type Store struct {
	path    string
	options Options

	lock   *os.File // nil in a view
	writer *sql.DB  // one connection; nil in a view
	reader *sql.DB
	hot    *statements // nil in a view

	mu  sync.Mutex
	run string // the run that this store began and did not end
}

// Path is the state's file, as it was given.
func (s *Store) Path() string { return s.path }

// LockFile returns the file whose lock is held, for processes to inherit that
// write to a target on behalf of this one: the state stays locked until the
// last of them is gone. It is nil in a view. The Store closes it.
func (s *Store) LockFile() *os.File { return s.lock }

// Close releases the state. A run that was not ended counts as crashed.
func (s *Store) Close() error {
	var errs []error
	if s.hot != nil {
		errs = append(errs, s.hot.close())
	}
	// The writer goes last: the last connection to close folds the WAL into
	// the database, which a reader cannot do.
	errs = append(errs, s.reader.Close())
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the state: %w", classify(s.path, err))
	}
	return nil
}

// Info identifies the state.
func (s *Store) Info(ctx context.Context) (schema.StateInfo, error) {
	var info schema.StateInfo
	err := s.reader.QueryRowContext(ctx, `
		SELECT (SELECT value FROM meta WHERE key = 'lineage'),
		       (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'generation')`).
		Scan(&info.Lineage, &info.Generation)
	return info, s.explain(ctx, "read the identity of the state", err)
}

// write runs f in a transaction, which is durable when write returns nil.
func (s *Store) write(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	if s.writer == nil {
		return fmt.Errorf("%s: the state is open for viewing: %w", doing, ErrReadOnly)
	}
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, doing, err)
	}
	defer tx.Rollback() // does nothing after Commit
	if err := f(tx); err != nil {
		return s.explain(ctx, doing, err)
	}
	return s.explain(ctx, doing, tx.Commit())
}

// snapshot runs f in a transaction that only reads, for several queries that
// must agree.
func (s *Store) snapshot(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	tx, err := s.reader.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(ctx, doing, err)
	}
	defer tx.Rollback()
	return s.explain(ctx, doing, f(tx))
}

func (s *Store) explain(ctx context.Context, doing string, err error) error {
	return explain(ctx, s.path, doing, err)
}

// now is the time as it will be read back: UTC, and no monotonic clock.
func (s *Store) now() time.Time { return s.options.Now().UTC().Round(0) }
