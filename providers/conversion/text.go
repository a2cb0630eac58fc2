package conversion

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Message makes a commit message of text: UTF-8 with line feeds between lines,
// one at the end, and without NULs. Text that is not UTF-8 is read in the
// first of the encodings that all of it fits, and else as Windows-1252, which
// is what programs mean by Latin-1. Lossy tells that the bytes cannot be had
// back for certain: the encoding was guessed or something was left out.
func Message(text []byte, encodings ...encoding.Encoding) (message []byte, lossy bool) {
	message, lossy = toUTF8(text, encodings)
	if bytes.IndexByte(message, 0) >= 0 {
		message, lossy = bytes.ReplaceAll(message, []byte{0}, nil), true
	}
	if bytes.IndexByte(message, '\r') >= 0 {
		message = bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n"))
		message = bytes.ReplaceAll(message, []byte("\r"), []byte("\n"))
	}
	message = bytes.TrimRight(message, "\n")
	if len(message) == 0 {
		return nil, lossy
	}
	return append(bytes.Clone(message), '\n'), lossy
}

// toUTF8 recodes text that is not UTF-8.
func toUTF8(text []byte, encodings []encoding.Encoding) (recoded []byte, guessed bool) {
	if utf8.Valid(text) {
		return text, false
	}
	for _, e := range encodings {
		recoded, err := e.NewDecoder().Bytes(text)
		if err == nil && !bytes.ContainsRune(recoded, utf8.RuneError) {
			return recoded, true
		}
	}
	recoded = make([]byte, 0, len(text)+len(text)/8)
	for _, b := range text {
		r := charmap.Windows1252.DecodeByte(b)
		if r == utf8.RuneError { // five bytes that it leaves open
			r = rune(b)
		}
		recoded = utf8.AppendRune(recoded, r)
	}
	return recoded, true
}

// oneLine recodes text and replaces what cannot stand in a line.
func oneLine(text string) string {
	if !utf8.ValidString(text) {
		recoded, _ := toUTF8([]byte(text), nil)
		text = string(recoded)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text))
}

// isControl reports the control characters of ASCII and of Latin-1.
func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }
