package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

// Text in Markdown comes from plans, forges and repositories and stands in pull
// requests, where @name notifies a person, #12 links an issue there, and HTML
// is obeyed. Three ways of quoting are safe and used here: a code span, a
// fenced block, and prose of words that mean nothing to any renderer.

// codeSpan quotes one line of any text. Its fence is longer than any run of
// backticks inside.
func codeSpan(s string) string {
	s = schema.Printable(s)
	if s == "" {
		return "–"
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	// A space inside the fence on both sides is taken off by the renderer.
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// cell makes a piece of Markdown fit for a table. GitHub and GitLab undo the
// backslash before they look at code spans.
func cell(markdown string) string { return strings.ReplaceAll(markdown, "|", `\|`) }

// fenced quotes text of several lines.
func fenced(text string) string {
	text = strings.TrimRight(schema.PrintableText(text), "\n")
	fence := strings.Repeat("`", max(longestRun(text, '`')+1, 3))
	return fence + "text\n" + text + "\n" + fence + "\n"
}

func longestRun(s string, of rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// prose is one line of text in which words are words and all else is code:
// names, numbers, links, mentions and references. It goes by what is harmless,
// because what forges link differs and grows.
func prose(s string) string {
	var parts, code []string
	flush := func() {
		if len(code) == 0 {
			return
		}
		text := strings.Join(code, " ")
		quoted := strings.TrimRight(text, ",;")
		parts = append(parts, codeSpan(quoted)+text[len(quoted):])
		code = nil
	}
	for _, word := range strings.Fields(schema.Printable(s)) {
		if !harmless(word) {
			code = append(code, word)
			continue
		}
		flush()
		parts = append(parts, word)
	}
	flush()
	return strings.Join(parts, " ")
}

// harmless reports whether no renderer gives word a meaning: a word of letters,
// or a short number, with the punctuation of a sentence.
func harmless(word string) bool {
	word = strings.TrimLeft(word, `("'`)
	word = strings.TrimRight(word, `.,;:?)"'`)
	if word == "" || len(word) >= 7 && isHex(word) { // a commit's id
		return false
	}
	if isNumber(word) {
		return true
	}
	for _, r := range word {
		if !unicode.IsLetter(r) && r != '-' && r != '\'' {
			return false
		}
	}
	first, _ := utf8.DecodeRuneInString(word)
	return first != '-'
}

func isHex(s string) bool {
	return strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789,.") == "" && s[0] >= '0' }

// commentName makes a plan's name part of an HTML comment. Distinct names stay
// distinct, and none can end the comment.
func commentName(name string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
		if letter || c == '-' && (i == 0 || name[i-1] != '-') {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	const most = 200
	if s := b.String(); len(s) > most {
		return s[:most-16] + strings.TrimPrefix(schema.DigestBytes([]byte(name)), "sha256:")[:16]
	}
	return b.String()
}
