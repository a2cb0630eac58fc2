package conversion

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

func TestMessage(t *testing.T) {
	for _, test := range []struct {
		text      string
		encodings []encoding.Encoding
		want      string
		lossy     bool
	}{
		{"", nil, "", false},
		{"\n\n", nil, "", false},
		{"one", nil, "one\n", false},
		{"one\n", nil, "one\n", false},
		{"one\n\n\n", nil, "one\n", false},
		{"one\r\ntwo\r\n", nil, "one\ntwo\n", false},
		{"one\rtwo", nil, "one\ntwo\n", false},
		{"one\r\r\ntwo", nil, "one\n\ntwo\n", false},
		{"  indented\n", nil, "  indented\n", false},
		{"one\x00two", nil, "onetwo\n", true},
		{"\x00", nil, "", true},
		{"größe", nil, "größe\n", false},
		{"gr\xf6\xdfe", nil, "größe\n", true},
		{"\x93quoted\x94 \x80", nil, "“quoted” €\n", true},
		{"\x81", nil, "\u0081\n", true},
		{"\x93\xfa\x96\x7b", []encoding.Encoding{japanese.ShiftJIS}, "日本\n", true},
		{"\xcf\xf0\xe8", []encoding.Encoding{japanese.ShiftJIS, charmap.Windows1251}, "При\n", true},
		{"größe", []encoding.Encoding{charmap.ISO8859_1}, "größe\n", false},
		{"half \xf6 and ö", nil, "half ö and Ã¶\n", true},
	} {
		got, lossy := Message([]byte(test.text), test.encodings...)
		if string(got) != test.want || lossy != test.lossy {
			t.Errorf("%q became %q, %v; want %q, %v", test.text, got, lossy, test.want, test.lossy)
		}
	}
}

func TestMessageKeepsItsArgument(t *testing.T) {
	text := []byte("one\n\n\nmore")
	if got, _ := Message(text[:5]); string(got) != "one\n" || string(text) != "one\n\n\nmore" {
		t.Errorf("%q, and the argument is %q", got, text)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("one\r\ntwo\x00"))
	f.Add([]byte("gr\xf6\xdfe"))
	f.Fuzz(func(t *testing.T, text []byte) {
		message, _ := Message(text)
		for i, c := range message {
			if c == 0 || c == '\r' || c == '\n' && i == 0 && len(message) == 1 {
				t.Errorf("%q became %q", text, message)
			}
		}
		if !utf8.Valid(message) {
			t.Errorf("%q became %q", text, message)
		}
		if again, lossy := Message(message); string(again) != string(message) || lossy {
			t.Errorf("%q became %q and that %q", text, message, again)
		}
	})
}
