package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

var errDead = errors.New("the process is dead")

// mortal counts the effects of an apply on its state and on its target, and
// dies with one of them: that one happens, its answer is lost, and nothing
// happens any more. To what lies outside, this is a process that was killed.
type mortal struct {
	mu      sync.Mutex
	effects int
	at      int // dies with this effect; 0 never
}

// live carries out an effect unless the process is dead.
func live[T any](m *mortal, effect func() (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var none T
	if m.at > 0 && m.effects >= m.at {
		return none, errDead
	}
	v, err := effect()
	if m.effects++; m.effects == m.at {
		return none, errDead
	}
	return v, err
}

func (m *mortal) do(effect func() error) error {
	_, err := live(m, func() (struct{}, error) { return struct{}{}, effect() })
	return err
}

// mortalStore is a state of a mortal process.
type mortalStore struct {
	engine.Store
	m *mortal
}

func (s mortalStore) Begin(ctx context.Context, run schema.Run) (schema.Run, error) {
	return live(s.m, func() (schema.Run, error) { return s.Store.Begin(ctx, run) })
}

func (s mortalStore) End(ctx context.Context, run, outcome, summary string) error {
	return s.m.do(func() error { return s.Store.End(ctx, run, outcome, summary) })
}

func (s mortalStore) Move(ctx context.Context, run string, from, to schema.Address) error {
	return s.m.do(func() error { return s.Store.Move(ctx, run, from, to) })
}

func (s mortalStore) Forget(ctx context.Context, run string, a schema.Address) error {
	return s.m.do(func() error { return s.Store.Forget(ctx, run, a) })
}

func (s mortalStore) Claim(ctx context.Context, run string, e schema.Entry) (engine.Ledger, error) {
	return live(s.m, func() (engine.Ledger, error) {
		l, err := s.Store.Claim(ctx, run, e)
		return mortalLedger{l, s.m}, err
	})
}

func (s mortalStore) Ledger(ctx context.Context, a schema.Address, epoch int64) (engine.Ledger, error) {
	l, err := s.Store.Ledger(ctx, a, epoch)
	return mortalLedger{l, s.m}, err
}

type mortalLedger struct {
	engine.Ledger
	m *mortal
}

func (l mortalLedger) Save(ctx context.Context, e schema.Entry) error {
	return l.m.do(func() error { return l.Ledger.Save(ctx, e) })
}

func (l mortalLedger) SaveRefs(ctx context.Context, side string, refs map[string]string) error {
	return l.m.do(func() error { return l.Ledger.SaveRefs(ctx, side, refs) })
}

func (l mortalLedger) Intend(ctx context.Context, items []schema.Item) error {
	return l.m.do(func() error { return l.Ledger.Intend(ctx, items) })
}

func (l mortalLedger) Commit(ctx context.Context, b schema.Batch) error {
	return l.m.do(func() error { return l.Ledger.Commit(ctx, b) })
}

func (l mortalLedger) StartPass(ctx context.Context, stream, terms string) (schema.Stream, error) {
	return live(l.m, func() (schema.Stream, error) { return l.Ledger.StartPass(ctx, stream, terms) })
}

func (l mortalLedger) FinishPass(ctx context.Context, stream string, pass int64, kinds []schema.Kind, end schema.PassEnd) (int64, error) {
	return live(l.m, func() (int64, error) {
		return l.Ledger.FinishPass(ctx, stream, pass, kinds, end)
	})
}

func (l mortalLedger) SaveCounts(ctx context.Context, c schema.Counts) error {
	return l.m.do(func() error { return l.Ledger.SaveCounts(ctx, c) })
}

func (l mortalLedger) SaveJob(ctx context.Context, job schema.Job) error {
	return l.m.do(func() error { return l.Ledger.SaveJob(ctx, job) })
}

func (l mortalLedger) Fail(ctx context.Context, f []schema.Failure) error {
	return l.m.do(func() error { return l.Ledger.Fail(ctx, f) })
}

func (l mortalLedger) ResolveFailures(ctx context.Context, stage string) error {
	return l.m.do(func() error { return l.Ledger.ResolveFailures(ctx, stage) })
}

// mortalEnds are the two forges as a mortal process sees them.
type mortalEnds struct {
	*forges
	m *mortal
}

func (e mortalEnds) Target(context.Context, string) (providers.Target, error) {
	return mortalTarget{asTarget{forge: e.to}, e.m}, nil
}

type mortalTarget struct {
	asTarget
	m *mortal
}

func (t mortalTarget) Create(ctx context.Context, req providers.CreateRequest) (schema.Ref, error) {
	return live(t.m, func() (schema.Ref, error) { return t.asTarget.Create(ctx, req) })
}

func (t mortalTarget) Move(ctx context.Context, ref schema.Ref, to providers.Place) (schema.Ref, error) {
	return live(t.m, func() (schema.Ref, error) { return t.asTarget.Move(ctx, ref, to) })
}

func (t mortalTarget) StartImport(ctx context.Context, req providers.ImportRequest) (schema.Job, error) {
	return live(t.m, func() (schema.Job, error) { return t.asTarget.StartImport(ctx, req) })
}

func (t mortalTarget) Write(ctx context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	return live(t.m, func() ([]providers.Written, error) { return t.asTarget.Write(ctx, req) })
}

// TestDeathWithEveryEffect lets an apply die with its first effect, with its
// second, and so on, between a write and its record too, and then goes on:
// by planning again, and by applying the same changeset again. Whatever the
// instant, every object stands at the target once.
func TestDeathWithEveryEffect(t *testing.T) {
	for _, story := range []struct {
		name string
		next func(f *forges) // what changes after a first, undisturbed migration; nil: there is none
	}{
		{"first migration", nil},
		{"what is new, edited and gone", func(f *forges) {
			f.from.records = slices.DeleteFunc(f.from.records, func(r schema.Record) bool { return r.ID == "i2" || r.ID == "c2" })
			f.from.records[1].Revision, f.from.records[1].Body = "r2", []byte(`{"number":1,"title":"edited","state":"open","text":"see #3","url":"https://old.example/acme/api/issues/1"}`)
			f.from.add(schema.KindIssue, "i3", nil, `{"number":3,"title":"c","state":"open"}`)
		}},
		{"another name", func(f *forges) { f.resource.Name = "service" }},
		{"imported by the forge", func(f *forges) { f.importing() }},
		{"another address", func(f *forges) { f.resource.Address = "repository.service" }},
		{"another address and name, and something new", func(f *forges) {
			f.resource.Address, f.resource.Name = "repository.service", "service"
			f.from.add(schema.KindIssue, "i3", nil, `{"number":3,"title":"c","state":"open"}`)
		}},
		{"made again", func(f *forges) {
			f.resource.Lifecycle.OnTargetDrift = "overwrite"
			f.to = newForge()
		}},
	} {
		begin := func(t *testing.T) *forges {
			f := newForges(t)
			f.from.blobs["b"] = "hello"
			f.from.add(schema.KindMilestone, "m1", nil, `{"title":"one","state":"open"}`)
			for _, id := range []string{"1", "2"} {
				issue := schema.Key{Kind: schema.KindIssue, ID: "i" + id}
				f.from.add(schema.KindIssue, issue.ID, nil, `{"number":`+id+`,"title":"a","state":"open","text":"see #1 and #2","url":"https://old.example/acme/api/issues/`+id+`"}`)
				f.from.add(schema.KindComment, "c"+id, &issue, `{"text":"like #1"}`)
			}
			f.from.add(schema.KindAttachment, "a1", &schema.Key{Kind: schema.KindIssue, ID: "i1"}, `{"name":"x"}`).Blob = &schema.Blob{ID: "b", Size: 5}
			if story.name == "imported by the forge" {
				story.next(f)
				return f
			}
			if story.next != nil {
				if outcome, _ := f.apply(t); !outcome.Complete() {
					t.Fatalf("the first migration came to %+v", outcome)
				}
				story.next(f)
			}
			return f
		}
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			begun := begin(t)
			undisturbed := begun.clone(t)
			m := &mortal{}
			undisturbed.applyMortally(t, m)
			want := undisturbed.to.contents()
			if m.effects < 2 {
				t.Fatalf("only %d effects", m.effects)
			}
			for at := 1; at <= m.effects; at++ {
				if testing.Short() && at%5 != 0 {
					continue
				}
				for _, again := range []string{"planned again", "applied again"} {
					f := begun.clone(t)
					c := f.applyMortally(t, &mortal{at: at})
					f.goOn(t, again, c)
					if diff := cmp.Diff(want, f.to.contents()); diff != "" {
						t.Errorf("died with effect %d, %s (-undisturbed +resumed):\n%s\n%s", at, again, diff, strings.Join(f.to.calls, "\n"))
					}
				}
			}
		})
	}
}

// volatileDir is a folder that need not survive the death of the machine, for
// tests that only kill processes: there, waiting for a disk tells nothing.
func volatileDir(t testing.TB) string {
	t.Helper()
	if dir, err := os.MkdirTemp("/dev/shm", "drover-test-"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// clone is the same migration as far as it has come, in a folder of its own.
func (f *forges) clone(t *testing.T) *forges {
	t.Helper()
	c := *f
	c.from, c.to, c.clock, c.dir = f.from.clone(), f.to.clone(), &jumpingClock{now: f.clock.Now()}, volatileDir(t)
	if err := os.CopyFS(c.dir, os.DirFS(f.dir)); err != nil {
		t.Fatal(err)
	}
	return &c
}

func (f *forge) clone() *forge {
	c := newForge()
	c.records, c.blobs = slices.Clone(f.records), maps.Clone(f.blobs)
	c.created, c.place, c.next = f.created, f.place, f.next
	if i := f.imports; i != nil {
		c.imports = &importer{jobs: map[string]*schema.Job{}, where: map[string]string{}, step: i.step}
	}
	for id, o := range f.objects {
		same := *o
		c.objects[id] = &same
	}
	return c
}

// applyMortally plans and applies once, by a process that may die of it.
func (f *forges) applyMortally(t *testing.T, m *mortal) *engine.Changeset {
	t.Helper()
	s := f.open(t)
	defer s.Close()
	c := f.plan(t, s)
	w := f.work(t, s)
	w.Store, w.Ends = mortalStore{w.Store, m}, mortalEnds{f, m}
	outcome, err := engine.Apply(t.Context(), c, w)
	if m.at == 0 && (err != nil || !outcome.Complete()) {
		t.Fatalf("outcome %+v, %v", outcome, err)
	}
	return c
}

// goOn lets another process finish what a changeset began, and looks at what it
// leaves.
func (f *forges) goOn(t *testing.T, again string, c *engine.Changeset) {
	t.Helper()
	s := f.open(t)
	defer s.Close()
	if again == "planned again" {
		c = f.plan(t, s)
	}
	outcome, err := engine.Apply(t.Context(), c, f.work(t, s))
	if err != nil || !outcome.Complete() {
		t.Errorf("%s: outcome %+v, %v", again, outcome, err)
	}
	if problems, err := s.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("%s: state check: %v, %v", again, problems, err)
	}
	if next := f.plan(t, s); next.Summary.Work() != 0 {
		t.Errorf("%s: there is still work: %s because of %+v", again, next.Changes[0].Action, next.Changes[0].Reasons)
	}
}

// contents is what the forge holds, without the numbers that it gave: how often
// each object stands there, with what text, content and parents.
func (f *forge) contents() map[string]string {
	held := map[string]string{"place": f.place}
	if f.imports != nil {
		held["imports"] = fmt.Sprint(f.imports.starts)
	}
	names := map[string]string{}
	for id, o := range f.objects {
		names[id] = o.marker.String()
		names[fmt.Sprintf("#%d", o.number)] = "#(" + o.marker.String() + ")"
	}
	for _, o := range f.objects {
		var related []string
		for _, r := range o.related {
			related = append(related, names[r.Ref.ID])
		}
		body := o.body
		for name, marker := range names {
			body = strings.ReplaceAll(body, name, marker)
		}
		held[o.marker.String()] += fmt.Sprintf("%s %s %v\n", body, o.content, related)
	}
	return held
}
