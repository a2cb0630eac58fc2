package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
)

// errOther says that a server is none of Subversion's.
var errOther = errors.New("the server does not speak Subversion's protocol there")

// layout is where a server keeps things. Paths are those of URLs, without
// escapes.
type layout struct {
	at   *url.URL // of the folder that was asked for, after redirects
	uuid string
	root string // of the repository

	// Of the second version of the protocol, since Subversion 1.7. Empty for
	// servers that speak the first only.
	revision string // of properties of a revision: append "/N"
	tree     string // of files in a revision: append "/N/PATH"

	// replayed means that replays are asked for at the address of a revision.
	replayed bool

	configuration string // of the first version: the resource that knows the latest revision
}

// discover asks what stands at the client's origin.
func (c *client) discover(ctx context.Context, at *url.URL) (layout, error) {
	a, err := c.options(ctx, at.Path)
	if err != nil {
		return layout{}, err
	}
	l := layout{at: at}
	if to, err := cleanPath(a.at.Path); err == nil {
		l.at = withPath(a.at, to)
	}
	c.origin = l.at
	capabilities := capabilities(a.header)
	if len(capabilities) == 0 {
		return layout{}, otherServer()
	}
	l.replayed = capabilities["replay-rev-resource"]
	for header, path := range map[string]*string{"SVN-Repository-Root": &l.root, "SVN-Rev-Stub": &l.revision, "SVN-Rev-Root-Stub": &l.tree} {
		if *path, err = resource(a.header.Get(header)); err != nil {
			return layout{}, remote.Garbled(fmt.Errorf("%s: %w", header, err))
		}
	}
	l.uuid = a.header.Get("SVN-Repository-UUID")
	if l.uuid == "" || a.header.Get("SVN-Repository-Root") == "" || l.revision == "" || l.tree == "" {
		err = c.discoverVersion1(ctx, &l)
	}
	if err != nil {
		return layout{}, err
	}
	if _, ok := below(l.root, l.at.Path); !ok {
		return layout{}, remote.Garbled(errors.New("the root of the repository is not above the address"))
	}
	return l, nil
}

// options asks what can be done with a folder. The headers of the answer tell.
func (c *client) options(ctx context.Context, path string) (*answer, error) {
	// Servers tell of the repository only to those who ask for this.
	const body = `<?xml version="1.0" encoding="utf-8"?><D:options xmlns:D="DAV:"><D:activity-collection-set/></D:options>`
	a, err := c.send(ctx, request{method: "OPTIONS", path: remote.EscapePath(path) + "/", body: body})
	if err == nil {
		a.body.Close()
	}
	return a, err
}

// capabilities returns what the DAV headers of an answer say about
// Subversion.
func capabilities(h http.Header) map[string]bool {
	found := map[string]bool{}
	for _, value := range h.Values("DAV") {
		for token := range strings.SplitSeq(value, ",") {
			if name, ok := strings.CutPrefix(strings.TrimSpace(token), davSvn); ok {
				found[name] = true
			}
		}
	}
	return found
}

func otherServer() error {
	return &providers.Error{Code: providers.CodeNotFound, Attribute: "vcs_url", Message: errOther.Error(), Hint: notSubversionHint, Err: errOther}
}

// resource reads the path of an address in an answer, which may be a whole URL.
func resource(escaped string) (string, error) {
	u, err := url.Parse(escaped)
	if err != nil {
		return "", errors.New("it is not an address")
	}
	return cleanPath(u.Path)
}

// discoverVersion1 asks servers before Subversion 1.7, which tell less at
// once. A folder that does not exist any more tells nothing, so that its
// parents are asked.
func (c *client) discoverVersion1(ctx context.Context, l *layout) error {
	l.revision, l.tree, l.replayed = "", "", false
	for at := l.at.Path; ; at = path.Dir(at) {
		props, err := c.propfind(ctx, at, propConfigured, propRelativePath, propUUID)
		if providers.CodeOf(err) == providers.CodeNotFound && strings.Count(at, "/") > 1 {
			continue
		}
		if err != nil {
			return err
		}
		configuration, err := resource(string(props[propConfigured]))
		if err != nil || configuration == "" {
			return otherServer()
		}
		root, ok := strings.CutSuffix(at, strings.TrimSuffix("/"+strings.Trim(string(props[propRelativePath]), "/"), "/"))
		if !ok {
			return remote.Garbled(errors.New("the root of the repository is not above the address"))
		}
		l.root, l.configuration, l.uuid = root, configuration, string(props[propUUID])
		return nil
	}
}

// special is the address of something that the first version of the protocol
// keeps below the same folder as the configuration.
func (l *layout) special(kind string, number int64) string {
	return strings.TrimSuffix(l.configuration, "vcc/default") + kind + "/" + strconv.FormatInt(number, 10)
}

// revisionAt is the address of a revision's properties.
func (l *layout) revisionAt(number int64) string {
	if l.revision == "" {
		return l.special("bln", number)
	}
	return l.revision + "/" + strconv.FormatInt(number, 10)
}

// treeAt is the address of a path as it is in a revision.
func (l *layout) treeAt(number int64, path string) string {
	if l.tree == "" {
		return join(l.special("bc", number), path)
	}
	return join(l.tree+"/"+strconv.FormatInt(number, 10), path)
}

// latest asks for the youngest revision.
func (c *client) latest(ctx context.Context, l *layout) (int64, error) {
	if l.revision != "" {
		a, err := c.options(ctx, l.at.Path)
		if err != nil {
			return 0, err
		}
		return number(a.header.Get("SVN-Youngest-Rev"))
	}
	props, err := c.propfind(ctx, l.configuration, propCheckedIn)
	if err != nil {
		return 0, err
	}
	baseline, err := resource(string(props[propCheckedIn]))
	if err != nil {
		return 0, remote.Garbled(fmt.Errorf("the latest revision: %w", err))
	}
	props, err = c.propfind(ctx, baseline, propVersionName)
	if err != nil {
		return 0, err
	}
	return number(string(props[propVersionName]))
}

func number(s string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return 0, remote.Garbled(errors.New("it names no revision"))
	}
	return n, nil
}
