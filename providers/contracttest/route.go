package contracttest

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// node is a place in the tree of described paths. Its children are tried in the
// order literal, pattern, parameter, parameter with slashes, which is what servers
// do and what makes "issues/comments" win over "issues/{index}".
type node struct {
	literal  map[string]*node
	patterns []pattern // segments such as "{index}.{diffType}"
	one      *node     // a parameter of one segment
	many     *node     // a parameter of one or more segments

	names      []string // of the parameters that lead here, in order
	operations map[string]*operation
}

type pattern struct {
	text string
	re   *regexp.Regexp
	next *node
}

var parameterName = regexp.MustCompile(`\{([^{}]+)\}`)

// add makes the nodes of a path template and returns the last one.
func (n *node) add(template string, slashes map[string]bool) (*node, error) {
	if !strings.HasPrefix(template, "/") {
		return nil, fmt.Errorf("the API description has a path without a leading slash: %q", template)
	}
	var names []string
	for _, segment := range strings.Split(template[1:], "/") {
		found := parameterName.FindAllStringSubmatch(segment, -1)
		for _, f := range found {
			names = append(names, f[1])
		}
		switch {
		case len(found) == 0:
			n = n.child(segment)
		case len(found) == 1 && found[0][0] == segment && slashes[found[0][1]]:
			n = grown(&n.many)
		case len(found) == 1 && found[0][0] == segment:
			n = grown(&n.one)
		default:
			n = n.pattern(segment)
		}
	}
	if n.names != nil && n.operations != nil {
		return nil, fmt.Errorf("the API description has two paths of the form %q", template)
	}
	n.names = names
	return n, nil
}

func (n *node) child(segment string) *node {
	if n.literal == nil {
		n.literal = map[string]*node{}
	}
	if n.literal[segment] == nil {
		n.literal[segment] = &node{}
	}
	return n.literal[segment]
}

func grown(at **node) *node {
	if *at == nil {
		*at = &node{}
	}
	return *at
}

func (n *node) pattern(segment string) *node {
	// Names differ between templates of the same form; the form is what counts.
	form := parameterName.ReplaceAllString(segment, "{}")
	for _, p := range n.patterns {
		if p.text == form {
			return p.next
		}
	}
	parts := strings.Split(form, "{}")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	p := pattern{text: form, re: regexp.MustCompile("^" + strings.Join(parts, "(.+)") + "$"), next: &node{}}
	n.patterns = append(n.patterns, p)
	return p.next
}

// match finds the node of a path and the values of its parameters. The path is
// split before it is unescaped: an escaped slash belongs to a value.
func (n *node) match(escaped string) (*node, map[string]string) {
	segments := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, nil
		}
		segments[i] = plain
	}
	found, values := n.walk(segments, nil)
	if found == nil {
		return nil, nil
	}
	named := make(map[string]string, len(values))
	for i, name := range found.names {
		named[name] = values[i]
	}
	return found, named
}

func (n *node) walk(segments, values []string) (*node, []string) {
	if len(segments) == 0 {
		if n.operations == nil {
			return nil, nil
		}
		return n, values
	}
	first, rest := segments[0], segments[1:]
	if next := n.literal[first]; next != nil {
		if found, v := next.walk(rest, values); found != nil {
			return found, v
		}
	}
	for _, p := range n.patterns {
		if parts := p.re.FindStringSubmatch(first); parts != nil {
			if found, v := p.next.walk(rest, with(values, parts[1:]...)); found != nil {
				return found, v
			}
		}
	}
	if n.one != nil && first != "" {
		if found, v := n.one.walk(rest, with(values, first)); found != nil {
			return found, v
		}
	}
	if n.many != nil && first != "" {
		// The shortest value first, so that a literal behind it wins.
		for taken := 1; taken <= len(segments); taken++ {
			if found, v := n.many.walk(segments[taken:], with(values, strings.Join(segments[:taken], "/"))); found != nil {
				return found, v
			}
		}
	}
	return nil, nil
}

// with appends to a copy: branches of the search share the beginning.
func with(values []string, more ...string) []string {
	return append(append(make([]string, 0, len(values)+len(more)), values...), more...)
}
