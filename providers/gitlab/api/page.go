package api

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/forgehttp"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	More  bool      // another page follows
	Next  string    // its query, for lists with keysets
	Total int64     // how long the server says that the list is; -1: it does not say
	At    time.Time // when it answered, by its own clock; zero: it does not say
}

// totalHeader says how long a list is.
const totalHeader = "X-Total"

// page reads one page of a list. A number of 0 takes the query as it is, which a
// list with keysets needs; the first page is 1.
func page[T any](ctx context.Context, c *Client, k call, number int) (Page[T], error) {
	var p Page[T]
	k = c.paged(k)
	if number > 0 {
		k = k.With(url.Values{"page": {strconv.Itoa(number)}})
	}
	k.Into = &p.Items
	answer, err := c.http.Do(ctx, c.ours(k))
	if err != nil {
		return Page[T]{}, err
	}
	p.Total, p.At = answer.Total(totalHeader), answer.Date()
	if next, err := url.Parse(answer.Next()); err == nil {
		p.Next, p.More = next.RawQuery, answer.Next() != ""
	}
	return p, nil
}

// pages yields the items of a list, page after page.
func pages[T any](ctx context.Context, c *Client, k call) iter.Seq2[T, error] {
	return forgehttp.Items[T](ctx, c.http, c.ours(c.paged(k)))
}

func (c *Client) paged(k call) call {
	if k.Query.Has("per_page") {
		return k
	}
	return k.With(url.Values{"per_page": {strconv.Itoa(c.size)}})
}

// count returns how long a list is, in one request where the server says it.
// It does not for lists of more than ten thousand, which -1 stands for.
func (c *Client) count(ctx context.Context, k call) (int64, error) {
	answer, err := c.http.Do(ctx, c.ours(k.With(url.Values{"per_page": {"1"}})))
	if err != nil {
		return 0, err
	}
	return answer.Total(totalHeader), nil
}
