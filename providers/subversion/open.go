package subversion

import (
	"context"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/dav"
	"github.com/drover-migrate/drover/providers/subversion/dump"
	"github.com/drover-migrate/drover/providers/subversion/ra"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/schema"
)

// nilUUID stands for the UUID of dump files of old that have none.
const nilUUID = "00000000-0000-0000-0000-000000000000"

// opened is a repository, and the folder of it that was asked for.
type opened struct {
	svn.Repository
	prefix string // of the folder that the URL names
	scope  string // the folder that can be seen
	place  string // of a dump file, which may have no UUID
}

// uuid names the repository for good.
func (o *opened) uuid() string {
	if id := o.UUID(); id != "" {
		return id
	}
	return nilUUID
}

// identity is the permanent id of a folder of the repository.
func (o *opened) identity(folder string) string {
	id := o.uuid() + "/" + folder
	if o.UUID() == "" {
		id = "dump:" + schema.Digest(o.place) + "/" + folder
	}
	return id
}

// folder is the folder of the repository that is converted.
func (s *settings) folder(repo *opened) string { return join(repo.prefix, s.Project) }

// open opens the repository at an address. Observe may be nil.
func (s *source) open(ctx context.Context, address string, observe func(providers.Progress)) (*opened, error) {
	at, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	options := remote.Options{
		URL: at.raw, Username: s.username, Password: s.password, CAFile: s.caFile,
		Scratch: s.scratch, Connections: s.connections, Observe: throttleOnly(observe),
	}
	var repo remote.Repository
	switch at.scheme {
	case "svn", "svn+ssh":
		repo, err = ra.Open(ctx, options)
	case "http", "https":
		repo, err = dav.Open(ctx, options)
	default:
		return s.openLocal(ctx, at)
	}
	if err != nil {
		return nil, err
	}
	return &opened{Repository: repo, prefix: repo.Prefix(), scope: repo.Scope()}, nil
}

// throttleOnly passes on that a server asked to wait. Bytes are not reported:
// what people wait for is revisions.
func throttleOnly(observe func(providers.Progress)) func(providers.Progress) {
	if observe == nil {
		return nil
	}
	return func(p providers.Progress) {
		if p.Throttled != nil {
			observe(p)
		}
	}
}

func (s *source) openLocal(ctx context.Context, at address) (*opened, error) {
	place := at.absolute(s.dir)
	repo, err := dump.Open(ctx, place, dump.Options{Scratch: s.scratch})
	if err != nil {
		return nil, err
	}
	return &opened{Repository: repo, prefix: repo.Prefix(), place: place}, nil
}

// address is a vcs_url taken apart.
type address struct {
	raw    string
	scheme string // svn, svn+ssh, http, https, file; "" is a path
	path   string // decoded
}

// parseAddress reads a URL of Subversion or a path. Its errors show no password.
func parseAddress(raw string) (address, error) {
	const hint = "write a svn, svn+ssh, http, https or file URL without a password, or the path of a repository or dump file"
	if raw == "" || strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return address{}, invalid("vcs_url", "the address is empty or holds control characters", hint)
	}
	scheme, _, ok := strings.Cut(raw, "://")
	if !ok {
		return address{raw: raw, path: raw}, nil
	}
	u, err := url.Parse(raw)
	if err != nil { // err quotes the address
		return address{}, invalid("vcs_url", "it is not a valid URL", hint)
	}
	if _, has := u.User.Password(); has {
		return address{}, invalid("vcs_url", "it holds a password, and addresses are stored and shown", "set username and password in the source block")
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "svn", "http", "https":
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return address{}, invalid("vcs_url", "a file URL names no other machine", hint)
		}
	default:
		if !strings.HasPrefix(scheme, "svn+") {
			return address{}, invalid("vcs_url", "it is no address of a Subversion repository", hint)
		}
	}
	if scheme != "file" && u.Hostname() == "" {
		return address{}, invalid("vcs_url", "it names no host", hint)
	}
	if strings.HasPrefix(scheme, "svn+") {
		scheme = "svn+ssh"
	}
	return address{raw: raw, scheme: scheme, path: u.Path}, nil
}

// absolute is the path of what is on this machine; dir is where relative ones
// start.
func (a address) absolute(dir string) string {
	p := filepath.FromSlash(a.path)
	if !filepath.IsAbs(p) {
		p = filepath.Join(dir, p)
	}
	return filepath.Clean(p)
}

func (a address) local() bool { return a.scheme == "" || a.scheme == "file" }

// fullName is the path as people write it.
func (a address) fullName() string {
	p := path.Clean("/" + filepath.ToSlash(a.path))
	if a.scheme == "" && !filepath.IsAbs(a.path) {
		p = path.Clean(filepath.ToSlash(a.path))
	}
	return schema.Printable(strings.TrimSuffix(p, "/"))
}

// name suggests what the git repository is called: the last part of the path
// that is not one of the folders of a layout, without the endings of dump files.
func (a address) name(project string) string {
	p := path.Clean("/" + filepath.ToSlash(a.path))
	if project != "" {
		p = "/" + project
	}
	for p != "/" {
		if _, layout := conventional(path.Base(p)); !layout {
			break
		}
		p = path.Dir(p)
	}
	name := path.Base(p)
	if a.local() && project == "" {
		for _, ending := range []string{".gz", ".bz2", ".zst", ".xz", ".dump", ".svndump", ".svn"} {
			name = strings.TrimSuffix(name, ending)
		}
	}
	const most = 255
	if name == "/" || name == "." || name == ".." || name == "" || name[0] == '-' || len(name) > most || schema.Printable(name) != name || strings.ContainsAny(name, `\`) {
		return ""
	}
	return name
}

// shown is the address for people, without a user name.
func (a address) shown() string {
	if u, err := url.Parse(a.raw); err == nil && a.scheme != "" && u.User != nil && a.scheme != "svn+ssh" {
		u.User = nil
		return schema.Printable(u.String())
	}
	return schema.Printable(a.raw)
}
