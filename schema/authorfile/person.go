package authorfile

import "strings"

// person is a "Name <email>" found in a line. Either can be empty.
type person struct {
	name, email string
	// open and end are the offsets of the "<" and of what follows the ">".
	open, end int
}

// nextPerson reads the "Name <email>" that begins at offset start of text.
// White space around the name goes; an e-mail is kept as it is, as git does.
func nextPerson(text string, start int) (person, *Problem) {
	start += leadingSpace(text[start:])
	open := strings.IndexByte(text[start:], '<')
	if open < 0 {
		return person{}, missingAddress(columnAt(text, start))
	}
	open += start
	length := strings.IndexByte(text[open:], '>')
	if length < 0 {
		return person{}, unclosedAddress(columnAt(text, open))
	}
	end := open + length + 1
	name, email := text[start:open], text[open+1:end-1]
	if i := strings.IndexByte(name, '>'); i >= 0 {
		return person{}, strayBracket(columnAt(text, start+i))
	}
	if i := strings.IndexByte(email, '<'); i >= 0 {
		return person{}, strayBracket(columnAt(text, open+1+i))
	}
	return person{name: strings.TrimRight(name, gitSpace), email: email, open: open, end: end}, nil
}

// gitSpace is what git takes for white space, as far as a line can have it.
const gitSpace = " \t"

func leadingSpace(text string) int {
	return len(text) - len(strings.TrimLeft(text, gitSpace))
}
