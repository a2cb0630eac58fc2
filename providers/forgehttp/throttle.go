package forgehttp

import (
	"context"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
)

// maxWait is the longest wait that is waited out here. Beyond it, the engine
// has better things to do.
const maxWait = 10 * time.Minute

type throttlesKey struct{}

// throttles tells of waits, one at a time and each end once: requests side by
// side wait for the same one.
type throttles struct {
	mu   sync.Mutex
	tell func(providers.Throttle)
	last time.Time
}

// Throttles returns a context under which the waits that the server asks for
// are told to f, when they begin. F is called by one goroutine at a time.
func Throttles(ctx context.Context, f func(providers.Throttle)) context.Context {
	return context.WithValue(ctx, throttlesKey{}, &throttles{tell: f})
}

func tell(ctx context.Context, t providers.Throttle) {
	told, ok := ctx.Value(throttlesKey{}).(*throttles)
	if !ok {
		return
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	if t.Until.After(told.last) {
		told.last = t.Until
		told.tell(t)
	}
}

// wait waits until then because the server asked for it, or says that this
// would take too long.
func (c *Client) wait(ctx context.Context, then time.Time, reason string) error {
	d := then.Sub(c.clock.Now())
	if d <= 0 {
		return nil
	}
	if end, ok := ctx.Deadline(); d > maxWait || ok && d > time.Until(end) {
		return &providers.Error{Code: providers.CodeRateLimited, Message: reason, Until: then,
			Hint: "apply again after that time"}
	}
	tell(ctx, providers.Throttle{Until: then, Reason: reason})
	return c.sleep(ctx, d)
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	if err := c.clock.Sleep(ctx, d); err != nil {
		return stopped(err)
	}
	return nil
}
