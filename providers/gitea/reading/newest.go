package reading

import (
	"context"
	"fmt"
	"time"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/reading/threads"
	"github.com/drover-migrate/drover/schema"
)

// moments are when a thread, and when a comment, was changed last, in seconds; 0
// when there is none.
type moments struct {
	Thread  int64 `json:"thread"`
	Comment int64 `json:"comment"`
}

// etag is the validator of facts. It holds the moments, so that the next look
// knows where to begin.
func (m moments) etag(told any) string {
	return fmt.Sprintf("1 %d %d %s", m.Thread, m.Comment, schema.Digest(told))
}

func readMoments(etag string) moments {
	var m moments
	var digest string
	if n, err := fmt.Sscanf(etag, "1 %d %d %s", &m.Thread, &m.Comment, &digest); err != nil || n != 3 || m.Thread < 0 || m.Comment < 0 {
		return moments{}
	}
	return m
}

// newest finds the moments, beginning at those that are known.
func newest(ctx context.Context, p place, h threads.Head, known moments) (m moments, err error) {
	if h.Issues+h.Changes == 0 {
		return m, nil
	}
	now := h.At.Unix()
	if h.At.IsZero() {
		now = time.Now().Unix()
	}
	m.Thread, err = lastChange(known.Thread, now, func(since int64) (change, error) {
		page, err := p.api.IssuesPage(ctx, p.name, api.Updated{Since: time.Unix(since, 0)}, 1)
		c := change{total: page.Total, all: page.Total <= int64(len(page.Items))}
		for _, i := range page.Items {
			c.last = max(c.last, i.UpdatedAt.Unix())
		}
		return c, err
	})
	if err != nil || h.Comments == 0 {
		return m, err
	}
	m.Comment, err = lastChange(known.Comment, now, func(since int64) (change, error) {
		page, err := p.api.CommentsPage(ctx, p.name, time.Unix(since, 0), 1)
		c := change{total: page.Total, all: page.Total <= int64(len(page.Items))}
		for _, i := range page.Items {
			c.last = max(c.last, i.UpdatedAt.Unix())
		}
		return c, err
	})
	return m, err
}

// change is what changed since a moment: how much, and when the last of what was
// shown did.
type change struct {
	total int64
	last  int64
	all   bool // all of it was shown
}

// lastChange is the last moment at which something changed; 0 when nothing ever
// did. Known is where it was found before, or 0; the clock stands at now.
func lastChange(known, now int64, since func(int64) (change, error)) (int64, error) {
	// Something changed at low or later, and nothing at high or later.
	low, high := int64(0), max(now, known)+2
	ask := func(at int64) (found int64, done bool, err error) {
		c, err := since(at)
		switch {
		case err != nil:
			return 0, true, err
		case c.total <= 0:
			high = at
			return 0, false, nil
		case c.all:
			return c.last, true, nil
		}
		low = max(at, c.last)
		return 0, false, nil
	}
	// Where it was found before, then ever longer ago.
	ages := []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 60 * 24 * time.Hour, 2 * 365 * 24 * time.Hour}
	tries := []int64{known}
	for _, age := range ages {
		tries = append(tries, now-int64(age.Seconds()))
	}
	for _, at := range tries {
		if at <= low || at >= high {
			continue
		}
		if found, done, err := ask(at); done {
			return found, err
		}
		if low > 0 {
			break
		}
	}
	if low == 0 {
		if found, done, err := ask(1); done {
			return found, err
		}
		if high <= 1 {
			return 0, nil
		}
	}
	for high-low > 1 {
		if found, done, err := ask(low + (high-low)/2); done {
			return found, err
		}
	}
	return low, nil
}
