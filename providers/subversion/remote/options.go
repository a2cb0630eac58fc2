package remote

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Options say how a repository is reached.
type Options struct {
	// URL is the address of a repository or of a folder inside one.
	URL string

	// Username and Password answer a server that asks who we are. With a
	// user name we sign in even where anonymous reading is allowed, because
	// the server may show more then. A user name in the URL counts when
	// Username is empty.
	Username string
	Password string `json:"-"`

	// CAFile names certificates to trust instead of the system's, or is empty.
	CAFile string

	// Scratch is the folder for temporary files; the system's when empty.
	Scratch string

	// Connections is how many the server is asked to serve at once; a small
	// number of the protocol's choice when 0.
	Connections int

	// Observe hears of bytes received and of waits that the server asked for.
	// It may be nil. It is called by one goroutine at a time.
	Observe func(providers.Progress)
}

// Repository is a repository behind a server.
//
// Paths are relative to the root of the repository, whatever folder of it the
// URL names.
type Repository interface {
	svn.Repository

	// Prefix is the path of the folder that the URL names: "" for the root.
	Prefix() string

	// Scope is the path of the folder at and below which the history can be
	// seen. It is "" when that is the whole repository, and Prefix when the
	// server lets us read that folder but not the root. Then what was copied
	// from elsewhere arrives as new, without its history; a revision that did
	// something elsewhere as well comes without its message; and one that did
	// nothing in the folder has no nodes and perhaps no properties.
	Scope() string
}
