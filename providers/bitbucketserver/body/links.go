package body

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// Files knows the files that were uploaded into texts of one repository.
type Files struct {
	Bases      []string // addresses of the server, the one that the plan names first
	Paths      []string // of the repository below them: /projects/KEY/repos/SLUG
	Repository int64
}

// File is a file that a text links to.
type File struct {
	ID   string // as the link has it, escaped
	URL  string // as the text has it after [Files.Text]
	Name string // what people call it; a label, never a path
}

// maxFileID bounds the id of a file.
const maxFileID = 300

// uploaded finds what an upload leaves in a text, where a link can lead: after "](",
// "]: ", "<", or a quote of HTML.
var uploaded = regexp.MustCompile(`(\]\(<?|\]:[ \t]*<?|<|=")attachment:(\d{1,18})/([\w%.~+-]+(?:/[\w%.~+-]+)*)`)

// Text returns a text in which links to files lead to where the files are. Others
// counts those that lead to files of other repositories, of which no address is
// known.
func (f Files) Text(text string) (rewritten string, others int) {
	if !strings.Contains(text, "attachment:") {
		return text, 0
	}
	rewritten = outsideCode(text, func(part string) string {
		return uploaded.ReplaceAllStringFunc(part, func(link string) string {
			m := uploaded.FindStringSubmatch(link)
			if repository, err := strconv.ParseInt(m[2], 10, 64); err != nil || repository != f.Repository || !IsFileID(m[3]) {
				others++
				return link
			}
			return m[1] + f.Bases[0] + f.Paths[0] + "/attachments/" + m[3]
		})
	})
	return rewritten, others
}

// linked finds the end of an address of a file.
var linked = regexp.MustCompile(`/attachments/([\w%.~+-]+(?:/[\w%.~+-]+)*)`)

// Scan yields the files that a text links to, each once.
func (f Files) Scan(text string) []File {
	var all []File
	seen := map[string]bool{}
	outsideCode(text, func(part string) string {
		for _, at := range linked.FindAllStringSubmatchIndex(part, -1) {
			start := strings.LastIndexFunc(part[:at[0]], ends) + 1
			id := strings.TrimRight(part[at[2]:at[3]], ".")
			one := File{ID: id, URL: part[start:at[2]] + id}
			if seen[one.URL] || !IsFileID(id) || !f.owns(part[start:at[0]]) {
				continue
			}
			seen[one.URL] = true
			if one.Name = label(part[:start]); one.Name == "" {
				one.Name = lastName(id)
			}
			all = append(all, one)
		}
		return part
	})
	return all
}

// owns reports whether what stands before the end of an address leads to the
// repository: by its page, or by the interface for programs.
func (f Files) owns(prefix string) bool {
	for _, base := range f.Bases {
		starts := []string{base}
		if at, err := url.Parse(base); err == nil && !strings.Contains(prefix, "//") {
			starts = append(starts, at.Path) // an address without a host
		}
		for _, start := range starts {
			if below, ok := cutPrefixFold(prefix, start); ok && f.below(below) {
				return true
			}
		}
	}
	return false
}

// below is owns for what comes after the address of the server.
func (f Files) below(path string) bool {
	for _, version := range []string{"", "/rest/api/latest", "/rest/api/1.0"} {
		for _, own := range f.Paths {
			if strings.EqualFold(path, version+own) {
				return true
			}
		}
	}
	return false
}

// Key tells a file from others of the same thread: what takes the place of a link is
// known by the link.
func (f File) Key() string {
	sum := sha256.Sum256([]byte(f.URL))
	return hex.EncodeToString(sum[:8])
}

// IsFileID reports whether id can be that of a file.
func IsFileID(id string) bool {
	plain, err := url.PathUnescape(id)
	if err != nil || id == "" || len(id) > maxFileID || strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	for part := range strings.SplitSeq(plain, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// ends reports whether an address ends at r.
func ends(r rune) bool { return r <= ' ' || strings.ContainsRune("()<>[]{}\"'`|\\", r) }

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
	return fileName(inner[open+1:])
}

func lastName(id string) string {
	plain, err := url.PathUnescape(id)
	if err != nil {
		plain = id
	}
	return fileName(plain)
}

// fileName makes a label of what people call a file: never a path.
func fileName(s string) string {
	s = s[strings.LastIndexAny(s, `/\`)+1:]
	return schema.Printable(strings.TrimSpace(s))
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
