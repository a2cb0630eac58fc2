package rewrite

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/util"
)

// destination offers the destination that r is. Fragments of the same page
// and other schemes than http and https are no references.
func (e *editor) destination(r region) {
	for r.start < r.stop && isSpace(e.text[r.start]) {
		r.start++
	}
	for r.start < r.stop && isSpace(e.text[r.stop-1]) {
		r.stop--
	}
	value := decode(e.text[r.start:r.stop], r.markdown)
	ref := Reference{Kind: Path, Place: Destination, URL: value}
	switch {
	case value == "" || value[0] == '#' || value[0] == '?':
		return
	case isWebURL(value) || strings.HasPrefix(value, "//"):
		ref.Kind = URL
	case hasScheme(value):
		return
	}
	e.offer(ref, r.start, r.stop)
}

// bareURL offers the URL that starts at i in the prose r and returns where it
// stops, or 0 if there is none.
func (e *editor) bareURL(i int, r region) int {
	if i > 0 && isWord(e.text[i-1]) || !isWebURL(e.text[i:r.stop]) {
		return 0
	}
	stop := i + bareURLLength(e.text[i:r.stop])
	if !isWebURL(e.text[i:stop]) {
		return 0
	}
	e.offer(Reference{Kind: URL, Place: r.place, URL: decode(e.text[i:stop], r.markdown)}, i, stop)
	return stop
}

// isWebURL reports whether s starts like a URL with a host.
func isWebURL(s string) bool {
	for _, scheme := range [...]string{"http://", "https://"} {
		if hasPrefixFold(s, scheme) && len(s) > len(scheme) {
			c := s[len(scheme)]
			return isAlnum(c) || c == '[' || c >= utf8.RuneSelf
		}
	}
	return false
}

// hasScheme reports whether s starts with a scheme and a colon.
func hasScheme(s string) bool {
	i := strings.IndexAny(s, ":/?#")
	return i > 0 && s[i] == ':'
}

// bareURLLength returns the length of the URL at the start of s. It goes on
// up to what cannot stand in a URL, less what more likely belongs to the
// sentence: closing punctuation, emphasis, an entity, and parentheses that do
// not open inside.
// See https://github.github.com/gfm/#extended-autolink-path-validation.
func bareURLLength(s string) int {
	n, parens := 0, 0
loop:
	for n < len(s) {
		c := s[n]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[n:])
			if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsPunct(r) {
				break
			}
			n += size
			continue
		}
		switch {
		case c <= ' ' || c == 0x7f || strings.IndexByte("<>\"`{}|^[]", c) >= 0:
			break loop
		case c == '\\' && (n+1 == len(s) || !util.IsPunct(s[n+1])):
			break loop
		case c == '\\':
			n++
		case c == '(':
			parens++
		case c == ')':
			parens--
		}
		n++
	}
	for n > 0 {
		switch c := s[n-1]; {
		case strings.IndexByte("?!.,:*_~'\\", c) >= 0:
			n--
		case c == ')' && parens < 0:
			n--
			parens++
		case c == ';':
			amp := n - 1
			for amp > 0 && (isAlnum(s[amp-1]) || s[amp-1] == '#') {
				amp--
			}
			if amp == 0 || s[amp-1] != '&' {
				return n - 1
			}
			n = amp - 1
		default:
			return n
		}
	}
	return n
}

// decode resolves the entities of a URL and, in Markdown, its escapes. Only
// entities with a semicolon count: in "?a=1&copy=2" there is none.
func decode(s string, markdown bool) string {
	if !strings.ContainsAny(s, `&\`) {
		return s
	}
	b := []byte(s)
	if markdown {
		b = util.UnescapePunctuations(b)
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(b)))
}

// encodeDestination percent-encodes what would end a destination, in
// Markdown, in a table or in an attribute, or would be read as an escape.
func encodeDestination(s string) string {
	const special = "\"'()<>\\`|[]"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c == 0x7f || strings.IndexByte(special, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
