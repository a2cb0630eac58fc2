package gitea

import (
	"maps"
	"strings"

	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/threads"
)

const (
	ours         = "refs/drover/"
	temporary    = "refs/heads/drover/pull/" // branches of the package threads, while pull requests are made or open
	markers      = ours + "marker/"
	wikiBranches = ours + "branch/" // below it: the name that the wiki's branch has at the source
)

// places are the refs that the server keeps for itself, interprets, or hides.
func places() []string {
	return []string{"refs/pull/", "refs/for/", "refs/remotes/", temporary, ours}
}

// there is the name that a ref of the source has at the server.
func there(name string) string {
	for _, prefix := range places() {
		if strings.HasPrefix(name, prefix) {
			return ours + strings.TrimPrefix(name, "refs/")
		}
	}
	return name
}

// here is the name that a ref of the server has at the source. It is false for
// refs that stand for none: the server's own, and our marks.
func here(name string) (string, bool) {
	if strings.HasPrefix(name, markers) || strings.HasPrefix(name, wikiBranches) || name == archived {
		return "", false
	}
	if rest, ok := strings.CutPrefix(name, ours); ok {
		return "refs/" + rest, true
	}
	return name, !strings.HasPrefix(name, "refs/pull/") && !strings.HasPrefix(name, temporary)
}

// refsOf takes the refs of a repository apart: those that stand for refs of the
// source, by their names there, and the mark.
func refsOf(all map[string]string) (refs map[string]string, marker string) {
	refs = make(map[string]string, len(all))
	maps.Copy(refs, threads.InPlace(all))
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
