package state

import (
	"context"
	"database/sql"
	"errors"
)

// statements are those that run once an item or once a batch, prepared.
type statements struct {
	epoch, lookup, putItem, seeItem *sql.Stmt
}

func prepare(ctx context.Context, writer, reader *sql.DB) (*statements, error) {
	var errs []error
	on := func(db *sql.DB, query string) *sql.Stmt {
		stmt, err := db.PrepareContext(ctx, query)
		errs = append(errs, err)
		return stmt
	}
	s := &statements{
		epoch: on(writer, "SELECT epoch FROM resource WHERE id = ?"),

		// CROSS JOIN keeps SQLite from scanning the items and searching the
		// keys instead.
		lookup: on(reader, `
			SELECT w.key, `+itemColumns+`
			FROM json_each(?2) AS w CROSS JOIN item
			ON resource_id = ?1 AND kind = w.value ->> 0 AND source_id = w.value ->> 1`),

		putItem: on(writer, `
			INSERT INTO item (resource_id, kind, source_id, revision, ref_id, ref_url, state, ref_text, version, content, note, parent_kind, parent_id, number, stream, seen)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET
				revision = excluded.revision,
				ref_url  = iif(excluded.ref_id = '', ref_url, excluded.ref_url),
				ref_text = iif(excluded.ref_id = '', ref_text, excluded.ref_text),
				version  = iif(excluded.ref_id = '', version, excluded.version),
				ref_id   = iif(excluded.ref_id = '', ref_id, excluded.ref_id),
				state    = excluded.state,
				content  = excluded.content,
				note     = excluded.note,
				parent_kind = iif(excluded.parent_id = '', parent_kind, excluded.parent_kind),
				parent_id   = iif(excluded.parent_id = '', parent_id, excluded.parent_id),
				number   = iif(excluded.number = 0, number, excluded.number),
				stream   = iif(excluded.stream = '', stream, excluded.stream),
				seen     = iif(excluded.stream = '', seen, excluded.seen)`),

		// A gone item that shows up again unchanged is still at the target.
		seeItem: on(writer, `
			UPDATE item SET seen = ?, stream = ?, state = iif(state = 'gone' AND ref_id <> '', 'done', state)
			WHERE resource_id = ? AND kind = ? AND source_id = ?`),
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{s.epoch, s.lookup, s.putItem, s.seeItem} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
