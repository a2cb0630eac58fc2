package schema

import (
	"path"
	"strings"
	"testing"
)

func TestMatchGlob(t *testing.T) {
	tests := []struct {
		pattern, text string
		want          bool
	}{
		{"dotfiles", "dotfiles", true},
		{"dotfiles", "acme/dotfiles", true},
		{"dotfiles", "acme/dotfiles2", false},
		{"*-sandbox", "acme/my-sandbox", true},
		{"*-sandbox", "my-sandbox/api", false},
		{"acme/*", "acme/api", true},
		{"acme/*", "acme/platform/api", false},
		{"acme/*", "other/api", false},
		{"acme/**", "acme/platform/api", true},
		{"acme/**", "acme", false},
		{"**/api", "api", true},
		{"**/api", "acme/platform/api", true},
		{"**/api", "acme/myapi", false},
		{"a/**/b", "a/b", true},
		{"a/**/b", "a/x/y/b", true},
		{"a/**/b", "a/xb", false},
		{"a**/b", "ab", false},
		{"a**/b", "ax/y/b", true},
		{"**", "", true},
		{"*", "acme/api", true},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"a?c", "abc", true},
		{"a?c", "aéc", true},
		{"x/a?c", "x/a/c", false},
		{"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},
		{"[^a-c]x", "dx", true},
		{"x[!a]y/", "x/y/", false},
		{"[]]", "]", true},
		{"[a-]", "-", true},
		{`[\]]`, "]", true},
		{`\*`, "*", true},
		{`\*`, "a", false},
		{`a\`, `a\`, true},
		{"API", "api", false},
	}
	for _, test := range tests {
		got, err := MatchGlob(test.pattern, test.text)
		if err != nil || got != test.want {
			t.Errorf("MatchGlob(%q, %q) = %t, %v; want %t", test.pattern, test.text, got, err, test.want)
		}
	}
	for _, pattern := range []string{"[", "[a", "[]", "[!", `[\]`} {
		if _, err := MatchGlob(pattern, "a"); err == nil {
			t.Errorf("MatchGlob(%q) has no error", pattern)
		}
	}
}

// A pattern of many stars takes no longer than its length times the text's.
func TestMatchGlobIsNotExponential(t *testing.T) {
	ok, err := MatchGlob("x/"+strings.Repeat("*a", 500)+strings.Repeat("**/", 500)+"b", "x/"+strings.Repeat("a/", 2000))
	if ok || err != nil {
		t.Errorf("matched: %t, %v", ok, err)
	}
}

// Where the patterns of path.Match and ours mean the same, so do the answers.
func FuzzMatchGlob(f *testing.F) {
	f.Add("acme/*", "acme/api")
	f.Add("a/[b-d]?*", "a/cde")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		got, err := MatchGlob(pattern, text)
		if !strings.Contains(pattern, "/") || strings.Contains(pattern, "**") || strings.ContainsAny(pattern, `[]\`) || !isASCII(pattern+text) {
			return
		}
		want, wantErr := path.Match(pattern, text)
		if got != want || (err != nil) != (wantErr != nil) {
			t.Errorf("MatchGlob(%q, %q) = %t, %v; path.Match says %t, %v", pattern, text, got, err, want, wantErr)
		}
	})
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}
