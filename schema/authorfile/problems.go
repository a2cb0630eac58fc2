package authorfile

import (
	"fmt"
	"strings"
)

// The problems any form can have. Whoever reports one sets its line.

func invalidUTF8(column int, b byte) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Invalid UTF-8",
		Detail:  fmt.Sprintf("The byte 0x%02x here is not UTF-8. Save the file as UTF-8.", b),
	}
}

func utf16File() *Problem {
	return &Problem{
		Summary: "UTF-16 file",
		Detail:  "The file begins like UTF-16 text and was not read. Save it as UTF-8.",
	}
}

func controlCharacter(column int, r rune) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Control character",
		Detail:  fmt.Sprintf("The character %U has no place in an author file. Remove it.", r),
	}
}

func longLine() *Problem {
	return &Problem{
		Summary: "Line too long",
		Detail:  fmt.Sprintf("The line has more than %d bytes. Shorten it, and check that the file has line ends.", maxLineBytes),
	}
}

func tooManyLines() *Problem {
	return &Problem{
		Summary: "Too many lines",
		Detail:  fmt.Sprintf("The lines from here on were not read. Split the file into files of at most %d lines.", maxLines),
	}
}

func unreadable(err error) *Problem {
	return &Problem{
		Summary: "Unreadable file",
		Detail:  fmt.Sprintf("Reading failed here: %v. The rest of the file was not read.", err),
	}
}

func conflict(person who, first, second int) *Problem {
	return &Problem{
		Line:    second,
		Summary: "Person mapped twice",
		Detail: fmt.Sprintf("Lines %d and %d map %v to different values. Remove one of the two lines.",
			first, second, person),
	}
}

// The problems of "Name <email>", in mailmap and svn_authors files.

func missingAddress(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Missing e-mail",
		Detail:  "The text from here to the end of the line has no e-mail in angle brackets. Write it as <jo@example.com>, or remove the text.",
	}
}

func unclosedAddress(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Unclosed e-mail",
		Detail:  `The "<" here has no ">" after it. Close it.`,
	}
}

func strayBracket(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Misplaced angle bracket",
		Detail:  `Names and e-mails cannot have "<" or ">", which enclose an e-mail. Remove this one.`,
	}
}

func emptyAddress(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Empty e-mail",
		Detail:  "There is no e-mail between the angle brackets. Write one, as <jo@example.com>.",
	}
}

func textAfterAddress(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Text after the e-mail",
		Detail:  `Only a comment that begins with "#" can follow the last e-mail. Remove the text.`,
	}
}

// The problems of csv files.

func missingHeader(line int) *Problem {
	return &Problem{
		Line:    line,
		Summary: "Missing header",
		Detail:  headerHelp(),
	}
}

func wrongSeparator(separator string) *Problem {
	return &Problem{
		Summary: "Cells not separated by commas",
		Detail:  fmt.Sprintf("The header separates its cells with %q. Save the file with commas.", separator),
	}
}

func headerHelp() string {
	return fmt.Sprintf("The first line names the columns: any of %s, with at least one of the first two; or exactly %s.",
		strings.Join(columnNames(), ", "), mannequinHeader)
}

func bareQuote(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Quote inside a cell",
		Detail:  `A cell with a quote is written in quotes, with the quote inside doubled, as "Jo ""JJ"" Doe".`,
	}
}

func unclosedQuote(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Unclosed quote",
		Detail:  "The quote that begins this cell is not closed on this line, and a cell cannot hold a line break. Close it.",
	}
}

func textAfterQuote(column int) *Problem {
	return &Problem{
		Column:  column,
		Summary: "Text after a quoted cell",
		Detail:  `After the closing quote comes a comma or the end of the line. A quote inside the cell is written twice, as "".`,
	}
}
