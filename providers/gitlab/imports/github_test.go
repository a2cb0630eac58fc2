package imports_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

func TestImportFromGitHub(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	got := w.run(h.request(map[string]any{"optional_stages": map[string]any{"collaborators_import": true}}))
	j := got.Job
	if j.State != schema.JobFinished || j.HasFailures || j.Cancelable || j.Target.ID == "" || j.Target.URL != w.URL+"/acme/beacon" {
		t.Fatalf("job: %+v\nfailures: %+v", j, got.Failures)
	}
	for kind, c := range j.Counts {
		if !c.AddsUp() || c.Imported == 0 {
			t.Errorf("%s: %+v", kind, c)
		}
	}
	p := w.Model.Project("acme/beacon")
	var issues, changes []int64
	var merged int
	for _, i := range p.Issues {
		issues = append(issues, i.IID)
	}
	for _, r := range p.MergeRequests {
		changes = append(changes, r.IID)
		if r.State == "merged" {
			merged++
		}
	}
	var wantIssues, wantChanges []int64
	var labels, wantMerged int
	h.Model.View(func() {
		labels = len(h.beacon.Labels)
		for _, i := range h.beacon.Issues {
			switch {
			case i.Pull == nil:
				wantIssues = append(wantIssues, i.Number)
			default:
				wantChanges = append(wantChanges, i.Number)
				if !i.Pull.MergedAt.IsZero() {
					wantMerged++
				}
			}
		}
	})
	for _, all := range [][]int64{issues, changes, wantIssues, wantChanges} {
		slices.Sort(all)
	}
	if diff := cmp.Diff(wantIssues, issues); diff != "" {
		t.Errorf("issues (-GitHub +GitLab):\n%s", diff)
	}
	if diff := cmp.Diff(wantChanges, changes); diff != "" {
		t.Errorf("merge requests (-GitHub +GitLab):\n%s", diff)
	}
	if len(p.Labels) != labels || merged != wantMerged {
		t.Errorf("%d labels of %d, %d merged of %d", len(p.Labels), labels, merged, wantMerged)
	}
	for _, kind := range []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindComment, schema.KindReview, schema.KindRelease, schema.KindMember, schema.KindLFSObject} {
		if j.Counts[kind].Imported == 0 {
			t.Errorf("no %s was counted", kind)
		}
	}
	if n := len(w.Model.Notified()); n != 0 {
		t.Errorf("%d people were notified", n)
	}
}

func TestImportWithAWiki(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	h.Model.View(func() { h.beacon, _ = h.Model.Repository("lantern", "docs") })
	if got := w.run(h.request(nil)); got.Job.State != schema.JobFinished || w.Model.WikiDir(w.Model.Project("acme/beacon")) == "" {
		t.Errorf("got %+v", got.Job)
	}
}

// The answer to the start is lost on its way: the import is found by the place that
// it fills, whatever has become of it meanwhile, and not started again.
func TestImportWhoseStartWasNotAnswered(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	req := h.request(nil)
	if job, err := w.Find(t.Context(), req); err != nil || job.ID != "" {
		t.Fatalf("before: %+v, %v", job, err)
	}
	w.Faults(gitlabtest.Fault{Method: "POST", Path: "*/import/github", After: true})
	if _, err := w.Start(t.Context(), req); providers.CodeOf(err) != providers.CodeUnavailable {
		t.Fatalf("start: %v", err)
	}
	w.AwaitImports()
	job, err := w.Find(t.Context(), req)
	if err != nil || job.State != schema.JobFinished || job.Target.URL != w.URL+"/acme/beacon" {
		t.Fatalf("found %+v, %v", job, err)
	}
	if w.posts() != 1 {
		t.Errorf("GitLab was asked %d times to start", w.posts())
	}
	if status := w.poll(job); status.Job.ID != job.ID {
		t.Errorf("poll: %+v", status.Job)
	}
}

// Of two programs that start the same import at the same time one is told that the
// place is taken: GitLab makes the project before it answers.
func TestTwoImportsToOnePath(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	req := h.request(nil)
	errs := make(chan error, 2)
	for range 2 {
		m := w.importer(w.Token("ada"))
		go func() {
			_, err := m.Start(context.WithoutCancel(t.Context()), req)
			errs <- err
		}()
	}
	codes := []providers.Code{providers.CodeOf(<-errs), providers.CodeOf(<-errs)}
	slices.Sort(codes)
	w.AwaitImports()
	if diff := cmp.Diff([]providers.Code{"", providers.CodeConflict}, codes); diff != "" || len(w.Model.Projects()) != 1 {
		t.Errorf("%d projects (-want +got):\n%s", len(w.Model.Projects()), diff)
	}
}

// What stands at the place and came from elsewhere is not the import.
func TestFindTakesNothingElseForTheImport(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	if _, err := w.Model.AddProject(gitlabtest.Project{Namespace: w.acme, Name: "beacon", Creator: w.ada}); err != nil {
		t.Fatal(err)
	}
	if job, err := w.Find(t.Context(), h.request(nil)); err != nil || job.ID != "" {
		t.Errorf("found %+v, %v", job, err)
	}
	if _, err := w.Start(t.Context(), h.request(nil)); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("start: %v", err)
	}
}

// held makes imports wait before a step, and tells when one does.
func held(w *world, stage, object string) (waits chan struct{}, release func()) {
	waits, gate := make(chan struct{}), make(chan struct{})
	w.DuringImports(func(ctx context.Context, s gitlabtest.ImportStep) error {
		if s.Stage != stage || !strings.HasPrefix(s.Object, object) || object == "" && s.Object != "" {
			return nil
		}
		select {
		case waits <- struct{}{}:
		case <-gate:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-gate:
		case <-ctx.Done():
		}
		return ctx.Err()
	})
	return waits, func() { close(gate) }
}

func TestImportIsWatchedAndCanceled(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	scheduled, release := held(w, "scheduled", "")
	job := w.start(h.request(nil))
	<-scheduled
	if got := w.poll(job).Job; got.State != schema.JobQueued || !got.Cancelable {
		t.Errorf("at first: %+v", got)
	}
	issue, releaseIssue := held(w, "issues_and_diff_notes", "issue")
	release()
	<-issue
	before := w.poll(job).Job
	if before.State != schema.JobImporting || !before.Cancelable || before.Counts[schema.KindChange].Imported == 0 || before.Counts[schema.KindIssue] != (schema.Count{Source: 1, Fetched: 1}) {
		t.Errorf("meanwhile: %+v", before)
	}
	got, err := w.Cancel(t.Context(), before)
	if err != nil || got.State != schema.JobCanceled || got.Cancelable {
		t.Errorf("canceled: %+v, %v", got, err)
	}
	releaseIssue()
	w.AwaitImports()
	if got := w.poll(job).Job; got.State != schema.JobCanceled || got.Counts[schema.KindChange].Imported == 0 {
		t.Errorf("in the end: %+v", got)
	}
	if _, err := w.Cancel(t.Context(), job); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("once more: %v", err)
	}
	if p := w.Model.Project("acme/beacon"); len(p.MergeRequests) == 0 || len(p.Issues) != 0 {
		t.Errorf("%d merge requests and %d issues stay", len(p.MergeRequests), len(p.Issues))
	}
}

// One object that cannot be stored does not stop the others, and is told by its
// number alone.
func TestImportWithOneBadObject(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	bad := fmt.Sprintf("issue %d", firstIssue(h))
	w.DuringImports(func(_ context.Context, s gitlabtest.ImportStep) error {
		if s.Object == bad {
			return &gitlabtest.ImportTrouble{Class: "ActiveRecord::RecordInvalid", Message: "Validation failed"}
		}
		return nil
	})
	got := w.run(h.request(nil))
	c := got.Job.Counts[schema.KindIssue]
	if got.Job.State != schema.JobFinished || !got.Job.HasFailures || c.Failed != 1 || !c.AddsUp() || c.Imported == 0 {
		t.Errorf("job: %+v", got.Job)
	}
	told := slices.ContainsFunc(got.Failures, func(f schema.JobFailure) bool {
		return f.Relation == "issue" && strings.Contains(f.Message, "1 of ") && strings.Contains(f.Message, "/import/github/details") && f.CorrelationID != ""
	})
	if !told {
		t.Errorf("failures: %+v", got.Failures)
	}
}

func firstIssue(h *hub) (number int64) {
	h.Model.View(func() {
		for _, i := range h.beacon.Issues {
			if i.Pull == nil && (number == 0 || i.Number < number) {
				number = i.Number
			}
		}
	})
	return number
}

// A stage from which nothing comes any more fails the import, or is left behind.
func TestTimeoutStrategies(t *testing.T) {
	for strategy, want := range map[string]schema.JobState{"pessimistic": schema.JobTimeout, "optimistic": schema.JobFinished, "": schema.JobTimeout} {
		t.Run(strategy, func(t *testing.T) {
			w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
			w.DuringImports(func(_ context.Context, s gitlabtest.ImportStep) error {
				if s.Stage == "issue_events" && s.Object == "" {
					return &gitlabtest.ImportTrouble{Timeout: true}
				}
				return nil
			})
			more := map[string]any{}
			if strategy != "" {
				more["timeout_strategy"] = strategy
			}
			got := w.run(h.request(more))
			if got.Job.State != want || (want == schema.JobTimeout) != got.Job.HasFailures || len(w.Model.Project("acme/beacon").Issues) == 0 {
				t.Errorf("job: %+v", got.Job)
			}
		})
	}
}

func TestImportThatFails(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	w.DuringImports(func(_ context.Context, s gitlabtest.ImportStep) error {
		if s.Stage == "repository" {
			return &gitlabtest.ImportTrouble{Class: "Projects::ImportService::Error", Message: "Error importing repository", Ends: true}
		}
		return nil
	})
	got := w.run(h.request(nil))
	if got.Job.State != schema.JobFailed || got.Job.Text != "Error importing repository" || len(got.Failures) != 1 || got.Failures[0].Class != "Projects::ImportService::Error" {
		t.Errorf("got %+v", got)
	}
	// GitLab has no way to start it again there.
	if _, err := w.Start(t.Context(), h.request(nil)); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("again: %v", err)
	}
}

// The checks of GitLab come in an order; each case would fail those that follow, too.
func TestChecksBeforeAnImport(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	w.Model.AddGroup("strangers", "public", nil)
	other := h.Token(h.Model.AddUser(githubtest.User{Login: "stranger"}))
	tests := []struct {
		name      string
		change    func(*providers.ImportRequest)
		code      providers.Code
		attribute string
	}{
		{"no such group", func(r *providers.ImportRequest) { r.Place.Namespace = "nowhere" }, providers.CodeNotFound, "target_namespace"},
		{"somebody else's group", func(r *providers.ImportRequest) { r.Place.Namespace = "strangers" }, providers.CodeDenied, "target_namespace"},
		{"a worthless token", func(r *providers.ImportRequest) { r.Secrets = map[string]string{"personal_access_token": "ghp_no"} }, providers.CodeDenied, "personal_access_token"},
		{"no such repository", func(r *providers.ImportRequest) {
			r.Repo.Settings = encode(t, map[string]any{"repo_id": 1})
		}, providers.CodeInvalid, "personal_access_token"},
		{"a token that may not list collaborators", func(r *providers.ImportRequest) {
			r.Secrets = map[string]string{"personal_access_token": other}
			r.Repo.Settings = encode(t, map[string]any{"repo_id": h.beacon.ID, "optional_stages": map[string]any{"collaborators_import": true}})
		}, providers.CodeDenied, "personal_access_token"},
		{"a name that cannot be", func(r *providers.ImportRequest) { r.Place.Name = "-beacon-" }, providers.CodeInvalid, "new_name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			req := h.request(nil)
			test.change(&req)
			_, err := w.Start(t.Context(), req)
			if e := providers.AsError(err); e == nil || e.Code != test.code || e.Attribute != test.attribute {
				t.Errorf("got %+v", e)
			}
		})
	}
	if all := w.Model.Projects(); len(all) != 0 {
		t.Errorf("%d projects were made", len(all))
	}
	w.RefusePrivate()
	if _, err := w.Start(t.Context(), h.request(nil)); providers.AsError(err).Attribute != "github_hostname" {
		t.Errorf("a private address: %v", err)
	}
}

func TestImportSourceThatIsSwitchedOff(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	w.DisableImports("github")
	_, err := w.Start(t.Context(), h.request(nil))
	if e := providers.AsError(err); e == nil || e.Code != providers.CodeDenied || e.Attribute != "method" {
		t.Errorf("got %+v", e)
	}
}

func TestTrapPersonalNamespaceDisablesContributionMapping(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{}), newHub(t)
	req := h.request(nil)
	req.Place.Namespace = "ada"
	if got := w.run(req); got.Job.State != schema.JobFinished {
		t.Fatalf("job: %+v", got.Job)
	}
	for _, i := range w.Model.Project("ada/beacon").Issues {
		if i.Author.Username != "ada" {
			t.Errorf("issue %d is %s's", i.IID, i.Author.Username)
		}
	}
	in := importing(t, "github", "repository")
	if !slices.ContainsFunc(in.Kinds, func(s providers.Support) bool {
		return strings.Contains(s.Degraded, "in a personal namespace everything belongs to its owner")
	}) {
		t.Error("the plan does not say so")
	}
}

// The stand-in of a version that needs the path of the API gets it.
func TestTrapHostnameAgainstAServerOf17_1(t *testing.T) {
	w, h := newWorld(t, gitlabtest.Options{Version: "17.1.0"}), newHub(t)
	if got := w.run(h.request(nil)); got.Job.State != schema.JobFinished {
		t.Errorf("job: %+v", got.Job)
	}
}

func TestGistsBecomeSnippets(t *testing.T) {
	h := newHub(t)
	w := newWorld(t, gitlabtest.Options{GitHub: h.URL})
	req := providers.ImportRequest{
		Source: "github", Settings: encode(t, map[string]any{}), Secrets: map[string]string{"personal_access_token": h.token}, Block: "gists",
		Repo: providers.Repo{Settings: encode(t, map[string]any{"all_gists": true}), Identity: "gists:1"}, FullName: "ada", Place: providers.Place{Name: "gists", Block: "gists"},
		Expected: map[schema.Kind]int64{schema.KindSnippet: 2},
	}
	waits, release := held(w, "gists", "")
	job := w.start(req)
	<-waits
	if _, err := w.Start(t.Context(), req); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("twice: %v", err)
	}
	if got := w.poll(job).Job; got.State != schema.JobImporting || got.Counts[schema.KindSnippet] != (schema.Count{Source: 2}) {
		t.Errorf("at first: %+v", got)
	}
	release()
	w.AwaitImports()
	first := w.poll(job)
	if first.Job.State != schema.JobImporting {
		t.Errorf("meanwhile: %+v", first.Job)
	}
	// The other gist has more files than a snippet takes, and GitLab says nothing.
	w.clock.at = w.clock.at.Add(11 * 60e9)
	last := w.poll(first.Job)
	want := schema.Counts{schema.KindSnippet: {Source: 2, Fetched: 1, Imported: 1, Failed: 1}}
	if diff := cmp.Diff(want, last.Job.Counts); diff != "" || last.Job.State != schema.JobFinished || !last.Job.HasFailures || len(last.Failures) != 1 {
		t.Errorf("in the end: %+v (-want +got):\n%s", last, diff)
	}
}

func TestGistsWithABadToken(t *testing.T) {
	h := newHub(t)
	w := newWorld(t, gitlabtest.Options{GitHub: h.URL})
	_, err := w.Start(t.Context(), providers.ImportRequest{Source: "github", Secrets: map[string]string{"personal_access_token": "ghp_no"}, Block: "gists"})
	if e := providers.AsError(err); e == nil || e.Code != providers.CodeAuth || e.Attribute != "personal_access_token" {
		t.Errorf("got %+v", e)
	}
}

// What the importers bring is described once for each.
func TestImporting(t *testing.T) {
	for _, pair := range []string{"github repository", "github gists", "bitbucket_server repository", "bitbucket_cloud repository", "gitlab repository", "gitlab group"} {
		source, block, _ := strings.Cut(pair, " ")
		seen := map[schema.Kind]bool{}
		for _, s := range importing(t, source, block).Kinds {
			if seen[s.Kind] || !s.Kind.Known() && s.Kind != schema.KindLFSObject {
				t.Errorf("%s: %s is there twice, or is no kind", pair, s.Kind)
			}
			seen[s.Kind] = true
			if s.Degraded != "" && !strings.HasSuffix(s.Degraded, ".") {
				t.Errorf("%s: %s: %q is no sentence", pair, s.Kind, s.Degraded)
			}
		}
		if len(seen) == 0 {
			t.Errorf("%s brings nothing", pair)
		}
	}
}
