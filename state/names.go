package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Resolve returns what references of the resource's texts stand for at the
// target, in their order; the zero Ref for what is not there. A reference to
// another repository means the one of that name that comes from the same source;
// when it goes to several targets the one that the text goes to, and when it
// goes elsewhere its Ref has no Text. The Text of a repository is its path.
func (l *Ledger) Resolve(ctx context.Context, references []schema.Reference) ([]schema.Ref, error) {
	const doing = "resolve references"
	list, err := json.Marshal(references)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	type line struct {
		index         int
		id, url, text string
	}
	rows, err := l.store.reader.QueryContext(ctx, `
		SELECT * FROM (
		SELECT w.key, item.ref_id, item.ref_url, iif(r.target <> own.target, '', iif(item.ref_text = '', n.becomes, item.ref_text)) AS text
		FROM json_each(?2) AS w
		CROSS JOIN resource AS own ON own.id = ?1
		CROSS JOIN resource AS r ON `+referredRepository("w.value ->> 'repository'")+`
		CROSS JOIN name AS n ON n.resource_id = r.id AND n.name = w.value ->> 'name'
		CROSS JOIN item ON item.resource_id = r.id AND item.kind = n.kind AND item.source_id = n.source_id
		WHERE item.state = 'done'
		UNION ALL
		SELECT w.key, r.ref_id, r.ref_url, iif(r.target <> own.target, '', iif(r.namespace = '', r.name, r.namespace || '/' || r.name))
		FROM json_each(?2) AS w
		CROSS JOIN resource AS own ON own.id = ?1
		CROSS JOIN resource AS r ON `+referredRepository("w.value ->> 'repository'")+`
		WHERE coalesce(w.value ->> 'name', '') = '' AND r.ref_id <> '')
		ORDER BY text <> ''`, l.id, string(list))
	refs := make([]schema.Ref, len(references))
	err = each(rows, err, func(l *line) []any { return []any{&l.index, &l.id, &l.url, &l.text} }, func(l line) error {
		refs[l.index] = schema.Ref{ID: l.id, URL: l.url, Text: l.text}
		return nil
	})
	return refs, l.store.explain(ctx, doing, err)
}

// referredRepository is the condition that r is the resource that a reference
// of a text of own means by a full name.
func referredRepository(name string) string {
	return "(coalesce(" + name + ", '') = '' AND r.id = own.id OR " + name + " <> '' AND r.source = own.source AND r.full_name = " + name + " COLLATE NOCASE)"
}

// Commits returns the ids that commits of the source have at the target, in
// their order; "" for those that kept theirs, or are not known. A reference
// names a commit by its id or by the first seven digits of it or more; a name
// that is not unique is not known.
func (l *Ledger) Commits(ctx context.Context, commits []schema.Reference) ([]string, error) {
	const doing = "find commits that were rewritten"
	list, err := json.Marshal(commits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	type line struct {
		index  int
		commit string
		n      int64
	}
	rows, err := l.store.reader.QueryContext(ctx, `
		SELECT w.key, min(v.commit_id), count(DISTINCT v.revision)
		FROM json_each(?2) AS w
		CROSS JOIN resource AS own ON own.id = ?1
		CROSS JOIN resource AS r ON `+referredRepository("w.value ->> 'repository'")+`
		CROSS JOIN revision AS v ON v.resource_id = r.id AND v.revision >= w.value ->> 'name' AND v.revision < (w.value ->> 'name') || 'g'
		WHERE length(w.value ->> 'name') >= 7 AND length(v.revision) >= 40
		GROUP BY w.key`, l.id, string(list))
	found := make([]string, len(commits))
	err = each(rows, err, func(l *line) []any { return []any{&l.index, &l.commit, &l.n} }, func(l line) error {
		if l.n == 1 {
			found[l.index] = l.commit
		}
		return nil
	})
	return found, l.store.explain(ctx, doing, err)
}

// Waiting returns items of the resource with references that now stand for
// something at the target, at most limit, in the order of their keys after a
// key.
func (l *Ledger) Waiting(ctx context.Context, after schema.Key, limit int) ([]schema.Item, error) {
	// Grouping follows the order of the references, so that a page costs what is
	// on it and not what is waiting.
	rows, err := l.store.reader.QueryContext(ctx, resolvable(itemColumns)+`
		AND w.resource_id = ?1 AND (w.kind, w.source_id) > (?2, ?3)
		GROUP BY w.kind, w.source_id ORDER BY w.kind, w.source_id LIMIT ?4`, l.id, after.Kind, after.ID, limit)
	items, err := collect(rows, err, itemFields)
	return items, l.store.explain(ctx, "find texts that can be completed", err)
}

// Waiting counts, by resource, the items with references that now stand for
// something at the target.
func (s *Store) Waiting(ctx context.Context) (map[schema.Address]int64, error) {
	const doing = "count the texts that can be completed"
	counts := map[schema.Address]int64{}
	if columns, err := columnsOf(ctx, s.reader); err != nil || columns != itemColumns {
		return counts, s.explain(ctx, doing, err)
	}
	type line struct {
		address string
		n       int64
	}
	rows, err := s.reader.QueryContext(ctx, `
		SELECT address, count(*) FROM (`+resolvable("DISTINCT own.address, w.kind, w.source_id")+`) GROUP BY address`)
	err = each(rows, err, func(l *line) []any { return []any{&l.address, &l.n} }, func(l line) error {
		counts[schema.Address(l.address)] = l.n
		return nil
	})
	return counts, s.explain(ctx, doing, err)
}

// resolvable selects from the references, w, of items that are at the target and
// still at the source, of resources, own, those that stand for something there.
// It ends in a WHERE clause.
func resolvable(columns string) string {
	return `
		SELECT ` + columns + ` FROM reference AS w
		CROSS JOIN item ON item.resource_id = w.resource_id AND item.kind = w.kind AND item.source_id = w.source_id AND item.state = 'done'
		CROSS JOIN resource AS own ON own.id = w.resource_id
		CROSS JOIN resource AS r ON ` + referredRepository("w.repository") + `
		LEFT JOIN name AS n ON n.resource_id = r.id AND n.name = w.name
		LEFT JOIN item AS found ON found.resource_id = r.id AND found.kind = n.kind AND found.source_id = n.source_id AND found.state = 'done'
		WHERE r.ref_id <> '' AND (w.name = '' OR found.source_id IS NOT NULL)`
}

func (l *Ledger) putWaiting(ctx context.Context, tx *sql.Tx, waiting []schema.Waiting) error {
	forget := tx.StmtContext(ctx, l.store.hot.forgetWaiting)
	for _, w := range waiting {
		if _, err := forget.ExecContext(context.WithoutCancel(ctx), l.id, string(w.Key.Kind), w.Key.ID); err != nil {
			return err
		}
		for _, r := range w.References {
			_, err := tx.ExecContext(ctx, "INSERT INTO reference (resource_id, kind, source_id, repository, name) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
				l.id, w.Key.Kind, w.Key.ID, r.Repository, r.Name)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Ledger) putNames(ctx context.Context, tx *sql.Tx, names []schema.Name) error {
	put := tx.StmtContext(ctx, l.store.hot.putName)
	for _, n := range names {
		if _, err := put.ExecContext(context.WithoutCancel(ctx), l.id, n.Text, string(n.Key.Kind), n.Key.ID, n.Becomes); err != nil {
			return err
		}
	}
	return nil
}

// FullNames returns the names that repositories have at their sources, by the
// fingerprint of the source.
func (s *Store) FullNames(ctx context.Context) (map[string][]string, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT source, full_name FROM resource WHERE full_name <> ''")
	type line struct{ source, name string }
	names := map[string][]string{}
	err = each(rows, err, func(l *line) []any { return []any{&l.source, &l.name} }, func(l line) error {
		names[l.source] = append(names[l.source], l.name)
		return nil
	})
	return names, s.explain(ctx, "list the names of repositories", err)
}
