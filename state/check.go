package state

import (
	"context"
	"database/sql"

	"github.com/drover-migrate/drover/schema"
)

// Problem is something that Check found.
type Problem struct {
	Address schema.Address `json:"address,omitempty"` // empty: of the state as a whole
	Message string         `json:"message"`
	Hint    string         `json:"hint"`

	// Open says that nothing is wrong: a run was cut off, and the next one
	// settles what it left.
	Open bool `json:"open,omitempty"`
}

// Check reads all of the state and reports what is wrong with it. A state that
// a killed run left is sound but for its unfinished run, and its open intents
// where writes were cut off; the next apply settles both.
func (s *Store) Check(ctx context.Context) ([]Problem, error) {
	const doing = "check the state"
	owner, err := s.Owner(ctx)
	if err != nil {
		return nil, err
	}
	var active string
	if owner != nil {
		active = owner.Run.ID
	}
	var problems []Problem
	err = s.snapshot(ctx, doing, func(tx *sql.Tx) error {
		damage, err := checkFile(ctx, tx)
		if err != nil || len(damage) > 0 {
			problems = damage
			return err // what lies in a damaged file proves nothing
		}
		for _, q := range checks() {
			rows, err := tx.QueryContext(ctx, q.query, sql.Named("active", active), sql.Named("max_cursor", schema.MaxCursor))
			found, err := collect(rows, err, func(p *Problem) []any { return []any{(*string)(&p.Address), &p.Message} })
			if err != nil {
				return err
			}
			for _, p := range found {
				p.Message, p.Hint, p.Open = schema.Printable(p.Message), q.hint, q.open
				problems = append(problems, p)
			}
		}
		return nil
	})
	return problems, err
}

// checkFile asks SQLite whether the file itself is sound.
func checkFile(ctx context.Context, tx *sql.Tx) ([]Problem, error) {
	rows, err := tx.QueryContext(ctx, "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT 20")
	problems, err := collect(rows, err, func(p *Problem) []any { return []any{&p.Message} })
	if err != nil {
		return nil, err
	}
	rows, err = tx.QueryContext(ctx, `SELECT printf('%d rows of %s refer to nothing in %s', count(*), "table", parent) FROM pragma_foreign_key_check GROUP BY "table", parent`)
	orphans, err := collect(rows, err, func(p *Problem) []any { return []any{&p.Message} })
	if err != nil {
		return nil, err
	}
	problems = append(problems, orphans...)
	for i := range problems {
		problems[i].Message = schema.Printable(problems[i].Message)
		problems[i].Hint = "keep the file for diagnosis and restore a backup"
	}
	return problems, nil
}

// check is a query for an address and a message, one row a problem.
type check struct {
	query, hint string
	open        bool // what Problem.Open says
}

func checks() []check {
	return []check{
		{`SELECT '', printf('run %s of %s was never ended', id, started) FROM run WHERE ended = '' AND id <> :active`,
			"the next run marks it as crashed", true},

		{`SELECT '', printf('the owner row names run %s, which is not active', run) FROM owner WHERE run <> :active`,
			"the next run clears it", true},

		{`SELECT address, printf('%d items were about to be written when their run was cut off', count(*))
	  FROM item JOIN resource ON resource.id = resource_id
	  WHERE state = 'intent' AND :active = '' GROUP BY address ORDER BY address`,
			"the next apply asks the target what became of them", true},

		{`SELECT address, printf('stream %s has pass %d, a cursor of %d bytes, done %d', stream.name, pass, length(CAST(cursor AS BLOB)), done)
	  FROM stream JOIN resource ON resource.id = resource_id
	  WHERE pass < 1 OR length(CAST(cursor AS BLOB)) > :max_cursor OR done AND cursor <> '' OR NOT done AND validator <> ''
	  ORDER BY address`,
			"no drover writes this; restore a backup", false},

		{`SELECT address, printf('%d items belong to stream %s, which was never begun, or to a later pass of it', count(*), item.stream)
	  FROM item JOIN resource ON resource.id = item.resource_id
	  LEFT JOIN stream ON stream.resource_id = item.resource_id AND stream.name = item.stream
	  WHERE item.stream <> '' AND (stream.name IS NULL OR seen > pass) GROUP BY address, item.stream ORDER BY address`,
			"no drover writes this; restore a backup", false},

		{`SELECT address, printf('its %s do not add up: %d at the source, %d imported, %d skipped, %d failed',
	    kind, account.source, imported, skipped, failed)
	  FROM account JOIN resource ON resource.id = resource_id
	  WHERE phase = 'synced' AND account.source <> imported + skipped + failed ORDER BY address, kind`,
			"apply again; a resource whose counts do not add up is partial, not synced", false},

		{`SELECT address, printf('%d %s items are done, and its account says %d', ledger.done, ledger.kind, imported)
	  FROM account JOIN resource ON resource.id = account.resource_id
	  JOIN (SELECT resource_id, kind, sum(state = 'done') AS done FROM item GROUP BY resource_id, kind) AS ledger
	    ON ledger.resource_id = account.resource_id AND ledger.kind = account.kind
	  WHERE phase = 'synced' AND ledger.done <> imported ORDER BY address, ledger.kind`,
			"apply again; the account is written anew", false},

		{`SELECT resource.address, printf('revision %d of its history is later than the resource', history.rev)
	  FROM history JOIN resource ON resource.id = resource_id WHERE history.rev > resource.rev ORDER BY resource.address`,
			"no drover writes this; restore a backup", false},
	}
}
