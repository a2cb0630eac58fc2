package history

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

// charset is what the text of a commit is written in.
type charset struct {
	label string            // of the encoding header; "" for UTF-8
	codec encoding.Encoding // nil for UTF-8 and for what nobody knows
}

// charsetOf returns the charset that an encoding header names. Text in an
// unknown one is taken as it is.
func charsetOf(label string) charset {
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8":
		return charset{}
	}
	codec, err := ianaindex.IANA.Encoding(label)
	if err != nil {
		codec = nil
	}
	return charset{label: label, codec: codec}
}

// decode returns text as UTF-8 where the charset is known, else as it is.
func (c charset) decode(text []byte) string {
	if c.codec == nil {
		return string(text)
	}
	decoded, err := c.codec.NewDecoder().Bytes(text)
	if err != nil {
		return string(text)
	}
	return string(decoded)
}

// encode is the inverse of decode. It fails where the charset has no such
// characters.
func (c charset) encode(text string) (string, bool) {
	if c.codec == nil {
		return text, true
	}
	encoded, err := c.codec.NewEncoder().String(text)
	return encoded, err == nil
}

// whole decodes text if nothing of it is lost thereby.
func (c charset) whole(text []byte) ([]byte, bool) {
	if c.codec == nil {
		return nil, false
	}
	decoded, err := c.codec.NewDecoder().Bytes(text)
	if err != nil || !utf8.Valid(decoded) || strings.ContainsRune(string(decoded), utf8.RuneError) {
		return nil, false
	}
	return decoded, true
}
