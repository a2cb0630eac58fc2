package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/drover-migrate/drover/schema"
)

// converts reports whether the state is of generation 3 or later, which
// remember conversions.
func (s *Store) converts(ctx context.Context) (bool, error) {
	var tables int
	err := s.reader.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'conversion'").Scan(&tables)
	return tables > 0, err
}

// Conversions returns what was counted in the histories of all resources, by
// address.
func (s *Store) Conversions(ctx context.Context) (map[schema.Address]schema.Conversion, error) {
	const doing = "read the conversions"
	all := map[schema.Address]schema.Conversion{}
	if known, err := s.converts(ctx); err != nil || !known {
		return all, s.explain(ctx, doing, err)
	}
	type line struct{ address, facts string }
	rows, err := s.reader.QueryContext(ctx, "SELECT address, facts FROM conversion JOIN resource ON resource.id = resource_id")
	err = each(rows, err, func(l *line) []any { return []any{&l.address, &l.facts} }, func(l line) error {
		var c schema.Conversion
		if err := json.Unmarshal([]byte(l.facts), &c); err != nil {
			return fmt.Errorf("%s: %w", schema.Printable(l.address), err)
		}
		all[schema.Address(l.address)] = c
		return nil
	})
	return all, s.explain(ctx, doing, err)
}

// SaveConversion replaces what was counted in the resource's history.
func (l *Ledger) SaveConversion(ctx context.Context, c schema.Conversion) error {
	const doing = "save the counts of a history"
	facts, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return l.write(ctx, doing, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO conversion (resource_id, facts) VALUES (?, ?) ON CONFLICT DO UPDATE SET facts = excluded.facts", l.id, string(facts))
		return err
	})
}

// Losses returns what the target could not hold of a resource: what its stages
// told, in their order and as each of them told it, then what items lost.
func (s *Store) Losses(ctx context.Context, address schema.Address) ([]schema.Loss, error) {
	const doing = "list the losses"
	if known, err := s.converts(ctx); err != nil || !known {
		return nil, s.explain(ctx, doing, err)
	}
	fields := func(l *schema.Loss) []any {
		return []any{&l.Code, &l.Message, &l.Path, &l.Ref, &l.Revision, &l.Count}
	}
	rows, err := s.reader.QueryContext(ctx, `
		SELECT code, message, path, ref, loss.revision, count FROM loss JOIN resource ON resource.id = resource_id
		WHERE address = ? ORDER BY loss.stage, position`, address)
	losses, err := collect(rows, err, fields)
	if err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	columns, err := columnsOf(ctx, s.reader)
	if err != nil || columns != itemColumns {
		return losses, s.explain(ctx, doing, err)
	}
	rows, err = s.reader.QueryContext(ctx, `
		SELECT 'target.' || kind, note, '', '', '', count(*) FROM item JOIN resource ON resource.id = resource_id
		WHERE address = ? AND note <> '' AND state IN ('done', 'skipped') GROUP BY kind, note ORDER BY kind, note`, address)
	more, err := collect(rows, err, fields)
	return append(losses, more...), s.explain(ctx, doing, err)
}

// LossCounts returns how many losses each resource has, by address.
func (s *Store) LossCounts(ctx context.Context) (map[schema.Address]int64, error) {
	const doing = "count the losses"
	counts := map[schema.Address]int64{}
	known, err := s.converts(ctx)
	if err != nil || !known {
		return counts, s.explain(ctx, doing, err)
	}
	columns, err := columnsOf(ctx, s.reader)
	if err != nil {
		return counts, s.explain(ctx, doing, err)
	}
	queries := []string{"SELECT address, sum(count) FROM loss JOIN resource ON resource.id = resource_id GROUP BY address"}
	if columns == itemColumns {
		queries = append(queries, "SELECT address, count(*) FROM item JOIN resource ON resource.id = resource_id WHERE note <> '' AND state IN ('done', 'skipped') GROUP BY address")
	}
	type line struct {
		address string
		n       int64
	}
	for _, query := range queries {
		rows, err := s.reader.QueryContext(ctx, query)
		err = each(rows, err, func(l *line) []any { return []any{&l.address, &l.n} }, func(l line) error {
			counts[schema.Address(l.address)] += l.n
			return nil
		})
		if err != nil {
			return counts, s.explain(ctx, doing, err)
		}
	}
	return counts, nil
}

// SaveLosses replaces the losses that a stage met.
func (l *Ledger) SaveLosses(ctx context.Context, stage string, losses []schema.Loss) error {
	return l.write(ctx, "save the losses", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM loss WHERE resource_id = ? AND stage = ?", l.id, stage); err != nil {
			return err
		}
		return insertAll(ctx, tx, "INSERT INTO loss (resource_id, stage, position, code, message, path, ref, revision, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			func(insert func(...any) error) error {
				for i, x := range losses {
					if err := insert(l.id, stage, i, x.Code, x.Message, x.Path, x.Ref, x.Revision, x.Count); err != nil {
						return err
					}
				}
				return nil
			})
	})
}

// Revisions yields the revisions of a resource in the order of the source: all
// of them, or those whose revision or commit begins with one of names.
func (s *Store) Revisions(ctx context.Context, address schema.Address, names []string) iter.Seq2[schema.Revision, error] {
	const doing = "list the revisions"
	return func(yield func(schema.Revision, error) bool) {
		known, err := s.converts(ctx)
		if err == nil && known {
			err = s.eachRevision(ctx, address, names, func(r schema.Revision) error {
				if !yield(r, nil) {
					return errStopped
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(schema.Revision{}, s.explain(ctx, doing, err))
		}
	}
}

// errStopped ends a reading whose consumer has seen enough.
var errStopped = errors.New("stopped")

func (s *Store) eachRevision(ctx context.Context, address schema.Address, names []string, do func(schema.Revision) error) error {
	list, err := json.Marshal(names)
	if err != nil {
		return err
	}
	rows, err := s.reader.QueryContext(ctx, `
		SELECT revision, commit_id, branch FROM revision JOIN resource ON resource.id = resource_id
		WHERE address = ?1 AND (json_array_length(?2) = 0 OR EXISTS (
			SELECT 1 FROM json_each(?2) AS w WHERE revision = w.value OR substr(commit_id, 1, length(w.value)) = w.value))
		ORDER BY position`, address, string(list))
	return each(rows, err, func(r *schema.Revision) []any { return []any{&r.Revision, &r.Commit, &r.Branch} }, do)
}

// SaveRevisions puts revisions in the place of those from position on, all of
// them or none.
func (l *Ledger) SaveRevisions(ctx context.Context, position int64, revisions iter.Seq2[schema.Revision, error]) error {
	return l.write(ctx, "save the revisions", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM revision WHERE resource_id = ? AND position >= ?", l.id, position); err != nil {
			return err
		}
		return insertAll(ctx, tx, "INSERT INTO revision (resource_id, position, revision, commit_id, branch) VALUES (?, ?, ?, ?, ?)",
			func(insert func(...any) error) error {
				for r, err := range revisions {
					if err != nil {
						return err
					}
					if err := insert(l.id, position, r.Revision, r.Commit, r.Branch); err != nil {
						return err
					}
					position++
				}
				return nil
			})
	})
}

// insertAll runs one statement for many rows.
func insertAll(ctx context.Context, tx *sql.Tx, statement string, rows func(insert func(...any) error) error) (err error) {
	insert, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	return rows(func(values ...any) error { // as in putItem, the transaction heeds ctx
		_, err := insert.ExecContext(context.WithoutCancel(ctx), values...)
		return err
	})
}
