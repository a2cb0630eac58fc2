package ra

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/schema"
)

const defaultPort = "3690"

// address is a checked svn:// or svn+ssh:// URL.
type address struct {
	tunnel bool // through ssh
	user   string
	host   string // without brackets
	port   string // "" for the default
	path   string // decoded, with a leading slash, without a trailing one; "" for /
}

// parseAddress reads a URL. Its errors do not show it, because it may hold a
// password.
func parseAddress(raw string) (address, error) {
	if strings.ContainsFunc(raw, unicode.IsControl) {
		return address{}, errors.New("the address contains a control character")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return address{}, errors.New("the address is not a valid URL")
	case u.Scheme != "svn" && u.Scheme != "svn+ssh":
		return address{}, errors.New("the address begins with neither svn:// nor svn+ssh://")
	case u.Hostname() == "":
		return address{}, errors.New("the address names no host")
	case u.RawQuery != "" || u.Fragment != "":
		return address{}, errors.New(`the address contains "?" or "#"; write %3F or %23 if the path has them`)
	}
	if _, has := u.User.Password(); has {
		return address{}, errors.New("the address holds a password, and addresses are stored and shown")
	}
	a := address{tunnel: u.Scheme == "svn+ssh", user: u.User.Username(), host: u.Hostname(), port: u.Port()}
	for part := range strings.SplitSeq(u.Path, "/") {
		switch part {
		case "", ".":
			continue
		case "..":
			return address{}, errors.New(`the address contains ".."`)
		}
		a.path += "/" + part
	}
	for _, name := range []string{a.user, a.host} {
		if strings.HasPrefix(name, "-") || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return address{}, errors.New("the address has a user or host name that programs could misread")
		}
	}
	if strings.ContainsFunc(a.path, unicode.IsControl) {
		return address{}, errors.New("the address contains an escaped control character")
	}
	if !a.tunnel && a.port == defaultPort {
		a.port = ""
	}
	return a, nil
}

// badAddress is the failure of an address that cannot be used.
func badAddress(err error) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read vcs_url", Message: err.Error(), Attribute: "vcs_url",
		Hint: "write svn://HOST/PATH or svn+ssh://USER@HOST/PATH without a password", Err: err}
}

// String is the URL as Subversion writes it. A user name belongs to it only
// where ssh needs it.
func (a address) String() string {
	s := "svn://"
	if a.tunnel {
		s = "svn+ssh://"
		if a.user != "" {
			s += url.PathEscape(a.user) + "@"
		}
	}
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	s += host
	if a.port != "" {
		s += ":" + a.port
	}
	return s + remote.EscapePath(a.path)
}

// shown is the URL in messages.
func (a address) shown() string { return schema.Printable(a.String()) }

// dialed is what to connect to.
func (a address) dialed() string {
	port := a.port
	if port == "" {
		port = defaultPort
	}
	return net.JoinHostPort(a.host, port)
}

// below returns the path of the URL url relative to the URL root, and whether
// it is at or below it.
func below(root, url string) (string, bool) {
	r, err := parseAddress(root)
	if err != nil {
		return "", false
	}
	u, err := parseAddress(url)
	if err != nil || r.tunnel != u.tunnel || !strings.EqualFold(r.host, u.host) || r.port != u.port || r.user != u.user && r.user != "" {
		return "", false
	}
	rest, ok := strings.CutPrefix(u.path, r.path)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}
