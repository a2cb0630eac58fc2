package azure

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
)

const (
	maxTries   = 5
	firstPause = time.Second

	// maxPause is the longest wait that a server can impose. Beyond it, trying
	// again later is better than holding everything up.
	maxPause = 15 * time.Minute
)

// lost is a failure that may not come again.
type lost struct {
	problem *providers.Error
	after   time.Duration // what the server asked to wait; negative: it did not say
}

func (l *lost) Error() string { return l.problem.Error() }

func (l *lost) Unwrap() error { return l.problem }

// ask asks r and hands the answer to read, again from the beginning when either
// failed in a way that may not come again.
func (c *Client) ask(ctx context.Context, r request, read func(*answer) error) error {
	return c.retry(ctx, func() error {
		found, err := c.send(ctx, r)
		if err != nil {
			return err
		}
		return errors.Join(read(found), found.body.Close())
	})
}

// retry repeats what failed with lost.
func (c *Client) retry(ctx context.Context, f func() error) error {
	wait := firstPause
	for try := 1; ; try++ {
		err := f()
		var failed *lost
		if !errors.As(err, &failed) {
			return err
		}
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if try == maxTries || failed.after > maxPause {
			return err
		}
		now := wait
		if failed.after >= 0 {
			now = failed.after
			c.options.Waiting(time.Now().Add(now), failed.problem.Message)
		}
		if err := c.options.Pause(ctx, now); err != nil {
			return err
		}
		wait *= 2
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// gate holds requests back while the server wants that.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

func (g *gate) close(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.After(g.until) {
		g.until = until
	}
}

func (g *gate) pass(ctx context.Context, wait func(context.Context, time.Duration) error) error {
	g.mu.Lock()
	left := time.Until(g.until)
	g.mu.Unlock()
	if left <= 0 {
		return context.Cause(ctx)
	}
	return wait(ctx, left)
}

// heed notes that the server wants to be left alone. It says so in answers that
// are successes, too, before it refuses any.
//
// https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
func (c *Client) heed(h http.Header) {
	after := retryAfter(h)
	if after <= 0 || after > maxPause {
		return
	}
	until := time.Now().Add(after)
	c.gate.close(until)
	c.options.Waiting(until, "the server asks to wait")
}

// retryAfter is how long the server asks to wait, or negative.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0)
	}
	return -1
}
