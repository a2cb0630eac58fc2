package main

import (
	"fmt"
	"testing"

	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/standin"
	"github.com/drover-migrate/drover/schema"
)

// TestImportKilledAtEveryRequest kills an apply at the request that starts an import
// by GitLab, and with DROVER_SOAK at each of its requests, before and after it was
// carried out. The next apply takes up what there is: GitLab imports once.
func TestImportKilledAtEveryRequest(t *testing.T) {
	server := newGitHub(t, githubtest.Options{})
	newEditor(t, server.Model, 1)
	all := standin.Soak()
	for n, lived := 1, false; !lived && !t.Failed() && (all || n == 1); n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d after=%v", n, after), func(t *testing.T) {
				to := newGitLabStandIn(t)
				w := newForgeWorld(t, server, to, "acme/api")
				w.method, w.stages, w.clock.meanwhile = schema.MethodImportAPI, "{}", to.AwaitImports
				lived = !w.applyUntil(t, w.killAtTarget(n, all, after))
				w.apply(t).whole(t)
				if made := to.Model.Projects(); len(made) != 1 || made[0].ImportType != "github" || made[0].ImportStatus != "finished" {
					t.Errorf("%d projects were made", len(made))
				}
				w.idle(t)
			})
		}
	}
}
