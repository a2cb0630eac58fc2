package body

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

// Project names a project in links: how texts and assets lead to its files.
type Project struct {
	ID       int64
	FullPath string
	Bases    []string // addresses of the server, without a slash at the end
}

// File is a file of a project on the server: one that was uploaded for a text, or
// one of a generic package. It is what a blob's id stands for.
type File struct {
	Project int64
	Upload  string // its secret; empty: a file of a package
	Package string // name and version
	Name    string
}

// Link is a link of a text to a file that was uploaded to the text's own project.
type Link struct {
	URL  string // as it stands in the text
	File File
}

// uploaded finds what may be the end of such a link. The server leaves letters,
// digits and a few signs in the names of files; a link may have them escaped.
var uploaded = regexp.MustCompile(`uploads/([0-9a-f]{32})/((?:[\pL\pM\pN_.+-]|%[0-9A-Fa-f]{2})+)`)

// Links are the links of a text to files that were uploaded to the project, each
// once.
func (p Project) Links(text string) []Link {
	var all []Link
	seen := map[string]bool{}
	for _, at := range uploaded.FindAllStringSubmatchIndex(text, -1) {
		start := strings.LastIndexFunc(text[:at[0]], ends) + 1
		end := at[1]
		name := strings.TrimRight(text[at[4]:end], ".") // a full stop ends a sentence
		end = at[4] + len(name)
		if rest, _ := utf8.DecodeRuneInString(text[end:]); end < len(text) && !ends(rest) && !strings.ContainsRune(".,;:!*~", rest) {
			continue
		}
		l := Link{URL: text[start:end], File: File{Project: p.ID, Upload: text[at[2]:at[3]]}}
		var err error
		l.File.Name, err = url.PathUnescape(name)
		if err != nil || !l.File.valid() || seen[l.URL] || len(l.URL) > 500 || !p.leadsHere(text[start:at[0]]) {
			continue
		}
		seen[l.URL] = true
		all = append(all, l)
	}
	return all
}

// ends reports whether a link ends at r.
func ends(r rune) bool { return r <= ' ' || strings.ContainsRune("()<>[]{}\"'`|\\", r) }

// leadsHere reports whether what stands before the end of a link leads to the
// project: a path that the server completes, or an address of the project.
func (p Project) leadsHere(prefix string) bool {
	if prefix == "/" {
		return true
	}
	for _, home := range p.homes() {
		if strings.EqualFold(prefix, home) {
			return true
		}
	}
	return false
}

// homes are the beginnings of addresses of the project's uploads, with a slash at the end.
func (p Project) homes() []string {
	var all []string
	for _, base := range append([]string{""}, p.Bases...) {
		bases := []string{base}
		if rest, ok := strings.CutPrefix(base, "https://"); ok {
			bases = append(bases, "http://"+rest)
		} else if rest, ok := strings.CutPrefix(base, "http://"); ok {
			bases = append(bases, "https://"+rest)
		}
		for _, b := range bases {
			all = append(all, b+"/"+p.FullPath+"/", b+"/-/project/"+ID(p.ID)+"/")
		}
	}
	return all
}

// Asset is the file of the project that the address of a release's asset leads to;
// false: it leads elsewhere, or to something that is not a file of the project.
func (p Project) Asset(address string) (File, bool) {
	if l := p.Links(address); len(l) == 1 && l[0].URL == address {
		return l[0].File, true
	}
	for _, base := range p.Bases {
		for _, id := range []string{ID(p.ID), url.PathEscape(p.FullPath)} {
			rest, ok := strings.CutPrefix(address, base+"/api/v4/projects/"+id+"/packages/generic/")
			if !ok {
				continue
			}
			parts := strings.Split(rest, "/")
			for i := range parts {
				var err error
				if parts[i], err = url.PathUnescape(parts[i]); err != nil {
					return File{}, false
				}
			}
			if len(parts) != 3 {
				return File{}, false
			}
			f := File{Project: p.ID, Package: parts[0] + "/" + parts[1], Name: parts[2]}
			return f, f.valid()
		}
	}
	return File{}, false
}

// valid reports whether the parts of the file can be named in a request.
func (f File) valid() bool {
	parts := []string{f.Name}
	if f.Upload == "" {
		name, version, ok := strings.Cut(f.Package, "/")
		if !ok {
			return false
		}
		parts = append(parts, name, version)
	} else if !isSecret(f.Upload) {
		return false
	}
	for _, p := range parts {
		if p == "" || p == "." || p == ".." || len(p) > 255 || strings.ContainsAny(p, "/\\") || strings.ContainsFunc(p, unicode.IsControl) || !utf8.ValidString(p) {
			return false
		}
	}
	return f.Project > 0
}

func isSecret(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

// Blob is the id of the file's content.
func (f File) Blob() string {
	if f.Upload != "" {
		return ID(f.Project) + "/uploads/" + f.Upload + "/" + f.Name
	}
	return ID(f.Project) + "/packages/" + f.Package + "/" + f.Name
}

// ParseBlob reads the id of a content; false: it is not one.
func ParseBlob(id string) (File, bool) {
	parts := strings.Split(id, "/")
	project, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || len(parts) < 4 {
		return File{}, false
	}
	f := File{Project: project}
	switch {
	case parts[1] == "uploads" && len(parts) == 4:
		f.Upload, f.Name = parts[2], parts[3]
		return f, f.valid() && f.Upload != ""
	case parts[1] == "packages" && len(parts) == 5:
		f.Package, f.Name = parts[2]+"/"+parts[3], parts[4]
		return f, f.valid()
	}
	return File{}, false
}

// Attachment is the file that a link leads to.
func (l Link) Attachment() (schema.Attachment, *schema.Blob) {
	return schema.Attachment{Name: schema.Printable(l.File.Name), URL: l.URL}, &schema.Blob{ID: l.File.Blob(), Size: -1}
}

// ID is the part of the attachment's id that tells it from others of the same
// parent. A file that is linked to in several ways is several attachments: what
// takes the place of a link is known by the link.
func (l Link) ID() string {
	sum := sha256.Sum256([]byte(l.URL))
	return l.File.Upload + "-" + hex.EncodeToString(sum[:4])
}
