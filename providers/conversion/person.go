package conversion

import (
	"fmt"
	"strconv"
	"strings"
)

// NoAuthor is the login of a revision that names nobody.
const NoAuthor = "(no author)"

// Person is an author, committer or tagger.
type Person struct {
	Name  string
	Email string
}

// LoginAt is who a source knows by a login only: "login <login@repository>".
// The repository is named by its permanent id, so that equal logins of two
// repositories are two people.
func LoginAt(login, repository string) Person {
	if login == "" {
		login = NoAuthor
	}
	return Person{Name: login, Email: login + "@" + repository}
}

// SplitPerson reads what people write as their name in Mercurial and elsewhere.
//
//	Ann <ann@x.org>            Ann           ann@x.org
//	"Quo, Ted" <q@x.org>       Quo, Ted      q@x.org
//	No Close <x@x.org          No Close      x@x.org
//	Two <a@x.org> <c@x.org>    Two           a@x.org
//	<ann@x.org>                ann           ann@x.org
//	ann@x.org                  ann           ann@x.org
//	ann@x.org (Ann Other)      Ann Other     ann@x.org
//	Ann ann@x.org              Ann           ann@x.org
//	ann                        ann
//
// Without a mail address, Email is empty: the caller knows what stands for
// one. Both are empty for text without a visible character.
func SplitPerson(raw string) Person {
	raw = oneLine(raw)
	var p Person
	switch before, rest, bracket := strings.Cut(raw, "<"); {
	case bracket:
		address, after, _ := strings.Cut(strings.TrimLeft(rest, "< "), ">")
		p = Person{Name: before, Email: address}
		if unquote(before) == "" {
			after, _, _ = strings.Cut(after, "<")
			p.Name = strings.Trim(after, "> ")
		}
	default:
		p = splitBare(raw)
	}
	p.Name, p.Email = withoutBrackets(unquote(p.Name)), withoutBrackets(p.Email)
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(p.Email, "@")
	}
	return p
}

// splitBare reads a name and an address without angle brackets.
func splitBare(raw string) Person {
	if address, comment, ok := strings.Cut(raw, "("); ok && strings.HasSuffix(comment, ")") && isAddress(strings.TrimSpace(address)) {
		return Person{Name: comment[:len(comment)-1], Email: strings.TrimSpace(address)}
	}
	words := strings.Fields(raw)
	for i, word := range words {
		if isAddress(word) {
			rest := append(words[:i:i], words[i+1:]...)
			return Person{Name: strings.Join(rest, " "), Email: word}
		}
	}
	return Person{Name: raw}
}

// isAddress reports whether a word is LOCAL@DOMAIN.
func isAddress(word string) bool {
	local, domain, ok := strings.Cut(word, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(word, " ,;\"'()") && !strings.Contains(domain, "@")
}

// unquote takes off the quotes around a name, and the backslashes of RFC 5322
// inside them.
func unquote(name string) string {
	name = strings.TrimSpace(name)
	if len(name) < 2 || name[0] != name[len(name)-1] || name[0] != '"' && name[0] != '\'' {
		return name
	}
	if name[0] == '"' {
		name = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(name)
	}
	return strings.TrimSpace(name[1 : len(name)-1])
}

// withoutBrackets removes what ends a name or an address in a commit.
func withoutBrackets(text string) string {
	if strings.ContainsAny(text, "<>") {
		text = strings.NewReplacer("<", "", ">", "").Replace(text)
	}
	return strings.TrimSpace(text)
}

// Limits of the dates in a commit.
const (
	maxSeconds = 253402300799       // the last second of the year 9999, which every program can print
	maxOffset  = (99*60+59)*60 + 59 // the hours have two digits
)

// At returns the person and a date as they stand in a commit: seconds since
// 1970 and an offset in seconds east of Greenwich. Control characters and
// angle brackets are removed, and a person without a name is called by the
// mail address. A date that git cannot hold becomes the nearest one that it
// can; [DateProblem] tells.
func (p Person) At(seconds int64, offset int) []byte {
	name, email := withoutBrackets(oneLine(p.Name)), withoutBrackets(oneLine(p.Email))
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	if name == "" {
		name = "unknown"
	}
	if offset < -maxOffset || offset > maxOffset {
		offset = 0
	}
	line := make([]byte, 0, len(name)+len(email)+24)
	line = append(line, name...)
	line = append(line, " <"...)
	line = append(line, email...)
	line = append(line, "> "...)
	line = strconv.AppendInt(line, min(max(seconds, 0), maxSeconds), 10)
	sign := '+'
	if offset <= -60 {
		sign, offset = '-', -offset
	}
	minutes := max(offset, 0) / 60
	return fmt.Appendf(line, " %c%02d%02d", sign, minutes/60, minutes%60)
}

// DateProblem says what a commit cannot hold of a date, or "" when it holds all.
func DateProblem(seconds int64, offset int) string {
	switch {
	case seconds < 0:
		return "git knows no dates before 1970, it became 1970-01-01"
	case seconds > maxSeconds:
		return "the date is after the year 9999, it became the end of that year"
	case offset < -maxOffset || offset > maxOffset:
		return "the time zone is more than 99 hours from Greenwich, it became +0000"
	case offset%60 != 0:
		return "git knows no seconds in a time zone, they were left out"
	}
	return ""
}
