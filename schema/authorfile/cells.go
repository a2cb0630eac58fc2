package authorfile

import (
	"strings"
	"unicode/utf8"
)

// cell is one cell of a csv line.
type cell struct {
	text   string
	column int
}

// splitCells takes a csv line apart. White space around an unquoted cell goes,
// white space inside quotes stays.
func splitCells(line string) ([]cell, *Problem) {
	var cells []cell
	column := 1
	for rest, more := line, true; more; {
		var raw, text string
		start := rest[:leadingSpace(rest)]
		if body := rest[len(start):]; strings.HasPrefix(body, `"`) {
			quoted, length, problem := unquoteCell(body, column+len(start))
			if problem != nil {
				return nil, problem
			}
			text, raw = quoted, rest[:len(start)+length]
		} else {
			raw, _, _ = strings.Cut(rest, ",")
			text = strings.TrimSpace(raw)
			if i := strings.IndexByte(raw, '"'); i >= 0 {
				return nil, bareQuote(column + utf8.RuneCountInString(raw[:i]))
			}
		}
		cells = append(cells, cell{text: unguard(text), column: column + leadingSpace(raw)})
		column += utf8.RuneCountInString(raw) + 1

		rest = rest[len(raw):]
		if more = rest != ""; more {
			rest = rest[1:] // the comma
		}
	}
	return cells, nil
}

// unquoteCell returns the text of the quoted cell that begins body, and the
// length of what it takes up to the comma or the end of the line.
func unquoteCell(body string, column int) (text string, length int, problem *Problem) {
	var b strings.Builder
	for i := 1; i < len(body); i++ {
		if body[i] != '"' {
			b.WriteByte(body[i])
			continue
		}
		if strings.HasPrefix(body[i+1:], `"`) {
			b.WriteByte('"')
			i++
			continue
		}
		end := i + 1
		end += leadingSpace(body[end:])
		if end < len(body) && body[end] != ',' {
			return "", 0, textAfterQuote(column + utf8.RuneCountInString(body[:end]))
		}
		return b.String(), end, nil
	}
	return "", 0, unclosedQuote(column)
}

// joinCells is the inverse of splitCells.
func joinCells(texts []string) string {
	cells := make([]string, len(texts))
	for i, text := range texts {
		cells[i] = guard(text)
		if strings.ContainsAny(cells[i], `",`) || strings.TrimSpace(cells[i]) != cells[i] {
			cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, ",")
}

// guard keeps a spreadsheet from taking a cell for a formula, by the apostrophe
// that tells it "this is text". A cell that has such apostrophes already gets
// one more, so that unguard gives back every text.
// See https://owasp.org/www-community/attacks/CSV_Injection.
func guard(text string) string {
	if !isFormula(strings.TrimLeft(text, "'")) {
		return text
	}
	return "'" + text
}

// unguard takes away what guard adds, and leaves a formula that somebody wrote
// without it as it is.
func unguard(text string) string {
	if !strings.HasPrefix(text, "'") || !isFormula(strings.TrimLeft(text, "'")) {
		return text
	}
	return text[1:]
}

func isFormula(text string) bool {
	return text != "" && strings.IndexByte("=+-@\t", text[0]) >= 0
}
