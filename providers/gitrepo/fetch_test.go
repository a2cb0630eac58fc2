package gitrepo

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFetchObjects fetches what a server hides, and learns what it does not have.
func TestFetchObjects(t *testing.T) {
	root := t.TempDir()
	source := filepath.Join(root, "a.git")
	git(t, root, "init", "--quiet", "--bare", "--initial-branch=main", source)
	gitInput(t, source, history(3)+"reset refs/hidden/1\nfrom refs/heads/main\n\n", "fast-import", "--quiet")
	hidden := strings.TrimSpace(git(t, source, "rev-parse", "refs/hidden/1"))
	git(t, source, "update-ref", "refs/heads/main", hidden+"~1")
	git(t, source, "config", "transfer.hideRefs", "refs/hidden")
	remote := Remote{URL: serve(t, root, nil) + "/a.git"}

	dir := filepath.Join(t.TempDir(), "mirror")
	must(t, Mirror(t.Context(), remote, dir, nil))
	repo := open(t, dir)
	if missing, err := repo.HasObjects(t.Context(), []string{hidden}); err != nil || len(missing) != 1 {
		t.Fatalf("before: missing %v, %v; want the hidden commit", missing, err)
	}
	none := []string{strings.Repeat("1", 40), strings.Repeat("2", 40)}
	missing, err := repo.FetchObjects(t.Context(), remote, []string{none[0], hidden, none[1]}, nil)
	must(t, err)
	if diff := cmp.Diff(none, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if missing, err := repo.HasObjects(t.Context(), []string{hidden}); err != nil || len(missing) != 0 {
		t.Errorf("after: missing %v, %v", missing, err)
	}
	_, err = repo.FetchObjects(t.Context(), Remote{URL: remote.URL + "x"}, none, nil)
	wantKind(t, err, NotFound)
}
