package threads

import (
	"net/url"
	"strings"
)

// Picture is a file that a text shows.
type Picture struct {
	URL  string // as it stands in the text
	Name string
}

// Pictures finds the addresses of files that were pasted into texts:
// WEB/repo/KEY/images/NUMBER-NAME.
func Pictures(web, text string) []Picture {
	var all []Picture
	for {
		at := strings.Index(text, web+"/repo/")
		if at < 0 {
			return all
		}
		text = text[at:]
		end := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`)("'<>\`+"`", r) })
		if end < 0 {
			end = len(text)
		}
		if p, ok := ParsePicture(web, text[:end]); ok {
			all = append(all, p)
		}
		text = text[max(end, 1):]
	}
}

// ParsePicture tells whether an address is that of a pasted file, and nothing else
// of Bitbucket's pages: credentials go along when it is opened.
func ParsePicture(web, address string) (Picture, bool) {
	rest, ok := strings.CutPrefix(address, web+"/repo/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 || parts[0] == "" || parts[1] != "images" || strings.ContainsAny(rest, "?#\\") || strings.Trim(parts[0], ".") == "" {
		return Picture{}, false
	}
	name, err := url.PathUnescape(parts[2])
	if err != nil || strings.Trim(name, ".") == "" || strings.ContainsAny(name, "/\\") {
		return Picture{}, false
	}
	if digits, bare, ok := strings.Cut(name, "-"); ok && bare != "" && strings.Trim(digits, "0123456789") == "" {
		name = bare
	}
	return Picture{URL: address, Name: name}, true
}
