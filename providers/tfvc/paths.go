package tfvc

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/schema"
)

// Paths are relative to the folder of the project, without a slash at either
// end; the folder itself is "". Paths of the server begin with "$/".

// serverRoot is the path of the server under which everything is.
const serverRoot = "$/"

// maxDepth is how many folders deep a path may be. Servers allow 400 characters.
const maxDepth = 1000

// relative returns a path of the server relative to a project, and whether it is
// in that. The project is compared without regard to case, as all names are.
func relative(server, project string) (string, bool, error) {
	p, ok := strings.CutPrefix(server, serverRoot)
	if !ok {
		if server == "$" {
			return "", false, nil
		}
		return "", false, fmt.Errorf("the server names the path %q, which does not begin with $/", schema.Printable(server))
	}
	p = strings.TrimRight(p, "/")
	first, rest, _ := strings.Cut(p, "/")
	if fold(first) != fold(project) {
		return "", false, nil
	}
	if err := checkPath(rest); err != nil {
		return "", false, fmt.Errorf("the server names the path %q: %w", schema.Printable(server), err)
	}
	return rest, true, nil
}

var (
	errPart  = errors.New(`it has a part that is empty, "." or ".."`)
	errBytes = errors.New("it is not text, or holds a character that no server allows")
	errDeep  = fmt.Errorf("it is more than %d folders deep", maxDepth)
)

// checkPath refuses paths that cannot be.
func checkPath(p string) error {
	if p == "" {
		return nil
	}
	if !utf8.ValidString(p) || strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return errBytes
	}
	if strings.Count(p, "/") >= maxDepth {
		return errDeep
	}
	for part := range strings.SplitSeq(p, "/") {
		if part == "" || part == "." || part == ".." {
			return errPart
		}
	}
	return nil
}

// fold makes names that the server takes for the same one equal. Servers
// compare in upper case, rune by rune; letters that only there become ASCII stay
// what they are.
func fold(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'a' <= c && c <= 'z' {
			return strings.Map(upper, s)
		}
	}
	return s
}

func upper(r rune) rune {
	u := unicode.ToUpper(r)
	if r >= utf8.RuneSelf && u < utf8.RuneSelf {
		return r
	}
	return u
}

// within reports whether p is at or below folder. Both are folded, or neither.
func within(p, folder string) bool {
	rest, ok := strings.CutPrefix(p, folder)
	return ok && (folder == "" || rest == "" || rest[0] == '/')
}

// rest is the part of p below folder, which it is within. Folding changes no
// number of parts, so that it is found by counting them.
func rest(p, folder string) string {
	if folder == "" {
		return p
	}
	for range strings.Count(folder, "/") + 1 {
		_, p, _ = strings.Cut(p, "/")
	}
	return p
}

func parent(p string) string { return p[:max(strings.LastIndexByte(p, '/'), 0)] }

func base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

func join(folder, p string) string {
	switch {
	case folder == "":
		return p
	case p == "":
		return folder
	}
	return folder + "/" + p
}

// Names of the source tree are those of the server, except for what git must not
// hold: even objects that no ref leads to are looked at by git fsck. Such names
// have a mark in front, and so have those that begin with the mark.
const mark = "\x01"

// storedName is a name as source trees have it.
func storedName(name string) string {
	if strings.HasPrefix(name, mark) || conversion.EntryProblem(name, gittree.Directory) != "" {
		return mark + name // as a folder, also git's own files are refused
	}
	return name
}

// stored is a path as source trees have it.
func stored(p string) string {
	if p == "" {
		return ""
	}
	parts := strings.Split(p, "/")
	for i, name := range parts {
		parts[i] = storedName(name)
	}
	return strings.Join(parts, "/")
}

// shownName is the name that a source tree stores, as the server has it.
func shownName(name string) string { return strings.TrimPrefix(name, mark) }
