package remote

import (
	"context"
	"errors"
	"time"

	"github.com/drover-migrate/drover/providers"
)

// Lost is a failure that may not come again: of the connection, or of a server
// that is busy.
type Lost struct {
	Problem *providers.Error
	After   time.Duration // what the server asked to wait; negative: it did not say
}

func (l *Lost) Error() string { return l.Problem.Error() }

func (l *Lost) Unwrap() error { return l.Problem }

const (
	maxTries   = 4
	firstPause = time.Second

	// maxPause is the longest wait that a server can impose. Beyond it, trying
	// again later is better than holding everything up.
	maxPause = 5 * time.Minute
)

// Retry repeats what failed with Lost.
type Retry struct {
	Meter *Meter

	// Pause waits for d or the end of ctx. [Pause] is what it is outside of
	// tests.
	Pause func(ctx context.Context, d time.Duration) error
}

// Do calls f until it succeeds, fails for good, or has failed several times in
// a row. A call that got further than the one before (f returns true) begins a
// new row.
func (r *Retry) Do(ctx context.Context, f func() (further bool, err error)) error {
	tries, wait := 0, firstPause
	for {
		further, err := f()
		var lost *Lost
		if !errors.As(err, &lost) {
			return err
		}
		if further {
			tries, wait = 0, firstPause
		}
		tries++
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if tries == maxTries || lost.After > maxPause {
			return err
		}
		now := wait
		if lost.After >= 0 {
			now = lost.After
			r.Meter.Waiting(time.Now().Add(now), lost.Problem.Message)
		}
		if err := r.Pause(ctx, now); err != nil {
			return err
		}
		wait *= 2
	}
}

// Pause waits for d or the end of ctx.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
