package api

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/forgehttp"
)

const (
	root = "/api/v4"

	// pageSize is the most that the server gives at once.
	pageSize = 100
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
	to.Limit, to.Classify = limit, classify
	client, err := forgehttp.New(to)
	if err != nil {
		return nil, err
	}
	return &Client{http: client, base: base, size: pageSize}, nil
}

// CheckURL returns the address of a server in the form in which others are built
// upon it: without a slash at its end, and without the path of its API.
func CheckURL(raw string) (string, error) {
	return forgehttp.Address{Attribute: "url", Example: "https://gitlab.example.com", Secret: "access_token", API: root}.Check(raw)
}

// Base is the address of the server, without a slash at its end.
func (c *Client) Base() string { return c.base }

// As returns a client that sends its requests in the name of another user. The
// token must be an administrator's and have the scope sudo.
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

// ID names a project, group, user or namespace in a request: its number, or its
// full path. A path that consists of digits is taken for a number by the server.
type ID string

func (id ID) String() string { return string(id) }

// Number is the ID of something whose number is known.
func Number(n int64) ID { return ID(strconv.FormatInt(n, 10)) }

// project is a path below a project's.
func project(id ID, parts ...any) []any { return append([]any{"projects", id}, parts...) }

// group is a path below a group's.
func group(id ID, parts ...any) []any { return append([]any{"groups", id}, parts...) }

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

// limit reads what the server says of its limits. Not every server says it with
// every answer.
func limit(h http.Header, _ time.Time) (forgehttp.Limit, bool) {
	most, err := strconv.ParseInt(h.Get("RateLimit-Limit"), 10, 64)
	if err != nil {
		return forgehttp.Limit{}, false
	}
	left, err := strconv.ParseInt(h.Get("RateLimit-Remaining"), 10, 64)
	if err != nil {
		return forgehttp.Limit{}, false
	}
	resets, err := strconv.ParseInt(h.Get("RateLimit-Reset"), 10, 64)
	if err != nil {
		return forgehttp.Limit{}, false
	}
	return forgehttp.Limit{Limit: most, Remaining: left, Resets: time.Unix(resets, 0)}, true
}

// Collect reads an iteration to its end.
func Collect[T any](items iter.Seq2[T, error]) ([]T, error) { return forgehttp.Collect(items) }
