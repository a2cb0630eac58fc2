package subversion

import (
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gittree"
)

// Names of the source tree are those of Subversion, except for what git must not
// hold: even objects that no ref leads to are looked at by git fsck. Such names
// have a mark in front, and so have those that begin with the mark.
const mark = "\x01"

// propertiesName is the entry of a source tree that holds properties. It is the
// name of nothing else, because a second mark would follow the first.
const propertiesName = mark + "properties"

// stored is a path as source trees have it.
func stored(p string) string {
	if plain(p) {
		return p
	}
	parts := strings.Split(p, "/")
	for i, name := range parts {
		if p != "" && marked(name) {
			parts[i] = mark + name
		}
	}
	return strings.Join(parts, "/")
}

// plain reports paths in which no name can need a mark: git's own names all have
// a "git" or a tilde, or characters that some file system ignores.
func plain(p string) bool {
	const longest = 4096
	if len(p) > longest {
		return false
	}
	for i := range len(p) {
		switch c := p[i]; {
		case c < ' ', c == '~', c >= 0x80, c == '\\':
			return false
		case c|0x20 == 'g' && i+2 < len(p) && p[i+1]|0x20 == 'i' && p[i+2]|0x20 == 't':
			return false
		}
	}
	return true
}

func marked(name string) bool {
	// As a folder, also git's own files are refused.
	return strings.HasPrefix(name, mark) || conversion.EntryProblem(name, gittree.Directory) != ""
}

// shownName is the name that a source tree stores, as Subversion has it.
func shownName(name string) string { return strings.TrimPrefix(name, mark) }
