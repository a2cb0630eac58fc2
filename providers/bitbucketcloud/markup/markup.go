package markup

import (
	"strings"
	"unicode"
)

// Lookup says what people call an account. It is false for an account that nobody
// knows.
type Lookup func(accountID string) (name string, ok bool)

// Text returns text as other forges read it.
func Text(text string, people Lookup) string {
	if !strings.Contains(text, "{") && !containsFold(text, "pull request #") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	var s scanner
	for line := range strings.Lines(text) {
		if s.code(line) {
			b.WriteString(line)
			continue
		}
		prose(&b, line, people)
	}
	return b.String()
}

// scanner knows which lines are code.
type scanner struct {
	fence  string // what closes the block at hand; empty: there is none
	before bool   // the line before was text, which an indented line goes on with
}

// code reports whether a line is code, or begins or ends a block of it.
func (s *scanner) code(line string) bool {
	bare := strings.TrimRight(strings.TrimLeft(line, " \t"), "\r\n \t")
	mark := fenceOf(bare)
	switch {
	case s.fence != "":
		if mark != "" && mark[0] == s.fence[0] && len(mark) >= len(s.fence) && strings.TrimRight(bare, " \t") == mark {
			s.fence = ""
		}
		return true
	case mark != "":
		s.fence, s.before = mark, false
		return true
	case bare == "":
		s.before = false
		return false
	case (strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t")) && !s.before:
		return true
	}
	s.before = true
	return false
}

// fenceOf is the row of marks that a fenced block begins or ends with; empty when
// the line has none.
func fenceOf(bare string) string {
	for _, mark := range []string{"`", "~"} {
		n := len(bare) - len(strings.TrimLeft(bare, mark))
		if n >= 3 && !(mark == "`" && strings.Contains(bare[n:], "`")) {
			return bare[:n]
		}
	}
	return ""
}

// prose writes a line, code spans as they are.
func prose(b *strings.Builder, line string, people Lookup) {
	for line != "" {
		at := strings.IndexByte(line, '`')
		if at < 0 {
			words(b, line, people)
			return
		}
		words(b, line[:at], people)
		line = line[at:]
		n := len(line) - len(strings.TrimLeft(line, "`"))
		end := closing(line, n)
		b.WriteString(line[:end])
		line = line[end:]
	}
}

// closing is where the code span ends that a row of n backticks opens, or where the
// row itself ends when nothing closes it.
func closing(line string, n int) int {
	for i := n; i < len(line); {
		if line[i] != '`' {
			i++
			continue
		}
		row := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
		if i += row; row == n {
			return i
		}
	}
	return n
}

const (
	mention     = "@{"
	card        = "{: data-inline-card"
	pullRequest = "pull request #"

	longestID = 128 // of an account
)

// words writes prose.
func words(b *strings.Builder, text string, people Lookup) {
	for i := 0; i < len(text); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, mention):
			if n, id := mentioned(rest); n > 0 {
				if name, ok := people(id); ok {
					b.WriteString(named(id, name))
					i += n
					continue
				}
			}
		case strings.HasPrefix(rest, card):
			if end := strings.IndexByte(rest, '}'); end > 0 && onlyAttribute(rest[len(card):end]) {
				i += end + 1
				continue
			}
		case len(rest) > len(pullRequest) && strings.EqualFold(rest[:len(pullRequest)], pullRequest) && isDigit(rest[len(pullRequest)]):
			b.WriteString(rest[:len(pullRequest)-1])
			b.WriteByte('!')
			i += len(pullRequest)
			continue
		}
		b.WriteByte(text[i])
		i++
	}
}

// mentioned reads @{ID}: its length, and the id.
func mentioned(text string) (int, string) {
	end := strings.IndexByte(text[:min(len(text), longestID)], '}')
	if end <= len(mention) {
		return 0, ""
	}
	id := text[len(mention):end]
	if strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != ':' && r != '-' && r != '_'
	}) {
		return 0, ""
	}
	return end + 1, id
}

// longestName is how much of a name stands in a mention.
const longestName = 100

// named is the mention of an account with its name, of which nothing is kept that
// Markdown has a use for.
func named(id, name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("._-'", r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(name, " "))
	name = strings.Join(strings.Fields(name), " ")
	if len(name) > longestName {
		name = strings.TrimSpace(strings.ToValidUTF8(name[:longestName], ""))
	}
	if name == "" {
		return mention + id + "}"
	}
	return mention + id + " " + name + "}"
}

// onlyAttribute reports whether nothing but the value of the one attribute stands
// before the brace.
func onlyAttribute(rest string) bool {
	return strings.Trim(rest, ` ='"`) == ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func containsFold(s, sub string) bool {
	return strings.Contains(strings.ToLower(s), sub)
}
