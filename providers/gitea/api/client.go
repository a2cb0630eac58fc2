package api

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

const (
	root = "/api/v1"

	// pageSize is what both servers allow unless they are told otherwise. A server
	// that allows less says how long the whole list is.
	pageSize = 50

	// totalHeader says how long a list is.
	totalHeader = "X-Total-Count"
)

// Client speaks to one server. It is safe for concurrent use.
type Client struct {
	http *forgehttp.Client
	base string
	as   string
	size int // of pages
}

// Options say how to reach a server.
type Options = forgehttp.Account

// New returns a client. It asks the server nothing.
func New(o Options) (*Client, error) {
	base, err := CheckURL(o.URL)
	if err != nil {
		return nil, err
	}
	to := o.Options(base)
	to.Authorize = func(h http.Header, token string) { h.Set("Authorization", "token "+token) }
	to.Classify = classify
	client, err := forgehttp.New(to)
	if err != nil {
		return nil, err
	}
	return &Client{http: client, base: base, size: pageSize}, nil
}

// CheckURL returns the address of a server in the form in which others are built
// upon it: without a slash at its end, and without the path of its API.
func CheckURL(raw string) (string, error) {
	return forgehttp.Address{Attribute: "url", Example: "https://gitea.example.com", Secret: "access_token", API: root}.Check(raw)
}

// Base is the address of the server, without a slash at its end.
func (c *Client) Base() string { return c.base }

// As returns a client that sends its requests in the name of another user. The
// token's owner must be an administrator.
func (c *Client) As(user string) *Client {
	other := *c
	other.as = user
	return &other
}

// Paged returns a client that asks for lists in pages of a size.
func (c *Client) Paged(size int) *Client {
	other := *c
	other.size = size
	return &other
}

// HTTP is what the client speaks through, for what is no request of the API.
func (c *Client) HTTP() *forgehttp.Client { return c.http }

// Repo names a repository in a request.
type Repo struct{ Owner, Name string }

func (r Repo) String() string { return r.Owner + "/" + r.Name }

// to is a path below the repository's.
func (r Repo) to(parts ...any) []any { return append([]any{"repos", r.Owner, r.Name}, parts...) }

// call is one request of the API: To are the parts of the path below it.
type call = forgehttp.Request

// ours addresses a call to the API, in the name of whom the client is.
func (c *Client) ours(k call) call {
	k.Path = root
	if c.as != "" {
		k.Header = http.Header{"Sudo": {c.as}}
	}
	return k
}

func (c *Client) do(ctx context.Context, k call) error {
	_, err := c.http.Do(ctx, c.ours(k))
	return err
}

// ask is do with an answer.
func ask[T any](ctx context.Context, c *Client, k call) (T, error) {
	return forgehttp.Ask[T](ctx, c.http, c.ours(k))
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Total int64     // how long the server says that the list is; -1: it does not say
	At    time.Time // when it answered, by its own clock; zero: it does not say
}

// items are those of a page: an array, or, where something is searched, one that
// stands in an object.
type items[T any] []T

func (i *items[T]) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte("{")) {
		return json.Unmarshal(data, (*[]T)(i))
	}
	var found struct {
		Data []T `json:"data"`
	}
	err := json.Unmarshal(data, &found)
	*i = found.Data
	return err
}

// page reads one page of a list; the first is 1. More says that another follows.
func page[T any](ctx context.Context, c *Client, k call, number int) (p Page[T], more bool, err error) {
	k = k.With(url.Values{"limit": {strconv.Itoa(c.size)}, "page": {strconv.Itoa(number)}})
	k.Into = (*items[T])(&p.Items)
	answer, err := c.http.Do(ctx, c.ours(k))
	if err != nil {
		return Page[T]{}, false, err
	}
	p.Total, p.At = answer.Total(totalHeader), answer.Date()
	return p, answer.Next() != "", nil
}

// pages yields the items of a list, page after page. Only some lists link to the
// next page; others say how long they are, and some have no pages at all.
func pages[T any](ctx context.Context, c *Client, k call) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var seen int64
		for number := 1; ; number++ {
			p, more, err := page[T](ctx, c, k, number)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			seen += int64(len(p.Items))
			if len(p.Items) == 0 || !more && seen >= p.Total {
				return
			}
		}
	}
}

// IsNotFound reports whether err says that there is no such thing.
func IsNotFound(err error) bool { return providers.CodeOf(err) == providers.CodeNotFound }

// IsConflict reports whether err says that something stands in the way.
func IsConflict(err error) bool { return providers.CodeOf(err) == providers.CodeConflict }

// Collect reads an iteration to its end.
func Collect[T any](items iter.Seq2[T, error]) ([]T, error) { return forgehttp.Collect(items) }

// classify knows the answers that mean something else here than elsewhere.
func classify(r forgehttp.Response) *providers.Error {
	switch r.Status {
	case http.StatusLocked:
		return &providers.Error{Code: providers.CodeDenied, Message: "the repository is archived, or the discussion is locked",
			Hint: "unarchive it at the target, then apply again"}
	case http.StatusRequestEntityTooLarge:
		return &providers.Error{Code: providers.CodeInvalid, Message: "it is larger than the server allows",
			Hint: "raise the server's limit, then apply again"}
	}
	return nil
}
