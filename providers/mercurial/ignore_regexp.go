package mercurial

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// regexpAtoms takes a regular expression apart. Mercurial puts ".*" before one
// that does not begin with "^" and matches from the start of a path; so of
// "a|b" only the first is found anywhere. What follows a match is open unless
// the expression ends with "$".
func regexpAtoms(pattern string) ([][]atom, bool) {
	flags := regexp.MustCompile(`^\(\?[imsux]+\)`).FindString(pattern)
	if rest := pattern[len(flags):]; !strings.HasPrefix(rest, "^") {
		pattern = flags + ".*" + rest
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, false
	}
	sequences, ok := readRegexp(parsed.Simplify())
	if !ok {
		return nil, false
	}
	for i, s := range sequences {
		s = fromStart(s)
		if len(s) > 0 && s[len(s)-1].kind == ends {
			s = s[:len(s)-1]
		} else {
			s = append(s, atom{kind: deep})
		}
		if len(s) == 0 || slices.ContainsFunc(s, func(a atom) bool { return a.kind == begins || a.kind == ends }) {
			return nil, false
		}
		s = slices.CompactFunc(s, func(a, b atom) bool { return a.kind == deep && b.kind == deep })
		if len(s) == 1 && s[0].kind == deep {
			return nil, false // everything: no one means that
		}
		sequences[i] = s
	}
	return sequences, true
}

// fromStart drops "^", and before it what can be nothing.
func fromStart(s []atom) []atom {
	for i, a := range s {
		switch a.kind {
		case deep, star:
		case begins:
			return s[i+1:]
		default:
			return s
		}
	}
	return s
}

// The atoms of regular expressions alone.
const (
	begins atomKind = 100 + iota
	ends
)

// readRegexp returns the alternatives that a regular expression stands for.
func readRegexp(re *syntax.Regexp) ([][]atom, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return [][]atom{{}}, true
	case syntax.OpLiteral:
		return [][]atom{literalRunes(re)}, true
	case syntax.OpCharClass:
		a, ok := classAtom(re.Rune)
		return [][]atom{{a}}, ok
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return [][]atom{{{kind: one}}}, true
	case syntax.OpBeginText, syntax.OpBeginLine:
		return [][]atom{{{kind: begins}}}, true
	case syntax.OpEndText, syntax.OpEndLine:
		return [][]atom{{{kind: ends}}}, true
	case syntax.OpCapture:
		return readRegexp(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		return repeated(re)
	case syntax.OpQuest:
		inner, ok := readRegexp(re.Sub[0])
		return append([][]atom{{}}, inner...), ok
	case syntax.OpConcat:
		all := [][]atom{{}}
		for _, sub := range re.Sub {
			inner, ok := readRegexp(sub)
			if !ok {
				return nil, false
			}
			if all = cross(all, inner); len(all) > maxAlternatives {
				return nil, false
			}
		}
		return all, true
	case syntax.OpAlternate:
		var all [][]atom
		for _, sub := range re.Sub {
			inner, ok := readRegexp(sub)
			if !ok || len(all)+len(inner) > maxAlternatives {
				return nil, false
			}
			all = append(all, inner...)
		}
		return all, true
	}
	return nil, false
}

// repeated is what git has: any characters, with or without slashes.
func repeated(re *syntax.Regexp) ([][]atom, bool) {
	var any atomKind
	switch inner := re.Sub[0]; {
	case inner.Op == syntax.OpAnyChar || inner.Op == syntax.OpAnyCharNotNL:
		any = deep
	case inner.Op == syntax.OpCharClass && slices.Equal(inner.Rune, []rune{0, '/' - 1, '/' + 1, unicode.MaxRune}):
		any = star
	default:
		return nil, false
	}
	if re.Op == syntax.OpPlus {
		return [][]atom{{{kind: one}, {kind: any}}}, true
	}
	return [][]atom{{{kind: any}}}, true
}

func literalRunes(re *syntax.Regexp) []atom {
	var atoms []atom
	for _, r := range re.Rune {
		if lower, upper := unicode.ToLower(r), unicode.ToUpper(r); re.Flags&syntax.FoldCase != 0 && lower != upper && r < unicode.MaxASCII {
			atoms = append(atoms, atom{literal, "[" + string(lower) + string(upper) + "]"})
			continue
		}
		if r < unicode.MaxASCII {
			atoms = append(atoms, byteAtom(byte(r)))
		} else {
			atoms = append(atoms, atom{literal, string(r)})
		}
	}
	return atoms
}

// classAtom writes a class of characters, given as pairs of first and last.
func classAtom(pairs []rune) (atom, bool) {
	var b strings.Builder
	b.WriteByte('[')
	if len(pairs) > 0 && pairs[len(pairs)-1] == unicode.MaxRune {
		b.WriteByte('^')
		pairs = complement(pairs)
		if len(pairs) == 0 {
			return atom{kind: one}, true
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		first, last := pairs[i], pairs[i+1]
		if last >= unicode.MaxASCII || first < ' ' && first != '\t' {
			return atom{}, false
		}
		if first == '/' && last == '/' {
			if len(pairs) == 2 && b.Len() == 1 {
				return atom{kind: slash}, true
			}
			continue // no character of a class matches a slash in git
		}
		b.WriteString(classRune(first))
		if last > first {
			b.WriteString("-" + classRune(last))
		}
	}
	b.WriteByte(']')
	if b.Len() < len("[x]") || b.String() == "[^]" {
		return atom{}, false
	}
	return atom{literal, b.String()}, true
}

func classRune(r rune) string {
	if strings.ContainsRune(`\]^-![`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// complement is the pairs of all characters that are in none of pairs.
func complement(pairs []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] > next {
			out = append(out, next, pairs[i]-1)
		}
		next = pairs[i+1] + 1
	}
	return out
}
