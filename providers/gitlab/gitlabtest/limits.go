package gitlabtest

import (
	"cmp"
	"net/http"
	"time"
)

// Limits are how much clients may ask for. A limit that is 0 does not exist, as on
// a server whose administrator set none.
type Limits struct {
	Requests int64         // to the API, of each user, in a window
	Window   time.Duration // 0: a minute

	// Notes and so on are limits of single operations, of each user in a minute.
	Notes, Issues, Projects, Imports int64
}

// budget is what was used in a window.
type budget struct {
	used   int64
	resets time.Time
}

// Limits sets the rate limits and begins new windows.
func (s *Server) Limits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	clear(s.budgets)
}

// spend takes one of a budget, and says what was used and until when.
func (s *Server) spend(key string, window time.Duration) budget {
	now := s.Model.now()
	b := s.budgets[key]
	if b == nil || !now.Before(b.resets) {
		b = &budget{resets: now.Add(window).Truncate(time.Second)}
		if !now.Before(b.resets) {
			b.resets = now.Add(window)
		}
		s.budgets[key] = b
	}
	b.used++
	return *b
}

// throttle refuses whoever asks too much, and tells everybody how much is left.
func (s *Server) throttle(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limits.Requests == 0 {
		return nil
	}
	who := ""
	if c.doer != nil {
		who = c.token.user.Username
	}
	b := s.spend("requests "+who, cmp.Or(s.limits.Window, time.Minute))
	c.header.Set("RateLimit-Name", "throttle_authenticated_api")
	c.header.Set("RateLimit-Limit", itoa(s.limits.Requests))
	c.header.Set("RateLimit-Observed", itoa(b.used))
	c.header.Set("RateLimit-Remaining", itoa(max(0, s.limits.Requests-b.used)))
	c.header.Set("RateLimit-Reset", itoa(b.resets.Unix()))
	if b.used <= s.limits.Requests {
		return nil
	}
	wait := max(1, int64(b.resets.Sub(s.Model.now()).Round(time.Second)/time.Second))
	c.header.Set("Retry-After", itoa(wait))
	return &failure{status: http.StatusTooManyRequests, body: file{kind: "text/plain", data: []byte("Retry later\n")}}
}

// limited refuses whoever does one thing too often.
func (c *call) limited(what string) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	limit := map[string]int64{"notes": c.s.limits.Notes, "issues": c.s.limits.Issues, "projects": c.s.limits.Projects, "imports": c.s.limits.Imports}[what]
	if limit == 0 || c.s.spend(what+" "+c.doer.Username, time.Minute).used <= limit {
		return nil
	}
	return refuse(http.StatusTooManyRequests, object{"error": "This endpoint has been requested too many times. Try again later."})
}
