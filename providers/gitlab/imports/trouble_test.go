package imports

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// deed is one of the calls of an Importer, against a GitLab that would let it
// succeed.
type deed struct {
	name    string
	answers map[string]answer
	do      func(context.Context, *testing.T, *Importer) error
}

// deeds are all calls of an Importer.
func deeds() []deed {
	const started = `{"id":7,"full_path":"/acme/platform/api","import_status":"scheduled"}`
	status := answer{status: 200, body: `{"id":7,"path_with_namespace":"acme/platform/api","import_status":"started","import_type":"github"}`}
	transfer := map[string]answer{
		"GET /bulk_imports/12":                     {status: 200, body: `{"id":12,"status":"started","source_url":"https://gitlab.com"}`},
		"GET /bulk_imports/12/entities":            {status: 200, body: `[{"id":3,"bulk_import_id":12,"status":"started","parent_id":null,"namespace_id":9,"source_full_path":"infra","has_failures":true}]`},
		"GET /bulk_imports/12/entities/3/failures": {status: 200, body: `[]`},
		"GET /bulk_imports/entities":               {status: 200, body: `[{"id":3,"bulk_import_id":12,"status":"started","parent_id":null,"source_full_path":"infra","destination_slug":"api","destination_namespace":"acme/platform"}]`},
		"POST /bulk_imports/12/cancel":             {status: 200, body: `{"id":12,"status":"canceled"}`},
		"POST /bulk_imports":                       {status: 201, body: `{"id":12,"status":"created"}`},
	}
	start := func(req func(*testing.T) providers.ImportRequest) func(context.Context, *testing.T, *Importer) error {
		return func(ctx context.Context, t *testing.T, m *Importer) error {
			job, err := m.Start(ctx, req(t))
			if err == nil && job.ID == "" {
				t.Error("a job without a name was started")
			}
			return err
		}
	}
	find := func(req func(*testing.T) providers.ImportRequest) func(context.Context, *testing.T, *Importer) error {
		return func(ctx context.Context, t *testing.T, m *Importer) error {
			job, err := m.Find(ctx, req(t))
			if err == nil && job.ID == "" {
				t.Error("the job was not found")
			}
			return err
		}
	}
	poll := func(id string) func(context.Context, *testing.T, *Importer) error {
		return func(ctx context.Context, t *testing.T, m *Importer) error {
			_, err := m.Poll(ctx, schema.Job{ID: id})
			return err
		}
	}
	cancel := func(id string) func(context.Context, *testing.T, *Importer) error {
		return func(ctx context.Context, t *testing.T, m *Importer) error {
			_, err := m.Cancel(ctx, schema.Job{ID: id})
			return err
		}
	}
	github := func(t *testing.T) providers.ImportRequest { return githubAsk(t, nil, map[string]any{"repo_id": 1}) }
	server := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceBitbucketServer, blockRepository, map[string]any{"bitbucket_server_url": "https://b.example", "bitbucket_server_username": "u"},
			map[string]any{"bitbucket_server_repo": "api"}, map[string]string{"personal_access_token": "t"})
	}
	cloud := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceBitbucketCloud, blockRepository, map[string]any{"bitbucket_email": "a@b.example"}, nil, map[string]string{"bitbucket_api_token": "t"})
	}
	group := func(t *testing.T) providers.ImportRequest {
		return ask(t, sourceGitLab, blockGroup, nil, map[string]any{"source_full_path": "infra"}, map[string]string{"access_token": "t"})
	}
	snippets := answer{status: 200, body: "[]"}
	at := map[string]answer{"GET /projects/acme%2Fplatform%2Fapi/import": status}
	return []deed{
		{"start from GitHub", map[string]answer{"POST /import/github": {status: 201, body: started}}, start(github)},
		{"start gists", map[string]answer{"GET /snippets": snippets, "POST /import/github/gists": {status: 202}}, start(func(t *testing.T) providers.ImportRequest { return gistsAsk(t, 3) })},
		{"start from Bitbucket Server", map[string]answer{"POST /import/bitbucket_server": {status: 201, body: started}}, start(server)},
		{"start from Bitbucket Cloud", map[string]answer{"POST /import/bitbucket": {status: 201, body: started}}, start(cloud)},
		{"start a transfer", transfer, start(group)},
		{"find an import", at, find(github)},
		{"find a transfer", transfer, find(group)},
		{"ask about an import", map[string]answer{"GET /projects/7/import": status}, poll("project/7")},
		{"ask about a transfer", transfer, poll("transfer/12")},
		{"ask about gists", map[string]answer{"GET /snippets": snippets}, poll("gists?expected=3")},
		{"cancel an import", map[string]answer{"GET /projects/7/import": status, "POST /import/github/cancel": {status: 201, body: started}}, cancel("project/7")},
		{"cancel a transfer", transfer, cancel("transfer/12")},
	}
}

// requests are what a deed asks GitLab when nothing goes wrong, and how often.
func (d deed) requests(t *testing.T) map[string]int {
	t.Helper()
	m, received := fake(t, d.answers)
	if err := d.do(t.Context(), t, m); err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, r := range *received {
		all[r.what]++
	}
	return all
}

// meeting is a deed whose first requests of a kind meet trouble: how often GitLab
// was asked so, how long was waited, and what came of it.
func (d deed) meeting(t *testing.T, what string, met ...trouble) (times int, waited time.Duration, err error) {
	t.Helper()
	clock := &hasty{}
	m, received := troubled(t, clock, d.answers, map[string][]trouble{what: met})
	err = d.do(t.Context(), t, m)
	for _, r := range *received {
		if r.what == what {
			times++
		}
	}
	return times, clock.ahead, err
}

// Each request of each call meets trouble that passes. What only asks is asked
// again, and so is what GitLab refused for the rate, when it said that it may be.
// What may have been done is never asked for twice.
func TestTroubleThatPasses(t *testing.T) {
	const page = "<!DOCTYPE html><title>GitLab is starting</title>"
	for _, d := range deeds() {
		for what, usual := range d.requests(t) {
			t.Run(d.name+"/"+what, func(t *testing.T) {
				times, waited, err := d.meeting(t, what, trouble{status: 429, body: `{"message":"slow down"}`, after: "90"})
				if err != nil || times != usual+1 || waited < 89*time.Second {
					t.Errorf("asked to wait: tried %d times, waited %s: %v", times, waited, err)
				}
				for name, met := range map[string][]trouble{
					"a storm":            {{status: 502, body: page}, {status: 503}, {status: 504}},
					"a maintenance page": {{status: 503, body: page, after: "60"}},
					"a lost connection":  {{}},
					"half an answer":     {{status: 200, body: `{"id":`}},
				} {
					times, _, err := d.meeting(t, what, met...)
					if strings.HasPrefix(what, http.MethodGet) {
						if err != nil || times != usual+len(met) {
							t.Errorf("%s: asked %d times: %v", name, times, err)
						}
						continue
					}
					if name == "half an answer" && strings.HasSuffix(what, "/gists") {
						continue // GitLab says nothing to it that could be cut off
					}
					if e := providers.AsError(err); e == nil || e.Code != providers.CodeUnavailable || e.Hint == "" || times != 1 {
						t.Errorf("%s: sent %d times: %+v", name, times, e)
					}
				}
			})
		}
	}
}

// A page of HTML in the place of an answer is not taken for one, and what was sent
// with it counts as perhaps done.
func TestPageInThePlaceOfAnAnswer(t *testing.T) {
	for _, d := range deeds() {
		for what := range d.requests(t) {
			if strings.HasSuffix(what, "/gists") {
				continue // nothing is read of its answer
			}
			t.Run(d.name+"/"+what, func(t *testing.T) {
				times, _, err := d.meeting(t, what, slices.Repeat([]trouble{{status: 200, body: "<html>Sign in</html>"}}, 9)...)
				want := providers.CodeInvalid
				if strings.HasPrefix(what, http.MethodPost) {
					want = providers.CodeUnavailable
				}
				if e := providers.AsError(err); e == nil || e.Code != want || e.Hint == "" || times != 1 {
					t.Errorf("asked %d times: %+v", times, e)
				}
			})
		}
	}
}

// What GitLab's limit leaves of a call is told with the time at which it may be
// made again.
func TestCallsAtTheLimit(t *testing.T) {
	for _, d := range deeds() {
		for what := range d.requests(t) {
			times, _, err := d.meeting(t, what, slices.Repeat([]trouble{{status: 429, after: "30"}}, 99)...)
			if e := providers.AsError(err); e == nil || e.Code != providers.CodeRateLimited || e.Until.IsZero() || e.Hint == "" || times < 2 {
				t.Errorf("%s: %s: tried %d times: %+v", d.name, what, times, e)
			}
		}
	}
}

// What GitLab refuses to tell of an import ends nothing: it goes on, and the error
// says how to get on.
func TestPollThatIsRefused(t *testing.T) {
	for _, d := range deeds() {
		if !strings.HasPrefix(d.name, "ask about") {
			continue
		}
		for status, want := range map[int]struct {
			code providers.Code
			hint string
		}{
			401: {providers.CodeAuth, "access_token in the target block"}, 403: {providers.CodeDenied, "the token of whoever started it"},
			404: {providers.CodeNotFound, "drover cancel"}, 500: {providers.CodeUnavailable, "the next apply takes it up"},
		} {
			for what := range d.requests(t) {
				_, _, err := d.meeting(t, what, slices.Repeat([]trouble{{status: status, body: `{"message":"no"}`}}, 99)...)
				if e := providers.AsError(err); e == nil || e.Code != want.code || !strings.Contains(e.Hint, want.hint) {
					t.Errorf("%s: %s: %d: %+v", d.name, what, status, e)
				}
			}
		}
	}
}

// Each status that GitLab has for a start or a cancel is told with what happened and
// what to do next, in the words of the plan.
func TestEachStatus(t *testing.T) {
	type said struct {
		body string
		code providers.Code // "": it is done
		hint string
	}
	starts := map[int]said{
		200: {}, 201: {}, 202: {},
		400: {`{"error":"entities[0][destination_slug] must not contain consecutive special characters"}`, providers.CodeInvalid, "correct new_name in the plan"},
		401: {`{"message":"401 Unauthorized"}`, providers.CodeAuth, "check access_token in the target block"},
		403: {`{"message":"403 Forbidden"}`, providers.CodeDenied, "needs the role Maintainer or Owner in target_namespace"},
		404: {`{"message":"404 Not Found"}`, providers.CodeNotFound, "check url in the target block"},
		422: {`{"errors":"Path has already been taken"}`, providers.CodeConflict, "choose another name"},
		429: {`{"error":"Too Many Requests"}`, providers.CodeRateLimited, "concurrent_imports in the target block"},
		503: {`{"message":"503"}`, providers.CodeUnavailable, "apply again"},
	}
	cancels := map[int]said{
		200: {}, 201: {}, 202: {},
		400: {`{"message":"The import cannot be canceled because it is finished"}`, providers.CodeConflict, "drover status"},
		401: starts[401],
		403: {`{"message":"Unauthorized access"}`, providers.CodeDenied, "use the token of whoever started it"},
		404: {`{"message":"404 Not Found"}`, providers.CodeNotFound, "it is gone at the target"},
		422: {`{"message":"no"}`, providers.CodeInvalid, "drover status"},
		429: {`{"error":"Too Many Requests"}`, providers.CodeRateLimited, "run drover cancel again"},
		503: {`{"message":"503"}`, providers.CodeUnavailable, "run drover cancel again"},
	}
	seen := map[string]int{}
	for _, d := range deeds() {
		table, doing := starts, "start the "
		if strings.HasPrefix(d.name, "cancel") {
			table, doing = cancels, "cancel the "
		}
		for what := range d.requests(t) {
			if !strings.HasPrefix(what, http.MethodPost) {
				continue
			}
			for status, want := range table {
				t.Run(fmt.Sprintf("%s/%d", d.name, status), func(t *testing.T) {
					seen[what]++
					met := trouble{status: status, body: want.body}
					switch {
					case want.code == "":
						met.body = d.answers[what].body
					case status == 404 && what == "POST /bulk_imports":
						want.code, want.hint = providers.CodeDenied, "enable direct transfer at the target"
					}
					_, _, err := d.meeting(t, what, slices.Repeat([]trouble{met}, 99)...)
					if want.code == "" {
						if err != nil {
							t.Error(err)
						}
						return
					}
					e := providers.AsError(err)
					if e == nil || e.Code != want.code || !strings.Contains(e.Hint, want.hint) {
						t.Fatalf("got %+v", e)
					}
					if !strings.HasPrefix(e.Op, doing) || !strings.Contains(e.Message, fmt.Sprint(status)) && status != 422 && status != 429 {
						t.Errorf("it does not say what happened: %s", e)
					}
					for _, word := range []string{"destination_", "entities[", "configuration[", "project_id"} {
						if strings.Contains(e.Hint+e.Attribute, word) {
							t.Errorf("%s is no word of the plan: %s", word, e.Hint)
						}
					}
				})
			}
		}
	}
	if len(seen) != 7 {
		t.Errorf("these were tried: %v", seen)
	}
}
