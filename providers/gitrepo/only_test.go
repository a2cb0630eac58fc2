package gitrepo

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMirrorOfSomeRefs mirrors what Remote.Only names and nothing else, and
// follows the source in it.
func TestMirrorOfSomeRefs(t *testing.T) {
	only := []string{"refs/heads/*", "refs/tags/*", "refs/pull/*/head"}
	for _, format := range []string{"sha1", "sha256"} {
		source := newSource(t, format, 3, "refs/pull/1/head", "refs/pull/1/merge", "refs/pull/22/head", "refs/pull/22/merge", "refs/hidden/x", "refs/heads/gone")
		git(t, source, "pack-refs", "--all")
		for name, address := range addresses(t, source) {
			t.Run(format+"/"+name, func(t *testing.T) {
				remote := Remote{URL: address, Only: only}
				want := []string{"refs/heads/gone", "refs/heads/main", "refs/pull/1/head", "refs/pull/22/head", "refs/tags/v1"}
				seen, err := LsRemote(t.Context(), remote)
				must(t, err)
				if diff := cmp.Diff(want, slices.Sorted(maps.Keys(seen.Names))); diff != "" {
					t.Errorf("refs of the remote (-want +got):\n%s", diff)
				}
				dir := filepath.Join(t.TempDir(), "mirror.git")
				must(t, Mirror(t.Context(), remote, dir, nil))
				have, err := open(t, dir).Refs(t.Context())
				must(t, err)
				if diff := cmp.Diff(seen, have); diff != "" {
					t.Errorf("refs of the mirror (-want +got):\n%s", diff)
				}
				before := snapshot(t, dir)
				must(t, Mirror(t.Context(), remote, dir, nil))
				if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
					t.Errorf("a second run changed files (-before +after):\n%s", diff)
				}
				remote.Only = only[1:]
				must(t, Mirror(t.Context(), remote, dir, nil))
				have, err = open(t, dir).Refs(t.Context())
				must(t, err)
				if diff := cmp.Diff(want[2:], slices.Sorted(maps.Keys(have.Names))); diff != "" {
					t.Errorf("refs of the mirror when fewer are asked for (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestSees(t *testing.T) {
	r := Remote{Only: []string{"refs/pull/*/head", "refs/heads/*", "refs/stash"}}
	for ref, want := range map[string]bool{
		"refs/pull/1/head": true, "refs/pull/1/merge": false, "refs/pull/head": false, "refs/heads/a/b": true,
		"refs/heads": false, "refs/stash": true, "refs/stash2": false, "refs/tags/v1": false,
	} {
		if got := r.sees(ref); got != want {
			t.Errorf("sees(%q) = %v", ref, got)
		}
	}
}

// TestAuthorsOfSomeRefs counts what the refs that are asked for lead to, the
// first time and from the cache.
func TestAuthorsOfSomeRefs(t *testing.T) {
	source := newSource(t, "sha1", 3, "refs/hidden/x")
	gitInput(t, source, "commit refs/hidden/x\nauthor Hy <hy@example.org> 1600000000 +0000\ncommitter Hy <hy@example.org> 1600000000 +0000\ndata 2\nm\nfrom refs/heads/main\n", "fast-import", "--quiet", "--force")
	git(t, source, "config", "uploadpack.allowFilter", "true")
	for name, address := range addresses(t, source) {
		if name == "directory" {
			continue // is read where it is, with all its refs
		}
		t.Run(name, func(t *testing.T) {
			remote, cache := Remote{URL: address, Only: []string{"refs/heads/*"}}, filepath.Join(t.TempDir(), "cache")
			first := collect(t, AuthorsOf(t.Context(), remote, cache))
			for _, a := range first {
				if a.Name == "Hy" {
					t.Error("somebody is listed whom no ref leads to")
				}
			}
			if diff := cmp.Diff(first, collect(t, AuthorsOf(t.Context(), remote, cache))); diff != "" || len(first) == 0 {
				t.Errorf("from the cache (-first +second):\n%s", diff)
			}
			git(t, source, "update-ref", "refs/heads/more", "refs/hidden/x")
			if again := collect(t, AuthorsOf(t.Context(), remote, cache)); len(again) != len(first)+1 {
				t.Errorf("%d people, want %d and one more", len(again), len(first))
			}
			git(t, source, "update-ref", "-d", "refs/heads/more")
			if objects := git(t, cache, "rev-list", "--objects", "--all", "--missing=print"); !strings.Contains(objects, "?") {
				t.Error("the cache holds the contents of files")
			}
		})
	}
}
