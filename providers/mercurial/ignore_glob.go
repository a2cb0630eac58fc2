package mercurial

import (
	"slices"
	"strings"
)

// globAtoms takes a glob of Mercurial apart. One that is not rooted may begin
// in any folder.
func globAtoms(glob string, anywhere bool) ([][]atom, bool) {
	var start []atom
	if anywhere {
		start = []atom{{kind: folders}}
	}
	p := &globParser{in: glob}
	tails := p.sequence(0)
	if p.failed || len(tails) > maxAlternatives {
		return nil, false
	}
	for i, tail := range tails {
		tails[i] = append(slices.Clone(start), tail...)
	}
	return tails, true
}

type globParser struct {
	in     string
	at     int
	failed bool
}

// sequence reads up to the end, or in braces up to the next comma or brace.
func (p *globParser) sequence(depth int) [][]atom {
	results := [][]atom{{}}
	for p.at < len(p.in) && len(results) <= maxAlternatives {
		c := p.in[p.at]
		if depth > 0 && (c == ',' || c == '}') {
			break
		}
		p.at++
		switch c {
		case '*':
			results = eachWith(results, p.stars())
		case '?':
			results = eachWith(results, atom{kind: one})
		case '[':
			results = eachWith(results, p.class())
		case '{':
			results = cross(results, p.braces(depth+1))
		case '\\':
			if p.at < len(p.in) {
				c = p.in[p.at]
				p.at++
			}
			results = eachWith(results, byteAtom(c))
		default:
			results = eachWith(results, byteAtom(c))
		}
	}
	return results
}

func (p *globParser) stars() atom {
	if !strings.HasPrefix(p.in[p.at:], "*") {
		return atom{kind: star}
	}
	p.at++
	if strings.HasPrefix(p.in[p.at:], "/") {
		p.at++
		return atom{kind: folders}
	}
	return atom{kind: deep}
}

// class reads what follows a bracket. One that is never closed is a literal.
func (p *globParser) class() atom {
	end := p.at
	if end < len(p.in) && (p.in[end] == '!' || p.in[end] == ']') {
		end++
	}
	for end < len(p.in) && p.in[end] != ']' {
		end++
	}
	if end >= len(p.in) {
		return byteAtom('[')
	}
	inside := strings.ReplaceAll(p.in[p.at:end], `\`, `\\`)
	p.at = end + 1
	if strings.ContainsAny(inside, "/[") {
		p.failed = true
	}
	if strings.HasPrefix(inside, "^") {
		inside = `\` + inside
	}
	return atom{literal, "[" + inside + "]"}
}

// maxBraces bounds how deep braces are nested.
const maxBraces = 8

func (p *globParser) braces(depth int) [][]atom {
	if depth > maxBraces {
		p.failed = true
		return nil
	}
	var all [][]atom
	for p.at < len(p.in) {
		all = append(all, p.sequence(depth)...)
		if p.at >= len(p.in) || len(all) > maxAlternatives {
			break
		}
		p.at++
		if p.in[p.at-1] == '}' {
			return all
		}
	}
	p.failed = true // never closed
	return nil
}
