package body

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// Link is a link to a file that was attached to something of the server.
type Link struct {
	URL  string // as it stands in the text
	UUID string // of the file
	Name string // what the text calls it; may be empty
}

// linked finds what may be the end of such a link.
var linked = regexp.MustCompile(`attachments/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})`)

// owned is what may stand between the server's address and the link's end: older
// servers put the repository there.
var owned = regexp.MustCompile(`^/?(?:[\w.-]+/[\w.-]+/(?:releases/)?)?$`)

// IsUUID reports whether s can be the id of a file.
func IsUUID(s string) bool { return linked.FindString("attachments/"+s) == "attachments/"+s }

// Links are the links of a text to files of a server at any of the bases, each
// once. A link without a host is one too.
func Links(text string, bases ...string) []Link {
	var all []Link
	seen := map[string]bool{}
	for _, at := range linked.FindAllStringSubmatchIndex(text, -1) {
		start := strings.LastIndexFunc(text[:at[0]], ends) + 1
		end := at[1]
		switch rest := text[end:]; {
		case rest == "" || ends(rune(rest[0])) || strings.ContainsRune(".,;:!*~", rune(rest[0])):
		case rest[0] == '?' || rest[0] == '#':
			if n := strings.IndexFunc(rest, ends); n >= 0 {
				end += n
			} else {
				end = len(text)
			}
		default:
			continue
		}
		l := Link{URL: text[start:end], UUID: strings.ToLower(text[at[2]:at[3]])}
		if seen[l.URL] || len(l.URL) > 500 || !own(text[start:at[0]], bases) {
			continue
		}
		seen[l.URL] = true
		l.Name = label(text[:start])
		all = append(all, l)
	}
	return all
}

// ends reports whether a link ends at r.
func ends(r rune) bool { return r <= ' ' || strings.ContainsRune("()<>[]{}\"'`|\\", r) }

// own reports whether what stands before the end of a link leads to the server.
func own(prefix string, bases []string) bool {
	for _, base := range bases {
		at, err := url.Parse(base)
		if err != nil {
			continue
		}
		host := "//" + at.Host
		for _, start := range []string{"https:" + host + at.Path, "http:" + host + at.Path, at.Path} {
			if len(prefix) >= len(start) && strings.EqualFold(prefix[:len(start)], start) && owned.MatchString(prefix[len(start):]) {
				return true
			}
		}
	}
	return owned.MatchString(prefix)
}

// label is what a text calls the link that follows it.
func label(before string) string {
	inner, ok := strings.CutSuffix(before, "](")
	if !ok {
		return ""
	}
	open := strings.LastIndexByte(inner, '[')
	if open < 0 || len(inner)-open > 256 {
		return ""
	}
	return FileName(inner[open+1:])
}

// FileName makes a label of what people call a file: never a path.
func FileName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	return strings.ReplaceAll(schema.Printable(strings.TrimSpace(s)), `\`, "_") // of what was escaped
}

// FileID is the part of an attachment's id that tells it from others of the same
// thread. A file that is linked to in several ways is several attachments: what
// takes the place of a link is known by the link.
func FileID(uuid, link, listed string) string {
	if link == listed {
		return uuid
	}
	sum := sha256.Sum256([]byte(link))
	return uuid + "-" + hex.EncodeToString(sum[:4])
}
