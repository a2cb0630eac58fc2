package gitlabtest

import (
	"testing"
)

// sampled is a server with the sample.
func sampled(t testing.TB) asker {
	t.Helper()
	a := asker{t, start(t, Options{})}
	if err := Sample(a.s.Model); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSample(t *testing.T) {
	a := sampled(t)
	const pilot = "/projects/harbour%2Fpilot"
	a.run([]step{
		{"mara", "GET", "/groups/harbour", "", 200, object{"visibility": "public"}},
		{"mara", "GET", pilot, "", 200, object{"default_branch": "main", "open_issues_count": 3}},
		{"ines.v", "GET", pilot + "/issues/1", "", 200, object{"user_notes_count": 4, "upvotes": 2, "time_stats.human_time_estimate": "2h", "task_completion_status.count": 2}},
		{"otto", "GET", pilot + "/issues/2", "", 200, object{"confidential": true}},
		{"", "GET", pilot + "/issues/2", "", 404, nil},
		{"mara", "GET", pilot + "/issues/4", "", 404, nil},
		{"mara", "GET", pilot + "/merge_requests/1", "", 200, object{"state": "merged", "merged_by.username": "mara"}},
		{"mara", "GET", pilot + "/merge_requests/1/discussions", "", 200, nil},
		{"mara", "GET", pilot + "/merge_requests/2", "", 200, object{"state": "opened", "draft": true}},
		{"mara", "GET", pilot + "/merge_requests/2/versions", "", 200, nil},
		{"mara", "GET", pilot + "/merge_requests/3", "", 200, object{"state": "closed"}},
		{"mara", "GET", pilot + "/merge_requests/4", "", 200, object{"source_branch": "horn", "allow_collaboration": true}},
		{"mara", "GET", pilot + "/releases", "", 200, nil},
		{"mara", "GET", pilot + "/wikis?with_content=true", "", 200, nil},
		{"mara", "GET", pilot + "/snippets", "", 200, object{"title": "Radio"}},
		{"mara", "GET", pilot + "/members/all", "", 200, nil},
		{"mara", "GET", "/projects/harbour%2Ftower%2Flights", "", 200, object{"archived": true, "wiki_access_level": "disabled"}},
		{"tomas", "GET", "/groups/harbour/projects?include_subgroups=true", "", 200, nil},
		{"mara", "GET", "/groups/harbour/labels", "", 200, nil},
		{"mara", "GET", "/groups/harbour/milestones", "", 200, object{"title": "Summer"}},
		{"mara", "GET", pilot + "/repository/tags", "", 200, nil},
		{"mara", "GET", pilot + "/protected_branches", "", 200, nil},
		{"mara", "GET", pilot + "/protected_tags", "", 200, object{"name": "v*"}},
	})
	again := sampled(t)
	for _, path := range []string{"harbour/pilot", "harbour/tower/lights", "otto/pilot"} {
		one, other := a.s.Model.Project(path).refs["refs/heads/main"], again.s.Model.Project(path).refs["refs/heads/main"]
		if one != other {
			t.Errorf("%s is at %s, and another time at %s", path, one, other)
		}
	}
	if told := a.s.Model.Notified(); len(told) > 0 {
		t.Errorf("the sample told %v", told)
	}
	a.clean()
}
