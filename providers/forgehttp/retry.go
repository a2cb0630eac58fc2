package forgehttp

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
)

const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

// unsaid stands for a wait that the server did not name.
const unsaid time.Duration = -1

// A kind of failure says what may be done about it.
type kind int

const (
	final   kind = iota // it would come again
	refused             // the server did not act, and may do so later
	lost                // the outcome is open
	unsent              // the request did not leave
	garbled             // the server acted, and its answer cannot be used
)

// failure is one attempt that went wrong.
type failure struct {
	problem *providers.Error
	kind    kind
	after   time.Duration // what the server asks to wait, or unsaid
	spent   bool          // refused for want of budget
}

func (f *failure) Error() string { return f.problem.Error() }

func (f *failure) Unwrap() error { return f.problem }

// persist makes attempts until one succeeds or the failure is one to report.
func (c *Client) persist(ctx context.Context, q *call) (Response, error) {
	for retries, refusals := 0, 0; ; {
		answer, err := c.attempt(ctx, q)
		var f *failure
		if err == nil || !errors.As(err, &f) {
			answered(ctx)
			return answer, err
		}
		if ctx.Err() != nil {
			return answer, stopped(context.Cause(ctx))
		}
		again := false
		switch {
		case q.once:
		case f.kind == refused: // the books know how long; acquire waits
			again = refusals < c.retries+len(c.tokens)
			refusals++
		case f.kind == unsent, f.kind == lost && q.repeat:
			again = retries < c.retries
			retries++
		}
		if !again {
			return answer, q.report(f)
		}
		if f.kind == refused && q.counted() {
			continue
		}
		if f.after >= 0 {
			err = c.wait(ctx, c.clock.Now().Add(f.after), f.problem.Message)
		} else {
			pause := pauseBefore(retries + refusals)
			if !bears(ctx, c.clock.Now(), pause) {
				return answer, q.report(f)
			}
			err = c.sleep(ctx, pause)
		}
		if err != nil {
			return answer, err
		}
	}
}

// report is the error of a failure that ends the call.
func (q *call) report(f *failure) error {
	if f.kind == garbled && !q.repeat {
		e := *f.problem
		e.Code, e.Message = providers.CodeUnavailable, "the server did what was asked, or part of it: "+e.Message
		return &e
	}
	return f.problem
}

// pauseBefore is how long to wait before the n-th repetition when the server does
// not say: ever longer, and not in step with others that failed at the same
// moment.
func pauseBefore(n int) time.Duration {
	pause := min(firstPause<<min(n-1, 10), maxPause)
	return pause/2 + rand.N(pause/2+1)
}

// retryAfter reads the header of this name: seconds, or a date by the server's
// clock. It is unsaid when there is neither.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		theirs, _ := serverTime(h, now)
		return max(0, date.Sub(theirs))
	}
	return unsaid
}
