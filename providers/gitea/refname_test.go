package gitea

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/google/go-cmp/cmp"
)

func TestRefNames(t *testing.T) {
	tests := []struct{ source, server string }{
		{"refs/heads/main", "refs/heads/main"},
		{"refs/tags/v1", "refs/tags/v1"},
		{"refs/notes/commits", "refs/notes/commits"},
		{"refs/merge-requests/1/head", "refs/merge-requests/1/head"},
		{"refs/pull/7/head", "refs/drover/pull/7/head"},
		{"refs/for/main", "refs/drover/for/main"},
		{"refs/remotes/origin/x", "refs/drover/remotes/origin/x"},
		{"refs/drover/pull/7/head", "refs/drover/drover/pull/7/head"},
		{"refs/drover/marker/x", "refs/drover/drover/marker/x"},
		{"refs/heads/drover/pull/7/head", "refs/drover/heads/drover/pull/7/head"},
		{"refs/pullover/x", "refs/pullover/x"},
	}
	for _, test := range tests {
		if got := there(test.source); got != test.server {
			t.Errorf("%s is kept as %s; want %s", test.source, got, test.server)
		}
		if got, ok := here(test.server); !ok || got != test.source {
			t.Errorf("%s is told as %s, %v; want %s", test.server, got, ok, test.source)
		}
	}
	for _, own := range []string{"refs/pull/1/head", "refs/drover/marker/x", "refs/drover/branch/x", "refs/drover/archived", "refs/heads/drover/pull/1/base"} {
		if name, ok := here(own); ok {
			t.Errorf("%s is told as %s", own, name)
		}
	}
}

func TestRefsOf(t *testing.T) {
	refs, marker := refsOf(map[string]string{
		"refs/heads/main": "1", "refs/drover/pull/1/head": "2", "refs/pull/1/head": "3",
		markers + forgetarget.EncodeName("github:42/ä"): "4", markers + "%zz": "5", archived: "6",
	})
	if diff := cmp.Diff(map[string]string{"refs/heads/main": "1", "refs/pull/1/head": "2"}, refs); diff != "" {
		t.Errorf("refs (-want +got):\n%s", diff)
	}
	if marker != "github:42/ä" {
		t.Errorf("the marker is %q", marker)
	}
}

// Whatever the source calls a ref, it comes back under the same name, and never
// as one of the server's or ours.
func FuzzRefName(f *testing.F) {
	f.Add("refs/pull/1/head")
	f.Add("refs/drover/archived")
	f.Add("refs/drover/marker/x")
	f.Add("refs/heads/drover/pull/1/fork")
	f.Fuzz(func(t *testing.T, name string) {
		if gitrepo.CheckRefName(name) != nil || !strings.HasPrefix(name, "refs/") {
			return
		}
		server := there(name)
		// Only marks of ours begin so; refs/marker/x of a source is refs/marker/x.
		if strings.HasPrefix(server, markers) || strings.HasPrefix(server, wikiBranches) || server == archived {
			t.Fatalf("%q is kept as %q, which is a mark", name, server)
		}
		if back, ok := here(server); !ok || back != name {
			t.Fatalf("%q is kept as %q and comes back as %q, %v", name, server, back, ok)
		}
		if err := gitrepo.CheckRefName(server); err != nil {
			t.Fatalf("%q is kept as %q: %v", name, server, err)
		}
	})
}
