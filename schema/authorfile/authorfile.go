// Package authorfile reads the files that say who is who: the csv, mailmap and
// svn_authors files of an authors block. Each form has one function, and all
// give the same [Entry]. Matching people against entries, and the order in
// which files are asked, is decided elsewhere.
//
// What holds for all forms:
//
//   - A file is UTF-8, with or without a byte order mark, with LF or CRLF, of
//     at most 100,000 lines of at most 64 KiB each. Control characters other
//     than tab are refused, since names end up in commits and on terminals.
//   - All problems are collected, in the order of the file. A line with a
//     problem gives no entry, and the lines after it are still read.
//   - Entries are in the order in which the file first names their people, and
//     each person has one. The RemoteID tells people apart, or the RemoteName
//     where there is none, or MatchName and MatchEmail together.
//
// # Why
//
// Lines that other programs skip in silence are problems here. A mapping that
// was misspelt shows only after the wrong name is in published history, and
// taking it back there costs a rewrite.
//
// A csv row is one line; a quoted cell cannot hold a line break. No name,
// e-mail or login has one, and without them an unclosed quote costs its own
// line instead of swallowing the rest of the file. That is why encoding/csv is
// not used.
package authorfile

import "strings"

// Entry maps one person of a source to a person at the target.
//
// An entry of a csv or svn_authors file has a RemoteID, a RemoteName or both.
// An entry of a mailmap has neither: it matches the commits with MatchEmail
// (which may be empty, as in a commit by "Jo <>") and, unless MatchName is
// empty, MatchName.
type Entry struct {
	// RemoteID is the source's id of the person, compared exactly. For a git
	// source it is the e-mail.
	RemoteID string
	// RemoteName is the login or name at the source, compared exactly. Beside a
	// RemoteID, which is the stronger of the two, it need not be unique.
	RemoteName string

	// MatchName and MatchEmail are the commit name and e-mail of a mailmap, as
	// written there. Git compares both without regard to the case of ASCII
	// letters, and prefers an entry with a MatchName over one without.
	MatchName, MatchEmail string

	// Name and Email are what to write instead; empty means keep.
	Name, Email string
	// TargetUser is the account at the target; empty means none is known.
	TargetUser string

	// Line is the line in the file, from 1.
	Line int
}

// Problem is a mistake in an author file.
type Problem struct {
	// Line counts from 1.
	Line int
	// Column counts characters from 1, without a byte order mark; 0 means the
	// line as a whole.
	Column int
	// Summary is a short phrase, Detail says in sentences what was found and
	// what to do. What they quote from the file is shortened and free of
	// control characters.
	Summary, Detail string
}

// who is what makes two entries of a csv or svn_authors file the same person.
type who struct{ id, name string }

func (e Entry) who() who {
	if e.RemoteID != "" {
		return who{id: e.RemoteID}
	}
	return who{name: e.RemoteName}
}

func (w who) String() string {
	if w.id != "" {
		return "remote_id " + quote(w.id)
	}
	return quote(w.name)
}

// people collects the entries of a file in which a person appears once.
type people struct {
	entries []Entry
	index   map[who]int
}

// add keeps e, unless its person is there already: then the same mapping again
// is harmless, and a different one is the problem returned.
func (p *people) add(e Entry) *Problem {
	person := e.who()
	i, found := p.index[person]
	if !found {
		if p.index == nil {
			p.index = make(map[who]int)
		}
		p.index[person] = len(p.entries)
		p.entries = append(p.entries, e)
		return nil
	}
	if first := p.entries[i]; !first.sameTarget(e) {
		return conflict(person, first.Line, e.Line)
	}
	return nil
}

func (e Entry) sameTarget(other Entry) bool {
	return e.Name == other.Name && e.Email == other.Email && e.TargetUser == other.TargetUser
}

// tidy is e without white space around what is to be written.
func (e Entry) tidy() Entry {
	e.Name = strings.TrimSpace(e.Name)
	e.Email = strings.TrimSpace(e.Email)
	e.TargetUser = strings.TrimSpace(e.TargetUser)
	return e
}

// foldASCII lowers the ASCII letters of s and no others: git compares bytes
// with strcasecmp, so that É and é are different people to it.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
