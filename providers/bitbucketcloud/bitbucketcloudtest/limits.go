package bitbucketcloudtest

import (
	"net/http"
	"strconv"
	"time"
)

// Limits are the rate limits of each account.
type Limits struct {
	Requests  int64 // in a window
	Anonymous int64 // of everybody without credentials together
	Window    time.Duration
	Told      bool // by headers, which Bitbucket does for few
}

// DefaultLimits are Bitbucket's own.
func DefaultLimits() Limits { return Limits{Requests: 1000, Anonymous: 60, Window: time.Hour} }

// Limits sets the rate limits and begins new windows.
func (s *Server) Limits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	clear(s.budgets)
}

// budget is what is left in a window.
type budget struct {
	used   int64
	resets time.Time
}

// spend takes a request of an account's budget, and reports whether there was one.
func (s *Server) spend(h http.Header, t *Token) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, limit := "", s.limits.Anonymous
	if t != nil {
		who, limit = t.User.UUID, s.limits.Requests
	}
	now := s.now()
	b := s.budgets[who]
	if b == nil || !now.Before(b.resets) {
		b = &budget{resets: now.Add(s.limits.Window)}
		s.budgets[who] = b
	}
	b.used++
	if s.limits.Told {
		h.Set("X-RateLimit-Limit", strconv.FormatInt(limit, 10))
		h.Set("X-RateLimit-Remaining", strconv.FormatInt(max(0, limit-b.used), 10))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(int64(b.resets.Sub(now)/time.Second), 10))
		h.Set("X-RateLimit-NearLimit", strconv.FormatBool(limit-b.used < limit/5))
	}
	return b.used <= limit
}
