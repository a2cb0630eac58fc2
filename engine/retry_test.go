package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// retries are the waits before a stage was tried again, as lengths of time.
func (x *executor) retries() []time.Duration {
	last := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var list []time.Duration
	for _, e := range x.events {
		if r, ok := e.(engine.Retrying); ok {
			list = append(list, r.At.Sub(last))
			last = r.At
		}
	}
	return list
}

// follow moves the clock to whatever a stage waits for.
func (x *executor) follow() {
	x.on = func(e engine.Event) {
		if r, ok := e.(engine.Retrying); ok {
			x.clock.set(r.At)
		}
	}
}

// A provider that crashed is unavailable. Its stage is tried again, later each
// time, and given up in the end.
func TestStagesAreTriedAgain(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		name  string
		code  providers.Code
		fails int
		want  []time.Duration
		ends  schema.Phase
	}{
		{"crashed once", providers.CodeUnavailable, 1, []time.Duration{s}, schema.PhaseSynced},
		{"crashed four times", providers.CodeUnavailable, 4, []time.Duration{s, 2 * s, 4 * s, 8 * s}, schema.PhaseSynced},
		{"crashes always", providers.CodeUnavailable, 99, []time.Duration{s, 2 * s, 4 * s, 8 * s}, schema.PhaseFailed},
		{"a rate limit of no stated length", providers.CodeRateLimited, 2, []time.Duration{s, 2 * s}, schema.PhaseSynced},
		{"bad credentials", providers.CodeAuth, 99, nil, schema.PhaseFailed},
		{"gone", providers.CodeNotFound, 99, nil, schema.PhaseFailed},
		{"denied", providers.CodeDenied, 99, nil, schema.PhaseFailed},
		{"invalid", providers.CodeInvalid, 99, nil, schema.PhaseFailed},
		{"conflict", providers.CodeConflict, 99, nil, schema.PhaseFailed},
		{"unsupported", providers.CodeUnsupported, 99, nil, schema.PhaseFailed},
		{"a fault of the provider", providers.CodeInternal, 99, nil, schema.PhaseFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			tries := 0
			x := newExecutor(t, func(context.Context, engine.Unit) (engine.Result, error) {
				if tries++; tries <= test.fails {
					return failed(test.code), nil
				}
				return engine.Result{}, nil
			})
			x.follow()
			if _, err := x.apply(t, t.Context(), toDo(t, named("a"))); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, x.retries()); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if got := x.done()["repository.a"]; got.Phase != test.ends || (got.Problem != nil) != (test.ends == schema.PhaseFailed) {
				t.Errorf("it ended %s with %v", got.Phase, got.Problem)
			}
		})
	}
}

// Nothing is asked of a forge before the time that it named, however often it
// names one.
func TestRateLimitIsRespected(t *testing.T) {
	until := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)
	tries := 0
	var x *executor
	x = newExecutor(t, func(context.Context, engine.Unit) (engine.Result, error) {
		if now := x.clock.Now(); tries > 0 && now.Before(until) {
			t.Errorf("asked again at %s, before %s", now, until)
		}
		if tries++; tries > 8 {
			return engine.Result{}, nil
		}
		until = x.clock.Now().Add(time.Hour)
		return engine.Result{Problem: &providers.Error{Code: providers.CodeRateLimited, Message: "slow down", Until: until}}, nil
	})
	x.follow()
	outcome, err := x.apply(t, t.Context(), toDo(t, named("a")))
	if err != nil || outcome.Created != 1 || tries != 9 {
		t.Errorf("outcome %+v after %d tries, %v", outcome, tries, err)
	}
}

// An end that names a time far away, or a clock that is years behind, does not
// make a run hang: it asks again every hour.
func TestNoEndIsBelievedForLong(t *testing.T) {
	tries := 0
	x := newExecutor(t, func(context.Context, engine.Unit) (engine.Result, error) {
		if tries++; tries > 2 {
			return engine.Result{}, nil
		}
		return engine.Result{Problem: &providers.Error{Code: providers.CodeRateLimited, Message: "come back", Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}}, nil
	})
	x.follow()
	if outcome, err := x.apply(t, t.Context(), toDo(t, named("a"))); err != nil || outcome.Created != 1 {
		t.Errorf("outcome %+v, %v", outcome, err)
	}
	if diff := cmp.Diff([]time.Duration{time.Hour, time.Hour}, x.retries()); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

// A wait ends when the run is cancelled.
func TestCancelEndsAWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	x := newExecutor(t, func(context.Context, engine.Unit) (engine.Result, error) {
		return failed(providers.CodeUnavailable), nil
	})
	x.on = func(e engine.Event) {
		if _, ok := e.(engine.Retrying); ok {
			cancel()
		}
	}
	outcome, err := x.apply(t, ctx, toDo(t, named("a")))
	if err != nil || !outcome.Canceled || outcome.Left != 1 {
		t.Errorf("outcome %+v, %v", outcome, err)
	}
	if got := x.done()["repository.a"].Phase; got != schema.PhaseCanceled {
		t.Errorf("it ended %s", got)
	}
}

// A stage may take as long as the plan allows it. One that takes longer has
// failed, and is not tried again; one that was done when the time ran out has
// not.
func TestTimeoutOfAStage(t *testing.T) {
	for _, test := range []struct {
		name   string
		stage  engine.Stage
		result engine.Result
		err    bool
		want   schema.Phase
	}{
		{"fetch", engine.StageFetch, engine.Result{}, true, schema.PhaseFailed},
		{"push", engine.StagePush, engine.Result{}, true, schema.PhaseFailed},
		{"records", engine.StageRecords, failed(providers.CodeUnavailable), false, schema.PhaseFailed},
		{"just in time", engine.StageFetch, engine.Result{}, false, schema.PhaseSynced},
		{"without a bound", engine.StageVerify, engine.Result{}, false, schema.PhaseSynced},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := newExecutor(t, func(ctx context.Context, u engine.Unit) (engine.Result, error) {
				if _, bounded := ctx.Deadline(); !bounded || u.Step.Stage == engine.StageVerify {
					return test.result, nil
				}
				<-ctx.Done()
				if test.err {
					return engine.Result{}, ctx.Err()
				}
				return test.result, nil
			})
			resources := named("a")
			resources[0].Timeouts = schema.Timeouts{Fetch: "1ms", Push: "1ms", Records: "1ms"}
			c := toDo(t, resources, test.stage)
			outcome, err := x.applyUnbounded(t, c)
			if err != nil {
				t.Fatal(err)
			}
			done := x.done()["repository.a"]
			if done.Phase != test.want {
				t.Errorf("it ended %s with %v; outcome %+v", done.Phase, done.Problem, outcome)
			}
			if len(x.retries()) > 0 {
				t.Error("it was tried again")
			}
		})
	}
}

// applyUnbounded applies without the bound of apply, for units that look at
// their deadline.
func (x *executor) applyUnbounded(t *testing.T, c *engine.Changeset) (engine.Outcome, error) {
	t.Helper()
	return engine.Apply(context.WithoutCancel(t.Context()), c, x.work)
}
