package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/drover-migrate/drover/schema"
)

// Ledger writes one resource under one claim. After another claim, a move or
// a Forget of the resource every write returns ErrSuperseded and changes
// nothing. It is safe for concurrent use.
type Ledger struct {
	store   *Store
	run     string
	address schema.Address
	id      int64
	epoch   int64

	mu    sync.Mutex
	entry schema.Entry
}

// Claim makes the caller the only writer of a resource: it writes entry, new
// or over what was there, and gives it the next Rev and Epoch. Run and the
// times are set too, so what entry says of these five does not matter. It
// fails with ErrTaken when the place at the target or the source's repository
// belongs to another resource.
func (s *Store) Claim(ctx context.Context, runID string, entry schema.Entry) (*Ledger, error) {
	const doing = "claim a resource"
	if err := errors.Join(s.active(runID), checkEntry(&entry)); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	l := &Ledger{store: s, run: runID, address: entry.Address}
	err := s.write(ctx, doing, func(tx *sql.Tx) error {
		id, old, err := findEntry(ctx, tx, entry.Address)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		entry.Rev, entry.Epoch = old.Rev+1, old.Epoch+1
		entry.Run, entry.UpdatedAt = runID, s.now()
		entry.CreatedAt = old.CreatedAt
		if id == 0 {
			entry.CreatedAt = entry.UpdatedAt
		}
		l.id, err = putEntry(ctx, tx, id, &entry)
		return err
	})
	if err != nil {
		return nil, err
	}
	l.epoch, l.entry = entry.Epoch, entry
	return l, nil
}

// Ledger writes under a claim that was made before: that of epoch. Its writes
// return ErrSuperseded when there was a later one.
func (s *Store) Ledger(ctx context.Context, address schema.Address, epoch int64) (*Ledger, error) {
	const doing = "continue a claim"
	l := &Ledger{store: s, address: address, epoch: epoch}
	err := s.snapshot(ctx, doing, func(tx *sql.Tx) error {
		var err error
		l.id, l.entry, err = findEntry(ctx, tx, address)
		return err
	})
	if err != nil {
		return nil, err
	}
	if l.entry.Epoch != epoch {
		return nil, fmt.Errorf("%s: %s: %w", doing, schema.Printable(string(address)), ErrSuperseded)
	}
	l.run = l.entry.Run
	return l, nil
}

// Epoch is the number of the claim.
func (l *Ledger) Epoch() int64 { return l.epoch }

// Entry returns the resource as this ledger wrote it last.
func (l *Ledger) Entry() schema.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entry
}

// Save writes the entry and gives it the next Rev. Its address cannot change.
// Like Claim, it can fail with ErrTaken.
func (l *Ledger) Save(ctx context.Context, entry schema.Entry) error {
	const doing = "save a resource"
	if err := checkEntry(&entry); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if entry.Address != l.address {
		return fmt.Errorf("%s: %s cannot become %s here; use Move", doing, l.address, entry.Address)
	}
	err := l.write(ctx, doing, func(tx *sql.Tx) error {
		_, old, err := findEntry(ctx, tx, l.address)
		if err != nil {
			return err
		}
		entry.Rev, entry.Epoch = old.Rev+1, l.epoch // others may write under the same claim
		entry.Run, entry.CreatedAt, entry.UpdatedAt = l.run, old.CreatedAt, l.store.now()
		_, err = putEntry(ctx, tx, l.id, &entry)
		return err
	})
	if err == nil {
		l.entry = entry
	}
	return err
}

// write runs f in a transaction while the claim holds.
func (l *Ledger) write(ctx context.Context, doing string, f func(tx *sql.Tx) error) error {
	return l.store.write(ctx, doing, func(tx *sql.Tx) error {
		var epoch int64
		err := tx.StmtContext(ctx, l.store.hot.epoch).QueryRowContext(ctx, l.id).Scan(&epoch)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if epoch != l.epoch { // epochs begin at 1, so a resource that is gone has none
			return fmt.Errorf("%s: %w", schema.Printable(string(l.address)), ErrSuperseded)
		}
		return f(tx)
	})
}
