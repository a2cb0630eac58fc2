package engine

import (
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// homes are the paths below the address of a forge at which its repositories
// stand: the templates of schema.PageRepository. Without any, a repository stands
// at its full name.
type homes []string

// base is what comes before the path of a repository at the end of its address,
// or "".
func (h homes) base(address, fullName string) string {
	if len(h) == 0 {
		return baseOf(address, fullName)
	}
	for _, template := range h {
		if base := baseOf(address, fillHome(template, fullName)); base != "" {
			return base
		}
	}
	return ""
}

// cut cuts a path into the full name of the repository at its beginning and the
// rest, by the templates alone.
func (h homes) cut(path string) (fullName, rest string, ok bool) {
	path, tail := cutRest(path)
	segments := strings.Split(path, "/")
	for _, template := range h {
		parts := strings.Split(strings.TrimPrefix(template, "/"), "/")
		if len(parts) > len(segments) {
			continue
		}
		if fullName, ok := matchHome(parts, segments[:len(parts)]); ok {
			for _, s := range segments[len(parts):] {
				rest += "/" + s
			}
			return fullName, rest + tail, true
		}
	}
	return "", "", false
}

// matchHome reads the full name of a repository off the segments of its path.
func matchHome(parts, segments []string) (fullName string, ok bool) {
	var owner, name string
	for i, part := range parts {
		prefix, which := homePart(part)
		have := unescaped(segments[i])
		switch {
		case which == "" && !strings.EqualFold(part, segments[i]):
			return "", false
		case which == "":
		case have == "" || strings.Contains(have, "/"):
			return "", false
		case which == "owner":
			owner = prefix + have
		default:
			name = strings.TrimSuffix(have, ".git")
		}
	}
	return owner + "/" + name, owner != "" && name != ""
}

// fillHome is the path of a repository by a template, or "" when it is not for
// such names.
func fillHome(template, fullName string) string {
	i := strings.LastIndexByte(fullName, '/')
	if i < 0 {
		return ""
	}
	parts := strings.Split(strings.TrimPrefix(template, "/"), "/")
	for n, part := range parts {
		switch prefix, which := homePart(part); which {
		case "owner":
			owner, ok := strings.CutPrefix(fullName[:i], prefix)
			if !ok {
				return ""
			}
			parts[n] = escapePath(owner)
		case "name":
			parts[n] = escapePath(fullName[i+1:])
		}
	}
	return strings.Join(parts, "/")
}

// homePart reads a segment of a template: what of the full name stands there, and
// with which beginning left out. A literal stands for nothing.
func homePart(segment string) (prefix, which string) {
	inside, variable := strings.CutPrefix(segment, "{")
	if !variable {
		return "", ""
	}
	inside = strings.TrimSuffix(inside, "}")
	for _, which := range []string{"owner", "name"} {
		if prefix, ok := strings.CutSuffix(inside, which); ok {
			return prefix, which
		}
	}
	return "", ""
}

func homesOf(pages schema.Pages) homes { return pages[schema.PageRepository] }
