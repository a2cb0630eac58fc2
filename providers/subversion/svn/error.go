package svn

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrTooLarge says that a text is larger than MaxText and must be streamed.
var ErrTooLarge = errors.New("the text is too large to be held in memory")

// Error is a fault of the data of one revision.
type Error struct {
	Revision int64
	Path     string // "" for the revision as a whole, or its root
	Err      error
}

// Error quotes paths that hold control characters, so that it can be printed.
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("r%d: %v", e.Revision, e.Err)
	}
	return fmt.Sprintf("r%d: %s: %v", e.Revision, Printable(e.Path), e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Printable returns s, quoted when it holds control or invalid characters, and
// shortened when it is very long.
func Printable(s string) string {
	const most = 300
	if len(s) > most {
		s = s[:most] + "..."
	}
	if q := strconv.Quote(s); q[1:len(q)-1] != s {
		return q
	}
	return s
}
