package engine_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func readFile(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func itoa(n int) string { return strconv.Itoa(n) }

func textOf(t *testing.T, body string) string {
	t.Helper()
	var b struct{ Text string }
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatal(err)
	}
	return b.Text
}

// forges is a migration between two forges in memory.
type forges struct {
	from, to *forge
	dir      string
	clock    *jumpingClock
	events   []engine.Event
	resource schema.Resource
	authors  map[string]schema.AuthorTable
	options  engine.Options

	second, secondTo *forge // of another repository, when there is one
}

func newForges(t testing.TB) *forges {
	return &forges{
		from: newForge(), to: newForge(), dir: volatileDir(t),
		clock: &jumpingClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		resource: schema.Resource{
			Address: "repository.api", Source: "source", Target: "target", Settings: []byte(`{}`), Namespace: "acme", Lifecycle: schema.DefaultLifecycle(),
		},
	}
}

func (f *forges) Source(context.Context, string) (providers.Source, error) {
	if f.second != nil {
		return twoSources{first: f.from, second: f.second}, nil
	}
	return asSource{forge: f.from}, nil
}
func (f *forges) Target(context.Context, string) (providers.Target, error) {
	if f.second != nil {
		if f.secondTo == nil {
			f.secondTo = newForge()
		}
		return twoTargets{first: f.to, second: f.secondTo}, nil
	}
	return asTarget{forge: f.to}, nil
}
func (f *forges) Secrets(context.Context, string) (map[string]string, error) {
	return map[string]string{"token": "canary"}, nil
}

func (f *forges) Provider(context.Context, string) (providers.Description, string, error) {
	d := f.from.description()
	d.Target = f.to.description().Target
	return d, "sha256:test", nil
}

func (f *forges) open(t testing.TB) *state.Store {
	t.Helper()
	s, err := state.Open(context.Background(), filepath.Join(f.dir, "state.db"), state.Options{Create: true, Version: "0.3.0", Now: f.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f *forges) plan(t testing.TB, s *state.Store) *engine.Changeset {
	t.Helper()
	m := &schema.Migration{
		Name:      "forges",
		Sources:   map[string]schema.Connection{"source": {Provider: "forge"}},
		Targets:   map[string]schema.Connection{"target": {Provider: "forge"}},
		Resources: []schema.Resource{f.resource},
		Authors:   f.authors,
	}
	if f.second != nil {
		other := f.resource
		other.Address, other.Settings = "repository.web", []byte(`{"second":true}`)
		m.Resources = append(m.Resources, other)
	}
	return (&world{dir: f.dir, migration: m, options: f.options}).planWith(t, s, f)
}

// quiet is a state without signs of life, which by a clock that jumps to
// whatever is waited for would be written without a pause.
type quiet struct{ engine.Store }

func (quiet) Heartbeat(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// work is what an apply needs, with the events of this one noted.
func (f *forges) work(t testing.TB, s *state.Store) engine.Work {
	t.Helper()
	info, err := s.Info(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	f.events = nil
	return engine.Work{
		Store: quiet{memory{s}}, Info: info, Ends: f, Run: schema.Run{Kind: schema.RunApply, Version: "0.3.0"},
		Workspace: filepath.Join(f.dir, "work"), Parallel: 1, Lanes: 3, Grace: time.Second,
		Now: f.clock.Now, Wait: f.clock.Wait, Observe: func(e engine.Event) { f.events = append(f.events, e) },
	}
}

// apply plans and applies once.
func (f *forges) apply(t *testing.T) (engine.Outcome, *engine.Changeset) {
	t.Helper()
	s := f.open(t)
	defer s.Close()
	c := f.plan(t, s)
	outcome, err := engine.Apply(context.Background(), c, f.work(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return outcome, c
}

func TestReferencesBecomeThoseOfTheTarget(t *testing.T) {
	f := newForges(t)
	issue := schema.Key{Kind: schema.KindIssue, ID: "i2"}
	f.from.add(schema.KindMilestone, "m1", nil, `{"title":"one","state":"open"}`)
	f.from.add(schema.KindIssue, "i1", nil, "{\"number\":1,\"title\":\"a\",\"state\":\"open\",\"text\":\"see #2, `#2` and #99\",\"url\":\"https://old.example/acme/api/issues/1\"}")
	f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"b","state":"open","url":"https://old.example/acme/api/issues/2"}`)
	f.from.add(schema.KindComment, "c1", &issue, `{"text":"like https://old.example/acme/api/issues/1 said"}`)
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	second, _ := f.to.of(schema.KindIssue, "i2")
	first, _ := f.to.of(schema.KindIssue, "i1")
	comment, _ := f.to.of(schema.KindComment, "c1")
	want := map[string]string{
		"issue":   "see #" + itoa(second.number) + ", `#2` and #99",
		"comment": "like https://new.example/o" + itoa(first.number) + " said",
	}
	got := map[string]string{"issue": textOf(t, first.body), "comment": textOf(t, comment.body)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
	if len(comment.related) != 1 || comment.related[0].Ref.ID != "o"+itoa(second.number) {
		t.Errorf("the comment was told of %+v, want the ref of its issue", comment.related)
	}
	calls := len(f.to.calls)
	if outcome, c := f.apply(t); c.Summary.Work() != 0 || len(f.to.calls) != calls {
		t.Errorf("the second apply wrote: %+v, %+v, %v", outcome, c.Summary, f.to.calls[calls:])
	}
}

// A write whose outcome is not known must not make a second object.
func TestUnknownOutcomesMakeNoDuplicates(t *testing.T) {
	for _, test := range []struct {
		name string
		how  failing
	}{
		{"refused before", failing{problem: providers.Errorf(providers.CodeUnavailable, "bad gateway"), whole: true}},
		{"stored, then lost", failing{problem: providers.Errorf(providers.CodeUnavailable, "connection reset"), whole: true, after: true}},
		{"one record stored, its answer lost", failing{problem: providers.Errorf(providers.CodeUnavailable, "gateway timeout"), after: true}},
		{"rate limit", failing{problem: &providers.Error{Code: providers.CodeRateLimited, Message: "slow down", Until: time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newForges(t)
			f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
			f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"b","state":"open"}`)
			f.to.fail = func(r schema.Record, times int) failing {
				if r.ID == "i1" && times == 1 {
					return test.how
				}
				return failing{}
			}
			if outcome, _ := f.apply(t); !outcome.Complete() {
				t.Errorf("outcome %+v", outcome)
			}
			for _, id := range []string{"i1", "i2"} {
				if _, n := f.to.of(schema.KindIssue, id); n != 1 {
					t.Errorf("%s stands %d times at the target: %v", id, n, f.to.calls)
				}
			}
			throttled := slices.ContainsFunc(f.events, func(e engine.Event) bool { _, ok := e.(engine.Throttled); return ok })
			if (test.how.problem.Code == providers.CodeRateLimited) != throttled {
				t.Errorf("a wait was shown: %v", throttled)
			}
		})
	}
}

// One bad object never stops the rest, and is told with its reason.
func TestOneBadObjectStopsNothing(t *testing.T) {
	f := newForges(t)
	f.from.blobs["b1"] = "hello"
	issue := schema.Key{Kind: schema.KindIssue, ID: "i1"}
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindIssue, "bad", nil, `{"number":2,"title":"b","state":"open"}`)
	f.from.add(schema.KindAttachment, "a1", &issue, `{"name":"x"}`).Blob = &schema.Blob{ID: "b1", Size: 5}
	f.from.add(schema.KindAttachment, "a2", &issue, `{"name":"y"}`).Blob = &schema.Blob{ID: "gone", Size: 5}
	f.from.add(schema.KindAttachment, "a3", &issue, `{"name":"z"}`).Blob = &schema.Blob{ID: "b1", Size: 9}
	f.to.fail = func(r schema.Record, times int) failing {
		if r.ID == "bad" {
			return failing{problem: providers.Errorf(providers.CodeInvalid, "title is forbidden")}
		}
		return failing{}
	}
	outcome, _ := f.apply(t)
	if outcome.Partial != 1 || outcome.Items != 3 {
		t.Errorf("outcome %+v, want one partial resource with 3 failures", outcome)
	}
	var failed []string
	for _, e := range f.events {
		if x, ok := e.(engine.ItemFailed); ok {
			failed = append(failed, x.Failure.Key.String()+" "+x.Failure.Code+" "+x.Failure.Step)
		}
	}
	slices.Sort(failed)
	want := []string{"attachment a2 not_found extractor", "attachment a3 unavailable extractor", "issue bad invalid loader"}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if o, _ := f.to.of(schema.KindAttachment, "a1"); o == nil || o.content != "hello" {
		t.Errorf("the good attachment is %+v", o)
	}

	// What was mended arrives with the next apply, and nothing is written twice.
	f.to.fail, f.from.blobs["gone"] = nil, "later"
	f.from.records[4].Blob.Size = 5
	before := len(f.to.calls)
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Errorf("second outcome %+v", outcome)
	}
	want = []string{"create attachment a2", "create attachment a3", "create issue bad"}
	got := slices.Clone(f.to.calls[before:])
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls of the second apply (-want +got):\n%s", diff)
	}
}

// New, edited and deleted objects arrive with the next apply; what left the
// source stays at the target.
func TestResyncWritesOnlyWhatChanged(t *testing.T) {
	f := newForges(t)
	for _, id := range []string{"1", "2", "3"} {
		f.from.add(schema.KindIssue, "i"+id, nil, `{"number":`+id+`,"title":"a","state":"open"}`)
	}
	f.apply(t)
	f.from.records[0].Body, f.from.records[0].Revision = []byte(`{"number":1,"title":"edited","state":"open"}`), "r2"
	f.from.records = slices.Delete(f.from.records, 1, 2)
	f.from.add(schema.KindIssue, "i4", nil, `{"number":4,"title":"new","state":"open"}`)
	before := len(f.to.calls)
	outcome, _ := f.apply(t)
	if !outcome.Complete() || outcome.Resynced != 1 {
		t.Errorf("outcome %+v", outcome)
	}
	got := slices.Clone(f.to.calls[before:])
	slices.Sort(got)
	if diff := cmp.Diff([]string{"create issue i4", "update issue i1"}, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if _, n := f.to.of(schema.KindIssue, "i2"); n != 1 {
		t.Error("the deleted issue did not stay at the target")
	}
}

// A write that was cut off and whose object then left the source is settled by
// asking the target.
func TestIntentsOfVanishedObjectsAreSettled(t *testing.T) {
	f := newForges(t)
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindIssue, "i2", nil, `{"number":2,"title":"b","state":"open"}`)
	f.to.fail = func(r schema.Record, times int) failing {
		if r.ID == "i2" {
			return failing{problem: providers.Errorf(providers.CodeAuth, "token expired"), whole: true}
		}
		return failing{}
	}
	if outcome, _ := f.apply(t); outcome.Failed != 1 || outcome.Codes[providers.CodeAuth] != 1 {
		t.Fatalf("outcome %+v, want a failed resource", outcome)
	}
	f.to.fail = nil
	f.from.records = f.from.records[:1]
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Errorf("outcome %+v", outcome)
	}
	if _, n := f.to.of(schema.KindIssue, "i1"); n != 1 {
		t.Errorf("i1 stands %d times at the target: %v", n, f.to.calls)
	}
	if _, c := f.apply(t); c.Summary.Work() != 0 {
		t.Errorf("there is still work: %+v", c.Summary)
	}
}

// What belongs to something that the target leaves out is left out with it, by
// this apply and by the next that asks.
func TestLeftOutWithItsParent(t *testing.T) {
	f := newForges(t)
	issue := schema.Key{Kind: schema.KindIssue, ID: "i1"}
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"a","state":"open"}`)
	f.from.add(schema.KindComment, "c1", &issue, `{"text":"one"}`)
	f.to.fail = func(r schema.Record, _ int) failing {
		if r.Kind == schema.KindIssue {
			return failing{skip: "it is a draft"}
		}
		return failing{}
	}
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("outcome %+v", outcome)
	}
	f.from.add(schema.KindComment, "c2", &issue, `{"text":"two"}`)
	if outcome, _ := f.apply(t); !outcome.Complete() {
		t.Fatalf("again: %+v", outcome)
	}
	if _, n := f.to.of(schema.KindComment, "c1"); n != 0 || strings.Contains(strings.Join(f.to.calls, " "), "comment") {
		t.Errorf("the target was asked: %v", f.to.calls)
	}
	s := f.open(t)
	counts, err := s.Tally(t.Context(), f.resource.Address)
	s.Close()
	if err != nil || counts[schema.KindComment] != (schema.Count{Source: 2, Fetched: 2, Skipped: 2}) {
		t.Errorf("counted %+v, %v", counts, err)
	}
	f.to.fail = nil
	f.from.records[0].Revision = "published"
	f.apply(t)
	if _, n := f.to.of(schema.KindIssue, "i1"); n != 1 {
		t.Errorf("what is no draft any more stands %d times at the target", n)
	}
}
