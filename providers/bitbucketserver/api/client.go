package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
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

// pageSize is how many items a page is asked to have. The server gives fewer where
// it is set up so.
const pageSize = 100

// Client speaks to one server. It is safe for concurrent use.
type Client struct {
	http *forgehttp.Client
	base string
}

// Options say how to reach a server.
type Options struct {
	URL string // of the server, with the path it stands at

	// Username goes with a Token that is a password, or an access token used as
	// one. Empty: the Token is an access token and goes alone.
	Username string
	Token    string

	CAFile    string
	UserAgent string

	Clock forgehttp.Clock // nil: the real one; tests
}

// New returns a client. It asks the server nothing.
func New(o Options) (*Client, error) {
	base, err := CheckURL(o.URL)
	if err != nil {
		return nil, err
	}
	client, err := forgehttp.New(forgehttp.Options{
		Base:      base,
		Tokens:    []string{o.Token},
		Authorize: authorizer(o.Username),
		Header:    http.Header{"Accept": {"application/json"}, "User-Agent": {o.UserAgent}},
		Limit:     limit,
		Classify:  classify,
		CAFile:    o.CAFile,
		Clock:     o.Clock,
	})
	if err != nil {
		return nil, err
	}
	return &Client{http: client, base: base}, nil
}

func authorizer(username string) func(http.Header, string) {
	if username == "" {
		return nil // as a bearer
	}
	return func(h http.Header, token string) {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(username+":"+token)))
	}
}

// CheckURL returns the address of a server in the form in which others are built
// upon it: without a slash at its end, and without the path of its API.
func CheckURL(raw string) (string, error) {
	refuse := func(message string) error {
		return &providers.Error{Code: providers.CodeInvalid, Op: "read the server's address", Message: message,
			Hint: "write the address that a browser shows, such as https://bitbucket.example.com", Attribute: "bitbucket_server_url"}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil: // err quotes the address, and with it a password
		return "", refuse("it is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return "", refuse("it does not begin with https:// or http:// and a host")
	case u.User != nil:
		return "", refuse("it holds credentials; they belong into personal_access_token")
	case u.RawQuery != "" || u.Fragment != "":
		return "", refuse("it has a query or a fragment")
	case strings.EqualFold(u.Hostname(), "bitbucket.org") || strings.EqualFold(u.Hostname(), "api.bitbucket.org"):
		return "", &providers.Error{Code: providers.CodeInvalid, Op: "read the server's address", Attribute: "bitbucket_server_url",
			Message: "it is that of Bitbucket Cloud, which is another product", Hint: `use source "bitbucket_cloud"`}
	}
	path, _, _ := strings.Cut(u.Path+"/", "/rest/api/")
	u.Path, u.RawPath = strings.TrimRight(path, "/"), ""
	return u.String(), nil
}

// Base is the address of the server, without a slash at its end.
func (c *Client) Base() string { return c.base }

// Repo names a repository in a request: the key of its project, which is ~USER for
// a person's own, and its slug.
type Repo struct{ Project, Slug string }

func (r Repo) String() string { return r.Project + "/" + r.Slug }

// Path is where the pages of the repository are, below the address of the server.
func (r Repo) Path() string {
	return "/projects/" + url.PathEscape(r.Project) + "/repos/" + url.PathEscape(r.Slug)
}

// call is one question.
type call struct {
	module string // api, branch-permissions, ...; empty: api
	to     []any  // the parts of the path, strings and numbers
	query  url.Values
	into   any

	op string // for errors: "list pull requests"
	of any    // what it is done to
}

// in is a call about something of a repository.
func (r Repo) in(module, op string, to ...any) call {
	return call{module: module, to: append([]any{"projects", r.Project, "repos", r.Slug}, to...), op: op, of: r}
}

// path writes a path in the form that a request takes.
func (k call) path() (string, error) {
	module := k.module
	if module == "" {
		module = "api"
	}
	var b strings.Builder
	b.WriteString("/rest/" + module + "/latest")
	for _, part := range k.to {
		text := fmt.Sprint(part)
		if text == "" || text == "." || text == ".." {
			return "", &providers.Error{Code: providers.CodeInvalid, Op: k.op, Subject: k.subject(), Message: fmt.Sprintf("%q cannot be named in a request", text)}
		}
		b.WriteString("/" + url.PathEscape(text))
	}
	return b.String(), nil
}

func (k call) subject() string { return schema.Printable(fmt.Sprint(k.of)) }

func (c *Client) ask(ctx context.Context, k call) (forgehttp.Response, error) {
	path, err := k.path()
	if err != nil {
		return forgehttp.Response{}, err
	}
	return c.http.Do(ctx, forgehttp.Request{Path: path, Query: k.query, Into: k.into, Op: k.op, Subject: k.subject()})
}

func get[T any](ctx context.Context, c *Client, k call) (T, error) {
	var answer T
	k.into = &answer
	_, err := c.ask(ctx, k)
	return answer, err
}

// List is the items of a list as they are read, page after page.
type List[T any] = iter.Seq2[T, error]

// pages yields the items of a list. Where the next page starts is for the server
// to say: what the token may not see is left out of pages, not of their counting.
// Answered, unless nil, is told the server's time at each page.
func pages[T any](ctx context.Context, c *Client, k call, answered func(time.Time)) List[T] {
	return func(yield func(T, error) bool) {
		fail := func(err error) {
			var none T
			yield(none, err)
		}
		for start := int64(0); ; {
			var page struct {
				Values []T    `json:"values"`
				Last   bool   `json:"isLastPage"`
				Next   *int64 `json:"nextPageStart"`
			}
			at := k
			at.query, at.into = maps.Clone(k.query), &page
			if at.query == nil {
				at.query = url.Values{}
			}
			at.query.Set("limit", strconv.Itoa(pageSize))
			at.query.Set("start", strconv.FormatInt(start, 10))
			response, err := c.ask(ctx, at)
			if err != nil {
				fail(err)
				return
			}
			if answered != nil {
				answered(serverTime(response.Header))
			}
			for _, item := range page.Values {
				if !yield(item, nil) {
					return
				}
			}
			switch {
			case page.Last || page.Next == nil:
				return
			case *page.Next <= start:
				fail(&providers.Error{Code: providers.CodeInvalid, Op: k.op, Subject: k.subject(), Message: "the server names a page as the one after itself"})
				return
			}
			start = *page.Next
		}
	}
}

// serverTime is when an answer was given, by the server's clock; zero when it does
// not say.
func serverTime(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// Collect reads a list to its end.
func Collect[T any](list List[T]) ([]T, error) {
	var all []T
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// IsNotFound reports whether err says that there is no such thing.
func IsNotFound(err error) bool { return hasCode(err, providers.CodeNotFound) }

// IsHidden reports whether err says that there is no such thing, or that the token
// may not see it.
func IsHidden(err error) bool {
	return hasCode(err, providers.CodeNotFound) || hasCode(err, providers.CodeDenied) || hasCode(err, providers.CodeUnsupported)
}

func hasCode(err error, code providers.Code) bool {
	var e *providers.Error
	return errors.As(err, &e) && e.Code == code
}

// Millis is a moment as the server writes it: milliseconds since 1970, 0 for none.
type Millis int64

// Time is the moment in UTC; zero for none.
func (m Millis) Time() time.Time {
	if m <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Path is the path of a file. The server writes it as text or as an object,
// depending on where it stands.
type Path string

// UnmarshalJSON implements json.Unmarshaler.
func (p *Path) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*p = Path(text)
		return nil
	}
	var object struct {
		Components []string `json:"components"`
		Parent     string   `json:"parent"`
		Name       string   `json:"name"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("neither text nor a path: %w", err)
	}
	switch {
	case len(object.Components) > 0:
		*p = Path(strings.Join(object.Components, "/"))
	case object.Parent != "":
		*p = Path(object.Parent + "/" + object.Name)
	default:
		*p = Path(object.Name)
	}
	return nil
}
