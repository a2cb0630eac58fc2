package ra

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// defaultConnections is enough to keep a server's disk or a slow line busy.
// svnserve starts a process or a thread for each.
const defaultConnections = 4

// Repository is a repository behind svnserve. It implements remote.Repository.
type Repository struct {
	options remote.Options
	meter   *remote.Meter
	retry   remote.Retry
	given   address // what the URL says
	session address // what connections are opened for
	uuid    string
	root    string
	prefix  string
	scope   string

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

var _ remote.Repository = (*Repository)(nil)

// Open connects to the repository at or above options.URL, signs in, and finds
// out what may be read. Errors are of type *providers.Error.
func Open(ctx context.Context, options remote.Options) (*Repository, error) {
	r, err := newRepository(options)
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx); err != nil {
		_ = r.Close() // of connections
		return nil, r.failure("open repository", err)
	}
	return r, nil
}

// Detect tells whether a Subversion server answers at options.URL and has a
// repository there. It says no, without an error, when the server is none of
// Subversion's or has no such repository. CodeAuth means that credentials are
// missing or refused, CodeUnavailable that nobody answered.
func Detect(ctx context.Context, options remote.Options) (bool, error) {
	r, err := Open(ctx, options)
	switch code := providers.CodeOf(err); {
	case err == nil:
		return true, r.Close()
	case code == providers.CodeNotFound, errors.Is(err, errSyntax):
		return false, nil
	}
	return false, err
}

func newRepository(options remote.Options) (*Repository, error) {
	given, err := parseAddress(options.URL)
	if err != nil {
		return nil, badAddress(err)
	}
	if options.Username == "" && !given.tunnel {
		options.Username = given.user
	}
	if !given.tunnel {
		given.user = ""
	}
	if options.Connections <= 0 {
		options.Connections = defaultConnections
	}
	meter := remote.NewMeter(options.Observe)
	return &Repository{options: options, meter: meter, retry: remote.Retry{Meter: meter, Pause: remote.Pause}, given: given, session: given}, nil
}

// open finds the root and, if the URL is below it, whether it can be read.
func (r *Repository) open(ctx context.Context) error {
	var latest int64
	err := r.call(ctx, func(c *conn) (err error) {
		r.uuid, r.root = c.uuid, c.root
		if latest, err = c.latest(); err != nil {
			return err
		}
		return r.checkFolder(c, latest)
	})
	if err != nil {
		return err
	}
	r.prefix, _ = below(r.root, r.given.String()) // was checked by greet
	root, err := parseAddress(r.root)
	if err != nil || r.prefix == "" {
		return err
	}
	// Who does not sign in when asked to cannot go on with a connection. So
	// this one is given up when the root is not for us.
	err = r.call(ctx, func(c *conn) error {
		if err := c.reparent(root); err != nil {
			return err
		}
		_, err := c.kind("", latest)
		return err
	})
	switch code := providers.CodeOf(err); {
	case err == nil:
		r.session = root
	case code == providers.CodeAuth || code == providers.CodeDenied:
		r.scope = r.prefix
	default:
		return err
	}
	return nil
}

// checkFolder makes sure that the URL names a folder.
func (r *Repository) checkFolder(c *conn, latest int64) error {
	kind, err := c.kind("", latest)
	switch {
	case err != nil:
		return err
	case kind == "none":
		return &providers.Error{Code: providers.CodeNotFound, Attribute: "vcs_url", Message: "the repository has no such folder in its latest revision",
			Hint: "correct vcs_url, or name the root of the repository, " + svn.Printable(r.root)}
	case kind != "dir":
		return &providers.Error{Code: providers.CodeInvalid, Attribute: "vcs_url", Message: "it is a file",
			Hint: "set vcs_url to a folder of the repository, or to its root, " + svn.Printable(r.root)}
	}
	return nil
}

// UUID returns the identity of the repository.
func (r *Repository) UUID() string { return r.uuid }

// Root returns the URL of the repository's root.
func (r *Repository) Root() string { return r.root }

// Prefix returns the path that the URL names, relative to the root.
func (r *Repository) Prefix() string { return r.prefix }

// Scope returns the path at and below which the history can be seen.
func (r *Repository) Scope() string { return r.scope }

// Latest returns the youngest revision.
func (r *Repository) Latest(ctx context.Context) (latest int64, err error) {
	err = r.call(ctx, func(c *conn) error {
		latest, err = c.latest()
		return err
	})
	return latest, r.failure("ask for the latest revision", err)
}

// Revisions yields the revisions from..to. See svn.Repository.
func (r *Repository) Revisions(ctx context.Context, from, to int64) iter.Seq2[*svn.Revision, error] {
	return func(yield func(*svn.Revision, error) bool) {
		for revision, err := range r.replay(ctx, from, to, true) {
			if !yield(revision, r.failure("read revisions", err)) {
				return
			}
		}
	}
}

// Close ends the connections.
func (r *Repository) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.hangUp()
	return nil
}

// hangUp ends the connections that are idle.
func (r *Repository) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.idle {
		c.hangUp()
	}
	r.idle = nil
}

// call runs f with a connection, and again with another one when that is lost.
func (r *Repository) call(ctx context.Context, f func(*conn) error) error {
	return r.retry.Do(ctx, func() (bool, error) { return false, r.with(ctx, f) })
}

// with runs f with a connection, which is used again if f has read all that
// the server had to say.
func (r *Repository) with(ctx context.Context, f func(*conn) error) error {
	c, err := r.connection(ctx)
	if err != nil {
		return err
	}
	err = c.guard(ctx, func() error { return f(c) })
	if err != nil || !r.keep(c) {
		c.hangUp()
	}
	if errors.As(err, new(*remote.Lost)) {
		r.hangUp() // those that wait are as old, and probably lost as well
	}
	return err
}

// connection returns one that is idle, or a new one.
func (r *Repository) connection(ctx context.Context) (*conn, error) {
	r.mu.Lock()
	if last := len(r.idle) - 1; last >= 0 {
		c := r.idle[last]
		r.idle = r.idle[:last]
		r.mu.Unlock()
		return c, nil
	}
	session := r.session
	r.mu.Unlock()
	return dial(ctx, session, &r.options, r.meter)
}

// keep takes a connection back, unless the repository was closed.
func (r *Repository) keep(c *conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.idle = append(r.idle, c)
	return true
}

// failure says of an error what was done.
func (r *Repository) failure(op string, err error) error {
	return remote.Failure(op, r.given.shown(), err)
}

// latest asks for the youngest revision.
func (c *conn) latest() (latest int64, err error) {
	if err := c.command("( get-latest-rev ( ) )"); err != nil {
		return 0, err
	}
	err = c.response(func() { latest = c.number() })
	return latest, err
}

// reparent moves the session to another folder of the repository.
func (c *conn) reparent(to address) error {
	if err := c.command("( reparent ( %s ) )", quote(to.String())); err != nil {
		return err
	}
	return c.response(func() {})
}

// kind asks what stands at a path: none, file, dir or unknown.
func (c *conn) kind(path string, revision int64) (kind string, err error) {
	if err := c.command("( check-path ( %s ( %d ) ) )", quote(path), revision); err != nil {
		return "", err
	}
	err = c.response(func() { kind = c.word() })
	return kind, err
}
