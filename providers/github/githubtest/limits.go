package githubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Limits are the rate limits of each account.
type Limits struct {
	Core      int64 // requests to REST in a window
	GraphQL   int64 // points
	Search    int64 // requests to search, in a minute
	Anonymous int64 // requests of everybody without a token together
	Window    time.Duration
	TooMany   bool // refuses with 429 rather than 403; GitHub does both
}

// DefaultLimits are GitHub's own.
func DefaultLimits() Limits {
	return Limits{Core: 5000, GraphQL: 5000, Search: 30, Anonymous: 60, Window: time.Hour}
}

// Limits sets the rate limits and begins new windows.
func (s *Server) Limits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	clear(s.budgets)
}

type budgetKey struct {
	user     string // login; empty: nobody
	resource string // core, graphql, search
}

// budget is what is left in a window.
type budget struct {
	limit, used int64
	resets      time.Time
}

func (b budget) remaining() int64 { return max(0, b.limit-b.used) }

// spend takes n points of the resource's budget, and says what is left and
// whether there was enough. n = 0 only looks; a negative n gives back.
func (s *Server) spend(t *Token, resource string, n int64) (budget, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := budgetKey{resource: resource}
	limit := s.limits.Anonymous
	window := s.limits.Window
	if t != nil && t.User != nil {
		key.user, limit = t.User.Login, s.limits.Core
	}
	switch resource {
	case "graphql":
		limit = s.limits.GraphQL
	case "search":
		limit, window = s.limits.Search, time.Minute
	}
	now := s.now()
	b := s.budgets[key]
	if b == nil || !now.Before(b.resets) {
		b = &budget{limit: limit, resets: now.Add(window).Truncate(time.Second)}
		s.budgets[key] = b
	}
	if n > 0 && b.used+n > b.limit {
		return *b, false
	}
	b.used += n
	return *b, true
}

// limitHeaders tells the client of a budget.
func limitHeaders(h http.Header, resource string, b budget) {
	h.Set("X-RateLimit-Limit", strconv.FormatInt(b.limit, 10))
	h.Set("X-RateLimit-Remaining", strconv.FormatInt(b.remaining(), 10))
	h.Set("X-RateLimit-Used", strconv.FormatInt(b.used, 10))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(b.resets.Unix(), 10))
	h.Set("X-RateLimit-Resource", resource)
}

// overLimit is the refusal of whoever has used up a budget.
func (s *Server) overLimit(t *Token) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &failure{status: http.StatusForbidden, message: "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit. Check out the documentation for more details.)"}
	if t != nil && t.User != nil {
		f.message = fmt.Sprintf("API rate limit exceeded for user ID %d.", t.User.ID)
	}
	if s.limits.TooMany {
		f.status = http.StatusTooManyRequests
	}
	return f
}
