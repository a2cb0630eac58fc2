package api

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

const (
	// Window is the time in which Bitbucket counts requests.
	Window = time.Hour

	// Allowed is how many requests an account may send in it. Workspaces with many
	// paying users have more.
	//
	// https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/
	Allowed = 1000

	// epoch tells a moment from a number of seconds to wait.
	epoch = 1_000_000_000
)

// allowance reads the limits that answers tell, and lowers them to what the user
// allows. Most answers tell nothing; they are counted here.
type allowance struct {
	share int64 // requests in a window; 0: as many as the server gives

	mu    sync.Mutex
	spent int64 // since began
	began time.Time
	told  forgehttp.Limit // by the last answer that told of one
}

// limit implements forgehttp.Options.Limit. X-RateLimit-Reset is in seconds to wait.
func (a *allowance) limit(h http.Header, now time.Time) (forgehttp.Limit, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.began) >= Window {
		a.began, a.spent = now, 0
	}
	a.spent++
	total, err1 := strconv.ParseInt(h.Get("X-Ratelimit-Limit"), 10, 64)
	left, err2 := strconv.ParseInt(h.Get("X-Ratelimit-Remaining"), 10, 64)
	reset, err3 := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err1 == nil && err2 == nil && err3 == nil && reset >= 0 {
		resets := now.Add(time.Duration(min(reset, int64(24*time.Hour/time.Second))) * time.Second)
		if reset >= epoch {
			resets = time.Unix(reset, 0)
		}
		a.told = forgehttp.Limit{Limit: total, Remaining: left, Resets: resets}
		return a.lower(a.told), true
	}
	if a.share == 0 {
		return forgehttp.Limit{}, false
	}
	return forgehttp.Limit{Limit: a.share, Remaining: max(0, a.share-a.spent), Resets: a.began.Add(Window)}, true
}

// lower takes from a limit of the server what is to stay for others.
func (a *allowance) lower(l forgehttp.Limit) forgehttp.Limit {
	if kept := l.Limit - a.share; a.share > 0 && kept > 0 {
		l.Limit, l.Remaining = a.share, max(0, l.Remaining-kept)
	}
	return l
}

// Budget is what the server allows: what it told last, and otherwise what it is
// known to allow less what was asked so far. It asks nothing.
func (c *Client) Budget(now time.Time) providers.Budget {
	a := c.allowance
	a.mu.Lock()
	defer a.mu.Unlock()
	b := providers.Budget{Limit: Allowed, Window: Window.String()}
	if a.share > 0 {
		b.Limit = a.share
	}
	b.Remaining = b.Limit
	switch {
	case now.Before(a.told.Resets):
		l := a.lower(a.told)
		b.Limit, b.Remaining, b.Resets = l.Limit, l.Remaining, l.Resets.UTC()
	case now.Sub(a.began) < Window:
		b.Remaining, b.Resets = max(0, b.Limit-a.spent), a.began.Add(Window).UTC()
	}
	return b
}
