package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// cancelable is a migration of issues between two forges that is cancelled
// while the second issue is being written.
type cancelable struct {
	*forges
	grace chan struct{} // closed when the grace is over
}

func newCancelable(t *testing.T) *cancelable {
	f := &cancelable{forges: newForges(t), grace: make(chan struct{})}
	for _, id := range []string{"1", "2", "3", "4"} {
		f.from.add(schema.KindIssue, "i"+id, nil, `{"number":`+id+`,"title":"a","state":"open"}`)
	}
	return f
}

// run applies with one lane; inFlight is called while the second issue is being
// written, with the context of that write.
func (f *cancelable) run(t *testing.T, inFlight func(ctx context.Context, cancel context.CancelFunc)) engine.Outcome {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.to.gate = func(writing context.Context, r schema.Record) {
		if r.ID == "i2" {
			inFlight(writing, cancel)
		}
	}
	s := f.open(t)
	defer s.Close()
	w := f.work(t, s)
	w.Lanes = 1
	w.Wait = func(ctx context.Context, until time.Time) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.grace:
			return nil
		}
	}
	outcome, err := engine.Apply(ctx, f.plan(t, s), w)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// resume applies once more and checks that every issue came over exactly once.
func (f *cancelable) resume(t *testing.T) {
	t.Helper()
	f.to.gate = nil
	before := len(f.to.calls)
	if outcome, _ := f.apply(t); !outcome.Complete() || outcome.Resumed != 1 {
		t.Errorf("the next apply came to %+v", outcome)
	}
	for _, id := range []string{"i1", "i2", "i3", "i4"} {
		if _, n := f.to.of(schema.KindIssue, id); n != 1 {
			t.Errorf("%s stands %d times at the target: %v, then %v", id, n, f.to.calls[:before], f.to.calls[before:])
		}
	}
}

// A write in flight is finished and recorded; the ones after it are not begun.
func TestCancelFinishesTheWriteInFlight(t *testing.T) {
	f := newCancelable(t)
	outcome := f.run(t, func(ctx context.Context, cancel context.CancelFunc) {
		cancel()
		if ctx.Err() != nil {
			t.Error("the write in flight was cancelled at once")
		}
	})
	if !outcome.Canceled || outcome.Left != 1 {
		t.Errorf("outcome %+v", outcome)
	}
	if diff := cmp.Diff([]string{"create issue i1", "create issue i2"}, f.to.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	s := f.open(t)
	e, err := s.Entry(t.Context(), "repository.api")
	if err != nil || e.Phase != schema.PhaseCanceled || e.Stage != "records issues" {
		t.Errorf("the state says %q during %q, %v", e.Phase, e.Stage, err)
	}
	tally, err := s.Tally(t.Context(), "repository.api")
	if err != nil || tally[schema.KindIssue].Imported != 2 {
		t.Errorf("the state counts %+v, %v", tally, err)
	}
	s.Close()
	f.resume(t)
	if n := slices.IndexFunc(f.to.calls[2:], func(c string) bool { return strings.HasSuffix(c, "i1") || strings.HasSuffix(c, "i2") }); n >= 0 {
		t.Errorf("what was recorded was written again: %v", f.to.calls)
	}
}

// A write that does not end within the grace is cut off. Whether it was stored
// is found out by the next apply.
func TestGraceEnds(t *testing.T) {
	f := newCancelable(t)
	outcome := f.run(t, func(ctx context.Context, cancel context.CancelFunc) {
		cancel()
		close(f.grace)
		<-ctx.Done()
	})
	if !outcome.Canceled || outcome.Left != 1 {
		t.Errorf("outcome %+v", outcome)
	}
	if diff := cmp.Diff([]string{"create issue i1"}, f.to.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.resume(t)
}

// The source breaks off a blob because the run was cancelled: that is no
// failure of the attachment.
func TestCancelDuringABlobIsNoFailure(t *testing.T) {
	f := newCancelable(t)
	issue := schema.Key{Kind: schema.KindIssue, ID: "i2"}
	f.from.blobs["b"] = "hello"
	f.from.add(schema.KindAttachment, "a", &issue, `{"name":"x"}`).Blob = &schema.Blob{ID: "b", Size: 5}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.from.opening = func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	s := f.open(t)
	w := f.work(t, s)
	outcome, err := engine.Apply(ctx, f.plan(t, s), w)
	if err != nil || !outcome.Canceled || outcome.Items != 0 {
		t.Errorf("outcome %+v, %v", outcome, err)
	}
	if failures, err := s.Failures(t.Context(), ""); err != nil || len(failures) != 0 {
		t.Errorf("failures %+v, %v", failures, err)
	}
	s.Close()
	f.from.opening = nil
	f.resume(t)
	if o, _ := f.to.of(schema.KindAttachment, "a"); o == nil || o.content != "hello" {
		t.Errorf("the attachment is %+v", o)
	}
}

// A rate limit that is met while the run is being cancelled is not waited for.
func TestCancelEndsAWaitForARecord(t *testing.T) {
	f := newCancelable(t)
	f.to.fail = func(r schema.Record, times int) failing {
		if r.ID == "i2" && times == 1 {
			return failing{problem: &providers.Error{Code: providers.CodeRateLimited, Message: "slow down", Until: f.clock.Now().Add(time.Hour)}}
		}
		return failing{}
	}
	outcome := f.run(t, func(_ context.Context, cancel context.CancelFunc) { cancel() })
	if !outcome.Canceled {
		t.Errorf("outcome %+v", outcome)
	}
	if diff := cmp.Diff([]string{"create issue i1", "refused issue i2"}, f.to.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.resume(t)
}
