package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

// TestJobs keeps the last job of a resource with its entities, and loses it
// with the resource.
func TestJobs(t *testing.T) {
	s := open(t, newPath(t))
	run := begin(t, s)
	api, web := claim(t, s, run, entry("api")), claim(t, s, run, entry("web"))
	address := api.Entry().Address
	at := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

	check(t, api.SaveJob(t.Context(), schema.Job{StartedAt: at}))
	intent, err := s.Job(t.Context(), address)
	check(t, err)
	if diff := cmp.Diff(schema.Job{StartedAt: at}, intent); diff != "" {
		t.Errorf("about to be started (-want +got):\n%s", diff)
	}

	want := schema.Job{
		ID: "bulk/7", State: schema.JobFinished, Status: "finished", HasFailures: true, StartedAt: at,
		Counts: schema.Counts{schema.KindIssue: {Source: 3, Fetched: 3, Imported: 2, Failed: 1}},
		Entities: []schema.JobEntity{
			{ID: 9, Status: "finished", EntityType: "group", Stats: map[string]schema.JobStats{"labels": {Source: 1, Fetched: 1, Imported: 1}}},
			{ID: 8, Status: "failed", EntityType: "project", Failures: []schema.JobFailure{{Relation: "issues", Step: "loader"}}},
		},
	}
	check(t, api.SaveJob(t.Context(), want))
	check(t, web.SaveJob(t.Context(), schema.Job{ID: "project/3", State: schema.JobImporting}))
	all, err := s.Jobs(t.Context(), "")
	check(t, err)
	if diff := cmp.Diff(want, all[address]); diff != "" || len(all) != 2 {
		t.Errorf("%d jobs (-want +got):\n%s", len(all), diff)
	}

	check(t, web.SaveJob(t.Context(), schema.Job{}))
	check(t, s.Forget(t.Context(), run, address))
	if all, err := s.Jobs(t.Context(), ""); err != nil || len(all) != 0 {
		t.Errorf("after one was forgotten and one's resource too: %v, %v", all, err)
	}
}
