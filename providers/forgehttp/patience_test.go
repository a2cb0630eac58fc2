package forgehttp

import (
	"net/http"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
)

func TestPatience(t *testing.T) {
	const limit = 10 * time.Second
	healthy := false
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if !healthy {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	c, clock := newClient(t, h.URL, nil)
	waited := func() (sum time.Duration) {
		for _, d := range clock.sleeps {
			sum += d
		}
		return sum
	}
	ctx := Patience(t.Context(), limit)
	ask := func() error {
		_, err := c.Do(ctx, Request{Path: "/", Op: "look"})
		return err
	}

	asError(t, ask(), providers.CodeUnavailable)
	first := c.Requests()
	if first < 2 {
		t.Errorf("the first one was sent %d times; want it repeated", first)
	}
	for range 20 {
		asError(t, ask(), providers.CodeUnavailable)
	}
	if sum := waited(); sum > limit {
		t.Errorf("%v were waited in all; want at most %v", sum, limit)
	}

	// A server that answered is worth as much again.
	healthy = true
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	healthy = false
	before := c.Requests()
	asError(t, ask(), providers.CodeUnavailable)
	if n := c.Requests() - before; n < 2 {
		t.Errorf("after an answer a request was sent %d times; want it repeated", n)
	}

	// Others are as patient as ever.
	before = c.Requests()
	_, err := c.Do(t.Context(), Request{Path: "/", Op: "look"})
	asError(t, err, providers.CodeUnavailable)
	if n := c.Requests() - before; n != defaultRetries+1 {
		t.Errorf("without a limit a request was sent %d times; want %d", n, defaultRetries+1)
	}
}
