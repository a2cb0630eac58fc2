package rewrite

import (
	"strings"

	"github.com/yuin/goldmark/util"
)

// prose offers every reference of the region. It runs through it once; no
// branch looks further ahead than the next step starts, except for the end of
// a path, which is kept.
func (e *editor) prose(r region) {
	pathEnd := r.start
	for i := r.start; i < r.stop; {
		if i >= pathEnd && isPath(e.text[i]) {
			pathEnd = i
			for pathEnd < r.stop && isPath(e.text[pathEnd]) {
				pathEnd++
			}
			if stop := e.qualified(i, pathEnd, r); stop > 0 {
				i = stop
				continue
			}
		}
		i = max(i+1, e.step(i, r))
	}
}

// step offers the reference that starts at i, if one does, and returns where
// to go on; 0 means at the next byte.
func (e *editor) step(i int, r region) int {
	switch c := e.text[i]; c {
	case '\\':
		return e.escape(i, r)
	case '&':
		return e.entity(i, r)
	case '`':
		return e.backtick(i, r)
	case '#', '!':
		return e.number(i, r)
	case '@':
		return e.mention(i, i, r)
	case 'g', 'G':
		return e.ghNumber(i, r)
	case 'h', 'H':
		return e.bareURL(i, r)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f':
		return e.commit(i, r)
	}
	return 0
}

// escape skips an escaped mark, so \#12 is no reference. An escaped @ is one
// all the same, with its backslash: forges that look for mentions in the
// rendered page notify the person.
func (e *editor) escape(i int, r region) int {
	if !r.markdown || i+1 >= r.stop || !util.IsPunct(e.text[i+1]) {
		return 0
	}
	if e.text[i+1] == '@' {
		return max(i+2, e.mention(i, i+1, r))
	}
	return i + 2
}

// entity skips the name of an entity such as &#12;.
func (e *editor) entity(i int, r region) int {
	stop := i + 1
	for stop < r.stop && (isAlnum(e.text[stop]) || e.text[stop] == '#') {
		stop++
	}
	if stop < r.stop && e.text[stop] == ';' {
		return stop + 1
	}
	return 0
}

// backtick skips what stands between backticks in HTML: Markdown does not
// read it as code there, but its author meant it so. In Markdown a backtick
// in prose is one that nothing closes.
func (e *editor) backtick(i int, r region) int {
	if r.place != HTML {
		return 0
	}
	n := strings.IndexByte(e.text[i+1:r.stop], '`')
	if n < 0 {
		return 0
	}
	return i + 1 + n + 1
}

// number offers #12 or !12.
func (e *editor) number(i int, r region) int {
	if i > 0 && strings.IndexByte("&#!/@", e.text[i-1]) >= 0 && !(e.text[i-1] == '!' && e.text[i] == '#') {
		return 0
	}
	number, stop := e.digits(i+1, r)
	if stop == 0 || !e.wordStarts(i) || !e.wordEnds(stop) {
		return 0
	}
	e.offer(Reference{Kind: kindOf(e.text[i]), Place: r.place, Number: number}, i, stop)
	return stop
}

// ghNumber offers GH-12, in either case.
func (e *editor) ghNumber(i int, r region) int {
	if !hasPrefixFold(e.text[i:r.stop], "gh-") || !e.wordStarts(i) || e.precededBy(i, "-/.#&@") {
		return 0
	}
	number, stop := e.digits(i+3, r)
	if stop == 0 || !e.wordEnds(stop) || e.followedBy(stop, "-") {
		return 0
	}
	e.offer(Reference{Kind: Issue, Place: r.place, Number: number}, i, stop)
	return stop
}

// digits reads a number without leading zero. It returns stop 0 if there is
// none, or none that fits.
func (e *editor) digits(i int, r region) (number int64, stop int) {
	const fits = 18 // digits always do
	for stop = i; stop < r.stop && isDigit(e.text[stop]); stop++ {
		if stop-i == fits {
			return 0, 0
		}
		number = number*10 + int64(e.text[stop]-'0')
	}
	if stop == i || e.text[i] == '0' {
		return 0, 0
	}
	return number, stop
}

// commit offers a commit id that is no part of a path, a file name, a UUID or
// a longer word.
func (e *editor) commit(i int, r region) int {
	if i > 0 && isWord(e.text[i-1]) && e.text[i-1] != '_' {
		return 0
	}
	stop := e.commitEnd(i, r)
	inRange := i >= r.start+2 && e.text[i-2:i] == ".."
	if stop == 0 || !e.wordStarts(i) || e.precededBy(i, "-/#&%$+@.") && !inRange {
		return 0
	}
	e.offer(Reference{Kind: Commit, Place: r.place, Name: e.text[i:stop]}, i, stop)
	return stop
}

// minCommit is how many digits of a commit's id are taken for one.
const minCommit = 7

func (e *editor) commitEnd(i int, r region) int {
	stop := i
	for stop < r.stop && stop-i <= 40 && (isDigit(e.text[stop]) || e.text[stop] >= 'a' && e.text[stop] <= 'f') {
		stop++
	}
	if stop-i < minCommit || stop-i > 40 || !e.wordEnds(stop) || e.followedBy(stop, "-/+%@") {
		return 0
	}
	if e.followedBy(stop, ".") && stop+1 < len(e.text) && isAlnum(e.text[stop+1]) {
		return 0
	}
	return stop
}

// qualified offers owner/name#12, owner/name!12 or owner/name@id, where the
// path is text[i:end]. It returns 0 if there is none.
func (e *editor) qualified(i, end int, r region) int {
	if end >= r.stop || e.precededBy(i, "@") || i > 0 && isWord(e.text[i-1]) {
		return 0
	}
	ref := Reference{Place: r.place}
	stop := 0
	switch mark := e.text[end]; mark {
	case '#', '!':
		ref.Kind = kindOf(mark)
		ref.Number, stop = e.digits(end+1, r)
	case '@':
		ref.Kind = Commit
		if stop = e.commitEnd(end+1, r); stop > 0 {
			ref.Name = e.text[end+1 : stop]
		}
	}
	if stop == 0 || !e.wordEnds(stop) {
		return 0
	}
	for e.followedBy(stop, "_") && e.text[i] == '_' {
		i++ // emphasis
	}
	if ref.Repository = e.text[i:end]; !isRepository(ref.Repository) {
		return 0
	}
	e.offer(ref, i, stop)
	return stop
}

// isRepository reports whether path names a repository with its owner.
func isRepository(path string) bool {
	segments := 0
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." || segment[0] == '-' {
			return false
		}
		segments++
	}
	return segments >= 2 && path[0] != '.'
}

// mention offers the mention whose @ is at i, as the bytes from start on. A
// word before the @ makes it an e-mail address, and so does a word with one
// of . + - % at its end, if a domain follows. Everything else counts, since
// someone who is missed is notified by the new forge.
func (e *editor) mention(start, i int, r region) int {
	if start > 0 && isAlnum(e.text[start-1]) {
		return 0
	}
	if i+1 < r.stop && e.text[i+1] == '{' {
		return e.mentionByID(start, i+2, r)
	}
	name, stop := e.login(i+1, r)
	if name == "" || e.precededBy(start, ".+-%_") && start >= 2 && isWord(e.text[start-2]) && strings.Contains(name, ".") {
		return 0
	}
	e.offer(Reference{Kind: Mention, Place: r.place, Name: name}, start, stop)
	return stop
}

// maxShown bounds the name in a mention by id.
const maxShown = 200

// mentionByID offers the mention whose id is at i: @{id}, as Bitbucket has it, or
// @{id name}.
func (e *editor) mentionByID(start, i int, r region) int {
	end := i
	for end < r.stop && (isWord(e.text[end]) || e.text[end] == ':' || e.text[end] == '-') {
		end++
	}
	stop := end
	for stop < r.stop && stop-end <= maxShown && (stop > end || e.text[stop] == ' ') && !strings.ContainsRune("{}[]<>&`*\\\r\n", rune(e.text[stop])) {
		stop++
	}
	if end == i || stop == r.stop || e.text[stop] != '}' {
		return 0
	}
	e.offer(Reference{Kind: Mention, Place: r.place, Name: e.text[i:end], ByID: true, Shown: strings.TrimSpace(e.text[end:stop])}, start, stop+1)
	return stop + 1
}

// login reads login or group/subgroup.
func (e *editor) login(i int, r region) (name string, stop int) {
	stop = i
	for stop < r.stop && isPath(e.text[stop]) {
		if !isWord(e.text[stop]) && (stop == i || e.text[stop-1] == '/') {
			break // a segment starts with a letter or digit
		}
		stop++
	}
	emphasis := i >= 2 && e.text[i-2] == '_'
	for stop > i && (e.text[stop-1] == '.' || e.text[stop-1] == '/' || emphasis && e.text[stop-1] == '_') {
		stop--
	}
	return e.text[i:stop], stop
}

// wordStarts reports whether a word could start at i. Underscores before it
// are emphasis if no word is before them.
func (e *editor) wordStarts(i int) bool {
	for i > 0 && e.text[i-1] == '_' {
		i--
	}
	return i == 0 || !isWord(e.text[i-1])
}

// wordEnds is wordStarts for the end of a word.
func (e *editor) wordEnds(i int) bool {
	for i < len(e.text) && e.text[i] == '_' {
		i++
	}
	return i == len(e.text) || !isWord(e.text[i])
}

func (e *editor) precededBy(i int, set string) bool {
	return i > 0 && strings.IndexByte(set, e.text[i-1]) >= 0
}

func (e *editor) followedBy(i int, set string) bool {
	return i < len(e.text) && strings.IndexByte(set, e.text[i]) >= 0
}

func kindOf(mark byte) Kind {
	if mark == '!' {
		return Change
	}
	return Issue
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlnum(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

func isWord(c byte) bool { return isAlnum(c) || c == '_' }

func isPath(c byte) bool { return isWord(c) || c == '.' || c == '-' || c == '/' }

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
