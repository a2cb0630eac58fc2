package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// executor applies changesets whose units a test carries out itself, with a
// real state and a clock that only the test moves.
type executor struct {
	path  string
	store *state.Store
	clock *handClock
	work  engine.Work

	mu     sync.Mutex
	events []engine.Event
	on     func(engine.Event) // is told each event after it was noted
}

// newExecutor has its units carried out by run.
func newExecutor(t *testing.T, run runnerFunc) *executor {
	t.Helper()
	x := &executor{path: filepath.Join(volatileDir(t), "state.db"), clock: &handClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	var err error
	if x.store, err = state.Open(t.Context(), x.path, state.Options{Create: true, Version: "0.3.0", Now: x.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.store.Close() })
	x.work = engine.Work{
		Store: memory{x.store}, Run: schema.Run{Kind: schema.RunApply, Version: "0.3.0"}, Runner: run,
		Parallel: 4, Lanes: 4, Fresh: true, Now: x.clock.Now, Wait: x.clock.Wait, Observe: x.observe,
	}
	return x
}

func (x *executor) observe(e engine.Event) {
	x.mu.Lock()
	x.events = append(x.events, e)
	x.mu.Unlock()
	if x.on != nil {
		x.on(e)
	}
}

// apply gives up when it takes as long as only a deadlock does.
func (x *executor) apply(t *testing.T, ctx context.Context, c *engine.Changeset) (engine.Outcome, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	outcome, err := engine.Apply(ctx, c, x.work)
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Fatal("the apply did not come to an end")
	}
	return outcome, err
}

// done are the resources' ends by address.
func (x *executor) done() map[schema.Address]engine.ResourceDone {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := map[schema.Address]engine.ResourceDone{}
	for _, e := range x.events {
		if d, ok := e.(engine.ResourceDone); ok {
			all[d.Address] = d
		}
	}
	return all
}

// runnerFunc carries out units.
type runnerFunc func(ctx context.Context, u engine.Unit) (engine.Result, error)

func (f runnerFunc) Run(ctx context.Context, u engine.Unit, _ func(engine.Event)) (engine.Result, error) {
	r, err := f(ctx, u)
	r.Format = engine.UnitFormat
	return r, err
}

// toDo is a changeset that creates resources, each with one step unless it
// names more.
func toDo(t *testing.T, resources []schema.Resource, steps ...engine.Stage) *engine.Changeset {
	t.Helper()
	if len(steps) == 0 {
		steps = []engine.Stage{engine.StageDetect}
	}
	c := &engine.Changeset{
		Format:  engine.Format,
		Sources: map[string]schema.Connection{"source": {Provider: "forge"}},
		Targets: map[string]schema.Connection{"target": {Provider: "forge"}},
	}
	for i := range resources {
		r := &resources[i]
		r.Source, r.Target, r.Settings = "source", "target", []byte(`{}`)
		name := strings.TrimPrefix(string(r.Address), "repository.")
		ch := engine.Change{Address: r.Address, Action: engine.ActionCreate, Resource: r, Identity: "id-" + name, Place: engine.Place{Namespace: "acme", Name: name}}
		for _, s := range steps {
			ch.Steps = append(ch.Steps, engine.Step{Stage: s})
		}
		c.Changes = append(c.Changes, ch)
	}
	if _, err := c.Marshal(); err != nil {
		t.Fatal(err)
	}
	return c
}

func named(names ...string) []schema.Resource {
	list := make([]schema.Resource, len(names))
	for i, n := range names {
		list[i].Address = schema.Address("repository." + n)
	}
	return list
}

func failed(code providers.Code) engine.Result {
	return engine.Result{Problem: providers.Errorf(code, "it did not work")}
}

// handClock is a clock that stands still until a test moves it.
type handClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting []waiter
}

type waiter struct {
	until time.Time
	woken chan struct{}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) Wait(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	w := waiter{until, make(chan struct{})}
	if until.After(c.now) {
		c.waiting = append(c.waiting, w)
	} else {
		close(w.woken)
	}
	c.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.woken:
		return nil
	}
}

// set moves the clock, to the past too, and wakes whoever waited for the time
// that it now is.
func (c *handClock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
	var left []waiter
	for _, w := range c.waiting {
		if w.until.After(to) {
			left = append(left, w)
		} else {
			close(w.woken)
		}
	}
	c.waiting = left
}

func (c *handClock) advance(d time.Duration) { c.set(c.Now().Add(d)) }

// meeting is a place that nobody leaves before all are there.
type meeting struct {
	mu      sync.Mutex
	missing int
	all     chan struct{}
}

func newMeeting(parties int) *meeting { return &meeting{missing: parties, all: make(chan struct{})} }

// join waits for the others. It reports whether they all came.
func (m *meeting) join(ctx context.Context) bool {
	m.mu.Lock()
	if m.missing--; m.missing == 0 {
		close(m.all)
	}
	m.mu.Unlock()
	// As long as only a deadlock lasts.
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case <-m.all:
		return true
	case <-ctx.Done():
		return false
	}
}
