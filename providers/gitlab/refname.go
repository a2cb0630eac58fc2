package gitlab

import (
	"strings"

	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/threads"
)

// Refs below refs/drover say things to later runs, or stand for refs of the source
// that have no place under their own names.
const (
	ours      = "refs/drover/"
	temporary = "refs/heads/" + threads.TemporaryBranches
	markers   = ours + "marker/"
	archived  = ours + "archived"
	quieted   = ours + "quieted"
	lifted    = ours + "lifted"
)

// hidden are the refs that the server keeps for itself: it refuses pushes to them
// (internal/git/gitcmd of Gitaly).
func hidden() []string {
	return []string{"refs/merge-requests/", "refs/keep-around/", "refs/environments/", "refs/pipelines/", "refs/tmp/", "refs/remotes/"}
}

// there is the name that a ref of the source has at the server.
func there(name string) string {
	for _, prefix := range append(hidden(), temporary, ours) {
		if strings.HasPrefix(name, prefix) {
			return ours + strings.TrimPrefix(name, "refs/")
		}
	}
	return name
}

// here is the name that a ref of the server has at the source. It is false for
// refs that stand for none: the server's own, and our notes.
func here(name string) (string, bool) {
	switch {
	case name == archived, name == quieted, name == lifted, strings.HasPrefix(name, markers):
		return "", false
	}
	if rest, ok := strings.CutPrefix(name, ours); ok {
		return "refs/" + rest, true
	}
	for _, prefix := range append(hidden(), temporary) {
		if strings.HasPrefix(name, prefix) {
			return "", false
		}
	}
	return name, true
}

// refsOf takes the refs of a repository apart: those that stand for refs of the
// source, by their names there, and the mark.
func refsOf(all map[string]string) (refs map[string]string, marker string) {
	refs = make(map[string]string, len(all))
	for name, oid := range all {
		if own, ok := here(name); ok {
			refs[own] = oid
		} else if text, found := strings.CutPrefix(name, markers); found {
			if decoded, ok := forgetarget.DecodeName(text); ok {
				marker = decoded
			}
		}
	}
	return refs, marker
}
