package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Remote is a repository somewhere else and the way in. Its URL is shown in
// errors; it must come from [ParseRemote] if it may hold credentials.
//
// Username and Password are for http and https only. A Password without a
// Username is sent with the user name "git", which most forges take for
// tokens.
type Remote struct {
	URL      string // a path or a file, http, https, ssh, git or host:path address
	Username string
	Password string `json:"-"`
	CAFile   string // certificates to trust instead of the system's, or ""

	// Only, when not empty, are the refs that exist as far as Drover is
	// concerned: patterns such as refs/heads/*, in which one star stands for any
	// part of a name.
	Only []string
}

// String returns the URL without credentials.
func (r Remote) String() string {
	shown := r.URL
	if _, err := parseAddress(shown); err != nil {
		// In a malformed URL a password may hold slashes: better hide too much.
		shown = regexp.MustCompile(`://.*@`).ReplaceAllString(shown, "://")
	}
	return plain(shown, r.secrets()...)
}

// GoString keeps the password out of %#v.
func (r Remote) GoString() string { return fmt.Sprintf("gitrepo.Remote{URL:%q}", r.String()) }

// ParseRemote checks raw and splits user name and password off an http or
// https URL. No error shows them.
func ParseRemote(raw string) (Remote, error) {
	a, err := parseAddress(raw)
	if err != nil {
		return Remote{}, err
	}
	r := Remote{URL: raw}
	if a.web() && a.url.User != nil {
		r.Username = a.url.User.Username()
		r.Password, _ = a.url.User.Password()
		bare := *a.url
		bare.User = nil
		r.URL = bare.String()
	}
	return r, r.checkCredentials()
}

// CheckURL refuses what git must not be given: addresses that run commands
// (ext:: and every other transport::address), that could be read as options,
// that hold control characters, or whose protocol is not one of file, http,
// https, ssh and git.
func CheckURL(raw string) error {
	_, err := parseAddress(raw)
	return err
}

// address is a checked URL: a path if scheme is "".
type address struct {
	scheme string
	url    *url.URL // nil for paths and host:path
	path   string   // of a path or file URL
}

func (a address) web() bool { return a.scheme == "http" || a.scheme == "https" }

func refuseURL(reason string) error {
	return &Error{Op: "check repository address", Kind: Refused, Message: reason}
}

func parseAddress(raw string) (address, error) {
	switch {
	case raw == "":
		return address{}, refuseURL("it is empty")
	case hasControl(raw):
		return address{}, refuseURL("it contains a control character")
	case raw[0] == '-':
		return address{}, refuseURL(`it begins with "-"`)
	case regexp.MustCompile(`^[A-Za-z0-9+.\-]*::`).MatchString(raw):
		return address{}, refuseURL(`addresses of the form "transport::address" are not allowed`)
	}
	if scheme, rest, ok := strings.Cut(raw, "://"); ok && regexp.MustCompile(`^[A-Za-z0-9+.\-]+$`).MatchString(scheme) {
		return parseSchemeURL(raw, scheme, rest)
	}
	if host, _, ok := strings.Cut(raw, ":"); ok && !strings.Contains(host, "/") && !isDrive(host) {
		return parseSCP(raw)
	}
	return address{path: raw}, nil
}

func parseSchemeURL(raw, scheme, rest string) (address, error) {
	switch scheme {
	case "file", "http", "https", "ssh", "git":
	default:
		return address{}, refuseURL(fmt.Sprintf("protocol %q is not one of file, http, https, ssh, git", plain(scheme)))
	}
	// git decodes percent signs, so what they hide counts as well.
	decoded, err := url.PathUnescape(rest)
	if err != nil {
		return address{}, refuseURL("it contains a malformed percent escape")
	}
	if hasControl(decoded) {
		return address{}, refuseURL("it contains an escaped control character")
	}
	if scheme == "file" {
		if !strings.HasPrefix(decoded, "/") {
			return address{}, refuseURL(`a file address must look like "file:///path"`)
		}
		return address{scheme: scheme, path: decoded}, nil
	}
	u, err := url.Parse(raw)
	if err != nil { // err quotes the URL and with it the password
		return address{}, refuseURL("it is not a valid URL")
	}
	if err := checkHost(u.Hostname()); err != nil {
		return address{}, err
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return address{}, refuseURL("its port is not a number between 1 and 65535")
		}
	}
	if scheme == "ssh" || scheme == "git" {
		if _, has := u.User.Password(); has {
			return address{}, refuseURL(fmt.Sprintf("a password cannot be used with %s; use a key or an https address", scheme))
		}
		if u.User != nil && !sshUser().MatchString(u.User.Username()) {
			return address{}, refuseURL("its user name has unusual characters")
		}
	}
	return address{scheme: scheme, url: u}, nil
}

// parseSCP checks user@host:path, git's short form of an ssh address.
func parseSCP(raw string) (address, error) {
	rest := raw
	if user, after, ok := strings.Cut(raw, "@"); ok && !strings.Contains(user, ":") {
		if !sshUser().MatchString(user) {
			return address{}, refuseURL("its user name has unusual characters")
		}
		rest = after
	}
	host, path, _ := strings.Cut(rest, ":")
	if strings.HasPrefix(rest, "[") {
		end := strings.Index(rest, "]:")
		if end < 0 {
			return address{}, refuseURL("its host is not closed by a bracket")
		}
		host, path = rest[1:end], rest[end+2:]
	}
	if err := checkHost(host); err != nil {
		return address{}, err
	}
	if path == "" || path[0] == '-' {
		return address{}, refuseURL("its path is empty or begins with \"-\"")
	}
	return address{scheme: "ssh"}, nil
}

func checkHost(host string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9_.:%\-]+$`).MatchString(host) {
		return refuseURL("its host is empty or has unusual characters")
	}
	if host[0] == '-' {
		return refuseURL(`its host begins with "-"`)
	}
	return nil
}

func sshUser() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+~\\\-]*$`) }

// isDrive reports whether the text before a colon is a Windows drive letter.
func isDrive(s string) bool { return runtime.GOOS == "windows" && len(s) == 1 }

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) })
}

func (r Remote) checkCredentials() error {
	if hasControl(r.Username) || hasControl(r.Password) {
		return refuseURL("its user name or password contains a control character")
	}
	return nil
}

// ready checks r for a run of git and brings it into the form git is given:
// without credentials in the URL, with absolute paths.
func (r Remote) ready(op string) (Remote, error) {
	parsed, err := ParseRemote(r.URL)
	if err == nil {
		err = r.checkCredentials()
	}
	if err != nil {
		return Remote{}, reop(op, err)
	}
	if r.Username == "" && r.Password == "" {
		r.Username, r.Password = parsed.Username, parsed.Password
	}
	r.URL = parsed.URL
	if a, err := parseAddress(r.URL); err == nil && a.scheme == "" {
		if r.URL, err = absolute(op, r.URL); err != nil {
			return Remote{}, err
		}
	}
	if r.CAFile != "" {
		if r.CAFile, err = absolute(op, r.CAFile); err != nil {
			return Remote{}, err
		}
	}
	return r, nil
}

// reop gives err the operation the caller was asked for.
func reop(op string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		named := *e
		named.Op = op
		return &named
	}
	return err
}

const (
	usernameVariable = "DROVER_GIT_USERNAME"
	passwordVariable = "DROVER_GIT_PASSWORD"
)

// hasCredentials reports whether a helper is to be offered to git.
func (r Remote) hasCredentials() bool {
	a, err := parseAddress(r.URL)
	return err == nil && a.web() && (r.Username != "" || r.Password != "")
}

// config returns the settings for talking to r. The helper is bound to the
// scheme, host and port of r: git does not ask it on behalf of the host a
// redirect led to.
func (r Remote) config() []string {
	if !r.hasCredentials() {
		return nil
	}
	a, _ := parseAddress(r.URL)
	return []string{fmt.Sprintf(
		`credential.%s://%s.helper=!f() { test "$1" = get && printf 'username=%%s\npassword=%%s\n' "$%s" "$%s"; }; f`,
		a.scheme, a.url.Host, usernameVariable, passwordVariable)}
}

// environ returns the variables the credential helper prints, and the
// certificates to trust: the caller's GIT_SSL_CAINFO would outdo a setting.
func (r Remote) environ() []string {
	var env []string
	if r.CAFile != "" {
		env = append(env, "GIT_SSL_CAINFO="+r.CAFile)
	}
	if r.hasCredentials() {
		username := r.Username
		if username == "" {
			username = "git"
		}
		env = append(env, usernameVariable+"="+username, passwordVariable+"="+r.Password)
	}
	return env
}

// sees reports whether a ref of the remote is one of those that are asked for.
func (r Remote) sees(ref string) bool {
	return len(r.Only) == 0 || slices.ContainsFunc(r.Only, func(pattern string) bool {
		before, after, wild := strings.Cut(pattern, "*")
		if !wild {
			return ref == pattern
		}
		return len(ref) >= len(before)+len(after) && strings.HasPrefix(ref, before) && strings.HasSuffix(ref, after)
	})
}

// refspecs are what a fetch of all refs asks for.
func (r Remote) refspecs() []string {
	if len(r.Only) == 0 {
		return []string{"+refs/*:refs/*"}
	}
	var specs []string
	for _, pattern := range r.Only {
		specs = append(specs, "+"+pattern+":"+pattern)
	}
	return specs
}

// secrets returns what no message may contain. Some forges take a token for
// the user name, without a password.
func (r Remote) secrets() []string {
	if r.Password == "" && len(r.Username) >= minToken {
		return []string{r.Username}
	}
	return []string{r.Password}
}

// minToken is the length from which a lone user name is taken for a token.
const minToken = 16

// directory returns the repository r leads to if it is a plain directory
// whose files can be read without git's transport; see the package comment.
func (r Remote) directory() (*Repo, bool) {
	a, err := parseAddress(r.URL)
	if err != nil || a.scheme != "" {
		return nil, false
	}
	for _, dir := range []string{filepath.Join(a.path, ".git"), a.path} {
		if !isRepository(dir) {
			continue
		}
		for _, special := range []string{"shallow", "commondir", filepath.Join("info", "grafts")} {
			if exists(filepath.Join(dir, special)) {
				return nil, false
			}
		}
		partial, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "objects", "pack", "*.promisor"))
		return &Repo{dir: dir}, len(partial) == 0
	}
	return nil, false
}

// escapeGlob makes path match itself.
func escapeGlob(path string) string {
	if runtime.GOOS == "windows" { // there is no escape character, and * and ? cannot occur
		return path
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// LsRemote lists the refs of a remote. Names git itself would not store are
// left out, as git does when it fetches.
func LsRemote(ctx context.Context, remote Remote) (Refs, error) {
	op := "list refs of " + remote.String()
	r, err := remote.ready(op)
	if err != nil {
		return Refs{}, err
	}
	if repo, ok := r.directory(); ok {
		refs, err := repo.Refs(ctx)
		maps.DeleteFunc(refs.Names, func(name, _ string) bool { return !r.sees(name) })
		return refs, reop(op, err)
	}
	refs := Refs{Names: map[string]string{}}
	c := command{op: op, remote: &r, args: []string{"ls-remote", "--quiet", "--symref", "--", r.URL}}
	err = c.eachLine(ctx, func(line []byte) error {
		value, name, _ := strings.Cut(string(line), "\t")
		target, symbolic := strings.CutPrefix(value, "ref: ")
		switch {
		case symbolic && name == "HEAD" && CheckRefName(target) == nil:
			refs.Head = target
		case symbolic || !isOID(value):
		case name == "HEAD":
			refs.HeadOID = value
		case strings.HasPrefix(name, "refs/") && CheckRefName(name) == nil && r.sees(name): // peeled tags end in ^{}, no name does
			refs.Names[name] = value
		}
		return nil
	})
	if err != nil {
		return Refs{}, err
	}
	for _, oid := range refs.Names {
		refs.ObjectFormat = formatOf(oid)
		break
	}
	return refs, nil
}
