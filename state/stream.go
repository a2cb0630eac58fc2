package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Streams returns the streams of a resource that were begun, by name.
func (s *Store) Streams(ctx context.Context, address schema.Address) (map[string]schema.Stream, error) {
	var streams map[string]schema.Stream
	err := s.snapshot(ctx, "read the streams of a resource", func(tx *sql.Tx) error {
		id, _, err := findEntry(ctx, tx, address)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		streams, err = readStreams(ctx, tx, id)
		return err
	})
	return streams, err
}

// AllValidators returns the validators of every resource, by stream, that
// still hold.
func (s *Store) AllValidators(ctx context.Context) (map[schema.Address]map[string]string, error) {
	rows, err := s.reader.QueryContext(ctx, `
		SELECT address, stream.name, validator FROM stream JOIN resource ON resource.id = resource_id
		WHERE validator <> ''`)
	type line struct{ address, stream, validator string }
	all := map[schema.Address]map[string]string{}
	err = each(rows, err, func(l *line) []any { return []any{&l.address, &l.stream, &l.validator} }, func(l line) error {
		a := schema.Address(l.address)
		if all[a] == nil {
			all[a] = map[string]string{}
		}
		all[a][l.stream] = l.validator
		return nil
	})
	return all, s.explain(ctx, "read the validators", err)
}

// StartPass returns the pass of a stream that is to be read now: the one that
// was left unfinished, or else a new one with an empty cursor. A new pass
// still carries the validator of the pass before, for the source to compare;
// an unfinished one carries none. Terms is a digest of what is wanted of the
// records: under other terms than before everything is read, from the
// beginning.
func (l *Ledger) StartPass(ctx context.Context, stream, terms string) (schema.Stream, error) {
	const doing = "start to read a stream"
	if stream == "" {
		return schema.Stream{}, fmt.Errorf("%s: it has no name", doing)
	}
	var started schema.Stream
	err := l.write(ctx, doing, func(tx *sql.Tx) error {
		streams, err := readStreams(ctx, tx, l.id)
		if err != nil {
			return err
		}
		var before string
		err = tx.QueryRowContext(ctx, "SELECT terms FROM stream WHERE resource_id = ? AND name = ?", l.id, stream).Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		s, known := streams[stream]
		if known && !s.Done && before == terms {
			started = s
			return nil
		}
		if before != terms {
			s.Since = ""
		}
		if !known || s.Done {
			s.Pass++
		}
		s.Cursor, s.Done = "", false
		started = s
		_, err = tx.ExecContext(ctx, `
			INSERT INTO stream (resource_id, name, pass, done, cursor, validator, since, terms) VALUES (?, ?, ?, 0, '', '', ?, ?)
			ON CONFLICT DO UPDATE SET pass = excluded.pass, done = 0, cursor = '', validator = '', since = excluded.since, terms = excluded.terms`,
			l.id, stream, s.Pass, string(s.Since), terms)
		return err
	})
	return started, err
}

// FinishPass records that a pass came to its end. When it is complete, items
// that this stream yielded in earlier passes and not in this one, of these
// kinds, become gone; it returns how many. An open intent is left to be
// settled. End says the rest.
func (l *Ledger) FinishPass(ctx context.Context, stream string, pass int64, kinds []schema.Kind, end schema.PassEnd) (gone int64, err error) {
	const doing = "finish reading a stream"
	if len(end.Next) > schema.MaxCursor {
		return 0, fmt.Errorf("%s: the cursor has %d bytes; the limit is %d", doing, len(end.Next), schema.MaxCursor)
	}
	err = l.write(ctx, doing, func(tx *sql.Tx) error {
		err := l.updatePass(ctx, tx, stream, pass, "done = 1, cursor = '', validator = ?, since = ?", end.Validator, string(end.Next))
		if err != nil {
			return err
		}
		if end.Complete {
			if gone, err = l.sweep(ctx, tx, stream, pass, kinds); err != nil {
				return err
			}
		}
		return l.putSourceCounts(ctx, tx, stream, end.Source)
	})
	return gone, err
}

// RestartStream moves the cursor of the unfinished pass back to the
// beginning: the source can no longer resume from it. Without such a pass it
// does nothing.
func (l *Ledger) RestartStream(ctx context.Context, stream string) error {
	return l.write(ctx, "restart a stream", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE stream SET cursor = '', since = '' WHERE resource_id = ? AND name = ?", l.id, stream)
		return err
	})
}

// advance moves the cursor of a batch's pass, and checks that the pass is
// under way.
func (l *Ledger) advance(ctx context.Context, tx *sql.Tx, batch schema.Batch) error {
	if batch.Stream == "" {
		return nil
	}
	return l.updatePass(ctx, tx, batch.Stream, batch.Pass, "cursor = coalesce(nullif(?, ''), cursor)", string(batch.Cursor))
}

func (l *Ledger) updatePass(ctx context.Context, tx *sql.Tx, stream string, pass int64, set string, values ...any) error {
	result, err := tx.ExecContext(ctx, "UPDATE stream SET "+set+" WHERE resource_id = ? AND name = ? AND pass = ? AND done = 0",
		append(values, l.id, stream, pass)...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = fmt.Errorf("pass %d of stream %s is not under way; start it first", pass, schema.Printable(stream))
	}
	return err
}

func (l *Ledger) putSourceCounts(ctx context.Context, tx *sql.Tx, stream string, source map[schema.Kind]int64) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM stream_count WHERE resource_id = ? AND stream = ?", l.id, stream); err != nil {
		return err
	}
	for kind, n := range source {
		_, err := tx.ExecContext(ctx, "INSERT INTO stream_count (resource_id, stream, kind, source) VALUES (?, ?, ?, ?)", l.id, stream, kind, n)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) sweep(ctx context.Context, tx *sql.Tx, stream string, pass int64, kinds []schema.Kind) (int64, error) {
	list, err := json.Marshal(kinds)
	if err != nil {
		return 0, err
	}
	result, err := tx.ExecContext(ctx, `
		UPDATE item SET state = 'gone'
		WHERE resource_id = ? AND kind IN (SELECT value FROM json_each(?))
		AND stream = ? AND seen <> ? AND state IN ('done', 'failed', 'skipped')`, l.id, string(list), stream, pass)
	if err != nil {
		return 0, err
	}
	gone, err := result.RowsAffected()
	if err != nil || gone == 0 {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE failure SET resolved = ?1
		WHERE resource_id = ?2 AND resolved IS NULL AND EXISTS (
			SELECT 1 FROM item
			WHERE item.resource_id = ?2 AND item.kind = failure.kind AND item.source_id = failure.source_id AND state = 'gone')`,
		l.run, l.id)
	return gone, err
}

func readStreams(ctx context.Context, tx *sql.Tx, id int64) (map[string]schema.Stream, error) {
	type line struct {
		name string
		schema.Stream
	}
	since, err := sinceColumn(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT name, pass, done, cursor, validator, "+since+" FROM stream WHERE resource_id = ?", id)
	streams := map[string]schema.Stream{}
	err = each(rows, err, func(l *line) []any {
		return []any{&l.name, &l.Pass, &l.Done, (*string)(&l.Cursor), &l.Validator, (*string)(&l.Since)}
	}, func(l line) error {
		streams[l.name] = l.Stream
		return nil
	})
	if err != nil {
		return nil, err
	}
	type count struct {
		stream, kind string
		n            int64
	}
	rows, err = tx.QueryContext(ctx, "SELECT stream, kind, source FROM stream_count WHERE resource_id = ?", id)
	err = each(rows, err, func(c *count) []any { return []any{&c.stream, &c.kind, &c.n} }, func(c count) error {
		s := streams[c.stream]
		if s.Source == nil {
			s.Source = map[schema.Kind]int64{}
			streams[c.stream] = s
		}
		s.Source[schema.Kind(c.kind)] = c.n
		return nil
	})
	return streams, err
}

// sinceColumn is where a stream's next pass starts, which generations before 4
// did not know.
func sinceColumn(ctx context.Context, tx *sql.Tx) (string, error) {
	columns, err := columnsOf(ctx, tx)
	if err == nil && columns != itemColumns {
		return "''", nil
	}
	return "since", err
}
