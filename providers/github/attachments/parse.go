package attachments

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
)

// MaxURL is the longest URL that is taken for an attachment. Signed ones have
// some 700 bytes.
const MaxURL = 4 << 10

// maxName bounds the name that people see, in bytes.
const maxName = 200

// Host knows the attachments of one repository.
type Host struct {
	Web string // the address of the GitHub: https://github.com

	// Repositories are the repository's name, OWNER/NAME, and the names that it
	// had before.
	Repositories []string
}

// Found is an attachment.
type Found struct {
	URL  string // as the text has it
	Name string // of the file, as far as the URL tells it; a label, never a path

	// Download is the URL to get the file from. It carries no signature, so it
	// does not expire, and it names the attachment for ever.
	Download string
}

// ID is a short name for the attachment that is the same wherever it is found.
func (f Found) ID() string {
	sum := sha256.Sum256([]byte(f.Download))
	return hex.EncodeToString(sum[:16])
}

const (
	dotcom        = "github.com"
	publicImages  = "user-images.githubusercontent.com"
	privateImages = "private-user-images.githubusercontent.com"
)

// Parse tells whether rawURL is an attachment of the repository. What it returns
// means nothing when it is not.
func (h Host) Parse(rawURL string) (Found, bool) {
	if len(rawURL) > MaxURL {
		return Found{}, false
	}
	u, err := url.Parse(rawURL)
	web, werr := url.Parse(h.Web)
	if err != nil || werr != nil || u.User != nil || u.Opaque != "" || u.Scheme != "https" && u.Scheme != web.Scheme {
		return Found{}, false
	}
	escaped := u.EscapedPath()
	if slices.ContainsFunc(strings.Split(u.Path, "/"), func(s string) bool { return s == "." || s == ".." }) {
		return Found{}, false
	}
	// A slash that is escaped is none, so the path is cut before it is unescaped.
	parts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	if slices.Contains(parts, "") {
		return Found{}, false
	}
	host, home := strings.ToLower(u.Host), strings.ToLower(web.Host)
	found := Found{URL: rawURL, Name: name(u), Download: u.Scheme + "://" + host + escaped}
	switch {
	case host == home:
		return found, uploaded(parts) || h.ofRepository(parts) || home != dotcom && stored(parts)
	case home != dotcom && host == "media."+home:
		return found, len(parts) > 1 && parts[0] == "user"
	case host == publicImages:
		return found, true
	case host == privateImages:
		// The address that it was signed for is not told, but the id is. The
		// images are github.com's, whichever GitHub has the text.
		id := signedID(parts)
		found.Download = "https://" + dotcom + "/user-attachments/assets/" + id
		return found, id != ""
	}
	return Found{}, false
}

// uploaded knows the paths of what belongs to no repository.
func uploaded(parts []string) bool {
	return len(parts) > 2 && parts[0] == "user-attachments" && file(parts[1:])
}

// ofRepository knows the paths of what belongs to the repository.
func (h Host) ofRepository(parts []string) bool {
	if len(parts) != 5 || !(parts[2] == "files" || parts[2] == "assets" && isUUID(parts[4])) || !isNumber(parts[3]) {
		return false
	}
	return slices.ContainsFunc(h.Repositories, func(full string) bool { return strings.EqualFold(full, parts[0]+"/"+parts[1]) })
}

// file knows assets/UUID and files/ID/NAME.
func file(parts []string) bool {
	switch parts[0] {
	case "assets":
		return len(parts) == 2 && isUUID(parts[1])
	case "files":
		return len(parts) == 3 && isNumber(parts[1])
	}
	return false
}

// stored knows the paths of Enterprise Server.
func stored(parts []string) bool {
	switch parts[0] {
	case "storage", "media":
		return len(parts) > 2 && parts[1] == "user"
	case "github-enterprise-assets":
		return len(parts) > 1
	}
	return false
}

// signedID is the UUID in the path of a signed image: ID/ID-UUID.EXT.
func signedID(parts []string) string {
	if len(parts) != 2 || !isNumber(parts[0]) {
		return ""
	}
	number, rest, _ := strings.Cut(parts[1], "-")
	id, extension, _ := strings.Cut(rest, ".")
	if !isNumber(number) || !isUUID(id) || extension == "" {
		return ""
	}
	return strings.ToLower(id)
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

// name is the last part of the path, fit to be shown. A part that holds a slash
// when unescaped would look like a path; what stands before it is dropped.
func name(u *url.URL) string {
	n := path.Base(strings.ReplaceAll(u.Path, `\`, "/"))
	n = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, n))
	if len(n) > maxName {
		n = strings.ToValidUTF8(n[len(n)-maxName:], "")
	}
	if strings.Trim(n, "./") == "" {
		return "attachment"
	}
	return n
}
