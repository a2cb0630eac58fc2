package githubtest

import (
	"net/http"
	"net/url"
	"strings"
)

// matcher finds the route of a request. http.ServeMux refuses GitHub's paths:
// /issues/comments/{id} and /issues/{number}/comments overlap, and what is
// meant is the one with the earlier literal.
type matcher map[int][]matched // by number of segments

type matched struct {
	route
	segments []string
}

func newMatcher(all []route) matcher {
	m := matcher{}
	for _, r := range all {
		_, path, _ := strings.Cut(r.pattern, " ")
		s := strings.Split(path, "/")
		m[len(s)] = append(m[len(s)], matched{r, s})
	}
	return m
}

// find returns the route of a request, whose path values it sets.
func (m matcher) find(r *http.Request) (route, bool) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	var best *matched
	for n, c := range m[len(segments)] {
		if c.fits(segments) && (best == nil || c.before(best)) {
			best = &m[len(segments)][n]
		}
	}
	if best == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return route{}, false
	}
	for n, s := range best.segments {
		if !strings.HasPrefix(s, "{") {
			continue
		}
		value, err := url.PathUnescape(segments[n])
		if err != nil || value == "" {
			return route{}, false
		}
		r.SetPathValue(strings.Trim(s, "{}"), value)
	}
	return best.route, true
}

func (c *matched) fits(segments []string) bool {
	for n, s := range c.segments {
		if s != segments[n] && !strings.HasPrefix(s, "{") {
			return false
		}
	}
	return true
}

// before reports whether c has a literal where o first has none.
func (c *matched) before(o *matched) bool {
	for n, s := range c.segments {
		a, b := strings.HasPrefix(s, "{"), strings.HasPrefix(o.segments[n], "{")
		if a != b {
			return b
		}
	}
	return false
}
