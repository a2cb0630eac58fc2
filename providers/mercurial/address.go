package mercurial

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// address is a vcs_url taken apart and checked.
type address struct {
	raw  string   // as the plan writes it
	url  *url.URL // of http, https and ssh; nil for what is on this machine
	path string   // on this machine
}

// parseAddress reads what hg clone takes. Its errors do not repeat the
// address, which may hold a password.
func parseAddress(raw string) (address, error) {
	refuse := func(why, hint string) (address, error) {
		return address{}, &providers.Error{Code: providers.CodeInvalid, Op: "read vcs_url", Attribute: "vcs_url", Message: why, Hint: hint}
	}
	const forms = "write a path, or a file, http, https or ssh address"
	switch {
	case raw == "":
		return refuse("the address is empty", forms)
	case strings.ContainsFunc(raw, unicode.IsControl):
		return refuse("the address holds a control character", forms)
	case raw[0] == '-':
		return refuse("the address looks like an option", "name a path that begins with a dash ./-NAME")
	}
	scheme, rest, hasScheme := strings.Cut(raw, "://")
	if local, isFile := strings.CutPrefix(raw, "file:"); isFile {
		return localAddress(raw, strings.TrimPrefix(local, "//"))
	}
	if !hasScheme {
		return address{raw: raw, path: raw}, nil
	}
	switch scheme {
	case "http", "https", "ssh":
	default:
		return refuse("Drover does not read Mercurial over "+schema.Printable(scheme), forms)
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || rest == "" {
		return refuse("the address is not a valid URL", forms)
	}
	if _, has := u.User.Password(); has {
		return refuse("the address holds a password, and addresses are stored and shown", "move it to the attribute password of the source block")
	}
	if u.Fragment != "" || u.RawQuery != "" {
		return refuse("the address ends with a query or fragment", "name the repository alone; all its branches are read")
	}
	if strings.HasPrefix(u.Hostname(), "-") || strings.HasPrefix(u.User.Username(), "-") {
		return refuse("the address looks like an option", forms)
	}
	u.Host = strings.ToLower(u.Host)
	return address{raw: raw, url: u}, nil
}

func localAddress(raw, escaped string) (address, error) {
	decoded, err := url.PathUnescape(escaped)
	if err != nil || decoded == "" {
		return address{}, &providers.Error{Code: providers.CodeInvalid, Op: "read vcs_url", Attribute: "vcs_url",
			Message: "the file address is not a valid URL", Hint: "write file:///PATH, or the path alone"}
	}
	return address{raw: raw, path: decoded}, nil
}

func (a address) local() bool { return a.url == nil }

func (a address) web() bool { return a.url != nil && a.url.Scheme != "ssh" }

// absolute is the path of what is on this machine; dir is where relative ones
// start.
func (a address) absolute(dir string) string {
	if filepath.IsAbs(a.path) {
		return filepath.FromSlash(a.path)
	}
	return filepath.Join(dir, filepath.FromSlash(a.path))
}

// fullName is the path as people write it.
func (a address) fullName() string {
	p := filepath.ToSlash(a.path)
	if a.url != nil {
		p = strings.Trim(a.url.Path, "/")
		if p == "" {
			p = a.url.Hostname()
		}
	}
	return schema.Printable(path.Clean(p))
}

// maxName is what file systems and forges take at most.
const maxName = 255

// name is the last part of the path, without the ending of a bundle file, or
// empty when that suggests none.
func (a address) name() string {
	name := strings.TrimSuffix(path.Base(a.fullName()), ".hg")
	switch {
	case name == "" || name == "." || name == ".." || name == "/", name[0] == '-', len(name) > maxName, strings.Contains(name, `\`):
		return ""
	}
	return name
}

// shown is the address for people: without user name, and without characters
// that act on a terminal.
func (a address) shown() string {
	if a.url == nil || a.url.User == nil {
		return schema.Printable(a.raw)
	}
	u := *a.url
	u.User = nil
	return schema.Printable(u.String())
}
