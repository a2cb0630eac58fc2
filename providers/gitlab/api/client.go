package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
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
type Options struct {
	URL       string // of the server, with the path it stands at
	Token     string
	CAFile    string
	UserAgent string
	Parallel  int // requests at once; 0 is forgehttp's default

	Transport http.RoundTripper // nil: forgehttp's own; tests
	Clock     forgehttp.Clock   // nil: the real one; tests
}

// New returns a client. It asks the server nothing.
func New(o Options) (*Client, error) {
	base, err := CheckURL(o.URL)
	if err != nil {
		return nil, err
	}
	to := forgehttp.Options{
		Base:      base,
		Header:    http.Header{"Accept": {"application/json"}},
		Limit:     limit,
		Classify:  classify,
		Parallel:  o.Parallel,
		CAFile:    o.CAFile,
		Transport: o.Transport,
		Clock:     o.Clock,
	}
	if o.Token != "" {
		to.Tokens = []string{o.Token}
	}
	if o.UserAgent != "" {
		to.Header.Set("User-Agent", o.UserAgent)
	}
	client, err := forgehttp.New(to)
	if err != nil {
		return nil, err
	}
	return &Client{http: client, base: base, size: pageSize}, nil
}

// CheckURL returns the address of a server in the form in which others are built
// upon it: without a slash at its end, and without the path of its API.
func CheckURL(raw string) (string, error) {
	refuse := func(message string) error {
		return &providers.Error{Code: providers.CodeInvalid, Op: "read the server's address", Message: message,
			Hint: "write the address that a browser shows, such as https://gitlab.example.com", Attribute: "url"}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil: // err quotes the address, and with it a password
		return "", refuse("it is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", refuse("it does not begin with https:// or http:// and a host")
	case u.User != nil:
		return "", refuse("it holds credentials; they belong into access_token")
	case u.RawQuery != "" || u.Fragment != "":
		return "", refuse("it has a query or a fragment")
	}
	u.Path = strings.TrimSuffix(strings.TrimRight(u.Path, "/"), root)
	u.RawPath = ""
	return strings.TrimRight(u.String(), "/"), nil
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

// call is one request of the API.
type call struct {
	method string
	to     []any // the parts of the path, strings and numbers
	query  url.Values
	body   any
	into   any

	repeat bool   // a write that may be sent twice
	op     string // for errors: "list labels"
	of     any    // what it is done to
}

// request brings a call into the form that forgehttp takes.
func (c *Client) request(k call) (forgehttp.Request, error) {
	r := forgehttp.Request{Method: k.method, Query: k.query, Body: k.body, Into: k.into, Repeatable: k.repeat,
		Op: k.op, Subject: schema.Printable(fmt.Sprint(k.of))}
	var path strings.Builder
	path.WriteString(root)
	for _, part := range k.to {
		text := fmt.Sprint(part)
		if text == "" || text == "." || text == ".." {
			return r, &providers.Error{Code: providers.CodeInvalid, Op: r.Op, Subject: r.Subject,
				Message: fmt.Sprintf("%q cannot be named in a request", text)}
		}
		path.WriteString("/" + url.PathEscape(text))
	}
	r.Path = path.String()
	if c.as != "" {
		r.Header = http.Header{"Sudo": {c.as}}
	}
	return r, nil
}

func (c *Client) do(ctx context.Context, k call) error {
	_, err := c.ask(ctx, k)
	return err
}

// ask is do for callers that look at the response.
func (c *Client) ask(ctx context.Context, k call) (forgehttp.Response, error) {
	r, err := c.request(k)
	if err != nil {
		return forgehttp.Response{}, err
	}
	return c.http.Do(ctx, r)
}

// upload sends a file as the only part of a form, and reads the answer as do
// does.
func (c *Client) upload(ctx context.Context, k call, field, name, mediaType, path string) error {
	r, err := c.request(k)
	if err != nil {
		return err
	}
	_, err = c.http.Upload(ctx, r, field, name, mediaType, path)
	return err
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
func Collect[T any](items iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}
