package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Entries returns every resource, ordered by address.
func (s *Store) Entries(ctx context.Context) ([]schema.Entry, error) {
	rows, err := s.reader.QueryContext(ctx, "SELECT "+entryColumns+" FROM resource ORDER BY address")
	entries, err := collect(rows, err, entryFields)
	return entries, s.explain(ctx, "list the resources", err)
}

// Entry returns one resource, or ErrUnknown.
func (s *Store) Entry(ctx context.Context, address schema.Address) (schema.Entry, error) {
	_, entry, err := findEntry(ctx, s.reader, address)
	return entry, s.explain(ctx, "read a resource", err)
}

// The columns of an entry; entryFields and entryValues follow their order.
const (
	entryColumns = "address, source, identity, full_name, source_url, source_name, target, namespace, name, ref_id, ref_url, " +
		"connections, phase, stage, settings, settings_hash, authors_hash, source_hash, etag, refs_hash, source_refs, " +
		"commit_count, changeset, rev, epoch, run, created_at, updated_at"
	entryMarks = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
)

// entryFields points at e's fields. Named strings are handed over as strings:
// database/sql is several times faster at those.
func entryFields(e *schema.Entry) []any {
	return []any{(*string)(&e.Address), &e.Source, &e.Identity, &e.FullName, &e.SourceURL, &e.SourceName,
		&e.Target, &e.Namespace, &e.Name, &e.TargetRef.ID, &e.TargetRef.URL,
		(*[]byte)(&e.Connections), (*string)(&e.Phase), &e.Stage, (*[]byte)(&e.Settings), &e.SettingsHash, &e.AuthorsHash,
		&e.SourceHash, &e.ETag, &e.RefsHash, &e.SourceRefs,
		&e.CommitCount, &e.Changeset, &e.Rev, &e.Epoch, &e.Run, (*scanTime)(&e.CreatedAt), (*scanTime)(&e.UpdatedAt)}
}

func entryValues(e *schema.Entry) []any {
	return []any{e.Address, e.Source, e.Identity, e.FullName, e.SourceURL, e.SourceName,
		e.Target, e.Namespace, e.Name, e.TargetRef.ID, e.TargetRef.URL,
		jsonText(e.Connections), e.Phase, e.Stage, jsonText(e.Settings), e.SettingsHash, e.AuthorsHash,
		e.SourceHash, e.ETag, e.RefsHash, e.SourceRefs,
		e.CommitCount, e.Changeset, e.Rev, e.Epoch, e.Run, timeText(e.CreatedAt), timeText(e.UpdatedAt)}
}

func checkEntry(e *schema.Entry) error {
	if err := e.Address.Check(); err != nil {
		return err
	}
	for _, raw := range []json.RawMessage{e.Connections, e.Settings} {
		if len(raw) > 0 && !json.Valid(raw) {
			return fmt.Errorf("%s has settings or connections that are not JSON", schema.Printable(string(e.Address)))
		}
	}
	return nil
}

// findEntry returns a resource and its number, or ErrUnknown.
func findEntry(ctx context.Context, q querier, address schema.Address) (id int64, e schema.Entry, err error) {
	row := q.QueryRowContext(ctx, "SELECT id, "+entryColumns+" FROM resource WHERE address = ?", address)
	err = row.Scan(append([]any{&id}, entryFields(&e)...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%s: %w", schema.Printable(string(address)), ErrUnknown)
	}
	return id, e, err
}

// putEntry writes e, as a new resource when id is 0, with its line of history.
// It returns the resource's number.
func putEntry(ctx context.Context, tx *sql.Tx, id int64, e *schema.Entry) (int64, error) {
	if err := checkFree(ctx, tx, id, e); err != nil {
		return 0, err
	}
	if id == 0 {
		result, err := tx.ExecContext(ctx, "INSERT INTO resource ("+entryColumns+") VALUES ("+entryMarks+")", entryValues(e)...)
		if err != nil {
			return 0, err
		}
		if id, err = result.LastInsertId(); err != nil {
			return 0, err
		}
	} else {
		_, err := tx.ExecContext(ctx, "UPDATE resource SET ("+entryColumns+") = ("+entryMarks+") WHERE id = ?", append(entryValues(e), id)...)
		if err != nil {
			return 0, err
		}
	}
	return id, remember(ctx, tx, id, e, false)
}

// checkFree fails with ErrTaken when e's place at the target, or its source's
// repository, belongs to a resource other than id.
func checkFree(ctx context.Context, tx *sql.Tx, id int64, e *schema.Entry) error {
	var other schema.Address
	err := tx.QueryRowContext(ctx, `
		SELECT address FROM resource WHERE target = ? AND namespace = ? AND name = ? AND name <> '' AND id <> ?`,
		e.Target, e.Namespace, e.Name, id).Scan(&other)
	if err == nil {
		return taken("the place "+e.Namespace+"/"+e.Name+" at the target", e.Address, other)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = tx.QueryRowContext(ctx, `
		SELECT address FROM resource WHERE source = ? AND identity = ? AND target = ? AND identity <> '' AND id <> ?`,
		e.Source, e.Identity, e.Target, id).Scan(&other)
	if err == nil {
		return taken("the source's repository "+e.FullName, e.Address, other)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return nil
}

func taken(what string, address, other schema.Address) error {
	return fmt.Errorf("%s: %s %w, %s; move that one with a moved block or drover state mv, or forget it",
		schema.Printable(string(address)), schema.Printable(what), ErrTaken, schema.Printable(string(other)))
}

// Move gives a resource another address, and supersedes claims of it. The
// resource must be in the state, and the new address must not.
func (s *Store) Move(ctx context.Context, runID string, from, to schema.Address) error {
	if err := to.Check(); err != nil {
		return fmt.Errorf("move a resource: %w", err)
	}
	return s.edit(ctx, "move a resource", runID, from, func(tx *sql.Tx, id int64, e *schema.Entry) error {
		_, _, err := findEntry(ctx, tx, to)
		if err == nil {
			return taken("the address", from, to)
		}
		if !errors.Is(err, ErrUnknown) {
			return err
		}
		e.Address = to
		_, err = putEntry(ctx, tx, id, e)
		return err
	})
}

// Forget drops a resource and all that is known of its items; its history
// stays. The target is not touched. It cannot be undone but by a backup.
func (s *Store) Forget(ctx context.Context, runID string, address schema.Address) error {
	return s.edit(ctx, "forget a resource", runID, address, func(tx *sql.Tx, id int64, e *schema.Entry) error {
		if err := remember(ctx, tx, id, e, true); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM resource WHERE id = ?", id)
		return err
	})
}

// edit runs f on a resource that no ledger can write any more.
func (s *Store) edit(ctx context.Context, doing, runID string, address schema.Address, f func(*sql.Tx, int64, *schema.Entry) error) error {
	if err := s.active(runID); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return s.write(ctx, doing, func(tx *sql.Tx) error {
		id, e, err := findEntry(ctx, tx, address)
		if err != nil {
			return err
		}
		e.Rev++
		e.Epoch++
		e.Run, e.UpdatedAt = runID, s.now()
		return f(tx, id, &e)
	})
}
