package attachments

import (
	"iter"
	"strings"
	"unicode"
)

// Scan yields the attachments of a text in the order in which they stand, each
// one once.
func (h Host) Scan(text string) iter.Seq[Found] {
	return func(yield func(Found) bool) {
		seen := map[string]bool{}
		for prose := range withoutCode(text) {
			for raw := range urls(prose) {
				found, ok := h.Parse(raw)
				if !ok || seen[found.Download] {
					continue
				}
				seen[found.Download] = true
				if !yield(found) {
					return
				}
			}
		}
	}
}

// urls yields what looks like a URL of the web.
func urls(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			at := strings.Index(s, "http")
			if at < 0 {
				return
			}
			s = s[at:]
			if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
				s = s[len("http"):]
				continue
			}
			end := strings.IndexFunc(s, endsURL)
			if end < 0 {
				end = len(s)
			}
			if !yield(unescape(trim(s[:end]))) {
				return
			}
			s = s[end:]
		}
	}
}

// endsURL reports whether r cannot be part of a URL in a text. A closing bracket
// ends the target of a link; none of GitHub's own addresses has one that is not
// escaped.
func endsURL(r rune) bool {
	switch r {
	case '<', '>', '"', '\'', '`', '(', ')', '[', ']', '{', '}', '|', '\\', '^':
		return true
	}
	return r <= ' ' || r == 0x7f
}

// trim takes off the punctuation of the sentence that the URL stands in, of any
// language.
func trim(raw string) string {
	return strings.TrimRightFunc(raw, func(r rune) bool { return r == '~' || unicode.IsPunct(r) && r != '/' && r != '-' })
}

// unescape undoes the one entity that addresses in HTML have.
func unescape(raw string) string { return strings.ReplaceAll(raw, "&amp;", "&") }
