package gitrepo

import (
	"context"
	"fmt"
	"strings"
)

// WriteBlob stores text as an object of the repository and returns its id.
func (r *Repo) WriteBlob(ctx context.Context, text string) (string, error) {
	c := r.git("write an object of", "hash-object", "-w", "-t", "blob", "--stdin", "--no-filters")
	c.stdin = strings.NewReader(text)
	oid, err := c.output(ctx)
	if err == nil && !isOID(oid) {
		err = &Error{Op: c.op, Kind: Failed, Message: fmt.Sprintf("git printed %q instead of an object id", plain(oid))}
	}
	return oid, err
}
