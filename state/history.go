package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Change is what one run made of a resource.
type Change struct {
	Rev    int64         `json:"rev"` // after the run
	Run    string        `json:"run"`
	At     schema.Time   `json:"at"`
	Before *schema.Entry `json:"before"` // nil when the run made it
	After  *schema.Entry `json:"after"`  // nil when the run forgot it
}

// History returns what each run made of the resource at address, oldest
// first, across its earlier addresses. Where no resource has the address now,
// it is the history of those that had.
func (s *Store) History(ctx context.Context, address schema.Address) ([]Change, error) {
	const doing = "read the history of a resource"
	type line struct {
		resource, rev int64
		run           string
		at            schema.Time
		entry         []byte
	}
	rows, err := s.reader.QueryContext(ctx, `
		SELECT resource_id, rev, run, at, entry FROM history
		WHERE resource_id IN (
			SELECT id FROM resource WHERE address = ?1
			UNION
			SELECT resource_id FROM history
			WHERE address = ?1 AND NOT EXISTS (SELECT 1 FROM resource WHERE address = ?1))
		ORDER BY resource_id, rev`, address)
	lines, err := collect(rows, err, func(l *line) []any {
		return []any{&l.resource, &l.rev, &l.run, (*scanTime)(&l.at), &l.entry}
	})
	if err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	if len(lines) == 0 {
		return nil, s.explain(ctx, doing, fmt.Errorf("%s: %w", schema.Printable(string(address)), ErrUnknown))
	}
	changes := make([]Change, len(lines))
	for i, l := range lines {
		c := Change{Rev: l.rev, Run: l.run, At: l.at}
		if l.entry != nil {
			c.After = new(schema.Entry)
			if err := json.Unmarshal(l.entry, c.After); err != nil {
				return nil, s.explain(ctx, doing, &CorruptError{Path: s.path, Err: err})
			}
		}
		if i > 0 && lines[i-1].resource == l.resource {
			c.Before = changes[i-1].After
		}
		changes[i] = c
	}
	return changes, nil
}

// remember records what e's run has made of resource id so far.
func remember(ctx context.Context, tx *sql.Tx, id int64, e *schema.Entry, forgotten bool) error {
	var after any
	if !forgotten {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		after = string(b)
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO history (resource_id, run, rev, at, address, entry) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET rev = excluded.rev, at = excluded.at, address = excluded.address, entry = excluded.entry`,
		id, e.Run, e.Rev, timeText(e.UpdatedAt), e.Address, after)
	return err
}
