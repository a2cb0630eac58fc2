package main

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestShownDisarmsCommandsOfCI(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"ordinary", "acme/api", "acme/api"},
		{"inside a word", "std::string a::b", "std::string a::b"},
		{"at the start", "::error::x", `\x3a:error::x`},
		{"after a space, where a line may break", "x ::error::x", `x \x3a:error::x`},
		{"after a space that is not ASCII", "x\u3000::error::x", "x\u3000" + `\x3a:error::x`},
		{"old form, anywhere", "a##[error]b", `a\x23#[error]b`},
		{"other system", "##vso[task]b", `\x23#vso[task]b`},
		{"heading", "## Title [x]", "## Title [x]"},
		{"control characters too", "\x1b[2J", `\x1b[2J`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := shown(test.in); got != test.want {
				t.Errorf("shown(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	tests := []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"acme/very-long-name", 12, "acme/...name"},
		{"東京東京東京", 8, "東...京"},
		{"abcdef", 3, "abc"},
		{"abcdef", 0, ""},
	}
	for _, test := range tests {
		if got := clip(test.in, test.n); got != test.want {
			t.Errorf("clip(%q, %d) = %q, want %q", test.in, test.n, got, test.want)
		}
	}
}

func FuzzClip(f *testing.F) {
	for _, name := range hostileNames() {
		f.Add(name, 20)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = min(max(n, 0), 500)
		s = shown(s)
		got := clip(s, n)
		if columns(got) > n {
			t.Errorf("clip(%q, %d) = %q takes %d columns", s, n, got, columns(got))
		}
		if len(got) > 4*n+3 {
			t.Errorf("clip to %d columns gave %d bytes", n, len(got))
		}
		if !utf8.ValidString(got) {
			t.Errorf("clip(%q, %d) = %q is not UTF-8", s, n, got)
		}
	})
}

func TestWrap(t *testing.T) {
	text := "one two three four\n\n  indented lines are code and stay as long as they are\nhttps://example.com/very/long/word end"
	want := []string{"one two", "three four", "", "  indented lines are code and stay as long as they are", "https://example.com/very/long/word", "end"}
	if diff := cmp.Diff(want, wrap(text, 10)); diff != "" {
		t.Errorf("wrap (-want +got):\n%s", diff)
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("one two three", 5)
	f.Add("\x05 0", 1) // a word that takes no column
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = min(max(n, 1), 200)
		lines := wrap(s, n)
		if got, want := strings.Fields(strings.Join(lines, "\n")), strings.Fields(s); !slices.Equal(got, want) {
			t.Errorf("wrap(%q, %d) lost words: %q", s, n, lines)
		}
		for _, line := range lines {
			if columns(line) > n && len(strings.Fields(line)) > 1 && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
				t.Errorf("wrap(%q, %d) left the line %q", s, n, line)
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	tests := []struct{ got, want string }{
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1204), "1,204"}, {grouped(-1234567), "-1,234,567"},
		{byteSize(1), "1 byte"}, {byteSize(1023), "1,023 bytes"}, {byteSize(88185241), "84.1 MiB"}, {byteSize(1 << 62), "4.0 EiB"},
		{took(0), "0s"}, {took(59 * time.Second), "59s"}, {took(101 * time.Second), "1m41s"}, {took(3*time.Hour + 5*time.Minute), "3h05m"},
		{took(52 * time.Hour), "2d04h"}, {took(-time.Second), "0s"},
		{plural(1, "branch"), "1 branch"}, {plural(38, "branch"), "38 branches"},
		{counted(1, "lfs_object"), "1 lfs object"}, {counted(2, "repository"), "2 repositories"},
		{someOf([]string{"a", "b", "c"}, 2), "a, b, and 1 more"},
		{bounded("äöü", 3), "ä... (4 more bytes)"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}
