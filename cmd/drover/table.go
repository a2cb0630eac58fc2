package main

import (
	"bytes"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// mostCell is the columns of a cell that others follow. The last cell of a row
// may be longer.
const mostCell = 72

// table lays out rows in columns. Nothing is written before flush.
type table struct {
	w    io.Writer
	text bytes.Buffer
	tabs *tabwriter.Writer
}

// newTable returns a table with a first row of headers, if there are any.
func newTable(w io.Writer, headers ...string) *table {
	t := &table{w: w}
	t.tabs = tabwriter.NewWriter(&t.text, 0, 8, 2, ' ', 0)
	if len(headers) > 0 {
		t.row(headers...)
	}
	return t
}

// row adds a row. Its cells may hold any text.
func (t *table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = shown(bounded(cell, mostDetail))
		if i < len(cells)-1 {
			cells[i] = clip(cells[i], mostCell)
		}
	}
	// A buffer takes everything.
	_, _ = io.WriteString(t.tabs, strings.Join(cells, "\t")+"\n")
}

// flush writes the table.
func (t *table) flush() error {
	_ = t.tabs.Flush()
	var b strings.Builder
	for line := range strings.Lines(t.text.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// ageOf is how long ago something was.
func ageOf(at, now time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return took(now.Sub(at)) + " ago"
}

// dash stands for an empty cell.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// moment is a time in a table.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
