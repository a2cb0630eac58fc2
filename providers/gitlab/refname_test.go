package gitlab

import (
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

func TestRefsOf(t *testing.T) {
	refs, marker := refsOf(map[string]string{
		"refs/heads/main": "1", "refs/drover/merge-requests/1/head": "2", "refs/merge-requests/1/head": "3", "refs/heads/drover/change/1/x": "8",
		markers + forgetarget.EncodeName("github:42/ä"): "4", markers + "%zz": "5", archived: "6", quieted: "7", lifted: "9",
	})
	same(t, "refs", map[string]string{"refs/heads/main": "1", "refs/merge-requests/1/head": "2"}, refs)
	if marker != "github:42/ä" {
		t.Errorf("the marker is %q", marker)
	}
}

// Whatever the source calls a ref, it comes back under the same name, and never as
// one of the server's or ours.
func FuzzRefName(f *testing.F) {
	f.Add("refs/merge-requests/1/head")
	f.Add("refs/drover/archived")
	f.Add("refs/drover/marker/x")
	f.Add("refs/heads/drover/change/1/fork")
	f.Add("refs/archived")
	f.Fuzz(func(t *testing.T, name string) {
		if gitrepo.CheckRefName(name) != nil || !strings.HasPrefix(name, "refs/") {
			return
		}
		server := there(name)
		if strings.HasPrefix(server, markers) || server == archived || server == quieted || server == lifted {
			t.Fatalf("%q is kept as %q, which is a note", name, server)
		}
		if back, ok := here(server); !ok || back != name {
			t.Fatalf("%q is kept as %q and comes back as %q, %v", name, server, back, ok)
		}
		if err := gitrepo.CheckRefName(server); err != nil {
			t.Fatalf("%q is kept as %q: %v", name, server, err)
		}
	})
}

func TestCovers(t *testing.T) {
	tests := []struct {
		pattern, ref string
		want         bool
	}{
		{"main", "refs/heads/main", true},
		{"main", "refs/heads/mainly", false},
		{"main", "refs/tags/main", false},
		{"release/*", "refs/heads/release/1/a", true},
		{"*", "refs/heads/x/y", true},
		{"a.b", "refs/heads/axb", false},
		{"*-stable", "refs/heads/1-stable", true},
	}
	for _, test := range tests {
		if got := covers(test.pattern, "refs/heads/", []providers.RefUpdate{{Name: test.ref}}); got != test.want {
			t.Errorf("%s covers %s: %v", test.pattern, test.ref, got)
		}
	}
}
