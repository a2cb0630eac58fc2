package lfs

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// step is how many bytes pass between two reports.
const step = 1 << 20

// tally counts the bytes of one call of Fetch or Upload and keeps the problems
// of objects. Its methods may be called concurrently, except expect.
type tally struct {
	phase   string // names the work to those who watch
	explain func(gitrepo.Pointer, error) *providers.Error

	mu       sync.Mutex
	observe  func(providers.Progress)
	moved    int64 // bytes, including those of the objects at hand
	shown    int64 // what was reported last; it never goes back
	total    int64
	problems map[string]*providers.Error // by OID
}

func newTally(phase string, observe func(providers.Progress), explain func(gitrepo.Pointer, error) *providers.Error) tally {
	return tally{phase: phase, observe: observe, explain: explain, problems: map[string]*providers.Error{}}
}

func (t *tally) expect(want []gitrepo.Pointer) {
	for _, p := range want {
		if p.Size > math.MaxInt64-t.total { // sizes are whatever somebody committed
			t.total = math.MaxInt64
			return
		}
		t.total += p.Size
	}
}

// add counts n more bytes, or fewer when an attempt was in vain.
func (t *tally) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moved += n
	if t.observe == nil || t.moved < t.shown+step && t.moved != t.total {
		return
	}
	t.shown = t.moved
	t.observe(providers.Progress{Phase: t.phase, Done: t.moved, Total: t.total, Unit: "bytes"})
}

// throttled reports a wait.
func (t *tally) throttled(wait providers.Throttle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.observe != nil {
		t.observe(providers.Progress{Phase: t.phase, Done: t.shown, Total: t.total, Unit: "bytes", Throttled: &wait})
	}
}

// done takes the result for one object. It returns err when that ends
// everything, and otherwise keeps it as the object's problem.
func (t *tally) done(ctx context.Context, p gitrepo.Pointer, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if broken := (*storeError)(nil); errors.As(err, &broken) {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.problems[p.OID] = t.explain(p, err)
	return nil
}

// all keeps one problem for many objects.
func (t *tally) all(ctx context.Context, want []gitrepo.Pointer, err error) error {
	for _, p := range want {
		if err := t.done(ctx, p, err); err != nil {
			return err
		}
	}
	return nil
}
