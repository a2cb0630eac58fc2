package forgehttp

import (
	"context"
	"time"
)

// Clock tells and passes time. It is used by several goroutines at once.
type Clock interface {
	Now() time.Time

	// Sleep waits for d or the end of ctx, whose cause it returns then.
	Sleep(ctx context.Context, d time.Duration) error
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
