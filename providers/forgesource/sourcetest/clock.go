package sourcetest

import (
	"context"
	"sync"
	"time"
)

// Clock passes the time of a wait without waiting. It implements forgehttp.Clock.
type Clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the present, and all that was waited for.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Sleep passes d.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	return context.Cause(ctx)
}

// Waited is how long was slept.
func (c *Clock) Waited() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}
