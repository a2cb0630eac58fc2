package imports

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/schema"
)

// GitLab's pages on its importers say some things that are not so, and some that
// were so once. Each test here is one of them.

func TestTrapRepoIDIsANumberInTheTableAndATextInTheExample(t *testing.T) {
	for name, id := range map[string]any{"number": 12345, "text": "12345"} {
		in, err := githubRequest(0, githubAsk(t, nil, map[string]any{"repo_id": id}))
		if err != nil || in.RepositoryID != 12345 {
			t.Errorf("as a %s: %d, %v", name, in.RepositoryID, err)
			continue
		}
		sent, err := json.Marshal(in)
		if err != nil || !strings.Contains(string(sent), `"repo_id":12345`) {
			t.Errorf("as a %s: %s, %v", name, sent, err)
		}
	}
	// What the source told counts, whatever the plan says.
	req := githubAsk(t, nil, map[string]any{"repository": "acme/api"})
	req.Repo.Identity = "777"
	if in, err := githubRequest(0, req); err != nil || in.RepositoryID != 777 {
		t.Errorf("by its identity: %d, %v", in.RepositoryID, err)
	}
}

func TestTrapHostnameNeedsThePathOfTheAPIFrom16_5To17_1(t *testing.T) {
	for version, want := range map[string]string{
		"16.4.5": "https://github.acme.example", "16.5.0": "https://github.acme.example/api/v3", "17.1.8-ee": "https://github.acme.example/api/v3",
		"17.2.0": "https://github.acme.example", "18.9.0": "https://github.acme.example", "": "https://github.acme.example",
	} {
		for _, said := range []string{"github.acme.example", "https://github.acme.example/", "https://GitHub.acme.example/api/v3"} {
			if got, err := githubHostname(said, at(version)); err != nil || got != want {
				t.Errorf("%q at %q: %q, %v; want %q", said, version, got, err, want)
			}
		}
	}
	if got, err := githubHostname("", at("16.5.0")); err != nil || got != "" {
		t.Errorf("github.com is told as %q, %v", got, err)
	}
}

func TestTrapEventsStageWasRemovedIn16_9(t *testing.T) {
	wanted := map[string]bool{eventsStage: true, "attachments_import": true}
	if got := stages(at("16.8.0"), wanted); !got[eventsStage] {
		t.Errorf("16.8 is not told: %v", got)
	}
	if got := stages(at("16.9.0"), wanted); got[eventsStage] || !got["attachments_import"] {
		t.Errorf("16.9 is told: %v", got)
	}
}

func TestTrapStatusListsOmitCanceled(t *testing.T) {
	m, _ := fake(t, map[string]answer{
		"GET /bulk_imports/1":          {200, `{"id":1,"status":"canceled","source_type":"gitlab"}`},
		"GET /bulk_imports/1/entities": {200, `[{"id":5,"bulk_import_id":1,"status":"canceled","parent_id":null}]`},
		"GET /projects/7/import":       {200, `{"id":7,"import_status":"canceled","import_type":"github"}`},
	})
	for _, id := range []string{"transfer/1", "project/7"} {
		got, err := m.Poll(t.Context(), schema.Job{ID: id})
		if err != nil || got.Job.State != schema.JobCanceled || got.Job.Cancelable {
			t.Errorf("%s: %+v, %v", id, got.Job, err)
		}
	}
}

func TestTrapFinishedWithoutFailuresHoldsFailedEntities(t *testing.T) {
	m, _ := fake(t, map[string]answer{
		"GET /bulk_imports/1": {200, `{"id":1,"status":"finished","has_failures":false}`},
		"GET /bulk_imports/1/entities": {200, `[
			{"id":2,"bulk_import_id":1,"status":"failed","entity_type":"project","parent_id":1,"source_full_path":"infra/b","has_failures":false,"failures":[]},
			{"id":1,"bulk_import_id":1,"status":"finished","entity_type":"group","parent_id":null,"namespace_id":9,"source_full_path":"infra","destination_full_path":"acme/infra","has_failures":false,"failures":[]}]`},
	})
	got, err := m.Poll(t.Context(), schema.Job{ID: "transfer/1"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Job.State != schema.JobFinished || !got.Job.HasFailures || !strings.Contains(got.Job.Text, "Of 2 groups and projects, 1") {
		t.Errorf("got %+v", got.Job)
	}
	if len(got.Job.Entities) != 2 || got.Job.Entities[0].ID != 1 || !got.Job.Entities[1].HasFailures {
		t.Errorf("entities: %+v", got.Job.Entities)
	}
}

func TestTrapFinishedWhereTheTopFailed(t *testing.T) {
	m, _ := fake(t, map[string]answer{
		"GET /bulk_imports/1":          {200, `{"id":1,"status":"finished","has_failures":false}`},
		"GET /bulk_imports/1/entities": {200, `[{"id":1,"bulk_import_id":1,"status":"failed","entity_type":"group","parent_id":null,"source_full_path":"infra"}]`},
	})
	got, err := m.Poll(t.Context(), schema.Job{ID: "transfer/1"})
	if err != nil || got.Job.State != schema.JobFailed || !got.Job.HasFailures || got.Job.Status != "finished" {
		t.Errorf("got %+v, %v", got.Job, err)
	}
}

func TestTrapFailuresAreSampledAsOneObject(t *testing.T) {
	const failure = `{"relation":"issues","exception_message":"Error!","exception_class":"StandardError","correlation_id_value":"06289e4b064329a69de7bb2d7a1b5a97","source_url":"https://gitlab.example/project/full/path/-/issues/1","source_title":"Issue title"}`
	want := schema.JobFailure{Relation: "issues", Message: "Error!", Class: "StandardError", CorrelationID: "06289e4b064329a69de7bb2d7a1b5a97",
		SourceURL: "https://gitlab.example/project/full/path/-/issues/1", SourceTitle: "Issue title"}
	for name, body := range map[string]string{"an object": failure, "a list": "[" + failure + "]"} {
		t.Run(name, func(t *testing.T) {
			m, _ := fake(t, map[string]answer{
				"GET /bulk_imports/1":                     {200, `{"id":1,"status":"finished","has_failures":true}`},
				"GET /bulk_imports/1/entities":            {200, `[{"id":2,"bulk_import_id":1,"status":"finished","parent_id":null,"has_failures":true}]`},
				"GET /bulk_imports/1/entities/2/failures": {200, body},
			})
			got, err := m.Poll(t.Context(), schema.Job{ID: "transfer/1"})
			if err != nil {
				t.Fatal(err)
			}
			if f := got.Job.Entities[0].Failures; len(f) != 1 || f[0] != want {
				t.Errorf("failures: %+v", f)
			}
		})
	}
}

func TestTrapTheTwoPagesDifferInWhatAVersionTakes(t *testing.T) {
	repository := map[string]any{"repo_id": 1, "pagination_limit": 50, "timeout_strategy": "optimistic"}
	if in, err := githubRequest(at("18.9.0"), githubAsk(t, nil, repository)); err != nil || in.PageSize != 50 || in.TimeoutStrategy != "optimistic" {
		t.Errorf("18.9: %+v, %v", in, err)
	}
	for _, old := range []string{"16.4.0", "17.6.0"} {
		if _, err := githubRequest(at(old), githubAsk(t, nil, repository)); err == nil || !strings.Contains(err.Error(), "this is GitLab "+old[:4]) {
			t.Errorf("%s: %v", old, err)
		}
	}
}
