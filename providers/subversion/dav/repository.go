package dav

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// defaultConnections is enough to hide the time that a request takes to get to
// a server and back. Browsers use as many.
const defaultConnections = 6

// Repository is a repository behind a web server. It implements
// remote.Repository.
type Repository struct {
	options remote.Options
	client  *client
	retry   remote.Retry
	given   *url.URL
	layout  layout
	prefix  string
	scope   string
}

var _ remote.Repository = (*Repository)(nil)

// Open finds the repository at or above options.URL, signs in, and finds out
// what may be read. Errors are of type *providers.Error.
func Open(ctx context.Context, options remote.Options) (*Repository, error) {
	r, err := newRepository(options)
	if err != nil {
		return nil, err
	}
	if err := r.retry.Do(ctx, func() (bool, error) { return false, r.open(ctx) }); err != nil {
		_ = r.Close() // of connections
		return nil, r.failure("open repository", err)
	}
	return r, nil
}

// Detect tells whether a Subversion server answers at options.URL and has a
// repository there. It says no, without an error, when the server is none of
// Subversion's or has no such repository. CodeAuth means that credentials are
// missing or refused, CodeUnavailable that nobody answered.
//
// A server that asks for credentials before it says what it is cannot be told
// from others: that is CodeAuth, too.
func Detect(ctx context.Context, options remote.Options) (bool, error) {
	r, err := Open(ctx, options)
	switch code := providers.CodeOf(err); {
	case err == nil:
		return true, r.Close()
	case code == providers.CodeNotFound, errors.Is(err, errXML):
		return false, nil
	}
	return false, err
}

func newRepository(options remote.Options) (*Repository, error) {
	given, err := parseAddress(options.URL)
	if err != nil {
		return nil, badAddress(err)
	}
	if options.Username == "" {
		options.Username = given.User.Username()
	}
	if strings.Contains(options.Username, ":") {
		return nil, &providers.Error{Code: providers.CodeInvalid, Op: "read username", Message: "a user name for http cannot contain a colon", Attribute: "username",
			Hint: "correct username in the source block"}
	}
	given.User = nil
	if options.Connections <= 0 {
		options.Connections = defaultConnections
	}
	meter := remote.NewMeter(options.Observe)
	c, err := newClient(given, options, meter)
	if err != nil {
		return nil, err
	}
	return &Repository{options: options, client: c, given: given, retry: remote.Retry{Meter: meter, Pause: remote.Pause}}, nil
}

// open finds the root and, if the URL is below it, whether it can be read.
func (r *Repository) open(ctx context.Context) error {
	l, err := r.client.discover(ctx, r.given)
	if err != nil {
		return err
	}
	r.layout = l
	r.prefix, _ = below(l.root, l.at.Path) // was checked by discover
	latest, err := r.client.latest(ctx, &l)
	if err != nil {
		return err
	}
	_, err = r.kind(ctx, latest, "")
	switch code := providers.CodeOf(err); {
	case err == nil:
		r.scope = ""
	case r.prefix != "" && (code == providers.CodeAuth || code == providers.CodeDenied):
		r.scope = r.prefix
	default:
		return err
	}
	kind, err := r.kind(ctx, latest, r.prefix)
	switch {
	case err != nil:
		return err
	case kind == svn.Unknown:
		return &providers.Error{Code: providers.CodeNotFound, Attribute: "vcs_url", Message: "the repository has no such folder in its latest revision",
			Hint: "correct vcs_url, or name the root of the repository, " + svn.Printable(r.Root())}
	case kind == svn.File:
		return &providers.Error{Code: providers.CodeInvalid, Attribute: "vcs_url", Message: "it is a file",
			Hint: "set vcs_url to a folder of the repository, or to its root, " + svn.Printable(r.Root())}
	}
	return nil
}

// kind asks what stands at a path; svn.Unknown is nothing.
func (r *Repository) kind(ctx context.Context, revision int64, path string) (svn.Kind, error) {
	props, err := r.client.propfind(ctx, r.layout.treeAt(revision, path), propResourceType)
	switch {
	case path != "" && providers.CodeOf(err) == providers.CodeNotFound:
		return svn.Unknown, nil
	case err != nil:
		return svn.Unknown, err
	case string(props[propResourceType]) == "collection":
		return svn.Dir, nil
	}
	return svn.File, nil
}

// UUID returns the identity of the repository.
func (r *Repository) UUID() string { return r.layout.uuid }

// Root returns the URL of the repository's root.
func (r *Repository) Root() string { return withPath(r.layout.at, r.layout.root).String() }

// Prefix returns the path that the URL names, relative to the root.
func (r *Repository) Prefix() string { return r.prefix }

// Scope returns the path at and below which the history can be seen.
func (r *Repository) Scope() string { return r.scope }

// Latest returns the youngest revision.
func (r *Repository) Latest(ctx context.Context) (latest int64, err error) {
	err = r.retry.Do(ctx, func() (bool, error) {
		latest, err = r.client.latest(ctx, &r.layout)
		return false, err
	})
	return latest, r.failure("ask for the latest revision", err)
}

// Revisions yields the revisions from..to. See svn.Repository.
func (r *Repository) Revisions(ctx context.Context, from, to int64) iter.Seq2[*svn.Revision, error] {
	return func(yield func(*svn.Revision, error) bool) {
		for revision, err := range r.replays(ctx, from, to, true) {
			if !yield(revision, r.failure("read revisions", err)) {
				return
			}
		}
	}
}

// Close ends the connections.
func (r *Repository) Close() error {
	r.client.transport.CloseIdleConnections()
	return nil
}

// failure says of an error what was done.
func (r *Repository) failure(op string, err error) error {
	return remote.Failure(op, shown(r.given), err)
}
