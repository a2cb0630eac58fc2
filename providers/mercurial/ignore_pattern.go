package mercurial

import (
	"path"
	"slices"
	"strings"
)

// A pattern of Mercurial is a regular expression or a glob, and matches a
// path if it matches the path or a folder above it. Both are taken apart into
// atoms, which are then written as git writes them. What git cannot say
// exactly is written as less, never as more.

// atom is a piece of a pattern.
type atom struct {
	kind atomKind
	text string // of a literal or class, as git writes it
}

type atomKind int

const (
	literal atomKind = iota // text; never a slash
	slash
	one     // any character
	star    // any characters but slashes
	deep    // any characters
	folders // nothing, or any folders with the slash behind them
)

const (
	// maxAlternatives bounds how many lines one pattern becomes.
	maxAlternatives = 64

	// maxPattern bounds the length of a pattern that is taken apart.
	maxPattern = 4 << 10
)

// translatePattern returns the lines of .gitignore that a pattern means below
// a folder, which is "" or ends with a slash.
func translatePattern(pattern string, s ignoreSyntax, under string) ([]string, bool) {
	if pattern == "" || len(pattern) > maxPattern || strings.ContainsRune(pattern, 0) {
		return nil, false
	}
	var sequences [][]atom
	var ok bool
	if s == syntaxRegexp {
		sequences, ok = regexpAtoms(pattern)
	} else {
		sequences, ok = globAtoms(path.Clean(pattern), s == syntaxGlob)
	}
	if !ok {
		return nil, false
	}
	prefix := literalAtoms(under)
	var lines []string
	for _, sequence := range joinFolders(sequences) {
		for _, simple := range spread(sequence) {
			line := gitLine(append(slices.Clone(prefix), simple...))
			if line == "" {
				return nil, false
			}
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
		if len(lines) > maxAlternatives {
			return nil, false
		}
	}
	return lines, len(lines) > 0
}

func literalAtoms(text string) []atom {
	var atoms []atom
	for i := range len(text) {
		atoms = append(atoms, byteAtom(text[i]))
	}
	return atoms
}

func byteAtom(c byte) atom {
	if c == '/' {
		return atom{kind: slash}
	}
	if strings.IndexByte(`*?[\`, c) >= 0 {
		return atom{literal, `\` + string([]byte{c})}
	}
	return atom{literal, string([]byte{c})}
}

// joinFolders turns the two alternatives "x" and ".*/x" into one.
func joinFolders(sequences [][]atom) [][]atom {
	var joined [][]atom
	for _, s := range sequences {
		below := append([]atom{{kind: deep}, {kind: slash}}, s...)
		isBelow := len(s) > 2 && s[0].kind == deep && s[1].kind == slash
		switch {
		case containsAtoms(sequences, below):
			joined = append(joined, append([]atom{{kind: folders}}, s...))
		case isBelow && containsAtoms(sequences, s[2:]):
		default:
			joined = append(joined, s)
		}
	}
	return joined
}

func containsAtoms(sequences [][]atom, s []atom) bool {
	return slices.ContainsFunc(sequences, func(other []atom) bool { return slices.Equal(other, s) })
}

// spread replaces each "deep": by a star where it stays in a folder, and by
// folders where it leaves one. At the start and the end one form covers both.
func spread(sequence []atom) [][]atom {
	results := [][]atom{{}}
	add := func(atoms ...atom) {
		for i := range results {
			results[i] = append(results[i], atoms...)
		}
	}
	for i, a := range sequence {
		afterSlash := i == 0 || sequence[i-1].kind == slash || sequence[i-1].kind == folders
		last := i == len(sequence)-1
		beforeSlash := !last && sequence[i+1].kind == slash
		switch {
		case a.kind != deep:
			add(a)
		case last && i > 0 && sequence[i-1].kind == slash:
			// A folder and all that is in it: its name with the slash.
		case last:
			add(atom{kind: star})
		case afterSlash && beforeSlash:
			add(atom{kind: star}, atom{kind: slash}, atom{kind: folders})
		case afterSlash:
			add(atom{kind: folders}, atom{kind: star})
		case beforeSlash:
			add(atom{kind: star}, atom{kind: slash}, atom{kind: folders})
		default:
			if len(results) > maxAlternatives {
				return nil
			}
			for _, r := range results {
				results = append(results, append(slices.Clone(r), atom{kind: star}, atom{kind: slash}, atom{kind: folders}, atom{kind: star}))
			}
			for i := range len(results) / 2 {
				results[i] = append(results[i], atom{kind: star})
			}
		}
	}
	for i, r := range results {
		results[i] = tidy(r)
	}
	return results
}

// tidy drops a slash that "folders" already stand for, and stars that say
// nothing.
func tidy(atoms []atom) []atom {
	var out []atom
	for _, a := range atoms {
		if len(out) > 0 {
			switch last := out[len(out)-1].kind; {
			case a.kind == slash && last == folders, a.kind == star && last == star, a.kind == folders && last == folders:
				continue
			}
		}
		out = append(out, a)
	}
	return out
}

// gitLine writes atoms as a line of .gitignore, or "" for what git cannot
// say.
func gitLine(atoms []atom) string {
	if len(atoms) == 0 {
		return ""
	}
	anywhere := atoms[0].kind == folders
	if anywhere {
		atoms = atoms[1:]
	}
	if len(atoms) == 0 || atoms[0].kind == slash {
		return ""
	}
	var b strings.Builder
	inner := false
	for i, a := range atoms {
		switch a.kind {
		case literal:
			b.WriteString(a.text)
		case slash:
			inner = inner || i < len(atoms)-1
			b.WriteByte('/')
		case one:
			b.WriteByte('?')
		case star:
			b.WriteByte('*')
		case folders:
			inner = true
			b.WriteString("**/")
		}
	}
	line := b.String()
	switch {
	case anywhere && inner:
		line = "**/" + line
	case !anywhere:
		line = "/" + line // a pattern with a slash before its end counts from the root
	case line[0] == '#' || line[0] == '!':
		line = `\` + line
	}
	if strings.HasSuffix(line, " ") {
		line = line[:len(line)-1] + `\ `
	}
	if strings.Contains(line, "//") || strings.ContainsAny(line, "\r\n") {
		return ""
	}
	return line
}

func eachWith(sequences [][]atom, a atom) [][]atom {
	for i := range sequences {
		sequences[i] = append(sequences[i], a)
	}
	return sequences
}

// cross appends each of tails to each of heads.
func cross(heads, tails [][]atom) [][]atom {
	if len(heads)*len(tails) > 4*maxAlternatives {
		return append(heads, make([][]atom, maxAlternatives)...) // too many, which every caller refuses
	}
	var all [][]atom
	for _, head := range heads {
		for _, tail := range tails {
			all = append(all, append(slices.Clone(head), tail...))
		}
	}
	return all
}
