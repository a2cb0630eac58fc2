package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Failures returns the open failures of a resource, or of all when address is
// empty, by address and in the order in which they came.
func (s *Store) Failures(ctx context.Context, address schema.Address) ([]schema.Failure, error) {
	failures, err := readFailures(ctx, s.reader, address)
	return failures, s.explain(ctx, "list the failures", err)
}

// rowsQuerier is a database or a transaction.
type rowsQuerier interface {
	querier
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readFailures(ctx context.Context, q rowsQuerier, address schema.Address) ([]schema.Failure, error) {
	generation, err := generationOf(ctx, q)
	if err != nil {
		return nil, err
	}
	class := "class"
	if generation < 5 {
		class = "''"
	}
	rows, err := q.QueryContext(ctx, `
		SELECT address, kind, source_id, title, url, failure.stage, step, code, `+class+`, message, hint, correlation_id, failure.run, at
		FROM failure JOIN resource ON resource.id = resource_id
		WHERE resolved IS NULL AND (?1 = '' OR address = ?1)
		ORDER BY address, failure.id`, address)
	return collect(rows, err, func(f *schema.Failure) []any {
		return []any{(*string)(&f.Address), (*string)(&f.Key.Kind), &f.Key.ID, &f.Title, &f.URL, &f.Stage, &f.Step,
			&f.Code, &f.Class, &f.Message, &f.Hint, &f.ID, &f.Run, (*scanTime)(&f.At)}
	})
}

// Fail records failures of the resource in this run. Each replaces an open
// one of the same key and stage. An empty key is for a stage that failed as a
// whole.
func (l *Ledger) Fail(ctx context.Context, failures []schema.Failure) error {
	const doing = "record failures"
	if err := checkFailures(failures); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return l.write(ctx, doing, func(tx *sql.Tx) error { return l.putFailures(ctx, tx, failures) })
}

// ResolveFailures closes the open failures of a stage that succeeded, except
// those of items that the ledger still holds as failed.
func (l *Ledger) ResolveFailures(ctx context.Context, stage string) error {
	return l.write(ctx, "close the failures of a stage", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			UPDATE failure SET resolved = ?1
			WHERE resource_id = ?2 AND stage = ?3 AND resolved IS NULL AND NOT EXISTS (
				SELECT 1 FROM item
				WHERE item.resource_id = ?2 AND item.kind = failure.kind AND item.source_id = failure.source_id AND state = 'failed')`,
			l.run, l.id, stage)
		return err
	})
}

// resolveItems closes the open failures of what a batch says is past them.
func (l *Ledger) resolveItems(ctx context.Context, tx *sql.Tx, batch schema.Batch) error {
	// Nearly always there are none, and a batch is large.
	var some bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM failure WHERE resource_id = ? AND resolved IS NULL)", l.id).Scan(&some)
	if err != nil || !some {
		return err
	}
	past := append([]schema.Key(nil), batch.Gone...)
	for _, item := range batch.Items {
		if item.State != schema.ItemFailed {
			past = append(past, item.Key)
		}
	}
	for _, k := range past {
		_, err := tx.ExecContext(ctx, `
			UPDATE failure SET resolved = ? WHERE resource_id = ? AND kind = ? AND source_id = ? AND resolved IS NULL`,
			l.run, l.id, k.Kind, k.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) putFailures(ctx context.Context, tx *sql.Tx, failures []schema.Failure) error {
	for _, f := range failures {
		if f.At.IsZero() {
			f.At = l.store.now()
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO failure (resource_id, kind, source_id, title, url, stage, step, code, class, message, hint, correlation_id, run, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (resource_id, kind, source_id, stage) WHERE resolved IS NULL DO UPDATE SET
				title = excluded.title, url = excluded.url, step = excluded.step, code = excluded.code, class = excluded.class, message = excluded.message,
				hint = excluded.hint, correlation_id = excluded.correlation_id, run = excluded.run, at = excluded.at`,
			l.id, f.Key.Kind, f.Key.ID, f.Title, f.URL, f.Stage, f.Step, f.Code, f.Class, f.Message, f.Hint, f.ID, l.run, timeText(f.At))
		if err != nil {
			return err
		}
	}
	return nil
}

func checkFailures(failures []schema.Failure) error {
	for _, f := range failures {
		if f.Key != (schema.Key{}) {
			if err := checkKey(f.Key); err != nil {
				return err
			}
		}
		if cmp.Or(f.Stage, f.Code) == "" {
			return errors.New("a failure names neither its stage nor its code")
		}
	}
	return nil
}
