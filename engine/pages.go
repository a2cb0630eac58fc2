package engine

import (
	"net/url"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// A shown is a page of a repository with its parameters, by their names in
// templates.
type shown struct {
	page  schema.Page
	parts map[string]string
	rest  string // of the URL: the query and the fragment
}

// readPage tells what of a repository a path shows, of which the repository's
// own address was cut off. The first template that fits wins, and among several
// pages the one with the longest literal beginning.
func readPage(pages schema.Pages, path string) (shown, bool) {
	path, rest := cutRest(path)
	path = strings.TrimSuffix(path, "/")
	if path == "" {
		return shown{page: schema.PageHome, rest: rest}, true
	}
	var best shown
	longest := -1
	for page, templates := range pages {
		if page == schema.PageRepository { // it is what was cut off
			continue
		}
		for _, template := range templates {
			literal, _, _ := strings.Cut(template, "{")
			if len(literal) < longest || len(literal) == longest && page > best.page {
				continue
			}
			if parts, ok := matchTemplate(template, path); ok {
				best, longest = shown{page, parts, rest}, len(literal)
			}
		}
	}
	return best, longest >= 0
}

// cutRest cuts the query and the fragment off a path.
func cutRest(path string) (string, string) {
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

func matchTemplate(template, path string) (map[string]string, bool) {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	parts := map[string]string{}
	for i, w := range want {
		name, variable := strings.CutPrefix(w, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case i >= len(have):
			return nil, false
		case !variable && w != have[i]:
			return nil, false
		case !variable:
		case name == "path" || name == "tag" || name == "range" || name == "page" || name == "ref" && i == len(want)-1:
			parts[name] = unescaped(strings.Join(have[i:], "/"))
			return parts, parts[name] != ""
		case name == "number" && !allDigits(have[i]), name == "commit" && !isCommit(have[i]):
			return nil, false
		case have[i] == "":
			return nil, false
		default:
			parts[name] = unescaped(have[i])
		}
	}
	return parts, len(have) == len(want)
}

func unescaped(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// writePage makes the path of a page, or "" when the forge does not show it.
func writePage(pages schema.Pages, s shown) string {
	if s.page == schema.PageHome {
		return s.rest
	}
	templates := pages[s.page]
	if len(templates) == 0 {
		return ""
	}
	segments := strings.Split(templates[0], "/")
	for i, segment := range segments {
		name, variable := strings.CutPrefix(segment, "{")
		if !variable {
			continue
		}
		value, ok := s.parts[strings.TrimSuffix(name, "}")]
		if !ok {
			return ""
		}
		segments[i] = escapePath(value)
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + s.rest
}

// escapePath escapes what cannot stand in a path and keeps its slashes.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}

// cutRef finds out where in "feature/x/docs/guide.md" the ref ends and the path
// begins, which only the repository's refs can tell, and what it is: branch, tag
// or commit. The longest ref wins, as on forges.
func cutRef(s shown, refs map[string]string) (shown, bool) {
	whole := s.parts["ref"]
	if path := s.parts["path"]; path != "" {
		whole += "/" + path
	}
	segments := strings.Split(whole, "/")
	for n := len(segments); n > 0; n-- {
		name := strings.Join(segments[:n], "/")
		for _, kind := range []string{"branch", "tag", "commit"} {
			prefix := map[string]string{"branch": "refs/heads/", "tag": "refs/tags/"}[kind]
			_, known := refs[prefix+name]
			if prefix != "" && !known || prefix == "" && (n != 1 || !isCommit(name)) {
				continue
			}
			parts := map[string]string{"ref": name, "as": kind, "path": strings.Join(segments[n:], "/")}
			return shown{s.page, parts, s.rest}, true
		}
	}
	return s, false
}

func isCommit(s string) bool {
	return len(s) >= 7 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// hasRef reports whether a page is one of a ref.
func (s shown) hasRef() bool {
	return slices.Contains([]schema.Page{schema.PageFile, schema.PageFolder, schema.PageRaw, schema.PageHistory}, s.page)
}
