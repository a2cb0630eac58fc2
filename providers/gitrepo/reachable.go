package gitrepo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// TakeReachable brings into r what tips lead to in from, in one pack, and leaves
// out what r's own refs lead to. Unlike TakeObjects it takes nothing else: a
// repository that was derived from another, or that a conversion keeps its own
// books in, holds objects that are nobody else's business. What git has
// compressed already is copied as it is.
//
// It may be killed at any time and called again.
func (r *Repo) TakeReachable(ctx context.Context, from *Repo, tips []string) error {
	op := takeOp(from)
	stores, err := from.objectDirs()
	if err != nil {
		return fileError(op, err)
	}
	refs, err := r.Refs(ctx)
	if err != nil {
		return err
	}
	have := make(map[string]bool, len(refs.Names))
	for _, oid := range refs.Names {
		have[oid] = true
	}
	var in strings.Builder
	for _, oid := range tips {
		if !isHex(oid) {
			return &Error{Op: op, Kind: Refused, Message: fmt.Sprintf("%q is no object id", plain(oid))}
		}
		if !have[oid] {
			in.WriteString(oid + "\n")
		}
	}
	if in.Len() == 0 {
		return nil
	}
	for oid := range have {
		in.WriteString("^" + oid + "\n")
	}
	pack, err := filepath.Abs(filepath.Join(r.dir, "objects", "pack", "pack"))
	if err != nil {
		return fileError(op, err)
	}
	// No search for better deltas: it would take longer than all the rest.
	c := r.git("", "pack-objects", "--revs", "--non-empty", "--delta-base-offset", "--window=0", "--quiet", pack)
	c.op = op
	c.stdin, c.borrowed = strings.NewReader(in.String()), stores
	return c.run(ctx)
}
