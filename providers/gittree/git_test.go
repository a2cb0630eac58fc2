package gittree_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// git runs git in a repository, apart from the user's configuration.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"--git-dir=" + dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// TestAgainstGit builds random roots in a real pack and lets git read them.
func TestAgainstGit(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--bare", dir)
	store, err := gitpack.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w, err := gitpack.NewWriter(store, dir)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	trees := gittree.New(w, 16<<10)
	names := []string{"a", "a.b", "a-b", "a0", "b", "ü", "with space", "-x", "\xff"}
	var roots []gitpack.ID
	edit := trees.Edit(gitpack.ID{})
	for i := range 120 {
		for range 1 + random.IntN(10) {
			parts := make([]string, 1+random.IntN(4))
			for j := range parts {
				parts[j] = names[random.IntN(len(names))]
			}
			path := strings.Join(parts, "/")
			if random.IntN(4) == 0 {
				if err := edit.Remove(path); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if random.IntN(8) == 0 && len(roots) > 0 {
				if err := edit.Set(path, gittree.Directory, roots[random.IntN(len(roots))]); err != nil {
					t.Fatal(err)
				}
				continue
			}
			id, err := w.Put(gitpack.Blob, fmt.Append(nil, "content ", random.IntN(1000)))
			if err != nil {
				t.Fatal(err)
			}
			mode := []gittree.Mode{gittree.File, gittree.Executable, gittree.Symlink}[random.IntN(3)]
			if err := edit.Set(path, mode, id); err != nil {
				t.Fatal(err)
			}
		}
		root, err := edit.Write(i%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(roots) < 10 { // copies of copies would grow without bound
			roots = append(roots, root)
		}
		tip, err := w.Put(gitpack.Commit, fmt.Appendf(nil, "tree %s\nauthor a <a> %d +0000\ncommitter a <a> %[2]d +0000\n\n", root, i))
		if err != nil {
			t.Fatal(err)
		}
		if i%40 != 39 {
			continue
		}
		// Another segment, as a converter has after a checkpoint.
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		git(t, dir, "update-ref", fmt.Sprintf("refs/heads/%d", i), tip.String())
		if got := strings.TrimSpace(git(t, dir, "rev-parse", tip.String()+"^{tree}")); got != root.String() {
			t.Fatalf("git has the tree %s, want %s", got, root)
		}
		var want []string
		for e, err := range trees.Walk(root) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Mode.IsDirectory() {
				continue // ls-tree -r does not list empty ones
			}
			want = append(want, fmt.Sprintf("%s blob %s\t%s", e.Mode, e.ID, e.Name))
		}
		got := strings.Split(strings.TrimSuffix(git(t, dir, "ls-tree", "-r", "-z", tip.String()), "\x00"), "\x00")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if w, err = gitpack.NewWriter(store, dir); err != nil {
			t.Fatal(err)
		}
		trees.Use(w)
	}
	git(t, dir, "fsck", "--strict", "--no-dangling")
	stored := git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(deltabase)")
	whole := strings.Count(stored, "tree "+strings.Repeat("0", 40))
	// Many of these trees are too small for a delta to be worth it.
	if all := strings.Count(stored, "tree "); all-whole < 100 {
		t.Errorf("%d of %d trees are stored as deltas", all-whole, all)
	}
}
