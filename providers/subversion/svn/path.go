package svn

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// maxPath is far above what file systems and servers allow.
const maxPath = 32 << 10

// CheckPath returns nil when path is one that a repository can hold: relative
// to the root, its parts divided by single slashes, none of them empty, "."
// or "..", in UTF-8 and without NUL. The root is "".
//
// It says nothing about what git or a file system can hold.
func CheckPath(path string) error {
	switch {
	case path == "":
		return nil
	case len(path) > maxPath:
		return errors.New("the path is too long")
	case path[0] == '/':
		return errors.New("the path is absolute")
	case strings.IndexByte(path, 0) >= 0:
		return errors.New("the path holds a NUL character")
	case !utf8.ValidString(path):
		return errors.New("the path is not UTF-8")
	}
	for part := range strings.SplitSeq(path, "/") {
		switch part {
		case "":
			return errors.New("the path has an empty part")
		case ".", "..":
			return errors.New(`the path has a part "` + part + `"`)
		}
	}
	return nil
}
