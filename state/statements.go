package state

import (
	"context"
	"database/sql"
	"errors"
)

// statements are those that run once an item or once a batch, prepared.
type statements struct {
	epoch, lookup, putItem, seeItem *sql.Stmt

	keepItem, keepChildren, dropChildren *sql.Stmt // families
	forgetWaiting, putName               *sql.Stmt // references
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

		keepItem: on(writer, `
			UPDATE item SET seen = ?1
			WHERE resource_id = ?3 AND kind = ?4 AND source_id = ?5 AND stream = ?2 AND state <> 'gone'`),

		// Left to itself, SQLite scans all items of the resource. It refuses to
		// prepare the statement when it cannot use the index, which takes the
		// condition of the index in the statement.
		keepChildren: on(writer, `
			UPDATE item INDEXED BY item_parent SET seen = ?1
			WHERE resource_id = ?3 AND parent_kind = ?4 AND parent_id = ?5 AND parent_id <> '' AND stream = ?2 AND state <> 'gone'`),
		dropChildren: on(writer, `
			UPDATE item INDEXED BY item_parent SET state = 'gone'
			WHERE resource_id = ?3 AND parent_kind = ?4 AND parent_id = ?5 AND parent_id <> ''
			AND stream = ?2 AND seen <> ?1 AND state IN ('done', 'failed', 'skipped')`),

		forgetWaiting: on(writer, "DELETE FROM reference WHERE resource_id = ? AND kind = ? AND source_id = ?"),
		putName: on(writer, `
			INSERT INTO name (resource_id, name, kind, source_id, becomes) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET kind = excluded.kind, source_id = excluded.source_id, becomes = excluded.becomes`),
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*sql.Stmt{
		s.epoch, s.lookup, s.putItem, s.seeItem, s.keepItem, s.keepChildren, s.dropChildren, s.forgetWaiting, s.putName,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
