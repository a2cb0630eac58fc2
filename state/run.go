package state

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// Owner is the active run and the last time it was known to live. A heartbeat
// long past means that the engine is dead or stopped, and that a provider it
// started keeps the lock.
type Owner struct {
	Run       schema.Run
	Heartbeat schema.Time
}

// Begin records that a run has started, gives it an ID and makes it the
// owner. The run carries what the Options say of its origin, unless it says
// so itself. Earlier runs that were not ended are marked crashed.
func (s *Store) Begin(ctx context.Context, run schema.Run) (schema.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != "" {
		return schema.Run{}, fmt.Errorf("begin a run: run %s is active; end it first", s.run)
	}
	run.Started = s.now()
	run.Ended, run.Outcome = time.Time{}, ""
	run.Version = cmp.Or(run.Version, s.options.Version)
	run.Actor = cmp.Or(run.Actor, s.options.Actor)
	run.Host = cmp.Or(run.Host, s.options.Host)
	run.PID = cmp.Or(run.PID, s.options.PID)
	var err error
	if run.ID, err = newRunID(run.Started, s.options.Random); err != nil {
		return schema.Run{}, fmt.Errorf("begin a run: %w", err)
	}
	err = s.write(ctx, "begin a run", func(tx *sql.Tx) error {
		if err := clearOwner(ctx, tx); err != nil {
			return err
		}
		at := timeText(run.Started)
		if _, err := tx.ExecContext(ctx, "UPDATE run SET outcome = 'crashed', ended = ? WHERE ended = ''", at); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO run (id, kind, started, ended, outcome, version, actor, host, pid, changeset, summary)
			VALUES (?, ?, ?, '', '', ?, ?, ?, ?, ?, ?)`,
			run.ID, run.Kind, at, run.Version, run.Actor, run.Host, run.PID, run.Changeset, run.Summary)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO owner (one, run, heartbeat) VALUES (1, ?, ?)", run.ID, at); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE meta SET value = value + 1 WHERE key = 'generation'"); err != nil {
			return err
		}
		return setMeta(ctx, tx, "written_by", s.options.Version)
	})
	if err != nil {
		return schema.Run{}, err
	}
	s.run = run.ID
	return run, nil
}

// Heartbeat tells others that the active run lives.
func (s *Store) Heartbeat(ctx context.Context) error {
	return s.write(ctx, "record a sign of life", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE owner SET heartbeat = ?", timeText(s.now()))
		return err
	})
}

// End records how the active run went: ok, partial, failed or canceled.
func (s *Store) End(ctx context.Context, runID, outcome, summary string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkRun(runID); err != nil {
		return fmt.Errorf("end the run: %w", err)
	}
	switch outcome {
	case "ok", "partial", "failed", "canceled":
	default:
		return fmt.Errorf("end the run: %q is no outcome", outcome)
	}
	err := s.write(ctx, "end the run", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE run SET ended = ?, outcome = ?, summary = ? WHERE id = ?",
			timeText(s.now()), outcome, summary, runID)
		if err != nil {
			return err
		}
		return clearOwner(ctx, tx)
	})
	if err == nil {
		s.run = ""
	}
	return err
}

func clearOwner(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM cancel_request"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "DELETE FROM owner")
	return err
}

// active fails unless runID is the run that this store began.
func (s *Store) active(runID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkRun(runID)
}

func (s *Store) checkRun(runID string) error {
	if runID == "" || runID != s.run {
		return fmt.Errorf("run %q is not the active one: %w", runID, ErrUnknown)
	}
	return nil
}

// Owner returns the active run, or nil when there is none.
func (s *Store) Owner(ctx context.Context) (*Owner, error) {
	owner, err := readOwner(ctx, s.reader)
	if err != nil {
		return nil, s.explain(ctx, "read the active run", err)
	}
	if owner == nil || !s.alive(owner.Run.ID) {
		return nil, nil
	}
	return owner, nil
}

// alive reports whether the run that the owner row names is still active: the
// row of a run that was killed stays.
func (s *Store) alive(runID string) bool {
	if s.lock == nil {
		return held(lockPath(s.path))
	}
	return s.active(runID) == nil
}

// peekOwner reads whom the lock belongs to. It serves a message, so whatever
// is wrong with the state is left to be reported by others.
func peekOwner(ctx context.Context, path string) *Owner {
	s, err := View(ctx, path)
	if err != nil {
		return nil
	}
	defer s.Close()
	owner, err := readOwner(ctx, s.reader)
	if err != nil {
		return nil
	}
	return owner
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readOwner(ctx context.Context, q querier) (*Owner, error) {
	var o Owner
	row := q.QueryRowContext(ctx, "SELECT heartbeat, "+runColumns+" FROM owner JOIN run ON run.id = owner.run")
	err := row.Scan(append([]any{(*scanTime)(&o.Heartbeat)}, runFields(&o.Run)...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &o, err
}

// Runs returns the last runs, newest first; all of them when limit is 0.
func (s *Store) Runs(ctx context.Context, limit int) ([]schema.Run, error) {
	if limit <= 0 {
		limit = -1 // SQLite's word for no limit
	}
	rows, err := s.reader.QueryContext(ctx, "SELECT "+runColumns+" FROM run ORDER BY number DESC LIMIT ?", limit)
	runs, err := collect(rows, err, func(r *schema.Run) []any { return runFields(r) })
	return runs, s.explain(ctx, "list the runs", err)
}

const runColumns = "run.id, kind, started, ended, outcome, version, actor, host, pid, changeset, summary"

func runFields(r *schema.Run) []any {
	return []any{&r.ID, (*string)(&r.Kind), (*scanTime)(&r.Started), (*scanTime)(&r.Ended), &r.Outcome,
		&r.Version, &r.Actor, &r.Host, &r.PID, &r.Changeset, &r.Summary}
}

// newRunID returns a ULID: 48 bits of time and 80 of randomness, in an
// alphabet that sorts as the bits do.
func newRunID(at time.Time, random io.Reader) (string, error) {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	if _, err := io.ReadFull(random, id[6:]); err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	// A ULID's 26 digits are 130 bits: two zeros lead, where base32 alone would
	// let them trail.
	var shifted [17]byte
	for i, b := range id {
		shifted[i] |= b >> 2
		shifted[i+1] = b << 6
	}
	return base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(shifted[:])[:26], nil
}
