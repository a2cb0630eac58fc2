package attachments

import (
	"iter"
	"strings"
)

// withoutCode yields the parts of a Markdown text that are not code: neither in
// a fence nor in a span.
func withoutCode(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var fence string    // the marks that the open fence began with
		var paragraph []int // beginning and end of lines that may share a code span
		flush := func() bool {
			if paragraph == nil {
				return true
			}
			part := text[paragraph[0]:paragraph[1]]
			paragraph = nil
			return spans(part, yield)
		}
		for start := 0; start < len(text); {
			end := len(text)
			if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
				end = start + i + 1
			}
			line := content(text[start:end])
			switch {
			case fence != "":
				if closes(line, fence) {
					fence = ""
				}
			case opens(line) != "":
				if !flush() {
					return
				}
				fence = opens(line)
			case strings.TrimSpace(line) == "":
				if !flush() { // no span reaches over an empty line
					return
				}
			case paragraph == nil:
				paragraph = []int{start, end}
			default:
				paragraph[1] = end
			}
			start = end
		}
		flush()
	}
}

// content is a line without what makes it part of quotes and lists.
func content(line string) string {
	for {
		line = strings.TrimLeft(line, " \t")
		switch {
		case strings.HasPrefix(line, ">"):
			line = line[1:]
		case len(line) > 1 && strings.ContainsRune("-*+", rune(line[0])) && (line[1] == ' ' || line[1] == '\t'):
			line = line[2:]
		default:
			return numbered(line)
		}
	}
}

// numbered is a line without the number that begins an item of a list.
func numbered(line string) string {
	digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
	if rest := line[digits:]; digits > 0 && digits < 10 && (strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") ")) {
		return strings.TrimLeft(rest[2:], " \t")
	}
	return line
}

// opens returns the marks of the fence that a line opens, or nothing.
func opens(line string) string {
	for _, mark := range []string{"`", "~"} {
		rest := strings.TrimLeft(line, mark)
		if n := len(line) - len(rest); n >= 3 && (mark == "~" || !strings.Contains(rest, "`")) {
			return line[:n]
		}
	}
	return ""
}

// closes reports whether a line closes the fence that began with marks.
func closes(line, marks string) bool {
	rest := strings.TrimLeft(line, marks[:1])
	return len(line)-len(rest) >= len(marks) && strings.TrimSpace(rest) == ""
}

// spans yields what of a paragraph stands outside of code spans.
func spans(s string, yield func(string) bool) bool {
	for {
		at := strings.IndexByte(s, '`')
		if at < 0 {
			return yield(s)
		}
		if escaped(s[:at]) {
			if !yield(s[:at]) {
				return false
			}
			s = s[at+1:]
			continue
		}
		marks := run(s[at:])
		length := closing(s[at+marks:], marks)
		if length < 0 { // they open nothing
			if !yield(s[:at]) {
				return false
			}
			s = s[at+marks:]
			continue
		}
		if !yield(s[:at]) {
			return false
		}
		s = s[at+marks+length:]
	}
}

// escaped reports whether what follows before stands behind a backslash that is
// not itself escaped.
func escaped(before string) bool {
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// run counts the backticks that s begins with.
func run(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }

// closing is the length of s up to and with the first run of exactly n
// backticks, or -1.
func closing(s string, n int) int {
	for at := 0; ; {
		i := strings.IndexByte(s[at:], '`')
		if i < 0 {
			return -1
		}
		at += i
		marks := run(s[at:])
		at += marks
		if marks == n {
			return at
		}
	}
}
