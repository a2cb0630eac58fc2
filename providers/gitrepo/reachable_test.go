package gitrepo

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestTakeReachable(t *testing.T) {
	packed := newSource(t, "sha1", 10)
	borrowing, commit := newLoose(t)
	must(t, open(t, borrowing).AddAlternate(open(t, packed)))
	stray := gitInput(t, borrowing, "nobody's business\n", "hash-object", "-w", "--stdin")
	main := git(t, packed, "rev-parse", "main")

	// A path as git has to quote it.
	target, err := Init(t.Context(), filepath.Join(t.TempDir(), `a "b":c`, "target.git"), "sha1")
	must(t, err)
	must(t, target.TakeReachable(t.Context(), open(t, borrowing), []string{commit}))
	must(t, target.UpdateRefs(t.Context(), []RefUpdate{{"refs/heads/main", "", commit}}))
	must(t, target.CheckConnected(t.Context()))
	if got := strings.Fields(objectsOf(t, target.Dir())); len(got) != 3 {
		t.Errorf("%d objects, want the commit, its tree and its file", len(got))
	}

	must(t, target.TakeReachable(t.Context(), open(t, borrowing), []string{commit, main}))
	must(t, target.UpdateRefs(t.Context(), []RefUpdate{{"refs/heads/p", "", main}}))
	must(t, target.CheckConnected(t.Context()))
	if out := git(t, target.Dir(), "fsck", "--full", "--unreachable"); out != "" {
		t.Errorf("fsck says %s", out)
	}
	if strings.Contains(objectsOf(t, target.Dir()), stray) {
		t.Error("an object that no ref leads to was taken")
	}

	before := snapshot(t, target.Dir())
	must(t, target.TakeReachable(t.Context(), open(t, borrowing), []string{commit, main}))
	if after := snapshot(t, target.Dir()); strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Error("taking what is there already changed files")
	}
	wantKind(t, target.TakeReachable(t.Context(), open(t, borrowing), []string{strings.Repeat("12", 20)}), Corrupt)
	wantKind(t, target.TakeReachable(t.Context(), open(t, borrowing), []string{"--all"}), Refused)
}
