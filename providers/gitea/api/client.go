package api

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
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
	root = "/api/v1"

	// pageSize is what both servers allow unless they are told otherwise. A server
	// that allows less says how long the whole list is.
	pageSize = 50
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
		Base: base,
		Authorize: func(h http.Header, token string) {
			h.Set("Authorization", "token "+token)
		},
		Header:    http.Header{"Accept": {"application/json"}},
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
			Hint: "write the address that a browser shows, such as https://gitea.example.com", Attribute: "url"}
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

// call is one request of the API.
type call struct {
	method  string
	to      []any // the parts of the path, strings and numbers
	query   url.Values
	body    any
	into    any
	wrapped bool // a list that stands in an object, under "data"

	op string // for errors: "list labels"
	of any    // what it is done to
}

// request brings a call into the form that forgehttp takes.
func (c *Client) request(k call) (forgehttp.Request, error) {
	r := forgehttp.Request{Method: k.method, Query: k.query, Body: k.body, Into: k.into, Op: k.op, Subject: schema.Printable(fmt.Sprint(k.of))}
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

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Total int64     // how long the server says that the list is; -1: it does not say
	At    time.Time // when it answered, by its own clock; zero: it does not say
}

// page reads one page of a list; the first is 1. More says that another follows.
func page[T any](ctx context.Context, c *Client, k call, number int) (p Page[T], more bool, err error) {
	var wrap struct {
		Data *[]T `json:"data"`
	}
	wrap.Data = &p.Items
	k.method, k.into, k.query = http.MethodGet, &p.Items, maps.Clone(k.query)
	if k.wrapped {
		k.into = &wrap
	}
	if k.query == nil {
		k.query = url.Values{}
	}
	k.query.Set("limit", strconv.Itoa(c.size))
	k.query.Set("page", strconv.Itoa(number))
	response, err := c.ask(ctx, k)
	if err != nil {
		return Page[T]{}, false, err
	}
	p.Total = -1
	if n, err := strconv.ParseInt(response.Header.Get("X-Total-Count"), 10, 64); err == nil && n >= 0 {
		p.Total = n
	}
	if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		p.At = at.UTC()
	}
	return p, strings.Contains(response.Header.Get("Link"), `rel="next"`), nil
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
func IsNotFound(err error) bool { return hasCode(err, providers.CodeNotFound) }

// IsConflict reports whether err says that something stands in the way.
func IsConflict(err error) bool { return hasCode(err, providers.CodeConflict) }

func hasCode(err error, code providers.Code) bool {
	var e *providers.Error
	return errors.As(err, &e) && e.Code == code
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
