package authorfile

import (
	"io"
	"strings"
)

// SVNAuthors reads the authors file of git-svn and its kin: lines of
//
//	login = Name <email>
//
// and comments, which begin with "#" on a line of their own or after the
// e-mail. The login is everything before the first "=", without the white space
// around it: "jo doe", "CORP\jo" and "(no author)" are logins. It is compared
// exactly, and becomes the RemoteName.
//
// A login mapped twice to different people is a problem, although git-svn lets
// the last line win: such files are merged by hand, and either may be wrong.
func SVNAuthors(r io.Reader) ([]Entry, []Problem) {
	var (
		found    people
		problems []Problem
	)
	for number, text := range textLines(r, &problems) {
		if isBlank(text) || isComment(text) {
			continue
		}
		entry, problem := svnEntry(text)
		if problem == nil {
			entry.Line = number
			problem = found.add(entry)
		}
		if problem != nil {
			problem.Line = number
			problems = append(problems, *problem)
		}
	}
	return found.entries, problems
}

func svnEntry(text string) (Entry, *Problem) {
	equals := strings.IndexByte(text, '=')
	if equals < 0 {
		return Entry{}, missingEquals()
	}
	login := strings.TrimSpace(text[:equals])
	if login == "" {
		return Entry{}, missingLogin(columnAt(text, equals))
	}
	author, problem := nextPerson(text, equals+1)
	if problem != nil {
		return Entry{}, problem
	}
	if author.name == "" {
		return Entry{}, missingName(columnAt(text, author.open))
	}
	if author.email == "" {
		return Entry{}, emptyAddress(columnAt(text, author.open))
	}
	if rest := text[author.end:]; !isBlank(rest) && !isComment(rest) {
		return Entry{}, textAfterAddress(columnAt(text, author.end+leadingSpace(rest)))
	}
	return Entry{RemoteName: login, Name: author.name, Email: author.email}, nil
}

func missingEquals() *Problem {
	return &Problem{
		Summary: `Missing "="`,
		Detail:  `The line has no "=". Write it as: login = Name <email>.`,
	}
}

func missingLogin(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Missing login",
		Detail:  `There is no login before the "=". Write the line as: login = Name <email>.`,
	}
}

func missingName(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Missing name",
		Detail:  "There is no name before the e-mail. Write the line as: login = Name <email>.",
	}
}
