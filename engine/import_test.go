package engine_test

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// importer is the part of a forge that pulls by itself.
type importer struct {
	starts  int
	secrets map[string]string // that came with the last start
	jobs    map[string]*schema.Job
	where   map[string]string // place -> job

	refuse *providers.Error                // what a start is answered
	lost   bool                            // the answer to a start is lost
	hidden *providers.Error                // what a search is answered
	step   func(job *schema.Job)           // what each question finds
	failed []schema.JobFailure             // what failed in it
	asking func(ctx context.Context) error // is passed by each question
}

// steadily is an importer whose jobs are finished when they were asked about
// three times.
func steadily(job *schema.Job) {
	switch job.Status {
	case "scheduled":
		job.State, job.Status = schema.JobImporting, "started"
	case "started":
		job.State, job.Status = schema.JobFinished, "finished"
		job.Counts = schema.Counts{schema.KindIssue: {Source: 2, Fetched: 2, Imported: 2}}
	}
}

func (f asTarget) StartImport(_ context.Context, req providers.ImportRequest) (schema.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.imports
	if i.refuse != nil {
		return schema.Job{}, i.refuse
	}
	i.starts++
	i.secrets = req.Secrets
	id := "job " + itoa(i.starts)
	f.created, f.place, f.marker = true, req.Place.Path(), ""
	i.jobs[id] = &schema.Job{ID: id, State: schema.JobQueued, Status: "scheduled", Target: f.ref()}
	i.where[req.Place.Path()] = id
	if i.lost {
		i.lost = false
		return schema.Job{}, providers.Errorf(providers.CodeUnavailable, "the answer was lost")
	}
	return *i.jobs[id], nil
}

func (f asTarget) FindImport(_ context.Context, req providers.ImportRequest) (schema.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.imports.hidden != nil {
		return schema.Job{}, f.imports.hidden
	}
	if id := f.imports.where[req.Place.Path()]; id != "" {
		return *f.imports.jobs[id], nil
	}
	return schema.Job{}, nil
}

func (f asTarget) PollImport(ctx context.Context, job schema.Job) (providers.ImportStatus, error) {
	if f.imports.asking != nil {
		if err := f.imports.asking(ctx); err != nil {
			return providers.ImportStatus{}, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.imports.jobs[job.ID]
	if now == nil {
		return providers.ImportStatus{}, providers.Errorf(providers.CodeNotFound, "there is no such import")
	}
	if !now.State.Ended() {
		f.imports.step(now)
	}
	return providers.ImportStatus{Job: *now, Failures: f.imports.failed}, nil
}

func (f asTarget) CancelImport(_ context.Context, job schema.Job) (schema.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.imports.jobs[job.ID]
	if now.State.Ended() {
		return schema.Job{}, providers.Errorf(providers.CodeConflict, "it is %s", now.Status)
	}
	now.State, now.Status = schema.JobCanceled, "canceled"
	return *now, nil
}

// newImport is a migration of two issues by the target's own importer.
func newImport(t testing.TB) *forges {
	f := newForges(t)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"b","state":"open"}`)
	f.importing()
	return f
}

// importing lets the target pull by itself.
func (f *forges) importing() {
	f.to.imports = &importer{jobs: map[string]*schema.Job{}, where: map[string]string{}, step: steadily}
	f.resource.Method = schema.MethodImportAPI
}

// phase is how far the migration has come, and its job.
func (f *forges) phase(t *testing.T) (schema.Phase, schema.Job) {
	t.Helper()
	s := f.open(t)
	defer s.Close()
	e, err := s.Entry(t.Context(), f.resource.Address)
	if err != nil {
		t.Fatal(err)
	}
	job, err := s.Job(t.Context(), f.resource.Address)
	if err != nil {
		t.Fatal(err)
	}
	return e.Phase, job
}

// findings are the codes of what the next plan finds.
func (f *forges) findings(t *testing.T) (codes []string, action engine.Action) {
	t.Helper()
	s := f.open(t)
	defer s.Close()
	c := f.plan(t, s)
	for _, d := range c.Changes[0].Findings {
		codes = append(codes, d.Code)
	}
	return codes, c.Changes[0].Action
}

func TestImportByTheForge(t *testing.T) {
	f := newImport(t)
	outcome, c := f.apply(t)
	if !outcome.Complete() || outcome.Created != 1 {
		t.Fatalf("outcome %+v", outcome)
	}
	var steps []engine.Stage
	for _, step := range c.Changes[0].Steps {
		steps = append(steps, step.Stage)
	}
	if diff := cmp.Diff([]engine.Stage{engine.StageDetect, engine.StageImport, engine.StageVerify}, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	phase, job := f.phase(t)
	want := schema.Job{
		ID: "job 1", State: schema.JobFinished, Status: "finished", Target: f.to.ref(), StartedAt: f.clock.now,
		Counts: schema.Counts{schema.KindIssue: {Source: 2, Fetched: 2, Imported: 2}},
	}
	if diff := cmp.Diff(want, job, cmpopts.IgnoreFields(schema.Job{}, "StartedAt")); phase != schema.PhaseSynced || diff != "" {
		t.Errorf("%s, the job (-want +got):\n%s", phase, diff)
	}
	if f.to.imports.secrets["token"] != "canary" {
		t.Error("the secrets of the source did not reach the importer")
	}
	if outcome, _ := f.apply(t); !outcome.Complete() || f.to.imports.starts != 1 {
		t.Errorf("again: %+v after %d starts", outcome, f.to.imports.starts)
	}
	f.from.edit("i1", `{"number":1,"title":"edited","state":"open"}`)
	codes, action := f.findings(t)
	if diff := cmp.Diff([]string{"import.once"}, codes); action != engine.ActionUnchanged || diff != "" {
		t.Errorf("the source has changed: %s, findings (-want +got):\n%s", action, diff)
	}
	f.resource.Name = "service"
	if outcome, _ := f.apply(t); outcome.Renamed != 1 || f.to.place != "acme/service" || f.to.imports.starts != 1 {
		t.Errorf("another name: %+v, stands at %s", outcome, f.to.place)
	}
}

// Whether an import went well is told by what failed in it, not by its state.
func TestFinishedImportWithFailures(t *testing.T) {
	entity := func(status string, failures ...schema.JobFailure) schema.JobEntity {
		return schema.JobEntity{ID: 1, EntityType: "project", Status: status, SourceFullPath: "acme/api", Failures: failures}
	}
	lost := schema.JobFailure{Relation: "issues", Step: "loader", Class: "ActiveRecord::RecordInvalid", Message: "too long", CorrelationID: "abc", SourceURL: "https://old.example/1", SourceTitle: "One"}
	for name, ends := range map[string]func(*importer, *schema.Job){
		"of the job":            func(i *importer, j *schema.Job) { i.failed = []schema.JobFailure{lost} },
		"of an entity":          func(_ *importer, j *schema.Job) { j.Entities = []schema.JobEntity{entity("finished", lost)} },
		"an entity that failed": func(_ *importer, j *schema.Job) { j.Entities = []schema.JobEntity{entity("failed")} },
		"the counts": func(_ *importer, j *schema.Job) {
			j.Counts[schema.KindIssue] = schema.Count{Source: 2, Fetched: 2, Imported: 1}
		},
		"said without naming them": func(_ *importer, j *schema.Job) { j.HasFailures = true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newImport(t)
			f.to.imports.step = func(j *schema.Job) {
				if steadily(j); j.State == schema.JobFinished {
					ends(f.to.imports, j)
				}
			}
			if outcome, _ := f.apply(t); outcome.Partial != 1 {
				t.Errorf("outcome %+v", outcome)
			}
			if phase, _ := f.phase(t); phase != schema.PhasePartial {
				t.Errorf("phase %s", phase)
			}
			if codes, action := f.findings(t); action != engine.ActionUnchanged {
				t.Errorf("the next plan: %s, %v", action, codes)
			}
		})
	}
	f := newImport(t)
	f.to.imports.failed = []schema.JobFailure{lost}
	f.apply(t)
	s := f.open(t)
	defer s.Close()
	failures, err := s.Failures(t.Context(), "")
	if err != nil || len(failures) != 1 {
		t.Fatalf("failures %v, %v", failures, err)
	}
	want := schema.Failure{
		Address: "repository.api", Key: schema.Key{Kind: "issues", ID: "https://old.example/1"}, Title: "One", URL: "https://old.example/1",
		Stage: "import", Step: "loader", Code: "invalid", Class: "ActiveRecord::RecordInvalid", Message: "too long", ID: "abc",
	}
	if diff := cmp.Diff(want, failures[0], cmpopts.IgnoreFields(schema.Failure{}, "Run", "At")); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}

func TestImportIsStartedOnce(t *testing.T) {
	t.Run("the answer to the start was lost", func(t *testing.T) {
		f := newImport(t)
		f.to.imports.lost = true
		if outcome, _ := f.apply(t); !outcome.Complete() || f.to.imports.starts != 1 {
			t.Errorf("outcome %+v after %d starts", outcome, f.to.imports.starts)
		}
	})
	t.Run("the run was stopped while it waited", func(t *testing.T) {
		f := newImport(t)
		ctx, cancel := context.WithCancel(t.Context())
		f.to.imports.asking = func(context.Context) error { cancel(); return nil }
		s := f.open(t)
		outcome, err := engine.Apply(ctx, f.plan(t, s), f.work(t, s))
		s.Close()
		if err != nil || !outcome.Canceled {
			t.Fatalf("outcome %+v, %v", outcome, err)
		}
		if _, job := f.phase(t); job.State.Ended() {
			t.Errorf("the import was not left alone: %+v", job)
		}
		f.to.imports.asking = nil
		if outcome, _ := f.apply(t); !outcome.Complete() || outcome.Resumed != 1 || f.to.imports.starts != 1 {
			t.Errorf("then: %+v after %d starts", outcome, f.to.imports.starts)
		}
	})
	t.Run("the target refused it", func(t *testing.T) {
		f := newImport(t)
		f.to.imports.refuse = providers.Errorf(providers.CodeInvalid, "the namespace does not exist")
		if outcome, _ := f.apply(t); outcome.Failed != 1 {
			t.Errorf("outcome %+v", outcome)
		}
		if _, job := f.phase(t); job.ID != "" || !job.StartedAt.IsZero() {
			t.Errorf("a job is remembered that never was: %+v", job)
		}
		f.to.imports.refuse = nil
		if outcome, _ := f.apply(t); !outcome.Complete() || f.to.imports.starts != 1 {
			t.Errorf("then: %+v", outcome)
		}
	})
}

// asked is a state in which somebody asks to cancel a resource.
type asked struct {
	quiet
	address schema.Address
	when    chan struct{}
}

func (a asked) Heartbeat(context.Context) error { return nil }

func (a asked) CancelRequests(ctx context.Context) (bool, []schema.Address, error) {
	select {
	case <-a.when:
		return false, []schema.Address{a.address}, nil
	case <-ctx.Done():
		return false, nil, ctx.Err()
	}
}

func TestCancelReachesTheForge(t *testing.T) {
	f := newImport(t)
	f.to.imports.step = func(j *schema.Job) { j.State, j.Status = schema.JobImporting, "started" }
	when := make(chan struct{})
	var once sync.Once
	f.to.imports.asking = func(context.Context) error { once.Do(func() { close(when) }); return nil }
	s := f.open(t)
	w := f.work(t, s)
	w.Store = asked{quiet{memory{s}}, f.resource.Address, when}
	outcome, err := engine.Apply(t.Context(), f.plan(t, s), w)
	s.Close()
	if err != nil || outcome.Complete() {
		t.Fatalf("outcome %+v, %v", outcome, err)
	}
	if phase, job := f.phase(t); phase != schema.PhaseCanceled || job.State != schema.JobCanceled {
		t.Errorf("%s, %+v", phase, job)
	}
	// What it brought is in the way of another import.
	if codes, action := f.findings(t); action != engine.ActionError || strings.Join(codes, " ") != "import.ended" {
		t.Errorf("the next plan: %s, %v", action, codes)
	}
	f.to.imports.step, f.to.imports.asking = steadily, nil
	f.to.created = false // somebody deleted it
	if outcome, _ := f.apply(t); !outcome.Complete() || f.to.imports.starts != 2 {
		t.Errorf("afresh: %+v after %d starts", outcome, f.to.imports.starts)
	}
}

func TestMethodStays(t *testing.T) {
	for _, from := range []string{schema.MethodDirect, schema.MethodImportAPI} {
		to := map[string]string{schema.MethodDirect: schema.MethodImportAPI, schema.MethodImportAPI: schema.MethodDirect}[from]
		t.Run(from+" to "+to, func(t *testing.T) {
			f := newImport(t)
			f.resource.Method = from
			if outcome, _ := f.apply(t); !outcome.Complete() {
				t.Fatalf("outcome %+v", outcome)
			}
			f.resource.Method = to
			if codes, action := f.findings(t); action != engine.ActionError || strings.Join(codes, " ") != "plan.method.changed" {
				t.Errorf("the next plan: %s, %v", action, codes)
			}
		})
	}
	f := newImport(t)
	f.to.imports = nil // no importer for such a source
	if codes, action := f.findings(t); action != engine.ActionError || strings.Join(codes, " ") != "target.method" {
		t.Errorf("not imported by the target: %s, %v", action, codes)
	}
}

// TestConcurrentImports holds imports to the number that the target's setting
// allows, whatever --parallel says.
func TestConcurrentImports(t *testing.T) {
	f := newImport(t)
	m := &schema.Migration{
		Name:    "many",
		Sources: map[string]schema.Connection{"source": {Provider: "forge"}},
		Targets: map[string]schema.Connection{"target": {Provider: "forge", Settings: []byte(`{"concurrent_imports":2}`)}},
	}
	var mu sync.Mutex
	most, now, started := 0, map[string]bool{}, map[string]bool{}
	many := &manyImports{forges: f, two: make(chan struct{})}
	many.polled = func(place string, ended bool) {
		mu.Lock()
		defer mu.Unlock()
		if started[place] = true; len(started) == 2 && !ended {
			close(many.two)
		}
		if now[place] = !ended; ended {
			delete(now, place)
		}
		most = max(most, len(now))
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		r := f.resource
		r.Address, r.Name, r.Settings = schema.Address("repository."+name), name, []byte(`{"name":"`+name+`"}`)
		m.Resources = append(m.Resources, r)
	}
	s := f.open(t)
	defer s.Close()
	c := (&world{dir: f.dir, migration: m}).planWith(t, s, many)
	w := f.work(t, s)
	w.Ends = many
	outcome, err := engine.Apply(t.Context(), c, w)
	if err != nil || !outcome.Complete() || outcome.Created != 5 {
		t.Fatalf("outcome %+v, %v", outcome, err)
	}
	if most != 2 {
		t.Errorf("%d imports at a time, want 2", most)
	}
}

// manyImports are forges of which the target imports many repositories.
type manyImports struct {
	*forges
	polled func(place string, ended bool)
	two    chan struct{} // closed when two imports have begun

	mu    sync.Mutex
	polls map[string]int
}

func (m *manyImports) Source(context.Context, string) (providers.Source, error) {
	return manySource{}, nil
}

func (m *manyImports) Target(context.Context, string) (providers.Target, error) {
	return manyTarget{many: m}, nil
}

type manySource struct{ providers.UnimplementedSource }

func (manySource) Inspect(_ context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, q := range queries {
			var settings struct{ Name string }
			if err := json.Unmarshal(q.Repo.Settings, &settings); err != nil {
				yield(providers.Inspection{}, err)
				return
			}
			if !yield(providers.Inspection{ID: q.ID, Facts: &providers.Facts{Identity: settings.Name, FullName: "acme/" + settings.Name, Name: settings.Name}}, nil) {
				return
			}
		}
	}
}

type manyTarget struct {
	providers.UnimplementedTarget
	many *manyImports
}

func (m manyTarget) Inspect(_ context.Context, places []providers.Place) iter.Seq2[providers.Standing, error] {
	return func(yield func(providers.Standing, error) bool) {
		m.many.mu.Lock()
		defer m.many.mu.Unlock()
		for _, p := range places {
			s := providers.Standing{ID: p.ID, Exists: m.many.polls[p.Path()] > 0, Ref: schema.Ref{ID: p.Path()}}
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (m manyTarget) StartImport(_ context.Context, req providers.ImportRequest) (schema.Job, error) {
	m.many.polled(req.Place.Path(), false)
	return schema.Job{ID: req.Place.Path(), State: schema.JobQueued, Target: schema.Ref{ID: req.Place.Path()}}, nil
}

func (m manyTarget) PollImport(_ context.Context, job schema.Job) (providers.ImportStatus, error) {
	<-m.many.two
	m.many.mu.Lock()
	defer m.many.mu.Unlock()
	if m.many.polls == nil {
		m.many.polls = map[string]int{}
	}
	job.State = schema.JobImporting
	if m.many.polls[job.ID]++; m.many.polls[job.ID] == 10 {
		job.State = schema.JobFinished
		m.many.polled(job.ID, true)
	}
	return providers.ImportStatus{Job: job}, nil
}
