package authorfile

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestTextLines(t *testing.T) {
	long := strings.Repeat("é", maxLineBytes/2)
	tests := []struct {
		name     string
		reader   io.Reader
		lines    map[int]string
		problems []place
	}{
		{name: "empty", reader: strings.NewReader("")},
		{
			name:   "line ends",
			reader: strings.NewReader("a\nb\r\n\nc"),
			lines:  map[int]string{1: "a", 2: "b", 3: "", 4: "c"},
		},
		{
			name:   "one byte at a time",
			reader: iotest.OneByteReader(strings.NewReader("\ufeffa\r\nb")),
			lines:  map[int]string{1: "a", 2: "b"},
		},
		{
			name:   "a byte order mark only at the start",
			reader: strings.NewReader("\ufeffa\n\ufeffb\n"),
			lines:  map[int]string{1: "a", 2: "\ufeffb"},
		},
		{
			name:   "the longest lines",
			reader: strings.NewReader("\ufeff" + long + "\r\n" + long + "\n" + long),
			lines:  map[int]string{1: long, 2: long, 3: long},
		},
		{
			name:     "lines too long",
			reader:   strings.NewReader("a\n" + long + "x\nb\n" + long + long + long + "\r\nc\n" + long + long),
			lines:    map[int]string{1: "a", 3: "b", 5: "c"},
			problems: []place{{2, 0, "Line too long"}, {4, 0, "Line too long"}, {6, 0, "Line too long"}},
		},
		{
			name:     "invalid UTF-8",
			reader:   strings.NewReader("é\xe9\n\ufffd\n\xff\n"),
			lines:    map[int]string{2: "\ufffd"},
			problems: []place{{1, 2, "Invalid UTF-8"}, {3, 1, "Invalid UTF-8"}},
		},
		{
			name:     "control characters",
			reader:   strings.NewReader("a\tb\né\x00\n\x1b[2J\na\rb\n\u0085\n"),
			lines:    map[int]string{1: "a\tb"},
			problems: []place{{2, 2, "Control character"}, {3, 1, "Control character"}, {4, 2, "Control character"}, {5, 1, "Control character"}},
		},
		{
			name:     "UTF-16",
			reader:   strings.NewReader("\xff\xfea\x00\n\x00b\x00\n\x00"),
			problems: []place{{1, 0, "UTF-16 file"}},
		},
		{
			name:     "read error",
			reader:   io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(errors.New("disk gone"))),
			lines:    map[int]string{1: "a"},
			problems: []place{{2, 0, "Unreadable file"}},
		},
		{
			name:     "read error in a line too long",
			reader:   io.MultiReader(strings.NewReader(long+long), iotest.ErrReader(errors.New("disk gone"))),
			problems: []place{{1, 0, "Unreadable file"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var (
				lines    map[int]string
				problems []Problem
			)
			for number, text := range textLines(tt.reader, &problems) {
				if lines == nil {
					lines = make(map[int]string)
				}
				lines[number] = text
			}
			if diff := cmp.Diff(tt.lines, lines); diff != "" {
				t.Errorf("lines (-want +got):\n%.500s", diff)
			}
			if diff := cmp.Diff(tt.problems, places(problems)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMostLines(t *testing.T) {
	var b strings.Builder
	for i := range maxLines {
		fmt.Fprintf(&b, "user%d = Jo <jo%d@x>\n", i, i)
	}
	entries, problems := SVNAuthors(strings.NewReader(b.String()))
	if len(entries) != maxLines || len(problems) != 0 {
		t.Errorf("got %d entries and %d problems, want %d and 0", len(entries), len(problems), maxLines)
	}

	b.WriteString("one = Too Many <jo@x>\nand = Another <jo@x>\n")
	entries, problems = SVNAuthors(strings.NewReader(b.String()))
	if len(entries) != maxLines {
		t.Errorf("got %d entries, want %d", len(entries), maxLines)
	}
	want := []place{{maxLines + 1, 0, "Too many lines"}}
	if diff := cmp.Diff(want, places(problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}
