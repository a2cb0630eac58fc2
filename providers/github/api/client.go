package api

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

// Version is the version of the REST interface that answers are asked in.
const Version = "2022-11-28"

// PageSize is the most items that GitHub puts on a page.
const PageSize = 100

// Options say how a Client reaches GitHub.
type Options struct {
	Host      Host
	Tokens    []string
	PageSize  int    // items a page; 0: PageSize
	Hourly    int64  // most requests an hour, all tokens together; 0: as many as the server allows
	CAFile    string // certificates to trust instead of the system's
	UserAgent string
	Parallel  int               // requests at once; 0: the default of forgehttp
	Transport http.RoundTripper // nil: the default
	Clock     forgehttp.Clock   // nil: the real one
}

// Client asks one GitHub. It is safe for concurrent use.
type Client struct {
	host      Host
	http      *forgehttp.Client
	allowance *allowance
	tokens    int64
	pageSize  int
}

// New returns a client. It sends nothing.
func New(o Options) (*Client, error) {
	if o.PageSize <= 0 || o.PageSize > PageSize {
		o.PageSize = PageSize
	}
	agent := o.UserAgent
	if agent == "" {
		agent = "drover"
	}
	allowance := newAllowance(o.Hourly, len(o.Tokens))
	client, err := forgehttp.New(forgehttp.Options{
		Base:      o.Host.base,
		Tokens:    o.Tokens,
		Authorize: func(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) },
		Header: http.Header{
			"Accept":               {"application/vnd.github+json"},
			"User-Agent":           {agent},
			"X-Github-Api-Version": {Version},
			// The ids of GraphQL have an old and a new form; every answer is to
			// have the same.
			"X-Github-Next-Global-Id": {"1"},
		},
		Limit:     allowance.limit,
		Classify:  classify,
		Parallel:  o.Parallel,
		Clock:     o.Clock,
		CAFile:    o.CAFile,
		Transport: o.Transport,
	})
	if err != nil {
		return nil, err
	}
	return &Client{host: o.Host, http: client, allowance: allowance, tokens: int64(max(1, len(o.Tokens))), pageSize: o.PageSize}, nil
}

// Host is the GitHub that c asks.
func (c *Client) Host() Host { return c.host }

// PageSize is how many items a page of a list has.
func (c *Client) PageSize() int { return c.pageSize }

// Paged is c with another page size. The two share everything else.
func (c *Client) Paged(size int) *Client {
	if size <= 0 || size > PageSize {
		return c
	}
	other := *c
	other.pageSize = size
	return &other
}

// HTTP is the client below c, for downloads and for what is asked rarely. Paths
// of REST go through Path first.
func (c *Client) HTTP() *forgehttp.Client { return c.http }

// Path is where HTTP finds a path of REST, such as /user.
func (c *Client) Path(rest string) string { return c.host.rest + rest }

// Requests is how many requests were sent so far.
func (c *Client) Requests() int64 { return c.http.Requests() }

// GraphQL sends one document. Errors of single fields are returned beside what
// was answered; an error means that nothing was.
func (c *Client) GraphQL(ctx context.Context, query string, variables map[string]any, into any, op, subject string) (forgehttp.GraphErrors, error) {
	return c.http.GraphQL(ctx, c.host.graphql, query, variables, into, op, subject)
}

// Get reads one object. The answer's headers come with it.
func (c *Client) Get(ctx context.Context, path string, query url.Values, into any, op, subject string) (http.Header, error) {
	response, err := c.http.Do(ctx, forgehttp.Request{Method: http.MethodGet, Path: c.Path(path), Query: query, Into: into, Op: op, Subject: subject})
	return response.Header, err
}

// List reads a list page by page and yields its items as JSON.
func (c *Client) List(ctx context.Context, path string, query url.Values, op, subject string) iter.Seq2[json.RawMessage, error] {
	paged := url.Values{"per_page": {strconv.Itoa(c.pageSize)}}
	for name, values := range query {
		paged[name] = values
	}
	return c.http.Pages(ctx, forgehttp.Request{Method: http.MethodGet, Path: c.Path(path), Query: paged, Op: op, Subject: subject})
}

// Items decodes what a list yields.
func Items[T any](list iter.Seq2[json.RawMessage, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for raw, err := range list {
			var item T
			if err == nil {
				if fault := json.Unmarshal(raw, &item); fault != nil {
					err = providers.Errorf(providers.CodeInvalid, "the answer is not what GitHub describes: %w", fault)
				}
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// RepoPath is the path of a repository, with rest below it.
func RepoPath(owner, name, rest string) string {
	return fmt.Sprintf("/repos/%s/%s%s", url.PathEscape(owner), url.PathEscape(name), rest)
}
