package forgehttp

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limit is what a server says of one of its limits.
type Limit struct {
	Resource  string // core, graphql, search; empty: that of the request
	Limit     int64
	Remaining int64
	Resets    time.Time
}

// CoreResource is the limit that requests count against which name none.
const CoreResource = "core"

const (
	// firstBlock is how long a credential rests when the server refuses it
	// without saying for how long; it doubles while that goes on.
	firstBlock = time.Minute

	// sameWindow is how far two answers may differ about the end of one window.
	sameWindow = 5 * time.Second

	// maxSkew is the largest difference between the server's clock and ours
	// that is believed.
	maxSkew = 24 * time.Hour
)

// limits keeps the books of all credentials.
type limits struct {
	read    func(h http.Header, now time.Time) (Limit, bool)
	spacing time.Duration
	clock   Clock

	mu      sync.Mutex
	sent    int64 // numbers the leases
	tokens  []credential
	changed chan struct{} // closed when a lease ends
}

// credential is the standing of one token.
type credential struct {
	windows map[string]*window

	blocked   time.Time // no request is sent before; zero: never blocked
	since     time.Time // when that was decided
	strikes   int       // blocks without a time, in a row
	nextWrite time.Time
}

// window is a budget of a credential: what is left of it until when.
type window struct {
	Limit
	known   bool
	pending int64 // sent and not answered
	lease   int64 // the youngest whose answer told of it
}

// lease is the right to send one request.
type lease struct {
	token    int
	resource string
	number   int64
	at       time.Time
}

// hold says why no request may be sent now, and until when; a zero until means
// until an answer comes.
type hold struct {
	until   time.Time
	reason  string // empty: our own pacing
	changed <-chan struct{}
}

func newLimits(tokens int, read func(http.Header, time.Time) (Limit, bool), spacing time.Duration, clock Clock) *limits {
	if read == nil {
		read = func(http.Header, time.Time) (Limit, bool) { return Limit{}, false }
	}
	l := &limits{read: read, spacing: spacing, clock: clock, tokens: make([]credential, tokens), changed: make(chan struct{})}
	for i := range l.tokens {
		l.tokens[i].windows = map[string]*window{}
	}
	return l
}

// take leases the token with the most budget, or says how long to wait.
func (l *limits) take(resource string, write bool) (lease, *hold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	best, most, least := -1, int64(0), int64(0)
	wait := &hold{changed: l.changed}
	for i := range l.tokens {
		t := &l.tokens[i]
		if h := t.held(resource, write, now); h != nil {
			if best < 0 && (i == 0 || h.until.Before(wait.until)) {
				wait.until, wait.reason = h.until, h.reason
			}
			continue
		}
		w := t.window(resource)
		if left := w.left(); best < 0 || left > most || left == most && w.pending < least {
			best, most, least = i, left, w.pending
		}
	}
	if best < 0 {
		return lease{}, wait
	}
	t := &l.tokens[best]
	t.window(resource).pending++
	if write {
		t.nextWrite = now.Add(l.spacing)
	}
	l.sent++
	return lease{token: best, resource: resource, number: l.sent, at: now}, nil
}

func (t *credential) window(resource string) *window {
	w := t.windows[resource]
	if w == nil {
		w = &window{}
		t.windows[resource] = w
	}
	return w
}

// left is how many requests may be sent beside those under way.
func (w *window) left() int64 {
	if !w.known {
		return math.MaxInt64
	}
	return w.Remaining - w.pending
}

// held says what keeps the token from being used, or nil.
func (t *credential) held(resource string, write bool, now time.Time) *hold {
	if now.Before(t.blocked) {
		return &hold{until: t.blocked, reason: "the server asks for fewer requests"}
	}
	w := t.window(resource)
	if w.known && !w.Resets.IsZero() && !now.Before(w.Resets) {
		w.Remaining, w.Resets = w.Limit.Limit, time.Time{} // a new window; the next answer says how long it is
	}
	switch {
	case w.left() > 0:
	case w.pending > 0:
		return &hold{} // an answer under way may leave budget over
	case !w.Resets.IsZero():
		return &hold{until: w.Resets, reason: fmt.Sprintf("the %d requests (%s) that the server allows are used up", w.Limit.Limit, resource)}
	}
	if write && now.Before(t.nextWrite) {
		return &hold{until: t.nextWrite}
	}
	return nil
}

// done ends a lease with the header of its answer, or nil when there was none,
// and reports whether that says that the budget is spent.
func (l *limits) done(held lease, h http.Header) (spent bool) {
	if held.number == 0 {
		return false // of a request that counts against no limit
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.tokens[held.token]
	t.window(held.resource).pending--
	close(l.changed)
	l.changed = make(chan struct{})
	return h != nil && l.observe(t, held, h)
}

// observe takes over what an answer says of a limit. Answers come in another
// order than they were given in: within one window the lowest number is right,
// and of two windows that of the later request.
func (l *limits) observe(t *credential, held lease, h http.Header) (spent bool) {
	theirs, ours := serverTime(h, l.clock.Now())
	said, ok := l.read(h, theirs)
	if !ok {
		return false
	}
	if said.Resource == "" {
		said.Resource = held.resource
	}
	if !said.Resets.IsZero() {
		said.Resets = ours(said.Resets)
	}
	w := t.window(said.Resource)
	apart := said.Resets.Sub(w.Resets).Abs()
	switch {
	case w.known && !w.Resets.IsZero() && apart <= sameWindow:
		w.Remaining = min(w.Remaining, said.Remaining)
	case w.known && held.number < w.lease: // of the window before
	default:
		w.Limit, w.known = said, true
	}
	w.lease = max(w.lease, held.number)
	return said.Remaining <= 0
}

// penalize keeps a token that the server refused from being used, and returns
// until when: as long as the server asks; else, when its budget is spent, until
// it has a new one; else for a time that grows while the server goes on
// refusing.
func (l *limits) penalize(held lease, after time.Duration, spent bool) (until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, now := &l.tokens[held.token], l.clock.Now()
	if w := t.window(held.resource); after < 0 && spent && w.known && now.Before(w.Resets) {
		w.Remaining = 0 // whatever the header says: a query can cost more than one
		return w.Resets
	}
	if after < 0 {
		if !held.at.After(t.since) {
			return t.blocked // sent before the block was known: it says nothing new
		}
		after = firstBlock << min(t.strikes, 10)
		t.strikes++
	}
	t.since = now
	// A second at least: a server that asks for none would be asked in a loop.
	if end := now.Add(max(after, time.Second)); end.After(t.blocked) {
		t.blocked = end
	}
	return t.blocked
}

// accepted notes that the server acted on a request.
func (l *limits) accepted(held lease) {
	if held.number == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := &l.tokens[held.token]; !held.at.Before(t.blocked) {
		t.strikes = 0
	}
}

// sum adds the limits of all tokens up, by resource.
func (l *limits) sum() []Limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	total := map[string]Limit{}
	for i := range l.tokens {
		for resource, w := range l.tokens[i].windows {
			if !w.known {
				continue
			}
			s := total[resource]
			s.Resource = resource
			s.Limit += w.Limit.Limit
			if now.Before(w.Resets) {
				s.Remaining += w.Remaining
				if s.Resets.IsZero() || w.Resets.Before(s.Resets) {
					s.Resets = w.Resets
				}
			} else {
				s.Remaining += w.Limit.Limit
			}
			total[resource] = s
		}
	}
	sums := make([]Limit, 0, len(total))
	for _, s := range total {
		sums = append(sums, s)
	}
	slices.SortFunc(sums, func(a, b Limit) int { return cmp.Compare(a.Resource, b.Resource) })
	return sums
}

// serverTime returns the time that an answer was given at by the server's
// clock, and how to read times of that clock by ours. A clock that is a day off
// tells nothing, and ours is used.
func serverTime(h http.Header, now time.Time) (time.Time, func(time.Time) time.Time) {
	theirs, err := http.ParseTime(h.Get("Date"))
	if err != nil || now.Sub(theirs).Abs() > maxSkew {
		return now, func(t time.Time) time.Time { return t }
	}
	skew := now.Sub(theirs)
	return theirs, func(t time.Time) time.Time { return t.Add(skew) }
}
