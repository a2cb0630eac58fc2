package ra

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svnserver"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

func TestScope(t *testing.T) {
	h := svntest.Must(t, svnserver.Scoped)
	_, want := truth(t, h)
	root := svnserver.Repository(t, h)
	url := svnserver.Svnserve(t, root, svnserver.Access{Authz: svnserver.ScopedAuthz})
	r := open(t, remote.Options{URL: url + "/repository/open"})
	if got := []string{r.Root(), r.Prefix(), r.Scope()}; !cmp.Equal(got, []string{url + "/repository", "open", "open"}) {
		t.Errorf("root, prefix, scope = %q", got)
	}
	got := svnserver.States(t, r.Revisions(t.Context(), 0, h.Latest()))
	if diff := cmp.Diff(svnserver.InScope(want), got); diff != "" {
		t.Errorf("what is read of a folder (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(svnserver.ScopedLog(), svnserver.Changes(t, r.Log(t.Context(), 0, h.Latest()))); diff != "" {
		t.Errorf("log of a folder (-want +got):\n%s", diff)
	}
}
