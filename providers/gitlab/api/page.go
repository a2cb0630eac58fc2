package api

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	More  bool      // another page follows
	Next  string    // its query, for lists with keysets
	Total int64     // how long the server says that the list is; -1: it does not say
	At    time.Time // when it answered, by its own clock; zero: it does not say
}

// page reads one page of a list. A number of 0 takes the query as it is, which a
// list with keysets needs; the first page is 1.
func page[T any](ctx context.Context, c *Client, k call, number int) (Page[T], error) {
	var p Page[T]
	k.method, k.into, k.query = http.MethodGet, &p.Items, c.paging(k.query)
	if number > 0 {
		k.query.Set("page", strconv.Itoa(number))
	}
	response, err := c.ask(ctx, k)
	if err != nil {
		return Page[T]{}, err
	}
	p.Total = total(response.Header)
	if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		p.At = at.UTC()
	}
	p.Next, p.More = next(response.Header)
	return p, nil
}

// pages yields the items of a list, page after page.
func pages[T any](ctx context.Context, c *Client, k call) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		k.method, k.into, k.query = http.MethodGet, nil, c.paging(k.query)
		r, err := c.request(k)
		if err != nil {
			yield(none, err)
			return
		}
		for raw, err := range c.http.Pages(ctx, r) {
			if err != nil {
				yield(none, err)
				return
			}
			var item T
			if err := json.Unmarshal(raw, &item); err != nil {
				yield(none, &providers.Error{Code: providers.CodeInvalid, Op: r.Op, Subject: r.Subject, Message: "an item of the list is not of the form that was expected", Err: err})
				return
			}
			if !yield(item, nil) {
				return
			}
		}
	}
}

func (c *Client) paging(query url.Values) url.Values {
	query = maps.Clone(query)
	if query == nil {
		query = url.Values{}
	}
	if query.Get("per_page") == "" {
		query.Set("per_page", strconv.Itoa(c.size))
	}
	return query
}

// count returns how long a list is, in one request where the server says it.
// It does not for lists of more than ten thousand, which -1 stands for.
func (c *Client) count(ctx context.Context, k call) (int64, error) {
	k.method, k.query = http.MethodGet, maps.Clone(k.query)
	if k.query == nil {
		k.query = url.Values{}
	}
	k.query.Set("per_page", "1")
	response, err := c.ask(ctx, k)
	if err != nil {
		return 0, err
	}
	return total(response.Header), nil
}

func total(h http.Header) int64 {
	if n, err := strconv.ParseInt(h.Get("X-Total"), 10, 64); err == nil && n >= 0 {
		return n
	}
	return -1
}

// next reads the query of the page that follows from a Link header.
func next(h http.Header) (query string, more bool) {
	for _, header := range h.Values("Link") {
		for link := range strings.SplitSeq(header, ",") {
			address, parameters, ok := strings.Cut(link, ";")
			if !ok || !strings.Contains(parameters, `rel="next"`) {
				continue
			}
			u, err := url.Parse(strings.Trim(strings.TrimSpace(address), "<>"))
			if err != nil {
				return "", false
			}
			return u.RawQuery, true
		}
	}
	return "", false
}
