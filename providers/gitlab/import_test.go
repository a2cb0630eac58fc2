package gitlab

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// What the server brings by itself stands afterwards where the plan looked before,
// under the ref that its job told.
func TestImportedStands(t *testing.T) {
	w := newWorld(t)
	to := w.open(t)
	old := newWorld(t)
	old.model.AddGroup("infra", "private", old.alice)
	if _, err := old.model.AddProject(gitlabtest.Project{Namespace: old.model.Group("infra"), Name: "app", Creator: old.alice}); err != nil {
		t.Fatal(err)
	}
	for block, source := range map[string]string{"group": "infra", "repository": "infra/app"} {
		t.Run(block, func(t *testing.T) {
			place := providers.Place{Namespace: "acme", Name: "from-" + block, Block: block}
			if now := standing(t, to, place); now.Exists || now.Problem != nil {
				t.Fatalf("before: %+v", now)
			}
			settings, err := json.Marshal(map[string]any{"url": old.server.URL})
			if err != nil {
				t.Fatal(err)
			}
			req := providers.ImportRequest{Source: "gitlab", Settings: settings, Secrets: map[string]string{"access_token": old.server.Token("alice")},
				Block: block, FullName: source, Place: place}
			job, err := to.StartImport(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			w.server.AwaitImports()
			status, err := to.PollImport(t.Context(), job)
			if err != nil || status.Job.State != schema.JobFinished {
				t.Fatalf("poll: %+v, %v", status, err)
			}
			now := standing(t, w.open(t), place)
			if !now.Exists || now.Problem != nil || now.Ref.ID != status.Job.Target.ID || now.Ref.URL != status.Job.Target.URL {
				t.Errorf("afterwards: %+v; the job says %+v", now, status.Job.Target)
			}
			found, err := to.FindImport(t.Context(), req)
			if err != nil || found.ID != job.ID {
				t.Errorf("found %+v, %v", found, err)
			}
			if _, err := to.CancelImport(t.Context(), job); providers.CodeOf(err) != providers.CodeConflict {
				t.Errorf("cancel: %v", err)
			}
		})
	}
}

// The gists of a user have no place of their own, and nothing is in their way.
func TestImportedGistsStand(t *testing.T) {
	to := newWorld(t).open(t)
	place := providers.Place{Name: "gists", Block: "gists"}
	if now := standing(t, to, place); now.Exists || now.Problem != nil || len(now.Notices) != 1 || !strings.Contains(now.Notices[0], "gets the source's token") {
		t.Errorf("before: %+v", now)
	}
	place.Ref = schema.Ref{ID: "gists"}
	if now := standing(t, to, place); !now.Exists || now.Problem != nil || now.Ref != place.Ref {
		t.Errorf("afterwards: %+v", now)
	}
}

// The server's importers make no groups. What the plan wants made is there before.
func TestImportMakesGroups(t *testing.T) {
	w := newWorld(t)
	old := newWorld(t)
	old.model.AddGroup("infra", "private", old.alice)
	if _, err := old.model.AddProject(gitlabtest.Project{Namespace: old.model.Group("infra"), Name: "app", Creator: old.alice}); err != nil {
		t.Fatal(err)
	}
	settings, err := json.Marshal(map[string]any{"url": old.server.URL})
	if err != nil {
		t.Fatal(err)
	}
	for _, create := range []bool{true, false} {
		to := w.open(t)
		path := fmt.Sprintf("acme/made-%t/deep", create)
		_, err = to.StartImport(t.Context(), providers.ImportRequest{Source: "gitlab", Settings: settings, Secrets: map[string]string{"access_token": old.server.Token("alice")},
			Block: "repository", FullName: "infra/app", Place: providers.Place{Namespace: path, Name: "app", CreateNamespace: create}})
		w.server.AwaitImports()
		if made := w.model.Project(path+"/app") != nil; made != create || create && err != nil {
			t.Errorf("create_namespace %t: made %t, %v", create, made, err)
		}
	}
}
