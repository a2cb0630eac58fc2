package authorfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxLines     = 100_000
	maxLineBytes = 64 << 10

	byteOrderMark = "\ufeff"
)

// textLines yields the number and text of the lines of r, without their line
// ends. Lines that are not text are appended to problems instead.
func textLines(r io.Reader, problems *[]Problem) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		report := func(line int, p *Problem) {
			p.Line = line
			*problems = append(*problems, *p)
		}
		// Room for the longest line with its line end and a byte order mark.
		buffered := bufio.NewReaderSize(r, len(byteOrderMark)+maxLineBytes+len("\r\n"))
		for number := 1; ; number++ {
			raw, err := readLine(buffered)
			if err == io.EOF {
				return
			}
			if number > maxLines {
				report(number, tooManyLines())
				return
			}
			if number == 1 {
				if isUTF16(raw) {
					report(number, utf16File())
					return
				}
				raw = bytes.TrimPrefix(raw, []byte(byteOrderMark))
			}
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				report(number, unreadable(err))
				return
			}
			if err != nil || len(raw) > maxLineBytes {
				report(number, longLine())
				continue
			}
			text := string(raw)
			if p := checkText(text); p != nil {
				report(number, p)
				continue
			}
			if !yield(number, text) {
				return
			}
		}
	}
}

// readLine returns the next line without its line end, valid until the next
// read. The error is io.EOF only after the last line, and bufio.ErrBufferFull
// for a line longer than the buffer, which has then been skipped.
func readLine(r *bufio.Reader) ([]byte, error) {
	raw, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, skipLine(r)
	}
	if err == io.EOF && len(raw) > 0 {
		err = nil
	}
	raw = bytes.TrimSuffix(raw, []byte("\n"))
	return bytes.TrimSuffix(raw, []byte("\r")), err
}

func skipLine(r *bufio.Reader) error {
	for {
		_, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil, err == io.EOF:
			return bufio.ErrBufferFull
		default:
			return err
		}
	}
}

// checkText says what keeps a line from being text, or nil.
func checkText(text string) *Problem {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return invalidUTF8(columnAt(text, i), text[i])
			}
		}
		if unicode.IsControl(r) && r != '\t' {
			return controlCharacter(columnAt(text, i), r)
		}
	}
	return nil
}

// isUTF16 recognizes the byte order marks that spreadsheets write.
func isUTF16(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff})
}

// columnAt is the column of the byte at offset.
func columnAt(text string, offset int) int {
	return utf8.RuneCountInString(text[:offset]) + 1
}

// quote makes a piece of the file fit for a message.
func quote(s string) string {
	const most = 60
	count := 0
	for i := range s {
		if count == most {
			return fmt.Sprintf("%q...", s[:i])
		}
		count++
	}
	return fmt.Sprintf("%q", s)
}

func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

func isComment(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "#")
}
