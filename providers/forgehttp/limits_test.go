package forgehttp

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

// budgets is a server that holds each token to a budget by the clock, and fails
// the test when one is overdrawn.
type budgets struct {
	t      testing.TB
	clock  Clock
	limit  int64
	window time.Duration

	mu    sync.Mutex
	used  map[string]int64
	reset map[string]time.Time
	total map[string]int
}

func (b *budgets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	token, now := r.Header.Get("Authorization"), b.clock.Now()
	if !now.Before(b.reset[token]) {
		b.reset[token], b.used[token] = now.Add(b.window), 0
	}
	b.used[token]++
	b.total[token]++
	h := w.Header()
	h.Set("X-RateLimit-Limit", fmt.Sprint(b.limit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(max(0, b.limit-b.used[token])))
	h.Set("X-RateLimit-Reset", fmt.Sprint(b.reset[token].Unix()))
	if b.used[token] > b.limit {
		b.t.Errorf("%d requests were sent of the %d that are allowed", b.used[token], b.limit)
		w.WriteHeader(http.StatusForbidden)
	}
	fmt.Fprint(w, "{}")
}

func newBudgets(t testing.TB, limit int64) (*budgets, *host) {
	b := &budgets{t: t, limit: limit, window: 5 * time.Minute, used: map[string]int64{}, reset: map[string]time.Time{}, total: map[string]int{}}
	return b, newHost(t, b.ServeHTTP)
}

func TestBudgetIsHeld(t *testing.T) {
	b, h := newBudgets(t, 10)
	c, clock := newClient(t, h.URL, func(o *Options) { o.Parallel = 4; o.Tokens = []string{"one", "two"} })
	b.clock = clock
	var mu sync.Mutex
	var told []providers.Throttle
	ctx := Throttles(t.Context(), func(throttle providers.Throttle) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, throttle)
	})
	// The first answer of each token tells its budget; before, nothing is known.
	for range 2 {
		if _, err := c.Do(ctx, Request{Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 5 {
				if _, err := c.Do(ctx, Request{Path: "/"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if len(h.requests) != 82 || len(told) == 0 {
		t.Errorf("%d requests, told of %v; want 82, and of each window", len(h.requests), told)
	}
	for i, throttle := range told {
		if i > 0 && !throttle.Until.After(told[i-1].Until) || !strings.Contains(throttle.Reason, "used up") {
			t.Errorf("told %+v after %+v", throttle, told[max(0, i-1)])
		}
	}
	if b.total["Bearer one"] == 0 || b.total["Bearer two"] == 0 {
		t.Errorf("requests by token = %v, want both to work", b.total)
	}
}

func TestTheTokenWithTheMostBudget(t *testing.T) {
	b, h := newBudgets(t, 100)
	c, clock := newClient(t, h.URL, func(o *Options) { o.Tokens = []string{"one", "two"} })
	b.clock = clock
	b.reset["Bearer one"], b.used["Bearer one"] = clock.Now().Add(time.Minute), 60
	for range 61 {
		if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	// 39 are left of one after its first request; two is used until it has no more either.
	if got := b.total["Bearer two"]; got != 60 {
		t.Errorf("requests by token = %v, want 60 with the second", b.total)
	}
	want := []Limit{{Resource: "core", Limit: 200, Remaining: 79, Resets: clock.Now().Add(time.Minute).Truncate(time.Second)}}
	if diff := cmp.Diff(want, c.Limits()); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

func TestLongWaitsAreTheCallers(t *testing.T) {
	clock := newClock()
	resets := clock.Now().Add(time.Hour)
	spent := say(200, "{}", "X-RateLimit-Limit: 5000", "X-RateLimit-Remaining: 0", fmt.Sprintf("X-RateLimit-Reset: %d", resets.Unix()))
	h := newHost(t, spent)
	c, _ := newClient(t, h.URL, func(o *Options) { o.Clock = clock })
	if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Do(t.Context(), Request{Path: "/", Op: "list labels", Subject: "acme/api"})
	e := asError(t, err, providers.CodeRateLimited)
	if !e.Until.Equal(resets) || e.Op != "list labels" || e.Subject != "acme/api" || len(h.requests) != 1 || len(clock.sleeps) != 0 {
		t.Errorf("error = %+v after %d requests and the waits %v", e, len(h.requests), clock.sleeps)
	}
	// Another limit is not used up.
	if _, err := c.Do(t.Context(), Request{Path: "/", Resource: "search"}); err != nil {
		t.Error(err)
	}
	// A wait that is short enough is too long for a context that ends before.
	clock.now = resets.Add(-time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err = c.Do(ctx, Request{Path: "/"})
	asError(t, err, providers.CodeRateLimited)
	// Then it is waited out.
	if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]time.Duration{time.Minute}, clock.sleeps); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestRefusalsForTheRate(t *testing.T) {
	const secondary = `{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`
	good := say(200, "{}")
	answers := func(all ...http.HandlerFunc) []http.HandlerFunc { return all }
	clock := newClock()
	in := func(d time.Duration) string { return fmt.Sprintf("X-RateLimit-Reset: %d", clock.Now().Add(d).Unix()) }
	for _, test := range []struct {
		name  string
		serve []http.HandlerFunc
		waits []time.Duration
		code  providers.Code
	}{
		{"429 with seconds", answers(say(429, "", "Retry-After: 7"), good), []time.Duration{7 * time.Second}, ""},
		{"429 with a date by the server's clock", answers(
			say(429, "", "Retry-After: Sun, 01 Jan 2040 12:10:09 GMT", "Date: Sun, 01 Jan 2040 12:10:00 GMT"), good), []time.Duration{9 * time.Second}, ""},
		{"429 with nothing, doubling", answers(say(429, ""), say(429, ""), good), []time.Duration{time.Minute, 2 * time.Minute}, ""},
		{"429 with no wait", answers(say(429, "", "Retry-After: 0"), good), []time.Duration{time.Second}, ""},
		{"403 secondary with seconds", answers(say(403, secondary, "Retry-After: 30"), good), []time.Duration{30 * time.Second}, ""},
		{"403 secondary with nothing", answers(say(403, secondary), good), []time.Duration{time.Minute}, ""},
		{"403 secondary with budget left", answers(
			say(403, secondary, "X-RateLimit-Limit: 5000", "X-RateLimit-Remaining: 4000", in(time.Hour)), good), []time.Duration{time.Minute}, ""},
		{"403 primary", answers(
			say(403, `{"message": "API rate limit exceeded"}`, "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 0", in(3*time.Minute)), good),
			[]time.Duration{3 * time.Minute}, ""},
		{"403 primary, reset in the past", answers(
			say(403, `{"message": "API rate limit exceeded"}`, "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 0", in(-3*time.Minute)), good),
			[]time.Duration{time.Minute}, ""},
		{"403 primary by a clock an hour ahead", answers(
			say(403, "", "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 0", in(time.Hour+3*time.Minute), "Date: Sun, 01 Jan 2040 13:00:00 GMT"), good),
			[]time.Duration{3 * time.Minute}, ""},
		{"403 of another kind", answers(say(403, `{"message": "Must have admin rights to Repository."}`, "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 7", in(time.Minute))),
			nil, providers.CodeDenied},
		{"429 for too long", answers(say(429, "", "Retry-After: 601")), nil, providers.CodeRateLimited},
		{"429 for ever", answers(say(429, "", "Retry-After: 1")), []time.Duration{time.Second, time.Second, time.Second}, providers.CodeRateLimited},
	} {
		for _, method := range []string{"GET", "POST"} { // what was refused may be sent again
			t.Run(test.name+" "+method, func(t *testing.T) {
				h := newHost(t, script(test.serve...))
				clock.sleeps, clock.now = nil, newClock().now
				c, _ := newClient(t, h.URL, func(o *Options) { o.Clock = clock; o.Retries = 2 })
				var told []providers.Throttle
				_, err := c.Do(Throttles(t.Context(), func(throttle providers.Throttle) { told = append(told, throttle) }), Request{Method: method, Path: "/"})
				if test.code != "" {
					e := asError(t, err, test.code)
					if test.code == providers.CodeRateLimited && e.Until.Before(clock.Now()) {
						t.Errorf("until = %v, now is %v", e.Until, clock.Now())
					}
				} else if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(test.waits, clock.sleeps); diff != "" {
					t.Errorf("waits (-want +got):\n%s", diff)
				}
				if len(told) != len(test.waits) {
					t.Errorf("told %d times of %d waits", len(told), len(test.waits))
				}
			})
		}
	}
}

// The time doubles while refusals go on, and begins anew after an answer.
func TestBlocksBeginAnew(t *testing.T) {
	h := newHost(t, script(say(429, ""), say(429, ""), say(200, "{}"), say(429, ""), say(200, "{}")))
	c, clock := newClient(t, h.URL, nil)
	for range 2 {
		if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]time.Duration{time.Minute, 2 * time.Minute, time.Minute}, clock.sleeps); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestEachWaitIsToldOnce(t *testing.T) {
	now := newClock().now
	var told []time.Time
	ctx := Throttles(t.Context(), func(throttle providers.Throttle) { told = append(told, throttle.Until) })
	for _, until := range []time.Time{now, now, now.Add(time.Second), now} {
		tell(ctx, providers.Throttle{Until: until})
	}
	tell(t.Context(), providers.Throttle{Until: now}) // nobody listens
	if diff := cmp.Diff([]time.Time{now, now.Add(time.Second)}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// A block that many requests run into at once is one block.
func TestOneBlockForAll(t *testing.T) {
	const parallel = 4
	var arrived sync.WaitGroup
	arrived.Add(parallel)
	var mu sync.Mutex
	n := 0
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		first := n <= parallel
		mu.Unlock()
		if first {
			arrived.Done()
			arrived.Wait()
			say(429, "")(w, r)
			return
		}
		say(200, "{}")(w, r)
	})
	c, clock := newClient(t, h.URL, func(o *Options) { o.Parallel = parallel })
	start := clock.Now()
	var group sync.WaitGroup
	for range parallel {
		group.Go(func() {
			if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, d := range clock.sleeps {
		if d > time.Minute {
			t.Errorf("waits = %v, want none above a minute", clock.sleeps)
		}
	}
	if got := c.limits.tokens[0].blocked; got.Sub(start) != time.Minute {
		t.Errorf("blocked for %v, want a minute", got.Sub(start))
	}
}

func TestAnotherTokenTakesOver(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer one" {
			say(429, "", "Retry-After: 300")(w, r)
			return
		}
		say(200, "{}")(w, r)
	})
	c, clock := newClient(t, h.URL, func(o *Options) { o.Tokens = []string{"one", "two"} })
	for range 3 {
		if _, err := c.Do(t.Context(), Request{Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(clock.sleeps) > 0 || len(h.requests) != 4 {
		t.Errorf("%d requests and the waits %v, want one refusal and no wait", len(h.requests), clock.sleeps)
	}
}

func TestSpacing(t *testing.T) {
	h := newHost(t, say(200, `{"data": {}}`))
	c, clock := newClient(t, h.URL, func(o *Options) { o.Spacing = time.Second })
	do := func(method string) {
		if _, err := c.Do(t.Context(), Request{Method: method, Path: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(document string) {
		if _, err := c.GraphQL(t.Context(), "/graphql", document, nil, nil, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	do("POST")
	do("GET")
	ask("query { a }")
	if len(clock.sleeps) > 0 {
		t.Errorf("waits = %v, want none for what writes nothing", clock.sleeps)
	}
	do("PATCH")
	ask("mutation { a }")
	if diff := cmp.Diff([]time.Duration{time.Second, time.Second}, clock.sleeps); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

func TestLimitIsCalledOnceForAnAnswer(t *testing.T) {
	h := newHost(t, script(say(200, "{}"), say(403, "{}"), say(404, "{}")))
	n := 0
	c, _ := newClient(t, h.URL, func(o *Options) {
		o.Limit = func(http.Header, time.Time) (Limit, bool) { n++; return Limit{}, false }
	})
	for range 3 {
		_, _ = c.Do(t.Context(), Request{Path: "/"}) // what comes back does not matter here
	}
	if n != 3 {
		t.Errorf("called %d times for 3 answers", n)
	}
}

func TestAnswersOutOfOrder(t *testing.T) {
	clock := newClock()
	l := newLimits(1, readLimit, 0, clock)
	header := func(remaining int, resets time.Duration) http.Header {
		return http.Header{"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {fmt.Sprint(remaining)}, "X-Ratelimit-Reset": {fmt.Sprint(clock.now.Add(resets).Unix())}}
	}
	take := func() lease {
		held, wait := l.take(CoreResource, false)
		if wait != nil {
			t.Fatalf("held: %+v", wait)
		}
		return held
	}
	first, second, third := take(), take(), take()
	l.done(second, header(97, time.Hour))
	l.done(first, header(99, time.Hour))
	if got := l.sum()[0].Remaining; got != 97 {
		t.Errorf("remaining = %d, want the lowest of one window", got)
	}
	fourth := take()
	l.done(fourth, header(99, 2*time.Hour)) // a new window
	l.done(third, header(1, time.Hour))     // the end of the old one
	if got := l.sum()[0].Remaining; got != 99 {
		t.Errorf("remaining = %d, want that of the new window", got)
	}
}
