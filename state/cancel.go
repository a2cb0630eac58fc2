package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// RequestCancel asks the run that is active on the state at path, in whatever
// process, to stop: the whole of it, or only some resources. It needs no lock
// and does not wait for the run to obey. It returns the run's owner, or nil
// when no run is active.
func RequestCancel(ctx context.Context, path string, addresses []schema.Address) (*Owner, error) {
	const doing = "ask the run to stop"
	for _, a := range addresses {
		if err := a.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
	}
	steps, err := migrations()
	if err != nil {
		return nil, err
	}
	s, err := view(ctx, path, len(steps))
	if err != nil {
		return nil, err
	}
	defer s.Close()
	// A newer state may be fit to be viewed, and yet not to be written.
	if _, err := generation(ctx, s.reader, s.path, len(steps), false); err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	if owner, err := s.Owner(ctx); err != nil || owner == nil {
		return nil, err
	}
	owner, err := requestCancel(ctx, s.path, addresses)
	return owner, s.explain(ctx, doing, err)
}

func requestCancel(ctx context.Context, path string, addresses []schema.Address) (_ *Owner, err error) {
	db, err := sql.Open("sqlite3", dsn(path, "mode=rw", "_busy_timeout=5000", "_txlock=immediate", "_foreign_keys=on", "_synchronous=FULL"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	// Asked again inside the transaction: the run may have ended meanwhile,
	// and the request must not meet the next one.
	owner, err := readOwner(ctx, tx)
	if err != nil || owner == nil {
		return nil, err
	}
	if len(addresses) == 0 {
		addresses = []schema.Address{""}
	}
	for _, a := range addresses {
		if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO cancel_request (run, address) VALUES (?, ?)", owner.Run.ID, a); err != nil {
			return nil, err
		}
	}
	return owner, tx.Commit()
}

// CancelRequests returns what the active run was asked to stop: all of it, or
// some resources. It is cheap enough to be asked every second.
func (s *Store) CancelRequests(ctx context.Context) (all bool, some []schema.Address, err error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT address FROM cancel_request JOIN owner USING (run) ORDER BY address")
	some, err = collect(rows, err, func(a *schema.Address) []any { return []any{(*string)(a)} })
	if err != nil {
		return false, nil, s.explain(ctx, "read the requests to stop", err)
	}
	if len(some) > 0 && some[0] == "" {
		return true, some[1:], nil
	}
	return false, some, nil
}
