package gitrepo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRefsWithoutGit holds what is read from files to what git says, and makes
// sure that git is asked about everything else.
func TestRefsWithoutGit(t *testing.T) {
	file := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777))
			must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
		}
	}
	run := func(args ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { git(t, dir, args...) }
	}
	tests := []struct {
		name    string
		change  []func(*testing.T, string)
		leftOut bool // it is git's to read
	}{
		{name: "loose"},
		{name: "packed", change: []func(*testing.T, string){run("pack-refs", "--all")}},
		{name: "moved since they were packed", change: []func(*testing.T, string){run("pack-refs", "--all"), run("update-ref", "refs/heads/side", "main")}},
		{name: "deleted since they were packed", change: []func(*testing.T, string){run("pack-refs", "--all"), run("update-ref", "-d", "refs/heads/side")}},
		{name: "odd names", change: []func(*testing.T, string){run("update-ref", "refs/heads/it's-\xe9", "main"), run("update-ref", "refs/x/-y", "main")}},
		{name: "detached HEAD", change: []func(*testing.T, string){run("update-ref", "--no-deref", "HEAD", "main")}},
		{name: "HEAD at no branch", change: []func(*testing.T, string){run("symbolic-ref", "HEAD", "refs/heads/none")}},
		{name: "a lock left behind", change: []func(*testing.T, string){file("refs/heads/main.lock", ""), file("packed-refs.lock", "")}},
		{name: "hidden files", change: []func(*testing.T, string){file("refs/heads/.main.swp", "x"), file("refs/.cache/x", "y")}},
		{name: "more settings", change: []func(*testing.T, string){run("config", "remote.origin.url", "x\\ny"), run("config", "core.note", "# ;")}},

		{name: "symbolic ref", change: []func(*testing.T, string){run("symbolic-ref", "refs/heads/link", "refs/heads/main")}, leftOut: true},
		{name: "empty ref", change: []func(*testing.T, string){file("refs/heads/broken", "")}, leftOut: true},
		{name: "ref of zeros", change: []func(*testing.T, string){file("refs/heads/broken", strings.Repeat("0", 40)+"\n")}, leftOut: true},
		{name: "ref that is a link", change: []func(*testing.T, string){func(t *testing.T, dir string) {
			must(t, os.Symlink("main", filepath.Join(dir, "refs/heads/linked")))
		}}, leftOut: true},
		{name: "bad name", change: []func(*testing.T, string){file("refs/heads/a b", strings.Repeat("1", 40)+"\n")}, leftOut: true},
		{name: "extension", change: []func(*testing.T, string){run("config", "core.repositoryformatversion", "1"), run("config", "extensions.objectformat", "sha1")}, leftOut: true},
		{name: "value that goes on", change: []func(*testing.T, string){file("config", "[core]\n\trepositoryformatversion = 0\n\tx = \\\n[extensions]\n")}, leftOut: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := newSource(t, "sha1", 2, "refs/heads/side", "refs/notes/commits")
			for _, change := range test.change {
				change(t, dir)
			}
			repo := open(t, dir)
			got, ok := repo.readRefs()
			if ok == test.leftOut {
				t.Fatalf("read without git: %v, want %v", ok, !test.leftOut)
			}
			want, err := repo.listRefs(t.Context())
			must(t, err)
			if test.leftOut {
				got, err = repo.Refs(t.Context())
				must(t, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("refs (-of git +ours):\n%s", diff)
			}
		})
	}
}

func TestRefsOfOtherFormatsAreGits(t *testing.T) {
	repo := open(t, newSource(t, "sha256", 1))
	if _, ok := repo.readRefs(); ok {
		t.Error("a SHA-256 repository was taken for a plain one")
	}
}

func TestFirstRefsAreOneFile(t *testing.T) {
	dir := newSource(t, "sha1", 2, manyRefs(fewRefs+1)...)
	refs := open(t, dir)
	have, err := refs.Refs(t.Context())
	must(t, err)
	tag, commit := have.Names["refs/tags/v1"], have.Names["refs/heads/main"]

	// create asks for the refs of dir, and more, in an empty repository with
	// its objects.
	create := func(t *testing.T, more ...RefUpdate) (string, error) {
		to := newBare(t, "sha1")
		must(t, open(t, to).TakeObjects(t.Context(), refs))
		var updates []RefUpdate
		for name, oid := range have.Names {
			updates = append(updates, RefUpdate{Name: name, Old: strings.Repeat("0", 40), New: oid})
		}
		return to, open(t, to).UpdateRefs(t.Context(), append(updates, more...))
	}
	t.Run("created", func(t *testing.T) {
		to, err := create(t)
		must(t, err)
		if diff := cmp.Diff(refsOf(t, dir), refsOf(t, to)); diff != "" {
			t.Errorf("refs (-want +got):\n%s", diff)
		}
		if exists(filepath.Join(to, "refs/heads/main")) {
			t.Error("main has a file of its own")
		}
		git(t, to, "fsck", "--strict")
	})
	for name, update := range map[string]RefUpdate{
		"below another":     {Name: "refs/heads/main/x", New: commit},
		"no such object":    {Name: "refs/heads/x", New: strings.Repeat("1", 40)},
		"branch at a tag":   {Name: "refs/heads/x", New: tag},
		"expected to exist": {Name: "refs/heads/x", Old: commit, New: commit},
	} {
		t.Run(name, func(t *testing.T) {
			to, err := create(t, update)
			wantKind(t, err, Refused)
			if got := refsOf(t, to); got != "" {
				t.Errorf("although an update was refused there are refs:\n%s", got)
			}
		})
	}
}
