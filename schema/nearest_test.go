package schema

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"repository", "source", "target", "profile", "authors", "moved", "removed", "drover", "target_namespace", "on_orphan", "ab", "id"}
	tests := []struct{ name, want string }{
		{"repositry", "repository"},
		{"repo", ""},
		{"Source", "source"},
		{"soruce", "source"},
		{"surce", "source"},
		{"targets", "target"},
		{"target-namespace", "target_namespace"},
		{"targetnamespace", "target_namespace"},
		{"on_orphans", "on_orphan"},
		{"author", "authors"},
		{"remove", "removed"},
		{"ba", "ab"},
		{"xy", ""},
		{"", ""},
		{"policy", ""},
		{"entirely_different", ""},
		{strings.Repeat("x", 1<<20), ""},
	}
	for _, test := range tests {
		if got := Nearest(test.name, known); got != test.want {
			t.Errorf("Nearest(%.40q) = %q; want %q", test.name, got, test.want)
		}
	}
	if got := Nearest("wave", nil); got != "" {
		t.Errorf("Nearest without names = %q", got)
	}
	if got := Nearest("bat", []string{"cat", "hat"}); got != "cat" {
		t.Errorf("of two equally near names %q was chosen, not the first", got)
	}
}
