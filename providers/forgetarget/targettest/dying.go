package targettest

import (
	"context"
	"net/http"
	"sync/atomic"
)

// Dying sends requests until one too many: that one arrives, and its answer is lost
// together with the program.
type Dying struct {
	left atomic.Int64
	die  context.CancelFunc
}

// NewDying returns a transport that calls die at the n-th request.
func NewDying(n int64, die context.CancelFunc) *Dying {
	d := &Dying{die: die}
	d.left.Store(n)
	return d
}

// RoundTrip implements http.RoundTripper.
func (d *Dying) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.left.Add(-1) > 0 {
		return http.DefaultTransport.RoundTrip(r)
	}
	answer, err := http.DefaultTransport.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err == nil {
		answer.Body.Close()
	}
	d.die()
	return nil, context.Canceled
}
