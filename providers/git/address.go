package git

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// address is a vcs_url taken apart. It is checked: git may be given it.
type address struct {
	raw    string // as the plan writes it
	scheme string // file, http, https, ssh or git; "" is a path
	user   string
	host   string // lower case, without brackets
	port   string // "" is the default of the scheme
	path   string // decoded; of host:path without a leading slash
	tail   string // query and fragment, as written
}

// parseAddress reads what git clone takes, as git does. Its errors show no
// password.
func parseAddress(raw string) (address, error) {
	if err := gitrepo.CheckURL(raw); err != nil {
		return address{}, err
	}
	if scheme, rest, ok := strings.Cut(raw, "://"); ok {
		switch scheme { // CheckURL let no others pass
		case "file":
			decoded, err := url.PathUnescape(rest)
			return address{raw: raw, scheme: scheme, path: decoded}, err
		case "http", "https", "ssh", "git":
			return parseURL(raw)
		}
	}
	host, _, ok := strings.Cut(raw, ":")
	if !ok || strings.Contains(host, "/") || runtime.GOOS == "windows" && len(host) == 1 {
		return address{raw: raw, path: raw}, nil
	}
	return parseSCP(raw), nil
}

func parseURL(raw string) (address, error) {
	u, err := url.Parse(raw)
	if err != nil { // err quotes the address
		return address{}, &gitrepo.Error{Op: "check repository address", Kind: gitrepo.Refused, Message: "it is not a valid URL"}
	}
	if _, has := u.User.Password(); has {
		return address{}, &gitrepo.Error{Op: "check repository address", Kind: gitrepo.Refused, Message: "it holds a password, and addresses are stored and shown"}
	}
	a := address{raw: raw, scheme: u.Scheme, user: u.User.Username(), host: strings.ToLower(u.Hostname()), port: u.Port(), path: u.Path}
	if a.port == defaultPort(u.Scheme) {
		a.port = ""
	}
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		a.tail = raw[i:]
	}
	return a, nil
}

// parseSCP reads user@host:path and user@[host:port]:path.
func parseSCP(raw string) address {
	a := address{raw: raw, scheme: "ssh"}
	rest := raw
	if user, after, ok := strings.Cut(raw, "@"); ok && !strings.Contains(user, ":") {
		a.user, rest = user, after
	}
	a.host, a.path, _ = strings.Cut(rest, ":")
	if strings.HasPrefix(rest, "[") {
		if host, after, ok := strings.Cut(rest[1:], "]:"); ok {
			a.host, a.path = host, after
		}
		if host, port, ok := strings.Cut(a.host, ":"); ok && !strings.Contains(port, ":") {
			a.host, a.port = host, port
		}
	}
	a.host = strings.ToLower(a.host)
	if a.port == defaultPort("ssh") {
		a.port = ""
	}
	return a
}

func defaultPort(scheme string) string {
	switch scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	case "ssh":
		return "22"
	}
	return "9418"
}

func (a address) local() bool { return a.scheme == "" || a.scheme == "file" }

func (a address) web() bool { return a.scheme == "http" || a.scheme == "https" }

// hostPort is the host as URLs write it.
func (a address) hostPort() string {
	switch {
	case a.port != "":
		return net.JoinHostPort(a.host, a.port)
	case strings.Contains(a.host, ":"):
		return "[" + a.host + "]"
	}
	return a.host
}

// identity is the address in a form that is the same for the ways to write it:
// scheme and host in lower case, without user name, default port, trailing
// slash and .git. A path stays as it is written, only cleaned. See the package
// comment.
func (a address) identity() string {
	switch {
	case a.scheme == "file":
		return path.Clean(a.path)
	case a.local():
		return asPath(path.Clean(filepath.ToSlash(a.path)))
	case a.path != "" && a.path[0] != '/': // host:path, where the path starts at the home of the user
		host := a.hostPort()
		if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
			host = "[" + host + "]"
		}
		return host + ":" + trimPath(a.path)
	}
	u := url.URL{Scheme: a.scheme, Host: a.hostPort(), Path: trimPath(a.path)}
	return u.String() + a.tail
}

// trimPath removes what does not tell repositories of a server apart.
func trimPath(p string) string {
	p = strings.TrimRight(p, "/")
	return strings.TrimRight(strings.TrimSuffix(p, ".git"), "/")
}

// asPath writes a local path so that it is not read as an address or option.
func asPath(p string) string {
	if a, err := parseAddress(p); err == nil && a.scheme == "" {
		return p
	}
	if filepath.IsAbs(p) || strings.HasPrefix(p, "./") {
		return p
	}
	return "./" + p
}

// fullName is the path as people write it, without .git.
func (a address) fullName() string {
	p := a.path
	if a.local() {
		p = path.Clean(filepath.ToSlash(p))
	} else {
		p = strings.TrimLeft(p, "/")
	}
	return schema.Printable(trimPath(p))
}

// maxName is what file systems and forges take at most.
const maxName = 255

// name is the last part of the path. It fails when that is no name.
func (a address) name() (string, error) {
	name := path.Base(a.fullName())
	why := ""
	switch {
	case name == "." || name == ".." || name == "/" || name == "~":
		why = "ends with no name"
	case name[0] == '-':
		why = fmt.Sprintf("ends with %q, which programs take for an option", name)
	case len(name) > maxName:
		why = fmt.Sprintf("ends with a name of more than %d bytes", maxName)
	case strings.ContainsAny(name, `\`): // also what Printable had to escape
		why = "ends with a name of unusual characters"
	default:
		return name, nil
	}
	return "", &providers.Error{Code: providers.CodeInvalid, Message: "the address " + why,
		Hint: "write an address that ends with the repository's name", Attribute: "vcs_url"}
}

// shown is the address for people: without user name, and without characters
// that act on a terminal.
func (a address) shown() string {
	if a.web() && a.user != "" {
		_, rest, _ := strings.Cut(a.raw, "@")
		return schema.Printable(a.scheme + "://" + rest)
	}
	return schema.Printable(a.raw)
}

// absolute is the path of a local repository on this machine; dir is where
// relative ones start.
func (a address) absolute(dir string) string {
	if a.scheme == "file" || filepath.IsAbs(a.path) {
		return filepath.FromSlash(a.path)
	}
	return filepath.Join(dir, a.path)
}
