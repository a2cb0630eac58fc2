package authorfile

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// mannequinHeader is the header of the file that gh-gei generates and reclaims
// mannequins with.
const mannequinHeader = "mannequin-user,mannequin-id,target-user"

// CSV reads a table of people. Its first line names the columns: any of
// remote_id, remote_name, name, email and target_user in any order, with at
// least one of the first two, or exactly mannequin-user,mannequin-id,target-user
// as gh-gei has it. Cells are separated by commas and may be quoted; quotes keep
// white space around a remote_id or remote_name, which goes otherwise.
//
// A row is about the person with its remote_id or, where that is empty, its
// remote_name. Empty name, email and target_user mean keep, so a freshly
// exported table is valid before anybody fills it in. Rows without any text are
// skipped. The same person twice is a problem that names both lines, unless the
// rows agree.
//
// A spreadsheet runs cells that begin with "=", "+", "-", "@" or a tab as
// formulas. [WriteCSV] puts an apostrophe before them; it is taken away here,
// and only before those characters.
func CSV(r io.Reader) ([]Entry, []Problem) {
	var (
		found    people
		problems []Problem
		columns  header
		last     = 1
	)
	for number, text := range textLines(r, &problems) {
		last = number
		if isBlank(text) {
			continue
		}
		var (
			entry Entry
			wrong []Problem
		)
		if columns == nil && len(problems) > 0 {
			// The line that could not be read above may have been the header.
			columns = header{}
		}
		if columns == nil {
			columns, wrong = parseHeader(text)
		} else {
			entry, wrong = columns.row(text)
		}
		entry.Line = number
		if len(wrong) == 0 && entry.who() != (who{}) {
			if p := found.add(entry); p != nil {
				wrong = append(wrong, *p)
			}
		}
		for _, p := range wrong {
			p.Line = number
			problems = append(problems, p)
		}
	}
	if columns == nil && len(problems) == 0 {
		problems = append(problems, *missingHeader(last))
	}
	return found.entries, problems
}

// columnNames are the columns of the table, in the order they are written.
func columnNames() []string {
	return []string{"remote_id", "remote_name", "name", "email", "target_user"}
}

// field is the place of a column in an entry.
func (e *Entry) field(column string) *string {
	switch column {
	case "remote_id":
		return &e.RemoteID
	case "remote_name":
		return &e.RemoteName
	case "name":
		return &e.Name
	case "email":
		return &e.Email
	case "target_user":
		return &e.TargetUser
	default:
		panic("authorfile: no column " + column)
	}
}

// header has the name of each column, empty where it has none of ours. Without
// remote_id and remote_name it is of no use, but rows are still checked for
// what does not need them.
type header []string

func parseHeader(text string) (header, []Problem) {
	cells, problem := splitCells(text)
	if problem != nil {
		return header{}, []Problem{*problem}
	}
	if len(cells) == 1 {
		if i := strings.IndexAny(cells[0].text, ";\t|"); i >= 0 {
			return header{}, []Problem{*wrongSeparator(cells[0].text[i : i+1])}
		}
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = c.text
	}
	if strings.Join(names, ",") == mannequinHeader {
		return header{"remote_name", "remote_id", "target_user"}, nil
	}
	return checkColumns(cells)
}

func checkColumns(cells []cell) (header, []Problem) {
	var (
		names    = make(header, len(cells))
		known    = 0
		problems []Problem
	)
	for i, c := range cells {
		switch {
		case !slices.Contains(columnNames(), c.text):
			problems = append(problems, unknownColumn(c))
		case slices.Contains(names, c.text):
			problems = append(problems, repeatedColumn(c))
		default:
			names[i] = c.text
			known++
		}
	}
	if known == 0 && !slices.ContainsFunc(cells, func(c cell) bool { return schema.Nearest(c.text, columnNames()) != "" }) {
		// This is a first row of people, not a header with mistakes.
		return header{}, []Problem{*missingHeader(0)}
	}
	if !names.identifies() && len(problems) == 0 {
		problems = append(problems, noPersonColumn())
	}
	return names, problems
}

// identifies reports whether rows can say who they are about.
func (h header) identifies() bool {
	return slices.Contains(h, "remote_id") || slices.Contains(h, "remote_name")
}

// row reads a line of the table. Neither an entry nor a problem comes of a row
// without text, or of one under a header that says nothing about people.
func (h header) row(text string) (Entry, []Problem) {
	cells, problem := splitCells(text)
	if problem != nil {
		return Entry{}, []Problem{*problem}
	}
	blank := !slices.ContainsFunc(cells, func(c cell) bool { return c.text != "" })
	if blank || !h.identifies() {
		return Entry{}, nil
	}
	if len(cells) != len(h) {
		return Entry{}, []Problem{cellCount(len(cells), len(h))}
	}

	var (
		entry    Entry
		problems []Problem
	)
	for i, c := range cells {
		if h[i] == "" {
			continue
		}
		*entry.field(h[i]) = c.text
		// Git has no way to write these into a commit.
		if (h[i] == "name" || h[i] == "email") && strings.ContainsAny(c.text, "<>") {
			problems = append(problems, bracketInCell(c, h[i]))
		}
	}
	if entry.who() == (who{}) {
		problems = append(problems, nobody())
	}
	return entry.tidy(), problems
}

func unknownColumn(c cell) Problem {
	p := Problem{
		Column:  c.column,
		Summary: "Unknown column " + quote(c.text),
		Detail:  headerHelp(),
	}
	if c.text == "" {
		p.Summary = "Column without a name"
	}
	if name := schema.Nearest(c.text, columnNames()); name != "" {
		p.Detail += fmt.Sprintf(" Did you mean %q?", name)
	}
	return p
}

func repeatedColumn(c cell) Problem {
	return Problem{
		Column:  c.column,
		Summary: "Repeated column " + quote(c.text),
		Detail:  "The header names this column before. Remove one of the two.",
	}
}

func noPersonColumn() Problem {
	return Problem{
		Summary: "No column for the person",
		Detail:  "Rows cannot say whom they map without a remote_id or remote_name column. Add one.",
	}
}

func cellCount(got, want int) Problem {
	return Problem{
		Summary: "Wrong number of cells",
		Detail:  fmt.Sprintf("The row has %d and the header %d. Put a cell with a comma into quotes, and keep the commas of empty cells.", got, want),
	}
}

func bracketInCell(c cell, column string) Problem {
	return Problem{
		Column:  c.column,
		Summary: "Angle bracket in " + column,
		Detail:  fmt.Sprintf(`The %s cannot have "<" or ">": it is %s. Write names and e-mails into cells of their own, without brackets.`, column, quote(c.text)),
	}
}

func nobody() Problem {
	return Problem{
		Summary: "Row without a person",
		Detail:  "The row does not say whom it maps. Fill in remote_id or remote_name.",
	}
}
