package gitrepo

import (
	"context"
	"fmt"
	"strings"
)

// minAbbreviation is the shortest abbreviation of an object id that git takes.
const minAbbreviation = 4

// FindCommits returns the full ids of the commits that abbreviated ids stand for,
// by the abbreviation. Those that the repository does not have, that stand for
// several objects, or for something else than a commit, are absent.
func (r *Repo) FindCommits(ctx context.Context, abbreviated []string) (map[string]string, error) {
	found := make(map[string]string, len(abbreviated))
	if len(abbreviated) == 0 {
		return found, nil
	}
	c := r.git("look for commits in", "cat-file", "--batch-check=%(objecttype) %(objectname)", "--buffer")
	for _, id := range abbreviated {
		if len(id) < minAbbreviation || !isHex(id) {
			return nil, &Error{Op: c.op, Kind: Failed, Message: fmt.Sprintf("%q is not an abbreviated object id", plain(id))}
		}
	}
	c.stdin = strings.NewReader(strings.Join(abbreviated, "\n") + "\n")
	line := 0
	err := c.eachLine(ctx, func(answer []byte) error {
		// git says "commit OID" or "ABBREVIATION missing", one line for each, and
		// what an ambiguous one could mean on standard error. A ref that is called
		// like an abbreviation wins over it.
		if kind, oid, _ := strings.Cut(string(answer), " "); kind == "commit" && line < len(abbreviated) && strings.HasPrefix(oid, abbreviated[line]) {
			found[abbreviated[line]] = oid
		}
		line++
		return nil
	})
	return found, err
}
