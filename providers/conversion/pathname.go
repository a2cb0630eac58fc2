package conversion

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/drover-migrate/drover/providers/gittree"
)

// maxPathPart is the longest name in a tree that git's checks let pass.
const maxPathPart = 4096

// PathProblem says why git must not hold a name in a tree, as the end of a
// sentence, or "" when it may: what git fsck finds fault with and what a
// checkout would not write. That includes every name that some file system
// takes for ".git", on whatever system the history will be checked out.
func PathProblem(name string) string {
	switch {
	case name == "":
		return "is empty"
	case name == "." || name == "..":
		return "stands for a directory of its own"
	case strings.IndexByte(name, '/') >= 0:
		return "holds a slash"
	case strings.IndexByte(name, 0) >= 0:
		return "holds a NUL"
	case len(name) > maxPathPart:
		return "is longer than 4096 bytes"
	case hfsIs(name, ".git"):
		return "is the name of git's own directory, in upper or lower case or with characters that macOS ignores"
	}
	for rest := range windowsNames(name) {
		if ntfsIsDotGit(rest) {
			return "is the name of git's own directory on Windows"
		}
	}
	return ""
}

// EntryProblem says why git must not hold an entry of a mode under a name, or
// "" when it may. Beside what [PathProblem] refuses these are names of git's
// own files, which must be files.
func EntryProblem(name string, mode gittree.Mode) string {
	if problem := PathProblem(name); problem != "" {
		return problem
	}
	switch {
	case mode == gittree.File || mode == gittree.Executable:
		return ""
	case isModules(name):
		return "is the name of git's list of submodules and must be a file"
	case mode != gittree.Symlink && isDotFile(name, "gitattributes", "gi7d29"):
		return "is the name of git's list of attributes and must be a file"
	}
	return ""
}

// windowsNames yields a name and what is after each backslash in it, which
// Windows takes for a slash.
func windowsNames(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := true; more && yield(name); {
			_, name, more = strings.Cut(name, `\`)
		}
	}
}

func isModules(name string) bool {
	for rest := range windowsNames(name) {
		if isDotFile(rest, "gitmodules", "gi7eba") {
			return true
		}
	}
	return false
}

// isDotFile reports whether a file system takes a name for ".base". Short is
// the start of the short name that Windows falls back to.
func isDotFile(name, base, short string) bool {
	return hfsIs(name, "."+base) || ntfsIsDotFile(name, base, short)
}

// hfsIs reports whether HFS+ takes a name for an ASCII one: it ignores some
// characters and case. Like git, it takes the first byte that is not UTF-8 for
// the end.
func hfsIs(name, want string) bool {
	for name != "" {
		r, size := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && size == 1 {
			break
		}
		name = name[size:]
		switch {
		case hfsIgnores(r):
		case want == "" || r >= utf8.RuneSelf || lower(byte(r)) != want[0]:
			return false
		default:
			want = want[1:]
		}
	}
	return want == ""
}

func hfsIgnores(r rune) bool {
	return r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x206a && r <= 0x206f || r == 0xfeff
}

// ntfsIsDotGit reports whether Windows takes a name for ".git": dots and spaces
// at the end do not count, what follows a colon is a stream of the file, and
// git~1 is the short name of .git.
func ntfsIsDotGit(name string) bool {
	for _, dotGit := range []string{".git", "git~1"} {
		if hasPrefixFold(name, dotGit) && ntfsEnds(name[len(dotGit):]) {
			return true
		}
	}
	return false
}

// ntfsEnds reports whether Windows ignores what is left of a name.
func ntfsEnds(rest string) bool {
	rest = strings.TrimLeft(rest, ". ")
	return rest == "" || rest[0] == ':' || rest[0] == '\\'
}

// ntfsIsDotFile reports whether Windows takes a name for ".base", by its long
// or one of its short names: BASENA~1 to ~4 and, when there are more files of
// such names, a prefix of its hash and a number.
func ntfsIsDotFile(name, base, short string) bool {
	switch {
	case hasPrefixFold(name, "."+base):
		return ntfsEnds(name[1+len(base):])
	case hasPrefixFold(name, base[:6]) && len(name) >= 8 && name[6] == '~' && name[7] >= '1' && name[7] <= '4':
		return ntfsEnds(name[8:])
	}
	return len(name) >= 8 && isHashedShortName(name[:8], short) && ntfsEnds(name[8:])
}

// isHashedShortName reports whether eight characters are the start of short, a
// tilde and a number.
func isHashedShortName(name, short string) bool {
	stem, number, ok := strings.Cut(name, "~")
	if !ok || len(stem) > len(short) || !hasPrefixFold(short, stem) {
		return false
	}
	return number != "" && number[0] != '0' && strings.Trim(number, "0123456789") == ""
}

func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lower(s[i]) != lower(prefix[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
