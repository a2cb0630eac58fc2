package gitserver

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// made makes a repository with a Memory and two commits on main, the first of which
// has an annotated tag.
func made(t *testing.T, l Layout) (r Repo, first, second string) {
	t.Helper()
	r = Repo{Dir: filepath.Join(t.TempDir(), "r.git"), Memory: &Memory{}}
	if err := r.Init(l); err != nil {
		t.Fatal(err)
	}
	tree, err := r.RunWith(nil, []byte{}, "mktree")
	if err != nil {
		t.Fatal(err)
	}
	ada := Signature{Name: "Ada", Email: "ada@example.org", At: time.Unix(1700000000, 0).UTC()}
	ben := Signature{Name: "Ben", Email: "ben@example.org", At: time.Unix(1700000060, 0).UTC()}
	if first, err = r.CommitTree(strings.TrimSpace(tree), "one\n", nil, ada, ada); err != nil {
		t.Fatal(err)
	}
	if second, err = r.CommitTree(strings.TrimSpace(tree), "two\n", []string{first}, ada, ben); err != nil {
		t.Fatal(err)
	}
	if err := r.SetRef("refs/heads/main", second); err != nil {
		t.Fatal(err)
	}
	if _, err := r.RunWith(As(ada, ada), []byte("tagged"), "tag", "-a", "-F", "-", "v1", first); err != nil {
		t.Fatal(err)
	}
	return r, first, second
}

func TestRepo(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r, first, second := made(t, Layout{ObjectFormat: format})
			if out, err := r.Run("fsck", "--strict"); err != nil {
				t.Fatal(out, err)
			}
			refs, err := r.Refs()
			if names := slices.Sorted(maps.Keys(refs)); err != nil || !slices.Equal(names, []string{"refs/heads/main", "refs/tags/v1"}) || refs["refs/heads/main"] != second {
				t.Errorf("refs: %v, %v", refs, err)
			}
			for _, packed := range []bool{false, true} {
				if packed {
					if _, err := r.Run("pack-refs", "--all"); err != nil {
						t.Fatal(err)
					}
				}
				for name, want := range map[string]string{
					"main": second, "refs/heads/main": second, "HEAD": second, "v1": first, first: first, first[:12]: first, refs["refs/tags/v1"]: first, "main~1": first,
					"other": "", "--all": "", "": "", "../../x": "", strings.Repeat("0", len(first)): "",
				} {
					if got := r.Resolve(name); got != want {
						t.Errorf("packed=%v: %q is %q, want %q", packed, name, got, want)
					}
				}
			}
			got, err := r.Commit("main")
			ada := Signature{"Ada", "ada@example.org", time.Unix(1700000000, 0).UTC(), "+0000"}
			ben := Signature{"Ben", "ben@example.org", time.Unix(1700000060, 0).UTC(), "+0000"}
			want := Commit{ID: second, Tree: got.Tree, Parents: []string{first}, Author: ada, Committer: ben, Message: "two\n"}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if head := r.Head(); head != "refs/heads/main" {
				t.Errorf("HEAD leads to %q", head)
			}
			if r.MergeBase(first, second) != first || !r.Contains(second, first) || r.Contains(first, second) {
				t.Error("the second commit follows from the first")
			}
			if err := r.SetRef("refs/heads/main", ""); err != nil || r.Resolve("main") != "" {
				t.Errorf("main is still there: %v", err)
			}
		})
	}
}

// TestSetRef sets refs that have files of their own, and such as git has to set.
func TestSetRef(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r, first, second := made(t, Layout{})
		for _, test := range []struct {
			ref, id string
			want    string // what the ref is afterwards
			fails   bool
		}{
			{"refs/heads/a/b", first, first, false},
			{"refs/heads/a/b", second, second, false},
			{"refs/heads/a", first, "", true}, // is a folder
			{"refs/heads/a/b/c", first, "", true},
			{"refs/heads/a/b", "", "", false},
			{"refs/heads/a", first, first, false}, // was a folder
			{"refs/heads/../../x", first, "", true},
			{"refs/heads/x.lock", first, "", true},
		} {
			if packed {
				if _, err := r.Run("pack-refs", "--all"); err != nil {
					t.Fatal(err)
				}
			}
			err := r.SetRef(test.ref, test.id)
			refs, failed := r.Refs()
			if (err != nil) != test.fails || failed != nil || refs[test.ref] != test.want {
				t.Errorf("packed=%v: %s to %.8s: is %.8s, want %.8s; %v, %v", packed, test.ref, test.id, refs[test.ref], test.want, err, failed)
			}
		}
		locks, err := filepath.Glob(filepath.Join(r.Dir, "refs", "heads", "*.lock"))
		if err != nil || len(locks) > 0 {
			t.Errorf("locks stay: %v, %v", locks, err)
		}
	}
}

// TestMake makes commits whose files have names that a stream has to quote.
func TestMake(t *testing.T) {
	r, _, parent := made(t, Layout{})
	who := Signature{Name: "A <b> c", Email: "a@example.org", At: time.Unix(1700000000, 0)}
	commit := func(c Change) string {
		t.Helper()
		c.Ref, c.Author, c.Committer = "refs/heads/main", who, who
		id, err := r.Make(c)
		if err != nil || r.Resolve("main") != id {
			t.Fatal(id, err)
		}
		return id
	}
	odd := "a \"b\" \\ c\nd é/\u200b"
	id := commit(Change{Parent: parent, Message: "text\n", Files: []File{{Path: odd, Data: []byte("1")}, {Path: "x", Data: []byte("2")}, {Path: "gone", Data: []byte("3")}}})
	got, err := r.Commit("main")
	if want := (Signature{"A b c", "a@example.org", who.At.UTC(), "+0000"}); err != nil || got.ID != id || got.Message != "text\n" || !slices.Equal(got.Parents, []string{parent}) || got.Author != want {
		t.Errorf("%+v, %v", got, err)
	}
	id = commit(Change{Parent: id, Files: []File{{Path: "moved", From: odd, Keep: true}, {Path: "y z", From: "x", Data: []byte("4")}, {Path: "gone", Remove: true}}})
	for name, want := range map[string]string{"moved": "1", "y z": "4"} {
		if text, err := r.Run("cat-file", "blob", id+":"+name); err != nil || text != want {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
	files := func() string {
		out, err := r.Run("ls-tree", "-r", "--name-only", "refs/heads/main")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := files(); got != "moved\ny z\n" {
		t.Errorf("files: %q", got)
	}
	commit(Change{Parent: id, Whole: true, Files: []File{{Path: "only"}}})
	if got := files(); got != "only\n" {
		t.Errorf("files: %q", got)
	}
	if _, err := r.Make(Change{Ref: "refs/heads/other", Parent: "none", Author: who, Committer: who}); err == nil {
		t.Error("a commit without its parent was made")
	}
}

// TestMemory takes the objects away: what was asked before is still known, and a
// name is looked up each time.
func TestMemory(t *testing.T) {
	r, first, second := made(t, Layout{})
	before, err := r.Commits(second, "^"+first, "--")
	if err != nil || len(before) != 1 {
		t.Fatal(before, err)
	}
	if r.Resolve("main") != second {
		t.Fatal("main is another commit")
	}
	if err := r.SetRef("refs/heads/main", first); err != nil {
		t.Fatal(err)
	}
	if r.Resolve("main") != first {
		t.Error("the commit of a branch is remembered")
	}
	if err := os.Rename(filepath.Join(r.Dir, "objects"), filepath.Join(r.Dir, "gone")); err != nil {
		t.Fatal(err)
	}
	after, err := r.Commits(second, "^"+first, "--")
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("%v (-before +after):\n%s", err, diff)
	}
	if _, err := r.Commits(second, "--"); err == nil {
		t.Error("the answer to another question is known")
	}
	r.Memory.Forget()
	if _, err := r.Commits(second, "^"+first, "--"); err == nil {
		t.Error("what was forgotten is known")
	}
}

func TestLasting(t *testing.T) {
	id := strings.Repeat("a", 40)
	tests := map[string]bool{
		"log -1 " + id + " --":                               true,
		"log " + id + " ^" + id + " -- main":                 true,
		"log " + id + ".." + id:                              true,
		"diff " + id + "..." + id:                            true,
		"cat-file blob " + id + ":a/b":                       true,
		"cat-file blob -- " + id:                             true,
		"rev-parse --verify " + id + "^{commit}":             true,
		"log -1 main --":                                     false,
		"log " + id + "..main":                               false,
		"log --all " + id:                                    false,
		"log":                                                false,
		"log -- " + id:                                       false,
		"log -- " + id + " main":                             false,
		"update-ref refs/heads/main " + id:                   false,
		"for-each-ref --contains=" + id + " --format=x":      false,
		"merge-base --is-ancestor " + id + " HEAD":           false,
		"merge-base --is-ancestor " + id[:39] + "g " + id:    false,
		"rev-list --count " + id[:12]:                        false,
		"commit-tree " + id + " -p " + id:                    false,
		"rev-parse refs/tags/v1^{commit}":                    false,
		"merge-tree --write-tree " + id + " refs/heads/main": false,
	}
	for line, want := range tests {
		if got := lasting(strings.Fields(line)); got != want {
			t.Errorf("git %s: %v, want %v", line, got, want)
		}
	}
}

// TestHooks lets a hook refuse what the server tells it.
func TestHooks(t *testing.T) {
	s, base, _ := serve(t, nil)
	r := Repo{Dir: filepath.Join(s.root, "acme", "hooked.git")}
	if err := r.Init(Layout{PreReceive: "#!/bin/sh\ntest \"$MAY\" = yes || { echo \"no: $MAY\" >&2; exit 1; }\n"}); err != nil {
		t.Fatal(err)
	}
	may := ""
	s.Told = func(_ *http.Request, repo string) []string { return []string{"MAY=" + may, "REPO=" + repo} }
	from := work(t, 10)
	for _, may = range []string{"nothing", "yes"} {
		out, err := tryGit(t, from, "push", base+"/acme/hooked.git", "main")
		if refused := err != nil && strings.Contains(out, "no: nothing"); refused != (may == "nothing") {
			t.Errorf("may %s: %v\n%s", may, err, out)
		}
	}
}

// TestWrongRequests asks for what is no request of git.
func TestWrongRequests(t *testing.T) {
	_, base, _ := serve(t, nil)
	for kind, want := range map[string]int{"text/plain": http.StatusUnsupportedMediaType, "application/x-git-upload-pack-request": http.StatusBadRequest} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/acme/api.git/git-upload-pack", strings.NewReader("not packed"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Content-Encoding", "gzip")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s: status %d, want %d", kind, answer.StatusCode, want)
		}
	}
}
