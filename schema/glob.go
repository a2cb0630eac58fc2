package schema

import (
	"errors"
	"slices"
	"strings"
)

// errPattern is why a glob cannot be matched.
var errPattern = errors.New(`a "[" has no "]"`)

// MatchGlob reports whether all of s matches the pattern, in time bounded by
// the lengths of both.
//
//   - any characters but slashes
//     **       any characters; **/ also nothing
//     ?        any one character but a slash
//     [a-z_]   one of these characters; [!a-z_] one that is none of them
//     \        the next character as it is
//
// A pattern without a slash is matched against what follows the last slash of
// s, so that "*-sandbox" means every repository so called, whoever owns it.
func MatchGlob(pattern, s string) (bool, error) {
	p, err := parseGlob(pattern)
	if err != nil {
		return false, err
	}
	if !strings.Contains(pattern, "/") {
		s = s[strings.LastIndexByte(s, '/')+1:]
	}
	return p.match([]rune(s)), nil
}

// globPattern is a pattern, piece by piece.
type globPattern []globPiece

type globPiece struct {
	kind   globKind
	char   rune      // of a literal
	ranges [][2]rune // of a class, first and last character each
	not    bool      // of a class
}

type globKind int

const (
	globLiteral globKind = iota
	globAny              // ?
	globClass            // [...]
	globRun              // *
	globDeep             // **
	globFolders          // **/ at the beginning or after a slash
)

func parseGlob(pattern string) (globPattern, error) {
	var g globPattern
	p := []rune(pattern)
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\' && i+1 < len(p):
			i++
			g = append(g, globPiece{kind: globLiteral, char: p[i]})
		case c == '?':
			g = append(g, globPiece{kind: globAny})
		case c == '*':
			first := i
			for i+1 < len(p) && p[i+1] == '*' {
				i++
			}
			switch {
			case i == first:
				g = append(g, globPiece{kind: globRun})
			case i+1 < len(p) && p[i+1] == '/' && (first == 0 || p[first-1] == '/'):
				i++
				g = append(g, globPiece{kind: globFolders})
			default:
				g = append(g, globPiece{kind: globDeep})
			}
		case c == '[':
			set, length, err := parseGlobClass(p[i:])
			if err != nil {
				return nil, err
			}
			g = append(g, set)
			i += length - 1
		default:
			g = append(g, globPiece{kind: globLiteral, char: c})
		}
	}
	return g, nil
}

// parseGlobClass reads the class that p begins with, and returns its length.
func parseGlobClass(p []rune) (globPiece, int, error) {
	c := globPiece{kind: globClass}
	i := 1
	if i < len(p) && (p[i] == '!' || p[i] == '^') {
		c.not = true
		i++
	}
	for first := i; i < len(p); i++ {
		if p[i] == ']' && i > first {
			return c, i + 1, nil
		}
		if p[i] == '\\' && i+1 < len(p) {
			i++
		}
		low, high := p[i], p[i]
		if i+2 < len(p) && p[i+1] == '-' && p[i+2] != ']' {
			high = p[i+2]
			i += 2
		}
		c.ranges = append(c.ranges, [2]rune{low, high})
	}
	return globPiece{}, 0, errPattern
}

// match follows all ways through the pattern side by side: at[i] says that
// what was read so far matches the pieces before i.
func (g globPattern) match(s []rune) bool {
	at, next := make([]bool, len(g)+1), make([]bool, len(g)+1)
	g.enter(at, 0)
	for _, r := range s {
		clear(next)
		for i, p := range g {
			switch {
			case !at[i]:
			case p.kind == globDeep, p.kind == globRun && r != '/':
				g.enter(next, i)
			case p.kind == globFolders:
				next[i] = true // but not what follows: a folder's name has begun
				if r == '/' {
					g.enter(next, i+1)
				}
			case p.takes(r):
				g.enter(next, i+1)
			}
		}
		at, next = next, at
	}
	return at[len(g)]
}

// enter marks piece i as reached, and those behind it that need no character
// to be.
func (g globPattern) enter(at []bool, i int) {
	at[i] = true
	for i < len(g) && (g[i].kind == globRun || g[i].kind == globDeep || g[i].kind == globFolders) {
		i++
		at[i] = true
	}
}

// takes reports whether p matches the one character r.
func (p globPiece) takes(r rune) bool {
	switch p.kind {
	case globLiteral:
		return p.char == r
	case globAny:
		return r != '/'
	case globClass:
		in := slices.ContainsFunc(p.ranges, func(x [2]rune) bool { return x[0] <= r && r <= x[1] })
		return in != p.not && r != '/'
	}
	return false
}
