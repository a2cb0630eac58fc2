package gitlabtest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	pageSize    = 20 // when the request says nothing
	maxPageSize = 100

	// countLimit is how many GitLab counts; longer lists have no total.
	countLimit = 10000
)

// page cuts the page that a request asks for out of a list, and tells where the
// others are.
func page[T any](c *call, all []T) []T {
	at, size := c.page()
	total := len(all)
	from := min((at-1)*size, total)
	to := min(from+size, total)
	last := max((total+size-1)/size, 1)
	h := c.header
	h.Set("X-Page", strconv.Itoa(at))
	h.Set("X-Per-Page", strconv.Itoa(size))
	h.Set("X-Prev-Page", numbered(at-1, at > 1))
	h.Set("X-Next-Page", numbered(at+1, at < last))
	links := c.links(at, last, total <= countLimit)
	if total <= countLimit {
		h.Set("X-Total", strconv.Itoa(total))
		h.Set("X-Total-Pages", strconv.Itoa(last))
	}
	h.Set("Link", links)
	return all[from:to]
}

func numbered(n int, there bool) string {
	if !there {
		return ""
	}
	return strconv.Itoa(n)
}

// page is the number and the size of the page that is asked for.
func (c *call) page() (at, size int) {
	at, size = int(c.number("page")), int(c.number("per_page"))
	if size <= 0 {
		size = pageSize
	}
	return max(at, 1), min(size, maxPageSize)
}

func (c *call) links(at, last int, counted bool) string {
	var links []string
	to := func(n int, rel string) {
		q := c.r.URL.Query()
		q.Set("page", strconv.Itoa(n))
		q.Set("per_page", c.header.Get("X-Per-Page"))
		links = append(links, c.linkTo(q, rel))
	}
	if at > 1 {
		to(at-1, "prev")
	}
	if at < last {
		to(at+1, "next")
	}
	to(1, "first")
	if counted {
		to(last, "last")
	}
	return strings.Join(links, ", ")
}

func (c *call) linkTo(q url.Values, rel string) string {
	for _, secret := range []string{"private_token", "access_token"} {
		q.Del(secret)
	}
	return fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.url, c.r.URL.EscapedPath(), q.Encode(), rel)
}

// keysets are the lists that can be asked for by keys, and the order that they must
// then be asked for in: doc/api/rest/_index.md.
func keysets() map[string]string {
	return map[string]string{
		"projects": "id", "groups/{id}/projects": "id", "users/{user}/projects": "id", "projects/{id}/forks": "id", "users": "", "groups": "name",
		"projects/{id}/repository/tree": "", "projects/{id}/repository/branches": "", "projects/{id}/repository/tags": "",
	}
}

// pageable refuses to cut a list by keys that GitLab cuts by numbers only.
func (c *call) pageable() error {
	if c.text("pagination") != "keyset" {
		return nil
	}
	order, there := keysets()[strings.TrimPrefix(c.r.Pattern, "GET /api/v4/")]
	if !there || order != "" && c.text("order_by") != order {
		return &failure{status: http.StatusMethodNotAllowed, body: object{"error": "Keyset pagination is not yet available for this type of request"}}
	}
	return nil
}

// keyset cuts the page behind a cursor out of a list that is in its order, when the
// request asks for that; otherwise it is an ordinary page.
func keyset[T any](c *call, all []T, key func(T) string) []T {
	if c.text("pagination") != "keyset" {
		return page(c, all)
	}
	_, size := c.page()
	from, cursor := 0, c.text("cursor")
	for n := 0; cursor != "" && n < len(all); n++ {
		if key(all[n]) == cursor {
			from = n + 1
			break
		}
	}
	to := min(from+size, len(all))
	c.header.Set("X-Per-Page", strconv.Itoa(size))
	if to < len(all) {
		q := c.r.URL.Query()
		q.Set("cursor", key(all[to-1]))
		q.Set("per_page", strconv.Itoa(size))
		c.header.Set("Link", c.linkTo(q, "next"))
		c.header.Set("X-Next-Cursor", key(all[to-1]))
	}
	return all[from:to]
}

// list writes a list of whatever one turns into objects; an empty one is [].
func list[T any](all []T, one func(T) object) []object {
	l := make([]object, 0, len(all))
	for _, t := range all {
		l = append(l, one(t))
	}
	return l
}
