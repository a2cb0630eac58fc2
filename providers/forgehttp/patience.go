package forgehttp

import (
	"context"
	"sync"
	"time"
)

type patienceKey struct{}

// patience is what is left of a caller's patience with a server that fails. All
// requests of the caller share it: each of them waiting for itself, one after the
// other, would take minutes to say what the first one knew.
type patience struct {
	limit time.Duration

	mu     sync.Mutex
	failed time.Time // when requests began to fail; zero: the last one was answered
}

// Patience returns a context for callers with somebody waiting: under it, requests
// that fail are repeated only until limit has passed since the server answered
// one, whatever else Options.Retries allows. Waits for rate limits are no failures.
func Patience(ctx context.Context, limit time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, &patience{limit: limit})
}

// bears reports whether a request that failed now may be repeated after a pause.
func bears(ctx context.Context, now time.Time, pause time.Duration) bool {
	p, limited := ctx.Value(patienceKey{}).(*patience)
	if !limited {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed.IsZero() {
		p.failed = now
	}
	return now.Add(pause).Sub(p.failed) <= p.limit
}

// answered notes that the server is there.
func answered(ctx context.Context) {
	if p, limited := ctx.Value(patienceKey{}).(*patience); limited {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.failed = time.Time{}
	}
}
