package api

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// mostPages bounds a list: at a hundred items a page it is longer than anything that
// Bitbucket holds.
const mostPages = 100_000

// listing is a list to be read page by page.
type listing struct {
	path   string
	query  url.Values
	fields string // of the items, with "values." before each
	size   int    // items a page; 0: 100
	op     string
	repo   string // for errors

	largest *int64 // told the largest size that a page says; may be nil
}

// page is a part of a list.
type page struct {
	Size   int64             `json:"size"` // of the whole list, where it is told
	Next   string            `json:"next"`
	Values []json.RawMessage `json:"values"`
}

func (l listing) request(into *page) forgehttp.Request {
	query := url.Values{"fields": {"size,next," + l.fields}, "pagelen": {strconv.Itoa(l.size)}}
	if l.size == 0 {
		query.Set("pagelen", "100")
	}
	for name, values := range l.query {
		query[name] = values
	}
	return forgehttp.Request{Path: l.path, Query: query, Into: into, Op: l.op, Subject: l.repo}
}

// items yields the items of a list, following the addresses of next pages. One on
// another server is refused.
func items[T any](ctx context.Context, c *Client, l listing) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var p page
		request := l.request(&p)
		for range mostPages {
			p = page{}
			if _, err := c.http.Do(ctx, request); err != nil {
				yield(none, err)
				return
			}
			if l.largest != nil {
				*l.largest = max(*l.largest, p.Size)
			}
			for _, raw := range p.Values {
				item, err := forgehttp.Item[T](request, raw)
				if !yield(item, err) || err != nil {
					return
				}
			}
			if p.Next == "" {
				return
			}
			if p.Next == request.Path {
				break
			}
			request.Path, request.Query = p.Next, nil
		}
		yield(none, request.Explain(providers.Errorf(providers.CodeInvalid, "the pages of the list lead in a circle")))
	}
}

// first is the first page of a list, with the number of all items.
func first[T any](ctx context.Context, c *Client, l listing) (values []T, size int64, err error) {
	var p page
	request := l.request(&p)
	if _, err := c.http.Do(ctx, request); err != nil {
		return nil, 0, err
	}
	for _, raw := range p.Values {
		item, err := forgehttp.Item[T](request, raw)
		if err != nil {
			return nil, 0, err
		}
		values = append(values, item)
	}
	return values, max(0, p.Size), nil
}

// Collect reads a list to its end.
func Collect[T any](list iter.Seq2[T, error]) ([]T, error) { return forgehttp.Collect(list) }
