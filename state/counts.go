package state

import (
	"context"
	"database/sql"
	"errors"

	"github.com/drover-migrate/drover/schema"
)

// Counts returns the account of a resource as SaveCounts stored it; one that
// is not known has none.
func (s *Store) Counts(ctx context.Context, address schema.Address) (schema.Counts, error) {
	counts := schema.Counts{}
	rows, err := s.reader.QueryContext(ctx, "SELECT "+countColumns+" FROM account JOIN resource ON resource.id = resource_id WHERE address = ?", address)
	err = each(rows, err, (*countLine).fields, func(l countLine) error {
		counts[schema.Kind(l.kind)] = l.count
		return nil
	})
	return counts, s.explain(ctx, "read the counts of a resource", err)
}

// AllCounts returns the accounts of all resources that have one.
func (s *Store) AllCounts(ctx context.Context) (map[schema.Address]schema.Counts, error) {
	all := map[schema.Address]schema.Counts{}
	rows, err := s.reader.QueryContext(ctx, "SELECT "+countColumns+" FROM account JOIN resource ON resource.id = resource_id")
	err = each(rows, err, (*countLine).fields, func(l countLine) error {
		a := schema.Address(l.address)
		if all[a] == nil {
			all[a] = schema.Counts{}
		}
		all[a][schema.Kind(l.kind)] = l.count
		return nil
	})
	return all, s.explain(ctx, "read the counts", err)
}

const countColumns = "address, kind, account.source, fetched, imported, skipped, failed"

type countLine struct {
	address, kind string
	count         schema.Count
}

func (l *countLine) fields() []any {
	c := &l.count
	return []any{&l.address, &l.kind, &c.Source, &c.Fetched, &c.Imported, &c.Skipped, &c.Failed}
}

// Tally counts the ledger's items. Fetched is every item that the source still
// has, whatever became of it. Source is what the streams counted; where they did
// not count, it is the items that are known, and one whose write was cut off
// keeps the account from adding up.
func (l *Ledger) Tally(ctx context.Context) (schema.Counts, error) {
	counts := schema.Counts{}
	err := l.store.snapshot(ctx, "count the items of a resource", func(tx *sql.Tx) error {
		if err := tallyItems(ctx, tx, l.id, counts); err != nil {
			return err
		}
		return tallySource(ctx, tx, l.id, counts)
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

func tallyItems(ctx context.Context, tx *sql.Tx, id int64, counts schema.Counts) error {
	type line struct {
		kind, state string
		n           int64
	}
	rows, err := tx.QueryContext(ctx, "SELECT kind, state, count(*) FROM item WHERE resource_id = ? GROUP BY kind, state", id)
	return each(rows, err, func(l *line) []any { return []any{&l.kind, &l.state, &l.n} }, func(l line) error {
		c := counts[schema.Kind(l.kind)]
		switch schema.ItemState(l.state) {
		case schema.ItemGone:
			return nil
		case schema.ItemDone:
			c.Imported = l.n
		case schema.ItemSkipped:
			c.Skipped = l.n
		case schema.ItemFailed:
			c.Failed = l.n
		}
		c.Fetched += l.n
		c.Source += l.n
		counts[schema.Kind(l.kind)] = c
		return nil
	})
}

// tallySource puts what the streams counted in the place of what is known. A
// kind may come from several streams, of which some count it in a pass and
// others do not: to what is counted come the items of those that did not.
func tallySource(ctx context.Context, tx *sql.Tx, id int64, counts schema.Counts) error {
	type line struct {
		kind string
		n    int64
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT kind, sum(source) FROM (
			SELECT kind, source FROM stream_count WHERE resource_id = ?1
			UNION ALL
			SELECT kind, n FROM (
				SELECT kind, stream, count(*) AS n FROM item WHERE resource_id = ?1 AND state <> 'gone' AND stream <> '' GROUP BY kind, stream) AS held
			WHERE EXISTS (SELECT 1 FROM stream_count AS c WHERE c.resource_id = ?1 AND c.kind = held.kind)
			AND NOT EXISTS (SELECT 1 FROM stream_count AS c WHERE c.resource_id = ?1 AND c.kind = held.kind AND c.stream = held.stream))
		GROUP BY kind`, id)
	return each(rows, err, func(l *line) []any { return []any{&l.kind, &l.n} }, func(l line) error {
		c := counts[schema.Kind(l.kind)]
		c.Source = l.n
		counts[schema.Kind(l.kind)] = c
		return nil
	})
}

// Tally counts the ledger's items of a resource as they are now, while a run is
// writing them too. What the streams have not counted yet is not in Source.
func (s *Store) Tally(ctx context.Context, address schema.Address) (schema.Counts, error) {
	counts := schema.Counts{}
	err := s.snapshot(ctx, "count the items of a resource", func(tx *sql.Tx) error {
		var id int64
		err := tx.QueryRowContext(ctx, "SELECT id FROM resource WHERE address = ?", address).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		return tallyItems(ctx, tx, id, counts)
	})
	return counts, err
}

// SaveCounts replaces the stored account of the resource.
func (l *Ledger) SaveCounts(ctx context.Context, counts schema.Counts) error {
	return l.write(ctx, "save the counts of a resource", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM account WHERE resource_id = ?", l.id); err != nil {
			return err
		}
		for kind, c := range counts {
			_, err := tx.ExecContext(ctx, `
				INSERT INTO account (resource_id, kind, source, fetched, imported, skipped, failed) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				l.id, kind, c.Source, c.Fetched, c.Imported, c.Skipped, c.Failed)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
