package gitrepo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindCommits(t *testing.T) {
	dir := newSource(t, "sha1", 5)
	tip := git(t, dir, "rev-parse", "main")
	blob := git(t, dir, "rev-parse", "main:d1/f1.txt")
	other := git(t, dir, "rev-parse", "main~1")
	// A branch that is called like the abbreviation of another commit.
	git(t, dir, "update-ref", "refs/heads/"+other[:12], tip)
	repo, err := Open(dir)
	must(t, err)
	found, err := repo.FindCommits(t.Context(), []string{tip[:12], blob[:12], "0123456789ab", other[:12], other[:13], tip})
	must(t, err)
	want := map[string]string{tip[:12]: tip, other[:13]: other, tip: tip}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "abc", "--help", "main", "ABCDEF12"} {
		if _, err := repo.FindCommits(t.Context(), []string{bad}); err == nil {
			t.Errorf("%q was taken for an abbreviated id", bad)
		}
	}
}
