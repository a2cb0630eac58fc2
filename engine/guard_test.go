package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

func TestGuard(t *testing.T) {
	records := []engine.Step{{Stage: engine.StageRecords}}
	c := &engine.Changeset{
		Summary: engine.Summary{Create: 2, Orphan: 3, Rewrite: 1, Error: 1},
		Changes: []engine.Change{
			{Action: engine.ActionCreate, Steps: records, Source: engine.SourceFacts{GitBytes: 700, Requests: 20}},
			{Action: engine.ActionCreate, Source: engine.SourceFacts{GitBytes: 300, Requests: 40}},
			{Action: engine.ActionResync, Steps: records, Source: engine.SourceFacts{GitBytes: 5000, Requests: 1}},
			{Action: engine.ActionError, Steps: records, Source: engine.SourceFacts{GitBytes: 9000, Requests: 9000}},
		},
	}
	for _, test := range []struct {
		limit schema.Limit
		want  string
	}{
		{schema.Limit{Name: "max_creates", Max: 2}, ""},
		{schema.Limit{Name: "max_creates", Max: 1}, "The plan creates 2 resources, and max_creates allows 1."},
		{schema.Limit{Name: "max_orphans", Max: 5, Percent: true}, ""},
		{schema.Limit{Name: "max_orphans", Max: 4, Percent: true}, "The plan leaves 3 orphans, and max_orphans allows 2, which is 4% of 60 resources."},
		{schema.Limit{Name: "max_rewrites"}, "The plan rewrites the published history of 1 resource, and max_rewrites allows 0."},
		{schema.Limit{Name: "max_bytes", Max: 1000}, ""},
		{schema.Limit{Name: "max_bytes", Max: 999}, "The plan moves 1000 bytes of git data, and max_bytes allows 999."},
		{schema.Limit{Name: "max_requests", Max: 21}, ""},
		{schema.Limit{Name: "max_requests", Max: 20}, "The plan takes about 21 requests, and max_requests allows 20."},
	} {
		got := ""
		for _, d := range engine.Guard(c, &schema.Guard{Limits: []schema.Limit{test.limit}}, 60) {
			if d.Code != "plan.guard" || d.Severity != schema.SeverityError {
				t.Errorf("%v: %+v", test.limit, d)
			}
			got += d.Detail
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.limit, diff)
		}
	}
	if found := engine.Guard(c, nil, 60); found != nil {
		t.Errorf("no guard: %v", found)
	}
}
