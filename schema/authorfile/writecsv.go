package authorfile

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteCSV writes entries as a table that [CSV] reads back as the same entries,
// apart from their lines and white space around what is to be written. The
// header is remote_id,remote_name,name,email,target_user. Cells that a spreadsheet
// would run as formulas are preceded by an apostrophe, which [CSV] takes away.
//
// Entries that the form cannot hold are left out, all others are written, and
// the error says how many and names the first: entries of a mailmap, which
// match by commit name and e-mail, and texts with control characters, invalid
// UTF-8 or angle brackets in what is to be written.
func WriteCSV(w io.Writer, entries []Entry) error {
	if len(entries) >= maxLines {
		return fmt.Errorf("write authors: %d people are more than the %d rows a csv file may have: export fewer at a time", len(entries), maxLines-1)
	}
	out := bufio.NewWriter(w)
	columns := header(columnNames())
	out.WriteString(joinCells(columns) + "\n")

	var (
		first Entry
		left  int
	)
	for _, e := range entries {
		line, ok := columns.line(e)
		if !ok {
			if left == 0 {
				first = e
			}
			left++
			continue
		}
		out.WriteString(line + "\n")
	}
	// A bufio.Writer remembers its first error.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write authors: %w", err)
	}
	if left > 0 {
		return fmt.Errorf("write authors: %d of %d people do not fit into csv and were left out, the first being %s: map them in the plan or a mailmap",
			left, len(entries), describe(first))
	}
	return nil
}

// line is the row of e, and whether reading it gives e again. Asking the reader
// keeps the two from disagreeing about what the form can hold.
func (h header) line(e Entry) (string, bool) {
	e = e.tidy()
	texts := make([]string, len(h))
	for i, column := range h {
		texts[i] = *e.field(column)
	}
	line := joinCells(texts)
	if len(line) > maxLineBytes || checkText(line) != nil {
		return "", false
	}
	again, problems := h.row(line)
	again.Line = e.Line
	return line, len(problems) == 0 && again == e && e.who() != (who{})
}

// describe names an entry for a message.
func describe(e Entry) string {
	if person := e.who(); person != (who{}) {
		return person.String()
	}
	if e.MatchName == "" && e.MatchEmail == "" {
		return "one without a remote id or name"
	}
	return quote(strings.TrimSpace(e.MatchName + " <" + e.MatchEmail + ">"))
}
