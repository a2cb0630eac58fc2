package subversion

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
	"github.com/drover-migrate/drover/schema"
)

// TestGenerated converts a history whose branches, tags and merges are known,
// from a dump file and from a repository, and compares everything.
func TestGenerated(t *testing.T) {
	g := svntest.Generate(svntest.Shape{Seed: 7, Revisions: 300, Files: 30, FileSize: 600, Branches: 8, Tags: 10, Authors: 5})
	c := convert(t, g.History, with{"layout": standardLayout})
	wantTrees(t, g.History, c)

	// A line is at the commit of its last revision up to the one that was merged.
	at := func(path string, rev int64) string {
		last := ""
		for r, err := range conversion.ReadRevisions(c.dir) {
			if err != nil {
				t.Fatal(err)
			}
			if label := r.Source + " " + r.Branch; r.Branch == path && int64(revisionOf(label)) <= rev {
				last = label
			}
		}
		return last
	}
	merges := map[string]string{}
	for _, m := range g.Merges {
		merges[fmt.Sprintf("r%d %s", m.Revision, m.Branch)] = at(m.From, m.FromRevision)
	}
	found := map[string]string{}
	for line := range strings.SplitSeq(c.graph(), "\n") {
		commit, parents, _ := strings.Cut(line, " < ")
		if _, second, ok := strings.Cut(parents, " + "); ok {
			found[commit] = second
		}
	}
	if diff := cmp.Diff(merges, found); diff != "" {
		t.Errorf("merges (-want +got):\n%s", diff)
	}
	repo := g.Repository(t)
	local := into(t, t.TempDir()+"/raw.git", repo, with{"layout": standardLayout})
	// A dump file of format 2 repeats the properties that did not change.
	counts := cmpopts.IgnoreFields(schema.Loss{}, "Count")
	if diff := cmp.Diff(c.export, local.export, counts); diff != "" {
		t.Errorf("from a dump file and from a repository (-dump +repository):\n%s", diff)
	}
}
