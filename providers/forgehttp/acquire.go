package forgehttp

import "context"

// acquire waits for the right to send q. One that does not go to the server
// counts against no limit.
func (c *Client) acquire(ctx context.Context, q *call) (lease, error) {
	for {
		if err := c.enter(ctx); err != nil {
			return lease{}, err
		}
		if !q.counted() {
			return lease{}, nil
		}
		granted, wait := c.limits.take(q.resource, q.write)
		if wait == nil {
			return granted, nil
		}
		c.leave() // others may ask for what is not limited
		if err := c.await(ctx, wait); err != nil {
			return lease{}, err
		}
	}
}

// await waits for a hold to end.
func (c *Client) await(ctx context.Context, wait *hold) error {
	switch {
	case wait.until.IsZero():
		select {
		case <-wait.changed:
			return nil
		case <-ctx.Done():
			return stopped(context.Cause(ctx))
		}
	case wait.reason == "":
		return c.sleep(ctx, wait.until.Sub(c.clock.Now()))
	}
	return c.wait(ctx, wait.until, wait.reason)
}

// enter and leave bound the requests that are under way.
func (c *Client) enter(ctx context.Context) error {
	if ctx.Err() != nil {
		return stopped(context.Cause(ctx))
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return stopped(context.Cause(ctx))
	}
}

func (c *Client) leave() { <-c.slots }
