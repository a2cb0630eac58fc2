package threads

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

const (
	// maxText is how many characters of a text are kept. The server takes a
	// million, in notes and in descriptions, with what we add.
	maxText = 990_000

	maxTitle = 255
	untitled = "(no title)"

	lossText  = "its text is cut, because the target holds a million characters"
	lossTitle = "its title is cut, because the target holds 255 characters"
)

// plain brings a text that others wrote into a form that the server stores as it
// is, and that it takes no commands from.
func plain(text string, lost *losses) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.Map(func(c rune) rune {
		switch {
		case c == '\r':
			return '\n'
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
			return '\uFFFD'
		}
		return c
	}, text)
	text = silence(text)
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	lost.Add(lossText)
	return string([]rune(text)[:maxText]) + "…"
}

// command is a line in the form of what the server carries out instead of
// showing it: /close, /assign @ann.
var command = regexp.MustCompile(`(?m)^/\pL[\pL\pN_-]*(?:\s|$)`)

// silence keeps the server from carrying out what others wrote. Commands begin a
// line; behind a space they are text, and a paragraph shows them as before. Lines
// of code get the space as well: what the server takes for code depends on its
// version, and a text can be made so that the two of us disagree.
func silence(text string) string {
	if command.MatchString(text) {
		text = command.ReplaceAllString(text, " $0")
	}
	// The server may take spaces away from the beginning of a text, but not this.
	if rest, ok := strings.CutPrefix(text, " /"); ok && command.MatchString("/"+rest) {
		text = `\/` + rest
	}
	return text
}

// title brings a title into the form that the server takes. Keep is how many
// characters of it are needed for something else.
func title(text string, keep int, lost *losses) string {
	text = strings.Join(strings.Fields(plain(text, lost)), " ")
	if text == "" {
		return untitled
	}
	if runes := []rune(text); len(runes) > maxTitle-keep {
		lost.Add(lossTitle)
		return string(runes[:maxTitle-keep-1]) + "…"
	}
	return text
}

// suggestion is the beginning of a block that suggests other lines, without the
// numbers of lines above and below that the server knows them by.
var suggestion = regexp.MustCompile("(?m)^( {0,3}(?:`{3,}|~{3,}))suggestion[ \t]*$")

// suggesting writes suggestions as the server does: with the number of lines that
// they replace above the one that they stand at.
func suggesting(text string, p *schema.Position) string {
	above := int64(0)
	if p.StartLine > 0 && p.StartLine < p.Line {
		above = p.Line - p.StartLine
	}
	return suggestion.ReplaceAllString(text, fmt.Sprintf("${1}suggestion:-%d+0", above))
}
