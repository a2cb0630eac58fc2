package authorfile

import (
	"io"
	"strings"
)

// Mailmap reads a mailmap as gitmailmap(5) describes it:
//
//	Proper Name <commit@example.com>
//	<proper@example.com> <commit@example.com>
//	Proper Name <proper@example.com> <commit@example.com>
//	Proper Name <proper@example.com> Commit Name <commit@example.com>
//
// Later lines win over earlier ones for the same commit e-mail and name, as
// they do in git: of two lines without a commit name, the later one keeps the
// name or e-mail of the earlier one when it has none itself. The entry has the
// line of the later one.
//
// Where git reads something other than what is meant, or ignores a line, there
// is a problem instead: a line that changes nothing, a "#" that is a comment to
// the reader and a name to git, text after the last e-mail, a missing bracket.
func Mailmap(r io.Reader) ([]Entry, []Problem) {
	var (
		entries  []Entry
		problems []Problem
		index    = make(map[commitKey]int)
	)
	for number, text := range textLines(r, &problems) {
		if isBlank(text) || isMailmapComment(text) {
			continue
		}
		entry, problem := mailmapEntry(text)
		if problem != nil {
			problem.Line = number
			problems = append(problems, *problem)
			continue
		}
		entry.Line = number

		key := commitKey{name: foldASCII(entry.MatchName), email: foldASCII(entry.MatchEmail)}
		i, found := index[key]
		if !found {
			index[key] = len(entries)
			entries = append(entries, entry)
			continue
		}
		entries[i] = override(entries[i], entry)
	}
	return entries, problems
}

// commitKey is the commit name and e-mail that git compares.
type commitKey struct{ name, email string }

// isMailmapComment accepts an indented comment too, unless it holds what git
// would take for an e-mail: to git only a "#" that begins the line is one.
func isMailmapComment(text string) bool {
	return strings.HasPrefix(text, "#") || isComment(text) && !strings.Contains(text, "<")
}

func mailmapEntry(text string) (Entry, *Problem) {
	if isComment(text) {
		return Entry{}, ambiguousComment(columnAt(text, strings.IndexByte(text, '#')))
	}
	first, problem := nextPerson(text, 0)
	if problem != nil {
		return Entry{}, problem
	}
	if first.email == "" {
		return Entry{}, emptyAddress(columnAt(text, first.open))
	}

	rest := text[first.end:]
	if isBlank(rest) || isComment(rest) && !strings.Contains(rest, "<") {
		if first.name == "" {
			return Entry{}, mapsNothing(columnAt(text, first.open))
		}
		return Entry{Name: first.name, MatchEmail: first.email}, nil
	}
	if isComment(rest) {
		return Entry{}, ambiguousComment(columnAt(text, first.end+strings.IndexByte(rest, '#')))
	}

	second, problem := nextPerson(text, first.end)
	if problem != nil {
		return Entry{}, problem
	}
	if rest := text[second.end:]; !isBlank(rest) && !isComment(rest) {
		return Entry{}, textAfterAddress(columnAt(text, second.end+leadingSpace(rest)))
	}
	return Entry{
		Name:       first.name,
		Email:      first.email,
		MatchName:  second.name,
		MatchEmail: second.email,
	}, nil
}

// override puts a later line over an earlier one for the same commits.
func override(earlier, later Entry) Entry {
	// Git replaces the entries that have a commit name, and merges the others.
	if later.MatchName != "" {
		return later
	}
	if later.Name == "" {
		later.Name = earlier.Name
	}
	if later.Email == "" {
		later.Email = earlier.Email
	}
	return later
}

func ambiguousComment(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Ambiguous comment",
		Detail:  `Git takes this "#" and the e-mail after it for a person, not for a comment. Begin a line of its own with the "#".`,
	}
}

func mapsNothing(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Line without effect",
		Detail:  "An e-mail alone changes nothing. Write the proper name before it, or a second e-mail that it replaces after it.",
	}
}
