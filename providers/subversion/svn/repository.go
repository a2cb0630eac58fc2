package svn

import (
	"context"
	"iter"
)

// Repository is a Subversion repository that can be read from any revision
// on. Its methods may be called by several goroutines, and several iterations
// may run at once.
type Repository interface {
	// UUID returns the identity of the repository. It is empty only for a dump
	// file without one.
	UUID() string

	// Root returns the URL of the repository's root. Paths of revisions are
	// relative to it.
	Root() string

	// Latest returns the youngest revision.
	Latest(ctx context.Context) (int64, error)

	// Log yields the revisions from..to without the contents of files, in
	// ascending order. It is many times cheaper than Revisions. The iteration
	// ends with the first error.
	Log(ctx context.Context, from, to int64) iter.Seq2[LogEntry, error]

	// Revisions yields the revisions from..to in ascending order. Whoever
	// receives a revision must close it (Revision.Close); its texts may be used
	// until then, also after the iteration has gone on. The iteration ends with
	// the first error.
	//
	// A history that begins later than at from (a dump of some revisions) is an
	// error, unless its first revision holds a full tree: then the iteration
	// begins there.
	Revisions(ctx context.Context, from, to int64) iter.Seq2[*Revision, error]

	// Close ends what is still running and removes temporary files.
	Close() error
}

// LogEntry is a revision without contents.
type LogEntry struct {
	Number  int64
	Props   map[string][]byte // all revision properties
	Changes []Change          // in the order of the source; empty when nothing changed
}

// Change says that a revision touched a path.
type Change struct {
	Action Action
	Kind   Kind // Unknown when the source does not say
	Path   string

	FromPath     string // where it was copied from
	FromRevision int64  // -1: no copy

	TextChanged  bool // what sources of older servers do not know is true for files
	PropsChanged bool // what sources of older servers do not know is true
}
