package imports

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func TestPollProject(t *testing.T) {
	m, _ := fake(t, map[string]answer{"GET /projects/27/import": {200, `{
		"id":27,"path_with_namespace":"acme/api","created_at":"2026-11-01T10:00:00.000Z","import_status":"finished","import_type":"github","correlation_id":"abc",
		"failed_relations":[],"import_error":null,
		"stats":{"fetched":{"issue":3,"note":5,"diff_note":2,"pull_request":2,"issue_attachment":1},"imported":{"issue":3,"note":4,"diff_note":2,"pull_request":3,"issue_attachment":1}}}`}})
	got, err := m.Poll(t.Context(), schema.Job{ID: "project/27", Text: "a warning"})
	if err != nil {
		t.Fatal(err)
	}
	base := m.api.Base()
	want := providers.ImportStatus{
		Job: schema.Job{
			ID: "project/27", URL: base + "/acme/api", State: schema.JobFinished, Status: "finished", Text: "a warning", Target: schema.Ref{ID: "27", URL: base + "/acme/api"},
			HasFailures: true, StartedAt: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC), UpdatedAt: m.now(),
			Counts: schema.Counts{
				schema.KindIssue:   {Source: 3, Fetched: 3, Imported: 3},
				schema.KindComment: {Source: 7, Fetched: 7, Imported: 6, Failed: 1},
				schema.KindChange:  {Source: 2, Fetched: 2, Imported: 2}, // one was tried again, and counted twice
				"issue_attachment": {Source: 1, Fetched: 1, Imported: 1},
			},
		},
		Failures: []schema.JobFailure{{Relation: "note", Step: "importer", CorrelationID: "abc",
			Message: "1 of 5 were fetched and not stored; " + base + "/import/github/details?project_id=27 lists them"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestStatesOfProjects(t *testing.T) {
	const timeout = `[{"id":"1","exception_class":"Gitlab::Import::AdvanceStage::AdvanceStageTimeoutError","source":"Gitlab::GithubImport::AdvanceStageWorker","exception_message":null,"relation_name":null}]`
	tests := []struct {
		name, status, kind, failures, problem string
		want                                  schema.JobState
		cancelable, failed                    bool
	}{
		{"not yet", "none", "github", "[]", "", schema.JobQueued, true, false},
		{"scheduled", "scheduled", "github", "[]", "", schema.JobQueued, true, false},
		{"started", "started", "github", "[]", "", schema.JobImporting, true, false},
		{"one of Bitbucket", "started", "bitbucket", "[]", "", schema.JobImporting, false, false},
		{"finished", "finished", "github", "[]", "", schema.JobFinished, false, false},
		{"failed", "failed", "github", `[{"exception_class":"StandardError","source":"Gitlab::GithubImport::Importer::RepositoryImporter","exception_message":null}]`, "no such repository", schema.JobFailed, false, true},
		{"a stage timed out", "failed", "github", timeout, "Failing advance stage", schema.JobTimeout, false, true},
		{"no sign of life", "failed", "bitbucket_server", "[]", "Import timed out. Import took longer than 86400 seconds", schema.JobTimeout, false, true},
		{"canceled", "canceled", "github", "[]", "", schema.JobCanceled, false, false},
		{"a word of tomorrow", "paused", "github", "[]", "", schema.JobImporting, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, _ := fake(t, map[string]answer{"GET /projects/27/import": {200, fmt.Sprintf(`{"id":27,"path_with_namespace":"a/b","import_status":%q,"import_type":%q,"failed_relations":%s,"import_error":%q}`,
				test.status, test.kind, test.failures, test.problem)}})
			got, err := m.Poll(t.Context(), schema.Job{ID: "project/27"})
			if err != nil {
				t.Fatal(err)
			}
			j := got.Job
			if j.State != test.want || j.Status != test.status || j.Cancelable != test.cancelable || j.HasFailures != test.failed || j.Text != test.problem {
				t.Errorf("got %+v", j)
			}
			if test.failures != "[]" && (len(got.Failures) != 1 || got.Failures[0].Class == "" || got.Failures[0].Relation == "" || got.Failures[0].Message == "") {
				t.Errorf("failures: %+v", got.Failures)
			}
		})
	}
}

func TestPollOfWhatIsGone(t *testing.T) {
	m, _ := fake(t, map[string]answer{"GET /projects/8/import": {200, `{"id":8,"path_with_namespace":"a/b","import_status":"none","import_type":null}`}})
	for _, id := range []string{"project/7", "project/8", "transfer/9"} {
		if _, err := m.Poll(t.Context(), schema.Job{ID: id}); providers.CodeOf(err) != providers.CodeNotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestPollTransfer(t *testing.T) {
	m, _ := fake(t, map[string]answer{
		"GET /bulk_imports/12": {200, `{"id":12,"status":"started","source_type":"gitlab","source_url":"https://old.example","created_at":"2026-11-01T10:00:00.000Z","updated_at":"2026-11-01T10:01:00.000Z","has_failures":false}`},
		"GET /bulk_imports/12/entities": {200, `[
			{"id":31,"bulk_import_id":12,"status":"started","entity_type":"project","source_full_path":"infra/a/p","destination_full_path":"acme/infra/a/p","parent_id":21,"namespace_id":null,"project_id":70,"updated_at":"2026-11-01T10:03:00.000Z",
			 "stats":{"issues":{"source":5,"fetched":4,"imported":3},"labels":{"source":1,"fetched":1,"imported":1},"vulnerabilities":{"source":2,"fetched":2,"imported":2}},
			 "failures":[{"relation":"group","step":"extractor","exception_message":"Error!","exception_class":"Exception","correlation_id_value":"dfcf","created_at":"2026-11-01T10:02:00.000Z","pipeline_class":"BulkImports::Projects::Pipelines::MergeRequestsPipeline","pipeline_step":"loader"}]},
			{"id":22,"bulk_import_id":12,"status":"created","entity_type":"group","source_full_path":"infra/b","parent_id":20},
			{"id":20,"bulk_import_id":12,"status":"finished","entity_type":"group","source_full_path":"infra","destination_full_path":"acme/infra","destination_name":"infra","destination_slug":"infra","destination_namespace":"acme","parent_id":null,"namespace_id":60,"migrate_projects":true,"migrate_memberships":true,
			 "stats":{"labels":{"source":2,"fetched":2,"imported":2}},
			 "failures":[{"pipeline_class":"BulkImports::Common::Pipelines::BadgesPipeline","pipeline_step":"transformer","exception_class":"Exception"}]},
			{"id":21,"bulk_import_id":12,"status":"finished","entity_type":"group","source_full_path":"infra/a","parent_id":20,"namespace_id":61}]`},
	})
	got, err := m.Poll(t.Context(), schema.Job{ID: "transfer/12"})
	if err != nil {
		t.Fatal(err)
	}
	j, base := got.Job, m.api.Base()
	var order []int64
	for _, e := range j.Entities {
		order = append(order, e.ID)
	}
	if diff := cmp.Diff([]int64{20, 21, 31, 22}, order); diff != "" {
		t.Errorf("order of entities (-want +got):\n%s", diff)
	}
	wantFailures := []schema.JobFailure{{Relation: "group", Step: "extractor", Class: "Exception", Message: "Error!", CorrelationID: "dfcf", CreatedAt: time.Date(2026, 11, 1, 10, 2, 0, 0, time.UTC)}}
	if diff := cmp.Diff(wantFailures, j.Entities[2].Failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]schema.JobFailure{{Relation: "badges", Step: "transformer", Class: "Exception"}}, j.Entities[0].Failures); diff != "" {
		t.Errorf("failures of an old version (-want +got):\n%s", diff)
	}
	j.Entities = nil
	want := schema.Job{
		ID: "transfer/12", URL: base + "/import/bulk_imports/12/history", State: schema.JobImporting, Status: "started", Target: schema.Ref{ID: "60", URL: base + "/acme/infra"},
		HasFailures: true, Cancelable: true, StartedAt: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 11, 1, 10, 3, 0, 0, time.UTC),
		Counts: schema.Counts{schema.KindIssue: {Source: 5, Fetched: 4, Imported: 3}, schema.KindLabel: {Source: 3, Fetched: 3, Imported: 3}, "vulnerabilities": {Source: 2, Fetched: 2, Imported: 2}},
	}
	if diff := cmp.Diff(want, j); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}

func TestStatesOfTransfers(t *testing.T) {
	for _, test := range []struct {
		status, entity     string
		want               schema.JobState
		cancelable, failed bool
	}{
		{"created", "created", schema.JobQueued, true, false},
		{"started", "started", schema.JobImporting, true, false},
		{"started", "failed", schema.JobImporting, true, true}, // others may come to a good end yet
		{"finished", "finished", schema.JobFinished, false, false},
		{"finished", "failed", schema.JobFailed, false, true},
		{"finished", "timeout", schema.JobTimeout, false, true},
		{"finished", "skipped over", schema.JobFinished, false, false}, // a word of tomorrow
		{"failed", "failed", schema.JobFailed, false, true},
		{"timeout", "timeout", schema.JobTimeout, false, true},
		{"canceled", "canceled", schema.JobCanceled, false, false},
		{"paused", "started", schema.JobImporting, true, false}, // another
		{"", "", schema.JobImporting, true, false},
	} {
		m, _ := fake(t, map[string]answer{
			"GET /bulk_imports/1":          {200, fmt.Sprintf(`{"id":1,"status":%q}`, test.status)},
			"GET /bulk_imports/1/entities": {200, fmt.Sprintf(`[{"id":2,"bulk_import_id":1,"status":%q,"parent_id":null,"source_full_path":"infra"}]`, test.entity)},
		})
		got, err := m.Poll(t.Context(), schema.Job{ID: "transfer/1"})
		if j := got.Job; err != nil || j.State != test.want || j.Cancelable != test.cancelable || j.HasFailures != test.failed || j.Status != test.status {
			t.Errorf("%q with %q: %+v, %v", test.status, test.entity, j, err)
		}
	}
}

func TestCountsOfAnEndedTransferAddUp(t *testing.T) {
	m, _ := fake(t, map[string]answer{
		"GET /bulk_imports/1":          {200, `{"id":1,"status":"finished"}`},
		"GET /bulk_imports/1/entities": {200, `[{"id":2,"bulk_import_id":1,"status":"finished","parent_id":null,"project_id":4,"stats":{"issues":{"source":5,"fetched":4,"imported":3},"labels":{"source":0,"fetched":2,"imported":9}}}]`},
	})
	got, err := m.Poll(t.Context(), schema.Job{ID: "transfer/1"})
	if err != nil || !got.Job.HasFailures {
		t.Errorf("got %+v, %v", got.Job, err)
	}
	for kind, c := range got.Job.Counts {
		if !c.AddsUp() {
			t.Errorf("%s: %+v", kind, c)
		}
	}
}

func TestRefusals(t *testing.T) {
	github := func(t *testing.T) providers.ImportRequest { return githubAsk(t, nil, map[string]any{"repo_id": 1}) }
	gists := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceGitHub, blockGists, nil, nil, map[string]string{"personal_access_token": "t"})
	}
	server := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceBitbucketServer, blockRepository, map[string]any{"bitbucket_server_url": "https://b.example", "bitbucket_server_username": "u"}, map[string]any{"bitbucket_server_repo": "api"}, map[string]string{"personal_access_token": "t"})
	}
	cloud := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceBitbucketCloud, blockRepository, map[string]any{"bitbucket_email": "a@b.example"}, nil, map[string]string{"bitbucket_api_token": "t"})
	}
	transfer := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceGitLab, blockGroup, nil, map[string]any{"source_full_path": "infra"}, map[string]string{"access_token": "t"})
	}
	said := func(text string) string { return fmt.Sprintf(`{"errors":%q}`, text) }
	nested := func(text string) string { return fmt.Sprintf(`{"message":{"error":%q}}`, text) }
	plain := func(text string) string { return fmt.Sprintf(`{"message":%q}`, text) }
	tests := []struct {
		name      string
		request   func(*testing.T) providers.ImportRequest
		status    int
		body      string
		code      providers.Code
		attribute string
	}{
		{"no namespace", github, 422, said("Namespace or group to import repository into does not exist."), providers.CodeNotFound, "target_namespace"},
		{"not allowed there", github, 422, said("You are not allowed to import projects in this namespace."), providers.CodeDenied, "target_namespace"},
		{"a token without repo", github, 422, said("Your GitHub personal access token does not have read access to the repository. Please use a classic GitHub personal access token with the `repo` scope. Fine-grained tokens are not supported."), providers.CodeDenied, "personal_access_token"},
		{"a token without read:org", github, 422, said("Your GitHub personal access token does not have read access to collaborators. Please use a classic GitHub personal access token with the `read:org` scope."), providers.CodeDenied, "personal_access_token"},
		{"scopes of an older version", github, 422, said("Your GitHub access token does not have the correct scope to import."), providers.CodeDenied, "personal_access_token"},
		{"a name that is taken", github, 422, said("Path has already been taken"), providers.CodeConflict, "new_name"},
		{"GitHub's own refusal", github, 401, `{"error":"Access denied to your GitHub account."}`, providers.CodeAuth, "personal_access_token"},
		{"GitLab's", github, 401, plain("401 Unauthorized"), providers.CodeAuth, ""},
		{"a private address", github, 400, said("Invalid URL: http://10.0.0.1"), providers.CodeInvalid, "github_hostname"},
		{"a source that is switched off", github, 403, said("github import source is disabled"), providers.CodeDenied, "method"},
		{"no such repository", github, 422, said("Import failed because of a GitHub error: Not Found (HTTP 404)"), providers.CodeInvalid, "personal_access_token"},
		{"a parameter", github, 400, `{"error":"pagination_limit does not have a valid value"}`, providers.CodeInvalid, "pagination_limit"},
		{"not there", github, 503, plain("503 Service Unavailable"), providers.CodeUnavailable, ""},
		{"gists twice", gists, 422, said("Import already in progress"), providers.CodeConflict, ""},
		{"gists with a bad token", gists, 401, said("Access denied to the GitHub account."), providers.CodeAuth, "personal_access_token"},
		{"Bitbucket Server: not allowed", server, 401, nested("You don't have permissions to import this project"), providers.CodeDenied, "target_namespace"},
		{"Bitbucket Server: not found", server, 422, nested("Project NEW/api could not be found"), providers.CodeNotFound, ""},
		{"Bitbucket Server: no connection", server, 400, nested("Import failed due to a BitBucket Server error: connection refused"), providers.CodeInvalid, ""},
		{"Bitbucket Server: a private address", server, 400, nested("Invalid URL: http://localhost"), providers.CodeInvalid, "bitbucket_server_url"},
		{"Bitbucket Cloud: a bad token", cloud, 401, nested("Unable to authorize with Bitbucket. Check your credentials"), providers.CodeAuth, "bitbucket_api_token"},
		{"Bitbucket Cloud: before API tokens", cloud, 400, `{"error":"bitbucket_username is missing, bitbucket_app_password is missing"}`, providers.CodeUnsupported, "bitbucket_email"},
		{"transfer: there already", transfer, 422, plain("Import failed. 'acme/api' already exists. Change the destination and try again."), providers.CodeConflict, "new_name"},
		{"transfer: destination", transfer, 422, plain("Import failed. Destination 'acme' is invalid, or you don't have permission."), providers.CodeDenied, "target_namespace"},
		{"transfer: source", transfer, 422, plain("Import failed. 'infra' not found."), providers.CodeNotFound, "source_full_path"},
		{"transfer: not allowed to export", transfer, 422, plain("Import failed. You don't have permission to export 'infra'."), providers.CodeDenied, "access_token"},
		{"transfer: switched off", transfer, 422, plain("Migration by direct transfer disabled on source or destination instance. Ask an administrator to enable it on both instances and try again."), providers.CodeDenied, "method"},
		{"transfer: switched off here", transfer, 404, plain("404 Not Found"), providers.CodeDenied, "method"},
		{"transfer: token", transfer, 422, plain("Check that the source instance base URL and the personal access token meet the necessary requirements."), providers.CodeDenied, "access_token"},
		{"transfer: an old source", transfer, 422, plain("Unsupported GitLab version. Minimum supported version is '14'."), providers.CodeUnsupported, "url"},
		{"transfer: into itself", transfer, 422, plain("Import failed: Destination cannot be a subgroup of the source group. Change the destination and try again."), providers.CodeInvalid, "target_namespace"},
		{"transfer: not there", transfer, 503, plain("503"), providers.CodeUnavailable, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := answer{test.status, test.body}
			m, received := fake(t, map[string]answer{
				"POST /import/github": at, "POST /import/github/gists": at, "POST /import/bitbucket_server": at, "POST /import/bitbucket": at, "POST /bulk_imports": at,
				"GET /snippets": {200, "[]"},
			})
			_, err := m.Start(t.Context(), test.request(t))
			e := providers.AsError(err)
			if e == nil || e.Code != test.code || e.Attribute != test.attribute {
				t.Fatalf("got %+v", e)
			}
			if e.Hint == "" {
				t.Error("nothing says what to do")
			}
			posts := 0
			for _, r := range *received {
				if strings.HasPrefix(r.what, http.MethodPost) {
					posts++
				}
			}
			if posts != 1 {
				t.Errorf("GitLab was asked %d times to start", posts)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	status := func(word, kind string) answer {
		return answer{200, fmt.Sprintf(`{"id":7,"path_with_namespace":"a/b","import_status":%q,"import_type":%q}`, word, kind)}
	}
	tests := []struct {
		name    string
		id      string
		answers map[string]answer
		version string
		code    providers.Code
		posts   bool
	}{
		{"a project", "project/7", map[string]answer{"GET /projects/7/import": status("started", "github"), "POST /import/github/cancel": {200, `{"id":7}`}}, "", "", true},
		{"one that has ended meanwhile", "project/7", map[string]answer{"GET /projects/7/import": status("started", "github"), "POST /import/github/cancel": {400, `{"message":"The import cannot be canceled because it is finished"}`}}, "", providers.CodeConflict, true},
		{"one that has ended", "project/7", map[string]answer{"GET /projects/7/import": status("failed", "github")}, "", providers.CodeConflict, false},
		{"one of Bitbucket", "project/7", map[string]answer{"GET /projects/7/import": status("started", "bitbucket")}, "", providers.CodeUnsupported, false},
		{"somebody else's", "project/7", map[string]answer{"GET /projects/7/import": status("started", "github"), "POST /import/github/cancel": {403, `{"message":"Unauthorized access"}`}}, "", providers.CodeDenied, true},
		{"without signing in", "project/7", map[string]answer{"GET /projects/7/import": status("started", "github"), "POST /import/github/cancel": {401, `{"message":"401 Unauthorized"}`}}, "", providers.CodeAuth, true},
		{"none", "project/7", nil, "", providers.CodeNotFound, false},
		{"while GitLab is away", "project/7", map[string]answer{"GET /projects/7/import": status("started", "github"), "POST /import/github/cancel": {503, ``}}, "", providers.CodeUnavailable, true},
		{"a transfer", "transfer/1", map[string]answer{"GET /bulk_imports/1": {200, `{"id":1,"status":"started"}`}, "GET /bulk_imports/1/entities": {200, `[]`}, "POST /bulk_imports/1/cancel": {200, `{"id":1,"status":"canceled"}`}}, "", "", true},
		{"a transfer that has ended", "transfer/1", map[string]answer{"GET /bulk_imports/1": {200, `{"id":1,"status":"finished"}`}}, "", providers.CodeConflict, false},
		{"somebody else's transfer", "transfer/1", map[string]answer{"GET /bulk_imports/1": {200, `{"id":1,"status":"started"}`}, "POST /bulk_imports/1/cancel": {403, `{"message":"403 Forbidden"}`}}, "", providers.CodeDenied, true},
		{"a transfer without signing in", "transfer/1", map[string]answer{"GET /bulk_imports/1": {200, `{"id":1,"status":"started"}`}, "POST /bulk_imports/1/cancel": {401, `{"message":"401 Unauthorized"}`}}, "", providers.CodeAuth, true},
		{"no transfer", "transfer/1", nil, "", providers.CodeNotFound, false},
		{"a transfer while GitLab is away", "transfer/1", map[string]answer{"GET /bulk_imports/1": {200, `{"id":1,"status":"started"}`}, "POST /bulk_imports/1/cancel": {503, ``}}, "", providers.CodeUnavailable, true},
		{"a transfer before 17.1", "transfer/1", nil, "17.0.0", providers.CodeUnsupported, false},
		{"gists", "gists?expected=3", nil, "", providers.CodeUnsupported, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, received := fake(t, test.answers)
			if test.version != "" {
				m.version = at(test.version)
			}
			_, err := m.Cancel(t.Context(), schema.Job{ID: test.id})
			if e := providers.AsError(err); providers.CodeOf(err) != test.code || e != nil && e.Hint == "" {
				t.Errorf("got %+v", e)
			}
			posts := false
			for _, r := range *received {
				posts = posts || strings.HasPrefix(r.what, http.MethodPost)
			}
			if posts != test.posts {
				t.Errorf("GitLab was asked to cancel: %v", posts)
			}
		})
	}
}
