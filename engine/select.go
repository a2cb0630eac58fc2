package engine

import (
	"path"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// selected returns the resources that options leave in scope.
func selected(resources []schema.Resource, o Options) []*schema.Resource {
	in := make([]*schema.Resource, 0, len(resources))
	for i := range resources {
		if o.covers(resources[i].Address) {
			in = append(in, &resources[i])
		}
	}
	return in
}

// covers reports whether an address is in scope.
func (o Options) covers(a schema.Address) bool {
	if MatchesAny(o.Except, a) {
		return false
	}
	return len(o.Only) == 0 || MatchesAny(o.Only, a)
}

// Unmatched returns those of the patterns that name no resource and no entry.
// A pattern that matches nothing is a mistake, not a success.
func (o Options) Unmatched(m *schema.Migration, history History) []string {
	var missing []string
	for _, list := range [][]string{o.Only, o.Except, o.Restart} {
		for _, p := range list {
			if !matchesSome(p, m, history) {
				missing = append(missing, p)
			}
		}
	}
	return missing
}

func matchesSome(pattern string, m *schema.Migration, history History) bool {
	for i := range m.Resources {
		if Matches(pattern, m.Resources[i].Address) {
			return true
		}
	}
	for i := range history.Entries {
		if Matches(pattern, history.Entries[i].Address) {
			return true
		}
	}
	return false
}

// MatchesAny reports whether one of patterns matches a.
func MatchesAny(patterns []string, a schema.Address) bool {
	for _, p := range patterns {
		if Matches(p, a) {
			return true
		}
	}
	return false
}

// Matches reports whether a pattern names an address: the address itself, its
// block, the short form that people read, or a glob of one of them in which *
// stands for any characters.
func Matches(pattern string, a schema.Address) bool {
	return pattern == a.Block() || glob(pattern, a.Display()) || glob(pattern, string(a))
}

// glob matches * against any run of characters, slashes and brackets included,
// because addresses are not paths.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}

func parent(p string) string {
	if !strings.Contains(p, "/") {
		return ""
	}
	return path.Dir(p)
}

func base(p string) string {
	if p == "" {
		return ""
	}
	return path.Base(p)
}
