package giteatest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	pageSize    = 30 // when the request says nothing
	maxPageSize = 50
)

// page cuts the page that a request asks for out of a list, and tells the total
// and, when links is set, where the other pages are. Which lists have links is
// Gitea's choice.
func page[T any](c *call, all []T, links bool) []T {
	at, size := c.page()
	c.header.Set("X-Total-Count", strconv.Itoa(len(all)))
	c.expose("X-Total-Count")
	if links {
		c.link(len(all), at, size)
	}
	from := min((at-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

// page is the number and the size of the page that is asked for.
func (c *call) page() (at, size int) {
	at, _ = strconv.Atoi(c.query.Get("page"))
	size, _ = strconv.Atoi(c.query.Get("limit"))
	if size <= 0 {
		size = pageSize
	}
	return max(at, 1), min(size, maxPageSize)
}

func (c *call) expose(name string) {
	if have := c.header.Get("Access-Control-Expose-Headers"); have != "" {
		name = have + ", " + name
	}
	c.header.Set("Access-Control-Expose-Headers", name)
}

// link writes the Link header.
func (c *call) link(total, at, size int) {
	last := max((total+size-1)/size, 1)
	var links []string
	to := func(n int, rel string) {
		u := *c.r.URL
		q := u.Query()
		q.Set("page", strconv.Itoa(n))
		u.RawQuery = q.Encode()
		links = append(links, fmt.Sprintf(`<%s%s>; rel="%s"`, c.url, u.RequestURI(), rel))
	}
	if at < last {
		to(at+1, "next")
		to(last, "last")
	}
	if at > 1 {
		to(1, "first")
		to(at-1, "prev")
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ","))
		c.expose("Link")
	}
}

// list writes a list of whatever one turns into objects; an empty one is [].
func list[T any](all []T, one func(T) object) []object {
	l := make([]object, 0, len(all))
	for _, t := range all {
		l = append(l, one(t))
	}
	return l
}

// between is the since and before of a request; zero times are no bounds.
func (c *call) between() (since, before time.Time) {
	since, _ = time.Parse(time.RFC3339, c.query.Get("since"))
	before, _ = time.Parse(time.RFC3339, c.query.Get("before"))
	return since, before
}

// inside says whether a time is within the bounds, which Gitea includes.
func inside(t, since, before time.Time) bool {
	return (since.IsZero() || !t.Before(since)) && (before.IsZero() || !t.After(before))
}
