package state

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/schema"
)

// Export writes the state as indented JSON for people, scripts and diffs:
// runs by age, resources by address, items by key, one line each. Equal states
// give equal bytes. It holds one resource without its items in memory.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	return s.snapshot(ctx, "export the state", func(tx *sql.Tx) error {
		out := bufio.NewWriter(w)
		e := &exporter{ctx: ctx, tx: tx, w: out}
		e.printf("{\n  \"lineage\": %s,\n  \"generation\": %d,\n  \"runs\": [", quoted(info.Lineage), info.Generation)
		e.runs()
		e.printf("],\n  \"resources\": [")
		e.resources()
		e.printf("]\n}\n")
		e.keep(out.Flush())
		return e.err
	})
}

// exporter writes JSON until the first error, and nothing after it.
type exporter struct {
	ctx context.Context
	tx  *sql.Tx
	w   io.Writer
	err error
}

func (e *exporter) runs() {
	rows, err := e.tx.QueryContext(e.ctx, "SELECT "+runColumns+" FROM run ORDER BY number")
	first := true
	e.keep(each(rows, err, runFields, func(r schema.Run) error {
		e.separate(&first, "\n    ")
		e.value("    ", r)
		return e.err
	}))
	e.closeList(first, "\n  ")
}

func (e *exporter) resources() {
	first := true
	for last := ""; e.err == nil; {
		var id int64
		var entry schema.Entry
		row := e.tx.QueryRowContext(e.ctx, "SELECT id, "+entryColumns+" FROM resource WHERE address > ? ORDER BY address LIMIT 1", last)
		err := row.Scan(append([]any{&id}, entryFields(&entry)...)...)
		if errors.Is(err, sql.ErrNoRows) {
			break
		}
		e.keep(err)
		last = string(entry.Address)
		e.separate(&first, "\n    ")
		e.resource(id, entry)
	}
	e.closeList(first, "\n  ")
}

func (e *exporter) resource(id int64, entry schema.Entry) {
	refs, err := e.refs(id)
	e.keep(err)
	streams, err := readStreams(e.ctx, e.tx, id)
	e.keep(err)
	counts, err := e.counts(id)
	e.keep(err)
	failures, err := readFailures(e.ctx, e.tx, entry.Address)
	e.keep(err)
	for _, part := range []struct {
		name  string
		value any
	}{
		{"{\n      \"entry\": ", entry},
		{",\n      \"refs\": ", refs},
		{",\n      \"streams\": ", streams},
		{",\n      \"counts\": ", counts},
		{",\n      \"failures\": ", append([]schema.Failure{}, failures...)}, // [], never null
	} {
		e.printf("%s", part.name)
		e.value("      ", part.value)
	}
	e.printf(",\n      \"items\": [")
	e.items(id)
	e.printf("]\n    }")
}

func (e *exporter) items(id int64) {
	if e.err != nil {
		return
	}
	columns, err := columnsOf(e.ctx, e.tx)
	e.keep(err)
	rows, err := e.tx.QueryContext(e.ctx, "SELECT "+columns+" FROM item WHERE resource_id = ? ORDER BY kind, source_id", id)
	first := true
	e.keep(each(rows, err, itemFields, func(i schema.Item) error {
		e.separate(&first, "\n        ")
		line, err := json.Marshal(i)
		e.keep(err)
		e.printf("%s", line)
		return e.err
	}))
	e.closeList(first, "\n      ")
}

func (e *exporter) refs(id int64) (map[string]map[string]string, error) {
	type line struct{ side, name, object string }
	sides := map[string]map[string]string{}
	rows, err := e.tx.QueryContext(e.ctx, "SELECT side, name, object FROM git_ref WHERE resource_id = ?", id)
	err = each(rows, err, func(l *line) []any { return []any{&l.side, &l.name, &l.object} }, func(l line) error {
		if sides[l.side] == nil {
			sides[l.side] = map[string]string{}
		}
		sides[l.side][l.name] = l.object
		return nil
	})
	return sides, err
}

func (e *exporter) counts(id int64) (schema.Counts, error) {
	counts := schema.Counts{}
	rows, err := e.tx.QueryContext(e.ctx, "SELECT "+countColumns+" FROM account JOIN resource ON resource.id = resource_id WHERE resource.id = ?", id)
	err = each(rows, err, (*countLine).fields, func(l countLine) error {
		counts[schema.Kind(l.kind)] = l.count
		return nil
	})
	return counts, err
}

func (e *exporter) value(indent string, v any) {
	b, err := json.MarshalIndent(v, indent, "  ")
	e.keep(err)
	e.printf("%s", bytes.TrimSpace(b))
}

// separate puts a comma before every element of a list but the first, and the
// break before each.
func (e *exporter) separate(first *bool, lineBreak string) {
	if !*first {
		e.printf(",")
	}
	*first = false
	e.printf("%s", lineBreak)
}

// closeList puts the closing bracket of a list on a line of its own, unless
// the list is empty.
func (e *exporter) closeList(empty bool, lineBreak string) {
	if !empty {
		e.printf("%s", lineBreak)
	}
}

func (e *exporter) printf(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}

func (e *exporter) keep(err error) {
	if e.err == nil {
		e.err = err
	}
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s) // a string is always JSON
	return b
}
