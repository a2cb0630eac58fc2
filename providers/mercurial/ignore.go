package mercurial

import (
	"bytes"
	"path"
	"strings"
)

const (
	hgIgnore  = ".hgignore"
	gitIgnore = ".gitignore"

	// maxIncludes bounds how many files one .hgignore can draw in.
	maxIncludes = 64

	// maxIgnoreSize bounds what is read of one file of patterns.
	maxIgnoreSize = 1 << 20
)

// ignores is a .hgignore in the form of git.
type ignores struct {
	text    []byte   // of the .gitignore
	files   []string // what it was made of: .hgignore and what that includes, as paths in the tree
	foreign []string // patterns that git has no form for, as they are written
}

// translateIgnore turns .hgignore into a .gitignore. Read returns a file of
// the same tree, or nil.
//
// A pattern that git cannot say is left out and stands in a comment: ignoring
// too little shows a file too many, ignoring too much loses one.
func translateIgnore(read func(path string) []byte) ignores {
	t := &ignoreTranslator{read: read}
	t.out.WriteString("# Made from " + hgIgnore + ".\n")
	t.file(hgIgnore, "")
	t.result.text = t.out.Bytes()
	return t.result
}

type ignoreTranslator struct {
	read   func(path string) []byte
	out    bytes.Buffer
	result ignores
}

// file translates one file of patterns. They hold below the folder under: ""
// or one that ends with a slash.
func (t *ignoreTranslator) file(name, under string) {
	if len(t.result.files) == maxIncludes {
		return
	}
	for _, seen := range t.result.files {
		if seen == name {
			return
		}
	}
	t.result.files = append(t.result.files, name)
	text := t.read(name)
	syntax := syntaxRegexp
	for raw := range bytes.Lines(text[:min(len(text), maxIgnoreSize)]) {
		line := uncomment(string(raw))
		switch word, isSyntax := strings.CutPrefix(line, "syntax:"); {
		case line == "":
		case isSyntax:
			if s, known := syntaxNamed(strings.TrimSpace(word)); known {
				syntax = s
			}
		default:
			t.line(line, syntax, under)
		}
	}
}

// line translates one pattern, which may name its own syntax.
func (t *ignoreTranslator) line(line string, syntax ignoreSyntax, under string) {
	pattern := line
	if word, rest, ok := strings.Cut(line, ":"); ok {
		if s, known := syntaxNamed(word); known {
			syntax, pattern = s, rest
		}
	}
	switch syntax {
	case syntaxInclude: // its patterns count from the root, wherever the file is
		t.file(path.Clean(pattern), under)
	case syntaxSubinclude:
		name := path.Clean(pattern)
		folder := path.Dir(name) + "/"
		if folder == "./" {
			folder = ""
		}
		t.file(name, under+folder)
	default:
		lines, ok := translatePattern(pattern, syntax, under)
		if !ok {
			t.result.foreign = append(t.result.foreign, line)
			lines = []string{"# Not translated: " + line}
		}
		for _, l := range lines {
			t.out.WriteString(l + "\n")
		}
	}
}

// uncomment removes a comment and what is blank at the end.
func uncomment(line string) string {
	escaped := false
	for i := range len(line) {
		switch {
		case line[i] == '#' && !escaped:
			line = line[:i]
		case line[i] == '\\':
			escaped = !escaped
			continue
		default:
			escaped = false
			continue
		}
		break
	}
	return strings.TrimRight(strings.ReplaceAll(line, `\#`, "#"), " \t\r\n\v\f")
}

// ignoreSyntax is a way to write a pattern.
type ignoreSyntax int

const (
	syntaxRegexp ignoreSyntax = iota
	syntaxGlob
	syntaxRootGlob
	syntaxInclude
	syntaxSubinclude
)

func syntaxNamed(word string) (ignoreSyntax, bool) {
	switch word {
	case "re", "regexp", "relre":
		return syntaxRegexp, true
	case "glob", "relglob":
		return syntaxGlob, true
	case "rootglob":
		return syntaxRootGlob, true
	case "include":
		return syntaxInclude, true
	case "subinclude":
		return syntaxSubinclude, true
	}
	return 0, false
}
