package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Resolve returns what names of the resource's texts stand for at the target.
// Names of objects that are not there are left out.
func (l *Ledger) Resolve(ctx context.Context, names []string) (map[string]schema.Ref, error) {
	const doing = "resolve names"
	list, err := json.Marshal(names)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	type line struct{ name, becomes, id, url string }
	rows, err := l.store.reader.QueryContext(ctx, `
		SELECT n.name, n.becomes, item.ref_id, item.ref_url
		FROM json_each(?2) AS w
		CROSS JOIN name AS n ON n.resource_id = ?1 AND n.name = w.value
		CROSS JOIN item ON item.resource_id = ?1 AND item.kind = n.kind AND item.source_id = n.source_id
		WHERE item.state = 'done'`, l.id, string(list))
	refs := map[string]schema.Ref{}
	err = each(rows, err, func(l *line) []any { return []any{&l.name, &l.becomes, &l.id, &l.url} }, func(l line) error {
		refs[l.name] = schema.Ref{ID: l.id, URL: l.url, Text: l.becomes}
		return nil
	})
	return refs, l.store.explain(ctx, doing, err)
}

func (l *Ledger) putNames(ctx context.Context, tx *sql.Tx, names []schema.Name) error {
	for _, n := range names {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO name (resource_id, name, kind, source_id, becomes) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET kind = excluded.kind, source_id = excluded.source_id, becomes = excluded.becomes`,
			l.id, n.Text, n.Key.Kind, n.Key.ID, n.Becomes)
		if err != nil {
			return err
		}
	}
	return nil
}
