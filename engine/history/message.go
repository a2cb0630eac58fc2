package history

import (
	"bytes"
	"iter"
)

// span is a part of a message.
type span struct{ start, end int }

// maxTrailerKey bounds the words before a trailer's colon.
const maxTrailerKey = 40

// trailers yields the values of the lines that credit somebody: Cc and every
// word that ends in -by.
func trailers(text []byte) iter.Seq[span] {
	return func(yield func(span) bool) {
		for at := 0; at < len(text); {
			end := endOfLine(text, at)
			line := bytes.TrimRight(text[at:end], "\r\n")
			if n := creditKey(line); n > 0 && !yield(span{at + n, at + len(line)}) {
				return
			}
			at = end
		}
	}
}

// creditKey returns the length of "Signed-off-by: " at the beginning of line,
// or 0.
func creditKey(line []byte) int {
	colon := bytes.IndexByte(line[:min(len(line), maxTrailerKey)], ':')
	if colon < 0 {
		return 0
	}
	key := line[:colon]
	for _, c := range key {
		if !isWord(c) && c != '-' {
			return 0
		}
	}
	if !bytes.EqualFold(key, []byte("cc")) && !(len(key) > 3 && bytes.EqualFold(key[len(key)-3:], []byte("-by"))) {
		return 0
	}
	value := bytes.TrimLeft(line[colon+1:], " \t")
	return len(line) - len(value)
}

// creditsSomebody reports whether the value of a trailer is a person.
func creditsSomebody(value []byte) bool {
	id, ok := splitIdentity(value)
	return ok && bytes.IndexByte(id.email, '@') >= 0
}

// minAbbreviation is the length of the shortest abbreviation that counts: what
// git itself shows at least.
const minAbbreviation = 7

// fullID is the length of an id.
const fullID = 40

// mentions yields what could be commit ids: words of 7 to 40 hexadecimal digits
// in lower case, as git prints them. Those that are not whole must hold a digit and a
// letter. The end of a git-describe name, "v1.2-3-gabcdef0", is one too.
func mentions(text []byte) iter.Seq[span] {
	return func(yield func(span) bool) {
		for at := 0; at+minAbbreviation <= len(text); {
			if !isHex(text[at+minAbbreviation-1]) {
				at += minAbbreviation // none can begin before that character and hold it
				continue
			}
			start := at + minAbbreviation - 1
			for start > 0 && isHex(text[start-1]) {
				start--
			}
			end := at + minAbbreviation
			for end < len(text) && isHex(text[end]) {
				end++
			}
			if isMention(text, start, end) && !yield(span{start, end}) {
				return
			}
			at = end
		}
	}
}

func isMention(text []byte, start, end int) bool {
	if n := end - start; n < minAbbreviation || n > fullID {
		return false
	}
	if end < len(text) && isWord(text[end]) {
		return false
	}
	if start > 0 && isWord(text[start-1]) && !afterDescribe(text[:start]) {
		return false
	}
	if end-start == fullID {
		return true
	}
	digit, letter := false, false
	for _, c := range text[start:end] {
		digit = digit || c <= '9'
		letter = letter || c > '9'
	}
	return digit && letter
}

// afterDescribe reports whether text ends as git describe puts it before an
// id: "-3-g".
func afterDescribe(text []byte) bool {
	before, ok := bytes.CutSuffix(text, []byte("-g"))
	return ok && len(before) > 0 && before[len(before)-1] >= '0' && before[len(before)-1] <= '9'
}

// maxURL bounds how far back the beginning of a URL is looked for.
const maxURL = 2048

// inURL reports whether offset at of text is in a URL.
func inURL(text []byte, at int) bool {
	before := text[max(0, at-maxURL):at]
	if n := bytes.LastIndexAny(before, " \t\r\n<>\"'`()[]{}|"); n >= 0 {
		before = before[n+1:]
	}
	return bytes.Contains(before, []byte("://"))
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}
