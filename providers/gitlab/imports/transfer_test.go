package imports_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// old is a GitLab with the group infra, called Infrastructure, in it the project app
// and the group tools with the project kit.
type old struct {
	*gitlabtest.Server
	t    *testing.T
	boss *gitlabtest.User
}

func newOld(t *testing.T) *old {
	t.Helper()
	o := &old{Server: newGitLab(t, gitlabtest.Options{}), t: t}
	m := o.Model
	o.boss = m.AddUser(gitlabtest.User{Username: "boss"})
	bob := m.AddUser(gitlabtest.User{Username: "bob", Name: "Bob"})
	infra := m.AddGroup("infra", "private", o.boss)
	infra.Name = "Infrastructure"
	infra.Labels = append(infra.Labels, &gitlabtest.Label{ID: 900, Name: "shared", Color: "#112233", Group: infra})
	m.AddMember(infra, bob, gitlabtest.Developer)
	tools := m.AddGroup("infra/tools", "private", o.boss)
	for _, p := range []struct {
		in   *gitlabtest.Namespace
		path string
	}{{infra, "app"}, {tools, "kit"}} {
		made, err := m.AddProject(gitlabtest.Project{Namespace: p.in, Name: p.path, Creator: o.boss})
		if err != nil {
			t.Fatal(err)
		}
		base, err := m.PushFiles(made, "main", bob, "first", map[string]string{"a.txt": "a\n"})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Tag(made, "v1", base, "One", bob); err != nil {
			t.Fatal(err)
		}
		made.Labels = append(made.Labels, &gitlabtest.Label{ID: made.ID + 1000, Name: "bug", Color: "#ff0000"})
		i := m.AddIssue(made, gitlabtest.Issue{Item: gitlabtest.Item{Title: "It leaks", Author: bob, Labels: made.Labels}})
		m.AddIssue(made, gitlabtest.Issue{Item: gitlabtest.Item{Title: "Still", Author: o.boss, IID: 5}})
		m.AddNote(&i.Item, nil, gitlabtest.Note{Author: o.boss, Body: "Where?"})
	}
	return o
}

func (o *old) request(block, source string, more map[string]any) providers.ImportRequest {
	settings := map[string]any{"source_full_path": source}
	for name, value := range more {
		settings[name] = value
	}
	return providers.ImportRequest{
		Source: "gitlab", Settings: encode(o.t, map[string]any{"url": o.URL}), Secrets: map[string]string{"access_token": o.Token("boss")},
		Block: block, Repo: providers.Repo{Settings: encode(o.t, settings)}, FullName: source,
		Place: providers.Place{Namespace: "acme", Name: "moved", Block: block},
	}
}

func paths(job schema.Job) []string {
	var all []string
	for _, e := range job.Entities {
		all = append(all, e.SourceFullPath+" "+e.Status+" "+e.DestinationFullPath)
	}
	return all
}

func TestTransferOfAGroup(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	got := w.run(o.request("group", "infra", nil))
	j := got.Job
	if j.State != schema.JobFinished || j.HasFailures || j.Target.URL != w.URL+"/acme/moved" || j.Cancelable {
		t.Fatalf("job: %+v", j)
	}
	want := []string{"infra finished acme/moved", "infra/app finished acme/moved/app", "infra/tools finished acme/moved/tools", "infra/tools/kit finished acme/moved/tools/kit"}
	if diff := cmp.Diff(want, paths(j)); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
	counts := schema.Counts{
		schema.KindIssue: {Source: 4, Fetched: 4, Imported: 4}, schema.KindLabel: {Source: 3, Fetched: 3, Imported: 3},
		schema.KindMember: {Source: 3, Fetched: 3, Imported: 3}, "repository": {Source: 2, Fetched: 2, Imported: 2},
	}
	for kind, c := range counts {
		if kind != schema.KindMember && j.Counts[kind] != c || j.Counts[kind].Imported == 0 {
			t.Errorf("%s: %+v", kind, j.Counts[kind])
		}
	}
	p := w.Model.Project("acme/moved/tools/kit")
	if p == nil || p.Issue(5) == nil || p.Issue(1) == nil || len(p.Issue(1).Notes()) != 1 || p.Issue(1).Author.Name != "Placeholder Bob" {
		t.Errorf("kit: %+v", p)
	}
}

func TestTrapDestinationSlugSetsThePathWhileTheNameIsCopied(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	w.run(o.request("group", "infra", map[string]any{"migrate_projects": false}))
	if g := w.Model.Group("acme/moved"); g == nil || g.Path != "moved" || g.Name != "Infrastructure" {
		t.Errorf("group: %+v", g)
	}
	for _, block := range []string{"repository", "group"} {
		if in := importing(t, "gitlab", block); !strings.Contains(in.Kinds[0].Degraded, "new_name is the path alone") {
			t.Errorf("the plan of a %s does not say so: %s", block, in.Kinds[0].Degraded)
		}
	}
}

func TestTransferWithoutProjectsAndMembers(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	got := w.run(o.request("group", "infra", map[string]any{"migrate_projects": false, "migrate_memberships": false}))
	if diff := cmp.Diff([]string{"infra finished acme/moved", "infra/tools finished acme/moved/tools"}, paths(got.Job)); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
	if n := got.Job.Counts[schema.KindMember]; n.Source != 0 {
		t.Errorf("members: %+v", n)
	}
}

func TestTransferOfAProject(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	got := w.run(o.request("repository", "infra/app", nil))
	if got.Job.State != schema.JobFinished || got.Job.Target.URL != w.URL+"/acme/moved" || got.Job.Entities[0].EntityType != "project" {
		t.Errorf("job: %+v", got.Job)
	}
	if status := w.poll(schema.Job{ID: got.Job.ID}); status.Job.State != schema.JobFinished {
		t.Errorf("asked in a later run: %+v", status.Job)
	}
}

// A project that fails takes nothing else with it, and GitLab calls the transfer
// finished.
func TestTransferInWhichAProjectFails(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	w.DuringImports(func(_ context.Context, s gitlabtest.ImportStep) error {
		switch {
		case s.Path == "infra/app" && s.Stage == "repository":
			return &gitlabtest.ImportTrouble{Class: "BulkImports::NetworkError", Message: "Unsuccessful response 500", Ends: true}
		case s.Path == "infra/tools/kit" && s.Object == "It leaks":
			return &gitlabtest.ImportTrouble{Class: "ActiveRecord::RecordInvalid", Message: "Validation failed: Title is too long"}
		}
		return nil
	})
	j := w.run(o.request("group", "infra", nil)).Job
	if j.State != schema.JobFinished || j.Status != "finished" || !j.HasFailures {
		t.Errorf("job: %+v", j)
	}
	byPath := map[string]schema.JobEntity{}
	for _, e := range j.Entities {
		byPath[e.SourceFullPath] = e
	}
	if app := byPath["infra/app"]; app.Status != "failed" || !app.HasFailures || len(app.Failures) != 1 || app.Failures[0].Relation != "repository" {
		t.Errorf("app: %+v", app)
	}
	kit := byPath["infra/tools/kit"]
	if kit.Status != "finished" || len(kit.Failures) != 1 || kit.Stats["issues"] != (schema.JobStats{Source: 2, Fetched: 2, Imported: 1}) {
		t.Fatalf("kit: %+v", kit)
	}
	f := kit.Failures[0]
	if f.Relation != "issues" || f.Class != "ActiveRecord::RecordInvalid" || f.SourceTitle != "It leaks" || !strings.HasSuffix(f.SourceURL, "/infra/tools/kit/-/issues/1") || f.CorrelationID == "" {
		t.Errorf("failure: %+v", f)
	}
	if c := j.Counts[schema.KindIssue]; c.Failed != 1 || !c.AddsUp() {
		t.Errorf("issues: %+v", c)
	}
}

func TestTransferThatFailsAtTheTop(t *testing.T) {
	for name, trouble := range map[schema.JobState]*gitlabtest.ImportTrouble{
		schema.JobFailed: {Message: "no", Ends: true}, schema.JobTimeout: {Message: "too long", Timeout: true},
	} {
		t.Run(string(name), func(t *testing.T) {
			w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
			w.DuringImports(func(_ context.Context, s gitlabtest.ImportStep) error {
				if s.Stage == "group" {
					return trouble
				}
				return nil
			})
			req := o.request("group", "infra", nil)
			j := w.run(req).Job
			if j.State != name || j.Status != "finished" || !j.HasFailures || j.Target.ID != "" {
				t.Errorf("job: %+v", j)
			}
			// Nothing is in the way of another one.
			if again, err := w.Find(t.Context(), req); err != nil || again.ID != "" {
				t.Errorf("found %+v, %v", again, err)
			}
		})
	}
}

func TestTransferWhoseStartWasNotAnswered(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	req := o.request("group", "infra", nil)
	if job, err := w.Find(t.Context(), req); err != nil || job.ID != "" {
		t.Fatalf("before: %+v, %v", job, err)
	}
	waits, release := held(w, "labels", "")
	w.Faults(gitlabtest.Fault{Method: "POST", Path: "*/bulk_imports", After: true})
	if _, err := w.Start(t.Context(), req); providers.CodeOf(err) != providers.CodeUnavailable {
		t.Fatalf("start: %v", err)
	}
	<-waits
	job, err := w.Find(t.Context(), req)
	if err != nil || job.State != schema.JobImporting || !job.Cancelable {
		t.Errorf("found %+v, %v", job, err)
	}
	other := req
	other.Place.Name = "elsewhere"
	if job, err := w.Find(t.Context(), other); err != nil || job.ID != "" {
		t.Errorf("another place: %+v, %v", job, err)
	}
	other = req
	other.Settings = encode(t, map[string]any{"url": "https://another.example"})
	if job, err := w.Find(t.Context(), other); err != nil || job.ID != "" {
		t.Errorf("another source: %+v, %v", job, err)
	}
	release()
	w.AwaitImports()
	if w.posts() != 1 || w.poll(job).Job.State != schema.JobFinished {
		t.Errorf("started %d times", w.posts())
	}
}

// Two states know nothing of each other, and GitLab takes a second transfer to a path
// that the first one has not filled yet. One of them comes to nothing, and says so.
func TestTwoTransfersToOnePath(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	waits, release := held(w, "scheduled", "")
	req := o.request("group", "infra", map[string]any{"migrate_projects": false})
	first := w.start(req)
	<-waits
	other := w.importer(w.Token("ada"))
	second, err := other.Start(t.Context(), req)
	if err != nil || second.ID == first.ID {
		t.Fatalf("the second: %+v, %v", second, err)
	}
	release()
	w.AwaitImports()
	ends := map[schema.JobState]int{}
	for _, job := range []schema.Job{first, second} {
		j := w.poll(job).Job
		if ends[j.State]++; j.State == schema.JobFailed && (!j.HasFailures || !strings.Contains(j.Entities[0].Failures[0].Message, "already been taken")) {
			t.Errorf("it does not say why: %+v", j)
		}
	}
	if ends[schema.JobFinished] != 1 || ends[schema.JobFailed] != 1 {
		t.Errorf("they ended as %v", ends)
	}
	// A third finds what stands there.
	if _, err := other.Start(t.Context(), req); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTransferIsCanceled(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	waits, release := held(w, "issues", "")
	job := w.start(o.request("group", "infra", nil))
	<-waits
	stranger := w.importer(w.Token("stranger"))
	if _, err := stranger.Cancel(t.Context(), job); providers.CodeOf(err) != providers.CodeNotFound && providers.CodeOf(err) != providers.CodeDenied {
		t.Errorf("by a stranger: %v", err)
	}
	got, err := w.Cancel(t.Context(), job)
	if err != nil || got.State != schema.JobCanceled {
		t.Errorf("canceled: %+v, %v", got, err)
	}
	release()
	w.AwaitImports()
	if _, err := w.Cancel(t.Context(), job); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("once more: %v", err)
	}
	if got := w.poll(job).Job; got.State != schema.JobCanceled || slices.ContainsFunc(got.Entities, func(e schema.JobEntity) bool { return e.Status != "canceled" }) {
		t.Errorf("in the end: %+v", got)
	}
}

// GitLab would make a finished transfer a canceled one.
func TestFinishedTransferIsNotCanceled(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	job := w.run(o.request("repository", "infra/app", nil)).Job
	if _, err := w.Cancel(t.Context(), job); providers.CodeOf(err) != providers.CodeConflict {
		t.Errorf("cancel: %v", err)
	}
	if got := w.poll(job).Job; got.State != schema.JobFinished {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestChecksBeforeATransfer(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	w.Model.AddGroup("acme/taken", "private", w.ada)
	tests := []struct {
		name      string
		change    func(*providers.ImportRequest)
		code      providers.Code
		attribute string
	}{
		{"the token", func(r *providers.ImportRequest) { r.Secrets = map[string]string{"access_token": "glpat-no"} }, providers.CodeDenied, "access_token"},
		{"its scope", func(r *providers.ImportRequest) {
			r.Secrets = map[string]string{"access_token": o.Token("boss", "read_user")}
		}, providers.CodeDenied, "access_token"},
		{"the path", func(r *providers.ImportRequest) { r.FullName = "infra/nothing" }, providers.CodeNotFound, "source_full_path"},
		{"the group", func(r *providers.ImportRequest) { r.Place.Namespace = "nowhere" }, providers.CodeDenied, "target_namespace"},
		{"a personal namespace", func(r *providers.ImportRequest) { r.Place.Namespace = "ada" }, providers.CodeDenied, "target_namespace"},
		{"what is there", func(r *providers.ImportRequest) { r.Place.Name = "taken" }, providers.CodeConflict, "new_name"},
		{"the slug", func(r *providers.ImportRequest) { r.Place.Name = "a--b" }, providers.CodeInvalid, "new_name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			req := o.request("group", "infra", nil)
			test.change(&req)
			_, err := w.Start(t.Context(), req)
			if e := providers.AsError(err); e == nil || e.Code != test.code || e.Attribute != test.attribute {
				t.Errorf("got %+v", e)
			}
		})
	}
	w.DisableImports("transfer")
	if _, err := w.Start(t.Context(), o.request("group", "infra", nil)); providers.AsError(err).Attribute != "method" {
		t.Errorf("switched off: %v", err)
	}
}

func TestTransferToTheTop(t *testing.T) {
	w, o := newWorld(t, gitlabtest.Options{}), newOld(t)
	req := o.request("group", "infra", map[string]any{"migrate_projects": false})
	req.Place.Namespace = ""
	if got := w.run(req); got.Job.State != schema.JobFinished || w.Model.Group("moved") == nil {
		t.Errorf("job: %+v", got.Job)
	}
}
