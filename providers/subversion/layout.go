package subversion

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// kind is what a line is. The order is the one in which the lines of a revision
// get their commits.
type kind uint8

const (
	trunk kind = iota
	branch
	tag
	outside // what belongs to no other line
)

func (k kind) String() string {
	return [...]string{"trunk", "branch", "tag", "outside"}[k]
}

// layout says which folders of a repository are lines. Patterns are those of
// path.Match, applied part by part; a trunk is a plain path. The empty path is
// the root of the repository.
type layout struct {
	Trunk    []string // the first that exists is the default branch
	Branches []string
	Tags     []string

	// Home is the folder whose files are converted. What is in it and in no line
	// is the line of kind outside.
	Home string
}

// under returns the layout with all its paths below folder.
func (l layout) under(folder string) layout {
	move := func(list []string) []string {
		var moved []string
		for _, p := range list {
			moved = append(moved, join(folder, p))
		}
		return moved
	}
	return layout{Trunk: move(l.Trunk), Branches: move(l.Branches), Tags: move(l.Tags), Home: join(folder, l.Home)}
}

func (l layout) String() string {
	return fmt.Sprintf("layout { trunk = %q, branches = %q, tags = %q }", l.Trunk, l.Branches, l.Tags)
}

// patterns yields all patterns with their kinds, trunks first.
func (l *layout) patterns(yield func(kind, string) bool) {
	for k, list := range [][]string{trunk: l.Trunk, branch: l.Branches, tag: l.Tags} {
		for _, p := range list {
			if !yield(kind(k), p) {
				return
			}
		}
	}
}

// root is a folder that the layout names.
type root struct {
	path    string
	kind    kind
	pattern string
}

// roots returns the folders at and above p that the layout names, the deepest
// first.
func (l *layout) roots(p string) []root {
	var found []root
	for at := p; ; at = parent(at) {
		for k, pattern := range l.patterns {
			if depth(pattern) == depth(at) && matches(pattern, at) {
				found = append(found, root{at, k, pattern})
				break
			}
		}
		if at == "" {
			return found
		}
	}
}

// below reports whether the layout can name folders deeper than p.
func (l *layout) below(p string) bool {
	for _, pattern := range l.patterns {
		if head, ok := cut(pattern, depth(p)); ok && matches(head, p) {
			return true
		}
	}
	return false
}

// expand returns the folders deeper than p that the layout names and that
// exist. List gives the folders in a folder.
func (l *layout) expand(p string, list func(folder string) ([]string, error)) ([]root, error) {
	var found []root
	folders := []string{p}
	for len(folders) > 0 {
		folder := folders[0]
		folders = folders[1:]
		if !l.below(folder) {
			continue
		}
		names, err := list(folder)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			at := join(folder, name)
			if r := l.roots(at); len(r) > 0 && r[0].path == at {
				found = append(found, r[0])
			}
			folders = append(folders, at)
		}
	}
	return found, nil
}

// name is what people call the line of kind k at p: the part of the path from
// the first wildcard of its pattern on, which for "branches/*" is what follows
// "branches/".
func (l *layout) name(k kind, p string) string {
	for _, r := range l.roots(p) {
		if r.kind != k {
			continue
		}
		parts := strings.Split(r.pattern, "/")
		first := slices.IndexFunc(parts, wild)
		if first < 0 {
			first = len(parts) - 1
		}
		if at := strings.Split(p, "/"); p != "" {
			return strings.Join(at[first:], "/")
		}
	}
	return p
}

// check returns an error that says which pattern cannot be used.
func (l *layout) check() error {
	for k, pattern := range l.patterns {
		if err := svn.CheckPath(pattern); err != nil {
			return fmt.Errorf("%s %q: %w", k, pattern, err)
		}
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("%s %q: the pattern is not closed", k, pattern)
		}
		if pattern == "" && k != trunk {
			return fmt.Errorf("%s %q: only the trunk can be the root", k, pattern)
		}
	}
	return nil
}

// commonFolder is the deepest folder that holds all that l can name.
func (l *layout) commonFolder() string {
	common, first := "", true
	for k, pattern := range l.patterns {
		folder := pattern
		if k != trunk || pattern != "" {
			folder = parent(literal(pattern))
		}
		switch {
		case first:
			common, first = folder, false
		default:
			for !within(folder, common) {
				common = parent(common)
			}
		}
	}
	// trunk, branches/* and tags/* of one project share its folder.
	return common
}

// literal is the part of a pattern before its first wildcard, with the part that
// holds it.
func literal(pattern string) string {
	parts := strings.Split(pattern, "/")
	if i := slices.IndexFunc(parts, wild); i > 0 {
		return strings.Join(parts[:i], "/")
	}
	return pattern
}

func wild(part string) bool { return strings.ContainsAny(part, `*?[\`) }

func matches(pattern, p string) bool {
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

// cut returns the first n parts of a path that has more.
func cut(p string, n int) (string, bool) {
	if depth(p) <= n {
		return "", false
	}
	parts := strings.SplitN(p, "/", n+1)
	return strings.Join(parts[:n], "/"), true
}

// depth is how many parts a path has.
func depth(p string) int {
	if p == "" {
		return 0
	}
	return strings.Count(p, "/") + 1
}

func join(folder, p string) string {
	switch {
	case folder == "":
		return p
	case p == "":
		return folder
	}
	return folder + "/" + p
}

func parent(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

func base(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

// within reports whether p is folder or in it.
func within(p, folder string) bool {
	return folder == "" || strings.HasPrefix(p, folder) && (len(p) == len(folder) || p[len(folder)] == '/')
}

// rest is p as seen from folder, which it is within.
func rest(p, folder string) string {
	if folder == "" {
		return p
	}
	return strings.TrimPrefix(p[len(folder):], "/")
}
