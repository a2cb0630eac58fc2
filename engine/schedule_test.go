package engine_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func TestDependenciesAreDoneFirst(t *testing.T) {
	after := func(address schema.Address, first ...schema.Address) schema.Resource {
		return schema.Resource{Address: address, DependsOn: first}
	}
	const a, b, c = "repository.a", "repository.b", "repository.c"
	for _, test := range []struct {
		name      string
		resources []schema.Resource
		order     [][2]schema.Address // the first is done before the second begins
	}{
		{"chain against the order of the plan", []schema.Resource{after(a, b), after(b, c), after(c)}, [][2]schema.Address{{c, b}, {b, a}, {c, a}}},
		{"a whole block", []schema.Resource{after(a, "repository.all"), after(`repository.all["x"]`), after(`repository.all["y"]`)},
			[][2]schema.Address{{`repository.all["x"]`, a}, {`repository.all["y"]`, a}}},
		{"fan", []schema.Resource{after(b, a), after(c, a), after(a)}, [][2]schema.Address{{a, b}, {a, c}}},
		{"circle", []schema.Resource{after(a, b), after(b, a)}, [][2]schema.Address{{b, a}}},
		{"circle of three with one behind it", []schema.Resource{after(a, b), after(b, c), after(c, a), after("repository.d", a)},
			[][2]schema.Address{{c, b}, {b, a}, {a, "repository.d"}}},
		{"itself", []schema.Resource{after(a, a)}, nil},
		{"something that has no work", []schema.Resource{after(a, "repository.unchanged")}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var mu sync.Mutex
			var log []string
			note := func(what string, u engine.Unit) {
				mu.Lock()
				defer mu.Unlock()
				log = append(log, what+" "+string(u.Change.Address))
			}
			x := newExecutor(t, func(_ context.Context, u engine.Unit) (engine.Result, error) {
				note("begin", u)
				defer note("end", u)
				return engine.Result{}, nil
			})
			outcome, err := x.apply(t, t.Context(), toDo(t, test.resources))
			if err != nil || outcome.Created != len(test.resources) {
				t.Fatalf("outcome %+v, %v", outcome, err)
			}
			for _, o := range test.order {
				if slices.Index(log, "end "+string(o[0])) > slices.Index(log, "begin "+string(o[1])) {
					t.Errorf("%s began before %s was done: %v", o[1], o[0], log)
				}
			}
		})
	}
}

// A resource that failed does not keep those that name it from being tried.
func TestOneFailureStopsNoOther(t *testing.T) {
	x := newExecutor(t, func(_ context.Context, u engine.Unit) (engine.Result, error) {
		if u.Change.Address == "repository.a" {
			return failed(providers.CodeDenied), nil
		}
		return engine.Result{}, nil
	})
	resources := named("a", "b", "c")
	resources[1].DependsOn = []schema.Address{"repository.a"}
	outcome, err := x.apply(t, t.Context(), toDo(t, resources))
	want := engine.Outcome{Created: 2, Failed: 1, Codes: map[providers.Code]int{providers.CodeDenied: 1}}
	if diff := cmp.Diff(want, outcome); diff != "" || err != nil {
		t.Errorf("%v, outcome (-want +got):\n%s", err, diff)
	}
}

// As many resources as were asked for are worked on at a time: so many meet,
// and one more never comes.
func TestParallelIsABound(t *testing.T) {
	for _, parallel := range []int{1, 2, 3} {
		t.Run(strconv.Itoa(parallel), func(t *testing.T) {
			var here, most atomic.Int32
			rounds := []*meeting{newMeeting(parallel), newMeeting(parallel)}
			var arrived atomic.Int32
			x := newExecutor(t, func(ctx context.Context, _ engine.Unit) (engine.Result, error) {
				most.Store(max(most.Load(), here.Add(1)))
				defer here.Add(-1)
				if !rounds[(int(arrived.Add(1))-1)/parallel].join(ctx) {
					t.Error("nobody else is being worked on")
				}
				return engine.Result{}, nil
			})
			x.work.Parallel = parallel
			names := make([]string, 2*parallel)
			for i := range names {
				names[i] = "r" + strconv.Itoa(i)
			}
			if outcome, err := x.apply(t, t.Context(), toDo(t, named(names...))); err != nil || outcome.Created != len(names) {
				t.Errorf("outcome %+v, %v", outcome, err)
			}
			if int(most.Load()) > parallel {
				t.Errorf("%d resources were worked on at once", most.Load())
			}
		})
	}
}

func TestFailFast(t *testing.T) {
	for _, test := range []struct {
		fast bool
		want engine.Outcome
	}{
		{false, engine.Outcome{Created: 2, Failed: 1, Codes: map[providers.Code]int{providers.CodeAuth: 1}}},
		{true, engine.Outcome{Failed: 1, Left: 2, Codes: map[providers.Code]int{providers.CodeAuth: 1}}},
	} {
		t.Run(strconv.FormatBool(test.fast), func(t *testing.T) {
			x := newExecutor(t, func(_ context.Context, u engine.Unit) (engine.Result, error) {
				if u.Change.Address == "repository.a" {
					return failed(providers.CodeAuth), nil
				}
				return engine.Result{}, nil
			})
			x.work.FailFast = test.fast
			// The others come after the first, so that it is the first to end.
			resources := named("a", "b", "c")
			resources[1].DependsOn = []schema.Address{"repository.a"}
			resources[2].DependsOn = []schema.Address{"repository.a"}
			outcome, err := x.apply(t, t.Context(), toDo(t, resources))
			if diff := cmp.Diff(test.want, outcome); diff != "" || err != nil {
				t.Errorf("%v, outcome (-want +got):\n%s", err, diff)
			}
		})
	}
}

// When the apply is cancelled, what is under way is told to stop, nothing more
// is handed out, and the next apply of the same changeset does the rest.
func TestCancelHandsOutNothingMore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var ran []string
	var mu sync.Mutex
	work := func(runCtx context.Context, u engine.Unit) (engine.Result, error) {
		mu.Lock()
		ran = append(ran, string(u.Change.Address)+" "+string(u.Step.Stage))
		mu.Unlock()
		if u.Change.Address == "repository.b" && u.Step.Stage == engine.StagePush {
			cancel()
			<-runCtx.Done()
			return engine.Result{}, runCtx.Err()
		}
		return engine.Result{}, nil
	}
	x := newExecutor(t, work)
	x.work.Parallel = 1
	resources := named("a", "b", "c")
	resources[1].DependsOn = []schema.Address{"repository.a"}
	resources[2].DependsOn = []schema.Address{"repository.b"}
	c := toDo(t, resources, engine.StageDetect, engine.StagePush, engine.StageVerify)
	outcome, err := x.apply(t, ctx, c)
	if diff := cmp.Diff(engine.Outcome{Created: 1, Left: 2, Canceled: true}, outcome); diff != "" || err != nil {
		t.Errorf("%v, outcome (-want +got):\n%s", err, diff)
	}
	want := []string{"repository.a detect", "repository.a push", "repository.a verify", "repository.b detect", "repository.b push"}
	if diff := cmp.Diff(want, ran); diff != "" {
		t.Errorf("units (-want +got):\n%s", diff)
	}
	e, err := x.store.Entry(t.Context(), "repository.b")
	if err != nil || e.Phase != schema.PhaseCanceled || e.Stage != "push" {
		t.Errorf("the state says %q during %q, %v", e.Phase, e.Stage, err)
	}
	runs, err := x.store.Runs(t.Context(), 1)
	if err != nil || len(runs) != 1 || runs[0].Outcome != "canceled" {
		t.Errorf("runs %+v, %v", runs, err)
	}

	ran = nil
	x.work.Runner = runnerFunc(func(_ context.Context, u engine.Unit) (engine.Result, error) {
		ran = append(ran, string(u.Change.Address)+" "+string(u.Step.Stage))
		return engine.Result{}, nil
	})
	outcome, err = x.apply(t, t.Context(), c)
	if diff := cmp.Diff(engine.Outcome{Created: 2}, outcome); diff != "" || err != nil {
		t.Errorf("%v, second outcome (-want +got):\n%s", err, diff)
	}
	if slices.ContainsFunc(ran, func(s string) bool { return s == "repository.a push" }) || len(ran) != 6 {
		t.Errorf("the second apply did %v", ran)
	}
}

// Another process asks for some resources to be cancelled: they stop, the
// others go on.
func TestCancelByAddress(t *testing.T) {
	under := newMeeting(3) // a, b and the test
	release := make(chan struct{})
	x := newExecutor(t, func(ctx context.Context, u engine.Unit) (engine.Result, error) {
		under.join(ctx)
		select {
		case <-ctx.Done():
			return engine.Result{}, ctx.Err()
		case <-release:
			return engine.Result{}, nil
		}
	})
	x.work.Parallel = 2
	resources := named("a", "b", "c")
	resources[2].DependsOn = []schema.Address{"repository.b"} // not begun when it is cancelled
	x.on = func(e engine.Event) {
		if d, ok := e.(engine.ResourceDone); ok && d.Address == "repository.a" {
			close(release)
		}
	}
	go func() {
		under.join(t.Context())
		if _, err := state.RequestCancel(t.Context(), x.path, []schema.Address{"repository.a", "repository.c"}); err != nil {
			t.Error(err)
		}
		// The run asks every second; it may not be waiting yet.
		for !slices.Contains([]schema.Phase{schema.PhaseCanceled}, x.done()["repository.a"].Phase) && t.Context().Err() == nil {
			x.clock.advance(time.Second)
		}
	}()
	outcome, err := x.apply(t, t.Context(), toDo(t, resources))
	if diff := cmp.Diff(engine.Outcome{Created: 1, Left: 2, Canceled: true}, outcome); diff != "" || err != nil {
		t.Errorf("%v, outcome (-want +got):\n%s", err, diff)
	}
	phases := map[schema.Address]schema.Phase{}
	for a, d := range x.done() {
		phases[a] = d.Phase
	}
	want := map[schema.Address]schema.Phase{"repository.a": schema.PhaseCanceled, "repository.b": schema.PhaseSynced, "repository.c": schema.PhaseCanceled}
	if diff := cmp.Diff(want, phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
}

// Whoever claimed a resource later owns it: the run that lost it stops with an
// error and overwrites nothing.
func TestSupersededClaimStopsTheRun(t *testing.T) {
	var x *executor
	x = newExecutor(t, func(ctx context.Context, u engine.Unit) (engine.Result, error) {
		e, err := x.store.Entry(ctx, u.Change.Address)
		if err != nil {
			return engine.Result{}, err
		}
		e.Stage = "of another worker"
		_, err = x.store.Claim(ctx, u.Run, e)
		return engine.Result{}, err
	})
	_, err := x.apply(t, t.Context(), toDo(t, named("a")))
	if !errors.Is(err, state.ErrSuperseded) {
		t.Errorf("error %v, want one of a superseded claim", err)
	}
	if e, err := x.store.Entry(t.Context(), "repository.a"); err != nil || e.Stage != "of another worker" {
		t.Errorf("the state says %q, %v", e.Stage, err)
	}
}
