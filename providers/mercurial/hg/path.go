package hg

import (
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// maxPath bounds paths; no file system takes longer ones.
const maxPath = 1 << 16

// CheckPath refuses what cannot be the path of a file below a root: an empty
// or absolute path, and one with empty, "." or ".." parts or a NUL byte. What
// git forbids besides is not its business.
func CheckPath(path string) error {
	why := ""
	switch {
	case path == "":
		why = "an empty path"
	case len(path) > maxPath:
		return fmt.Errorf("%w: a path of %d bytes", ErrCorrupt, len(path))
	case strings.IndexByte(path, 0) >= 0:
		why = "a path with a NUL byte"
	default:
		for part := range strings.SplitSeq(path, "/") {
			if part == "" || part == "." || part == ".." {
				why = "a path that leaves its folder or names none"
				break
			}
		}
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%w: %s: %q", ErrCorrupt, why, schema.Printable(path))
}
