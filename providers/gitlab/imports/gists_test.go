package imports

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func gistsAsk(t *testing.T, expected int64) providers.ImportRequest {
	req := ask(t, sourceGitHub, blockGists, nil, map[string]any{"all_gists": true}, map[string]string{"personal_access_token": "ghp_one"})
	req.Place = providers.Place{Name: "gists", Block: blockGists}
	req.Expected = map[schema.Kind]int64{schema.KindSnippet: expected}
	return req
}

// snippetsOf is the answer to a question for the user's snippets. Those of projects
// are negative.
func snippetsOf(ids ...int64) answer {
	var all []string
	for _, id := range ids {
		project := "null"
		if id < 0 {
			id, project = -id, "3"
		}
		all = append(all, fmt.Sprintf(`{"id":%d,"project_id":%s}`, id, project))
	}
	return answer{200, "[" + strings.Join(all, ",") + "]"}
}

func TestGists(t *testing.T) {
	answers := map[string]answer{"POST /import/github/gists": {202, ""}, "GET /snippets": snippetsOf(120, 7, -300)}
	m, received := fake(t, answers)
	now := m.now()
	m.now = func() time.Time { return now }
	job, err := m.Start(t.Context(), gistsAsk(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	if job.ID != "gists?after=120&expected=3" || job.State != schema.JobQueued || job.Cancelable || job.Text != "" {
		t.Errorf("started: %+v", job)
	}
	if sent := (*received)[1]; sent.body != `{"personal_access_token":"ghp_one"}` {
		t.Errorf("sent %s", sent.body)
	}
	type seen struct {
		State    schema.JobState
		Counts   schema.Count
		Failures int
	}
	poll := func(after time.Duration, ids ...int64) seen {
		t.Helper()
		now = now.Add(after)
		answers["GET /snippets"] = snippetsOf(ids...)
		status, err := m.Poll(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		job = status.Job
		return seen{job.State, job.Counts[schema.KindSnippet], len(status.Failures)}
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		ids   []int64
		want  seen
	}{
		{"nothing yet", time.Second, []int64{120, 7}, seen{schema.JobImporting, schema.Count{Source: 3}, 0}},
		{"GitHub's limit", time.Hour, []int64{120, 7}, seen{schema.JobImporting, schema.Count{Source: 3}, 0}},
		{"one, and one of a project", time.Minute, []int64{121, -122, 120, 7}, seen{schema.JobImporting, schema.Count{Source: 3, Fetched: 1, Imported: 1}, 0}},
		{"another", 9 * time.Minute, []int64{123, 121, 120, 7}, seen{schema.JobImporting, schema.Count{Source: 3, Fetched: 2, Imported: 2}, 0}},
		{"nothing more for a while", 9 * time.Minute, []int64{123, 121, 120, 7}, seen{schema.JobImporting, schema.Count{Source: 3, Fetched: 2, Imported: 2}, 0}},
		{"nothing more at all", 2 * time.Minute, []int64{123, 121, 120, 7}, seen{schema.JobFinished, schema.Count{Source: 3, Fetched: 2, Imported: 2, Failed: 1}, 1}},
	} {
		if diff := cmp.Diff(step.want, poll(step.after, step.ids...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	if !job.HasFailures {
		t.Error("a gist is missing, and the job has no failures")
	}
}

func TestGistsThatAllArrive(t *testing.T) {
	m, _ := fake(t, map[string]answer{"GET /snippets": snippetsOf(1, 2, 3)})
	got, err := m.Poll(t.Context(), schema.Job{ID: "gists?expected=3"})
	if err != nil || got.Job.State != schema.JobFinished || got.Job.HasFailures || len(got.Failures) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Gists with more files than a snippet takes are not waited for, and count as left
// out.
func TestGistsWithManyFiles(t *testing.T) {
	m, _ := fake(t, map[string]answer{"POST /import/github/gists": {202, ""}, "GET /snippets": snippetsOf(5)})
	req := gistsAsk(t, 3)
	req.Largest = []providers.Sized{{Name: "ada/1", Files: SnippetFiles + 1}, {Name: "ada/2", Files: SnippetFiles}}
	job, err := m.Start(t.Context(), req)
	if err != nil || job.ID != "gists?after=5&expected=3&large=1" {
		t.Fatalf("started %+v, %v", job, err)
	}
	for _, test := range []struct {
		ids   []int64
		state schema.JobState
		count schema.Count
	}{
		{[]int64{5, 6}, schema.JobImporting, schema.Count{Source: 3, Fetched: 1, Imported: 1, Skipped: 1}},
		{[]int64{5, 6, 7}, schema.JobFinished, schema.Count{Source: 3, Fetched: 2, Imported: 2, Skipped: 1}},
	} {
		m, _ := fake(t, map[string]answer{"GET /snippets": snippetsOf(test.ids...)})
		got, err := m.Poll(t.Context(), job)
		if err != nil || got.Job.State != test.state || got.Job.Counts[schema.KindSnippet] != test.count || got.Job.HasFailures {
			t.Errorf("%v: %+v, %v", test.ids, got, err)
		}
	}
}

func TestNoGistsAtAll(t *testing.T) {
	m, _ := fake(t, map[string]answer{"POST /import/github/gists": {202, ""}, "GET /snippets": snippetsOf(5)})
	job, err := m.Start(t.Context(), gistsAsk(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Poll(t.Context(), job)
	if err != nil || got.Job.State != schema.JobFinished || got.Job.HasFailures {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestGistsThatNeverCome(t *testing.T) {
	m, _ := fake(t, map[string]answer{"GET /snippets": snippetsOf()})
	before := schema.Job{ID: "gists?expected=3", UpdatedAt: m.now().Add(-quietAtFirst)}
	got, err := m.Poll(t.Context(), before)
	if err != nil || got.Job.State != schema.JobTimeout || !got.Job.HasFailures {
		t.Errorf("got %+v, %v", got, err)
	}
}

// When the start was not answered, nobody can tell whether it was one: it is not
// started again, and what is there is never called a success before everything is
// quiet.
func TestGistsWhoseStartWasNotAnswered(t *testing.T) {
	m, received := fake(t, map[string]answer{"GET /snippets": snippetsOf(5, 4, 3)})
	job, err := m.Find(t.Context(), gistsAsk(t, 3))
	if err != nil || job.ID != "gists?expected=3&unsure=true" || job.Text != unsureText {
		t.Fatalf("found %+v, %v", job, err)
	}
	got, err := m.Poll(t.Context(), job)
	if err != nil || got.Job.State != schema.JobImporting {
		t.Errorf("at first: %+v, %v", got.Job, err)
	}
	later := m.now().Add(quietAtFirst)
	m.now = func() time.Time { return later }
	got, err = m.Poll(t.Context(), got.Job)
	if err != nil || got.Job.State != schema.JobFinished || got.Job.Text != unsureText {
		t.Errorf("in the end: %+v, %v", got.Job, err)
	}
	for _, r := range *received {
		if strings.HasPrefix(r.what, "POST") {
			t.Errorf("%s was sent", r.what)
		}
	}
}

func TestGistsOfAnEnterpriseServer(t *testing.T) {
	m, _ := fake(t, map[string]answer{"POST /import/github/gists": {202, ""}, "GET /snippets": snippetsOf()})
	req := gistsAsk(t, 1)
	req.Settings = encode(t, map[string]any{"github_hostname": "github.acme.example"})
	job, err := m.Start(t.Context(), req)
	if err != nil || !strings.Contains(job.Text, "github_hostname") {
		t.Errorf("got %+v, %v", job, err)
	}
}
