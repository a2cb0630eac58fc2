package dav

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/schema"
)

// parseAddress reads an http:// or https:// URL. Its errors do not show it,
// because it may hold a password. The path of the result has no trailing
// slash.
func parseAddress(raw string) (*url.URL, error) {
	if strings.ContainsFunc(raw, unicode.IsControl) {
		return nil, errors.New("the address contains a control character")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("the address is not a valid URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the address begins with neither http:// nor https://")
	case u.Hostname() == "":
		return nil, errors.New("the address names no host")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New(`the address contains "?" or "#"; write %3F or %23 if the path has them`)
	}
	if _, has := u.User.Password(); has {
		return nil, errors.New("the address holds a password, and addresses are stored and shown")
	}
	path, err := cleanPath(u.Path)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, User: u.User, Path: path, RawPath: remote.EscapePath(path)}, nil
}

// cleanPath removes empty parts. The result has a leading slash, or is "".
func cleanPath(path string) (string, error) {
	clean := ""
	for part := range strings.SplitSeq(path, "/") {
		switch {
		case part == "" || part == ".":
			continue
		case part == "..":
			return "", errors.New(`the address contains ".."`)
		case strings.ContainsFunc(part, unicode.IsControl):
			return "", errors.New("the address contains an escaped control character")
		}
		clean += "/" + part
	}
	return clean, nil
}

// badAddress is the failure of an address that cannot be used.
func badAddress(err error) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read vcs_url", Message: err.Error(), Attribute: "vcs_url",
		Hint: "write http://HOST/PATH or https://HOST/PATH without a password", Err: err}
}

// withPath returns u with another path, which is not escaped.
func withPath(u *url.URL, path string) *url.URL {
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path, RawPath: remote.EscapePath(path)}
}

// below returns path relative to root, and whether it is at or below it.
func below(root, path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, root)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// join appends a path relative to a folder to that.
func join(dir, path string) string {
	if path == "" {
		return dir
	}
	return dir + "/" + path
}

// local reports whether u is on this machine.
func local(u *url.URL) bool {
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

func shown(u *url.URL) string { return schema.Printable(withPath(u, u.Path).String()) }
