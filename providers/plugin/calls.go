package plugin

import (
	"context"
	"sync"
)

// calls counts the calls in progress, so that an end can be brought to all of
// them together.
type calls struct {
	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// begin adds a call, unless stop was called. The caller runs done at its end.
func (c *calls) begin() (done func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil, false
	}
	c.running.Add(1)
	return c.running.Done, true
}

// stop refuses further calls.
func (c *calls) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
}

// wait returns when all calls are done, which needs stop, or with the end of
// ctx.
func (c *calls) wait(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		c.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
