package state

import (
	"context"
	"database/sql"
	"errors"

	"github.com/drover-migrate/drover/schema"
)

// Refs returns the refs that SaveRefs stored for one side of a resource, by
// name. A resource or side that is not known has none.
func (s *Store) Refs(ctx context.Context, address schema.Address, side string) (map[string]string, error) {
	rows, err := s.reader.QueryContext(ctx, `
		SELECT git_ref.name, object FROM git_ref JOIN resource ON resource.id = resource_id
		WHERE address = ? AND side = ?`, address, side)
	refs := map[string]string{}
	type ref struct{ name, object string }
	err = each(rows, err, func(r *ref) []any { return []any{&r.name, &r.object} }, func(r ref) error {
		refs[r.name] = r.object
		return nil
	})
	return refs, s.explain(ctx, "read the refs of a resource", err)
}

// SaveRefs replaces the refs of one side: "source", "target", or one of a part
// such as "wiki:source".
func (l *Ledger) SaveRefs(ctx context.Context, side string, refs map[string]string) error {
	return l.write(ctx, "save the refs of a resource", func(tx *sql.Tx) (err error) {
		if _, err := tx.ExecContext(ctx, "DELETE FROM git_ref WHERE resource_id = ? AND side = ?", l.id, side); err != nil {
			return err
		}
		insert, err := tx.PrepareContext(ctx, "INSERT INTO git_ref (resource_id, side, name, object) VALUES (?, ?, ?, ?)")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		for name, object := range refs { // as in putItem, the transaction heeds ctx
			if _, err := insert.ExecContext(context.WithoutCancel(ctx), l.id, side, name, object); err != nil {
				return err
			}
		}
		return nil
	})
}
