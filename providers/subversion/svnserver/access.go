package svnserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Access says who may read. The zero Access lets everybody read everything.
type Access struct {
	Users map[string]string // passwords by name

	// NoAnonymous makes everybody sign in.
	NoAnonymous bool

	// Authz holds rules in the format of Subversion's authz files. Without
	// them all of a repository may be read.
	Authz string
}

// passwords writes a password file of svnserve.
func (a Access) passwords() string {
	var b strings.Builder
	b.WriteString("[users]\n")
	for _, name := range slices.Sorted(maps.Keys(a.Users)) {
		fmt.Fprintf(&b, "%s = %s\n", name, a.Users[name])
	}
	return b.String()
}

func (a Access) anonymous() string {
	if a.NoAnonymous {
		return "none"
	}
	return "read"
}
