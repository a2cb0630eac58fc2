package api

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers/forgehttp"
)

// Window is the time in which GitHub counts requests.
const Window = time.Hour

// allowance reads the limits that answers tell, and lowers them to what the
// user allows: of a server's 5000 requests an hour, the rest stays for others
// who use the same token. A server without limits is counted here.
type allowance struct {
	share int64 // of each token in each window; 0: as much as the server gives

	mu    sync.Mutex
	spent int64 // requests since began, on a server without limits
	began time.Time
}

func newAllowance(hourly int64, tokens int) *allowance {
	n := int64(max(tokens, 1))
	return &allowance{share: (hourly + n - 1) / n}
}

// limit implements forgehttp.Options.Limit.
//
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
func (a *allowance) limit(h http.Header, now time.Time) (forgehttp.Limit, bool) {
	total, err1 := strconv.ParseInt(h.Get("X-Ratelimit-Limit"), 10, 64)
	left, err2 := strconv.ParseInt(h.Get("X-Ratelimit-Remaining"), 10, 64)
	resets, err3 := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return a.counted(now)
	}
	total, left = a.lower(total, left)
	return forgehttp.Limit{Resource: h.Get("X-Ratelimit-Resource"), Limit: total, Remaining: left, Resets: time.Unix(resets, 0)}, true
}

// counted is the limit of a server that tells none: the same for whatever is
// asked.
func (a *allowance) counted(now time.Time) (forgehttp.Limit, bool) {
	if a.share == 0 {
		return forgehttp.Limit{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Sub(a.began) >= Window {
		a.began, a.spent = now, 0
	}
	a.spent++
	return forgehttp.Limit{Limit: a.share, Remaining: max(0, a.share-a.spent), Resets: a.began.Add(Window)}, true
}

// Limits tells of the two limits that matter here, REST first, as they are for
// all tokens together. Asking costs nothing; a server without limits answers
// with CodeNotFound. Tokens that were not used yet count as full.
func (c *Client) Limits(ctx context.Context) ([]forgehttp.Limit, error) {
	type limit struct {
		Limit     int64 `json:"limit"`
		Remaining int64 `json:"remaining"`
		Reset     int64 `json:"reset"`
	}
	var answer struct {
		Resources struct {
			Core    limit `json:"core"`
			GraphQL limit `json:"graphql"`
		} `json:"resources"`
	}
	if _, err := c.Get(ctx, "/rate_limit", nil, &answer, "look at the limits", ""); err != nil {
		return nil, err
	}
	var all []forgehttp.Limit
	for _, l := range []struct {
		of string
		limit
	}{{forgehttp.CoreResource, answer.Resources.Core}, {forgehttp.GraphQLResource, answer.Resources.GraphQL}} {
		total, left := c.allowance.lower(l.Limit, l.Remaining)
		sum := forgehttp.Limit{Resource: l.of, Limit: total * c.tokens, Remaining: left + total*(c.tokens-1), Resets: time.Unix(l.Reset, 0)}
		for _, seen := range c.http.Limits() {
			// Of those that were used, what their last answers told counts.
			if used := (seen.Limit + total - 1) / max(total, 1); seen.Resource == l.of && used > 0 {
				sum.Remaining = min(sum.Remaining, seen.Remaining+total*max(0, c.tokens-used))
			}
		}
		all = append(all, sum)
	}
	return all, nil
}

// lower is what is left of a server's limit for the user.
func (a *allowance) lower(total, left int64) (int64, int64) {
	if a.share == 0 || a.share >= total {
		return total, left
	}
	return a.share, max(0, left-(total-a.share))
}
