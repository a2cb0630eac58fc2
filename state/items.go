package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

// Lookup returns what is known of keys, in their order. An item that is not
// known has an empty State.
func (l *Ledger) Lookup(ctx context.Context, keys []schema.Key) ([]schema.Item, error) {
	return l.store.lookup(ctx, keys, func(wanted string) (*sql.Rows, error) {
		return l.store.hot.lookup.QueryContext(ctx, l.id, wanted)
	})
}

// Lookup is the ledger's Lookup for whoever only reads.
func (s *Store) Lookup(ctx context.Context, address schema.Address, keys []schema.Key) ([]schema.Item, error) {
	return s.lookup(ctx, keys, func(wanted string) (*sql.Rows, error) {
		columns, err := columnsOf(ctx, s.reader)
		if err != nil {
			return nil, err
		}
		return s.reader.QueryContext(ctx, `
			SELECT w.key, `+columns+`
			FROM resource CROSS JOIN json_each(?2) AS w CROSS JOIN item
			ON item.resource_id = resource.id AND item.kind = w.value ->> 0 AND item.source_id = w.value ->> 1
			WHERE resource.address = ?1`, string(address), wanted)
	})
}

func (s *Store) lookup(ctx context.Context, keys []schema.Key, ask func(wanted string) (*sql.Rows, error)) ([]schema.Item, error) {
	const doing = "look up items"
	items := make([]schema.Item, len(keys))
	pairs := make([][2]string, len(keys))
	for i, k := range keys {
		if err := checkKey(k); err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		items[i].Key = k
		pairs[i] = [2]string{string(k.Kind), k.ID}
	}
	if len(keys) == 0 {
		return items, nil
	}
	wanted, err := json.Marshal(pairs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	type found struct {
		index int
		item  schema.Item
	}
	rows, err := ask(string(wanted))
	err = each(rows, err, func(f *found) []any { return append([]any{&f.index}, itemFields(&f.item)...) }, func(f found) error {
		items[f.index] = f.item
		return nil
	})
	if err != nil {
		return nil, s.explain(ctx, doing, err)
	}
	return items, nil
}

// Intend records that items are about to be written to the target. What is
// known of where they are there is kept, unless they name another Ref.
func (l *Ledger) Intend(ctx context.Context, items []schema.Item) error {
	const doing = "record what is about to be written"
	for _, item := range items {
		if err := checkItem(item); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
	return l.write(ctx, doing, func(tx *sql.Tx) error {
		put := tx.StmtContext(ctx, l.store.hot.putItem)
		for _, item := range items {
			item.State = schema.ItemIntent
			if err := l.putItem(ctx, put, item, "", 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// Commit records a batch, all of it or nothing. Items that are done or skipped
// have their open failures resolved, and so have those that are gone. A Ref
// once known is never lost to an item that names none.
func (l *Ledger) Commit(ctx context.Context, batch schema.Batch) error {
	const doing = "record what was written"
	if err := checkBatch(batch); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return l.write(ctx, doing, func(tx *sql.Tx) error {
		if err := l.advance(ctx, tx, batch); err != nil {
			return err
		}
		if err := l.commitItems(ctx, tx, batch); err != nil {
			return err
		}
		if err := l.commitSeen(ctx, tx, batch); err != nil {
			return err
		}
		if err := l.commitGone(ctx, tx, batch.Gone); err != nil {
			return err
		}
		if err := l.commitFamilies(ctx, tx, batch); err != nil {
			return err
		}
		if err := l.resolveItems(ctx, tx, batch); err != nil {
			return err
		}
		if err := l.putNames(ctx, tx, batch.Names); err != nil {
			return err
		}
		if err := l.putWaiting(ctx, tx, batch.Waiting); err != nil {
			return err
		}
		return l.putFailures(ctx, tx, batch.Failures)
	})
}

func (l *Ledger) commitItems(ctx context.Context, tx *sql.Tx, batch schema.Batch) error {
	put := tx.StmtContext(ctx, l.store.hot.putItem)
	for _, item := range batch.Items {
		if err := l.putItem(ctx, put, item, batch.Stream, batch.Pass); err != nil {
			return err
		}
	}
	return nil
}

// putItem writes one row of a batch. The transaction heeds ctx, so the
// statement need not: watching a context costs more than writing the row.
func (l *Ledger) putItem(ctx context.Context, put *sql.Stmt, item schema.Item, stream string, pass int64) error {
	_, err := put.ExecContext(context.WithoutCancel(ctx), l.id, string(item.Key.Kind), item.Key.ID, item.Revision,
		item.Ref.ID, item.Ref.URL, string(item.State), item.Ref.Text, item.Ref.Version, item.Content, item.Note,
		string(item.Parent.Kind), item.Parent.ID, item.Number, stream, pass)
	return err
}

func (l *Ledger) commitSeen(ctx context.Context, tx *sql.Tx, batch schema.Batch) error {
	see := tx.StmtContext(ctx, l.store.hot.seeItem)
	for _, k := range batch.Seen {
		result, err := see.ExecContext(context.WithoutCancel(ctx), batch.Pass, batch.Stream, l.id, string(k.Kind), k.ID)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%s was called unchanged, and is not known", schema.Printable(k.String()))
		}
	}
	return nil
}

func (l *Ledger) commitGone(ctx context.Context, tx *sql.Tx, keys []schema.Key) error {
	for _, k := range keys {
		_, err := tx.ExecContext(ctx, `
			UPDATE item SET state = 'gone' WHERE resource_id = ? AND kind = ? AND source_id = ? AND state <> 'intent'`,
			l.id, k.Kind, k.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// commitFamilies sees items with all their children, and lets those children
// go that a pass should have yielded and did not.
func (l *Ledger) commitFamilies(ctx context.Context, tx *sql.Tx, batch schema.Batch) error {
	hot := l.store.hot
	for _, step := range []struct {
		keys []schema.Key
		stmt *sql.Stmt
	}{{batch.Kept, hot.keepItem}, {batch.Kept, hot.keepChildren}, {batch.Whole, hot.dropChildren}} {
		stmt := tx.StmtContext(ctx, step.stmt)
		for _, k := range step.keys { // as in putItem, the transaction heeds ctx
			if _, err := stmt.ExecContext(context.WithoutCancel(ctx), batch.Pass, batch.Stream, l.id, string(k.Kind), k.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// OpenIntents returns items that were about to be written when their run was
// cut off, at most limit, in the order of their keys.
func (l *Ledger) OpenIntents(ctx context.Context, limit int) ([]schema.Item, error) {
	rows, err := l.store.reader.QueryContext(ctx, `
		SELECT `+itemColumns+` FROM item INDEXED BY item_intent
		WHERE resource_id = ? AND state = 'intent' ORDER BY kind, source_id LIMIT ?`, l.id, limit)
	items, err := collect(rows, err, itemFields)
	return items, l.store.explain(ctx, "find what was cut off", err)
}

// Children returns the items whose records have a parent, at most limit, in the
// order of their keys after a key. Those that are gone are left out.
func (l *Ledger) Children(ctx context.Context, parent, after schema.Key, limit int) ([]schema.Item, error) {
	rows, err := l.store.reader.QueryContext(ctx, `
		SELECT `+itemColumns+` FROM item INDEXED BY item_parent
		WHERE resource_id = ? AND parent_kind = ? AND parent_id = ? AND parent_id <> '' AND (kind, source_id) > (?, ?) AND state <> 'gone'
		ORDER BY kind, source_id LIMIT ?`, l.id, parent.Kind, parent.ID, after.Kind, after.ID, limit)
	items, err := collect(rows, err, itemFields)
	return items, l.store.explain(ctx, "find what belongs to an item", err)
}

// Unsettled returns the items of a stream that failed or were cut off, at most
// limit, in the order of their keys after a key.
func (l *Ledger) Unsettled(ctx context.Context, stream string, after schema.Key, limit int) ([]schema.Item, error) {
	rows, err := l.store.reader.QueryContext(ctx, `
		SELECT `+itemColumns+` FROM item
		WHERE resource_id = ? AND state IN ('failed', 'intent') AND stream IN (?, '') AND (kind, source_id) > (?, ?)
		ORDER BY kind, source_id LIMIT ?`, l.id, stream, after.Kind, after.ID, limit)
	items, err := collect(rows, err, itemFields)
	return items, l.store.explain(ctx, "find what is to be tried again", err)
}

// Items yields the items of a resource that are done, at most batch at a time
// and in the order of their keys, until yield fails. What is recorded
// meanwhile may or may not be among them.
func (s *Store) Items(ctx context.Context, address schema.Address, batch int, yield func([]schema.Item) error) error {
	// Pages instead of one long query: yield may take its time, and a query
	// left open would keep the WAL from being folded in.
	const doing = "list the items of a resource"
	columns, err := columnsOf(ctx, s.reader)
	if err != nil {
		return s.explain(ctx, doing, err)
	}
	var last schema.Key
	for {
		rows, err := s.reader.QueryContext(ctx, `
			SELECT `+columns+`
			FROM item JOIN resource ON resource.id = resource_id
			WHERE address = ? AND (kind, source_id) > (?, ?) AND state = 'done'
			ORDER BY kind, source_id LIMIT ?`, address, last.Kind, last.ID, batch)
		items, err := collect(rows, err, itemFields)
		if err != nil {
			return s.explain(ctx, doing, err)
		}
		if len(items) == 0 {
			return nil
		}
		if err := yield(items); err != nil {
			return err
		}
		last = items[len(items)-1].Key
	}
}

const (
	itemColumns    = firstColumns + ", item.ref_text, item.version, item.content, item.note, item.parent_kind, item.parent_id, item.number"
	oldItemColumns = firstColumns + ", '', '', '', '', '', '', 0"
	firstColumns   = "item.kind, item.source_id, item.revision, item.ref_id, item.ref_url, item.state"
)

func itemFields(i *schema.Item) []any {
	return []any{
		(*string)(&i.Key.Kind), &i.Key.ID, &i.Revision, &i.Ref.ID, &i.Ref.URL, (*string)(&i.State),
		&i.Ref.Text, &i.Ref.Version, &i.Content, &i.Note, (*string)(&i.Parent.Kind), &i.Parent.ID, &i.Number,
	}
}

// columnsOf are the columns of an item in a state that may be of a generation
// before 4, which kept less of it.
func columnsOf(ctx context.Context, db querier) (string, error) {
	generation, err := generationOf(ctx, db)
	if err == nil && generation < 4 {
		return oldItemColumns, nil
	}
	return itemColumns, err
}

// generationOf is the generation of a state, which may be an earlier one when it
// is only viewed.
func generationOf(ctx context.Context, db querier) (generation int, err error) {
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&generation)
	return generation, err
}

func checkBatch(b schema.Batch) error {
	if b.Stream == "" && (b.Cursor != "" || len(b.Seen)+len(b.Kept)+len(b.Whole) > 0) {
		return errors.New("a cursor and unchanged items belong to a stream")
	}
	if len(b.Cursor) > schema.MaxCursor {
		return fmt.Errorf("the cursor has %d bytes; the limit is %d", len(b.Cursor), schema.MaxCursor)
	}
	for _, item := range b.Items {
		if err := checkItem(item); err != nil {
			return err
		}
		switch item.State {
		case schema.ItemDone, schema.ItemFailed, schema.ItemSkipped, schema.ItemGone:
		default:
			return fmt.Errorf("%s cannot become %q here", schema.Printable(item.Key.String()), item.State)
		}
	}
	for _, keys := range [][]schema.Key{b.Seen, b.Gone, b.Kept, b.Whole} {
		for _, k := range keys {
			if err := checkKey(k); err != nil {
				return err
			}
		}
	}
	return checkFailures(b.Failures)
}

func checkItem(item schema.Item) error {
	if len(item.Revision) > schema.MaxID {
		return fmt.Errorf("%s has a revision of more than %d bytes", schema.Printable(item.Key.String()), schema.MaxID)
	}
	return checkKey(item.Key)
}

// checkKey refuses what two keys could be stored as one by: SQLite compares
// text up to a NUL in places, and JSON changes invalid UTF-8.
func checkKey(k schema.Key) error {
	switch {
	case k.Kind == "" || k.ID == "":
		return fmt.Errorf("the key %q has no kind or no id", schema.Printable(k.String()))
	case len(k.ID) > schema.MaxID || len(k.Kind) > schema.MaxID:
		return fmt.Errorf("a key has more than %d bytes", schema.MaxID)
	case strings.ContainsRune(k.ID, 0) || !utf8.ValidString(k.ID) || !utf8.ValidString(string(k.Kind)):
		return fmt.Errorf("the key %q is not text", schema.Printable(k.String()))
	}
	return nil
}
