package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
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
	a := forgehttp.Address{Attribute: "bitbucket_server_url", Example: "https://bitbucket.example.com", Secret: TokenAttribute, API: "/rest/api"}
	base, err := a.Check(raw)
	if err != nil {
		return "", err
	}
	if u, err := url.Parse(base); err == nil && (strings.EqualFold(u.Hostname(), "bitbucket.org") || strings.EqualFold(u.Hostname(), "api.bitbucket.org")) {
		return "", &providers.Error{Code: providers.CodeInvalid, Op: "read the server's address", Attribute: "bitbucket_server_url",
			Message: "it is that of Bitbucket Cloud, which is another product", Hint: `use source "bitbucket_cloud"`}
	}
	return base, nil
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

// call is one question. Its Path is that of a module; To are the parts below it.
type call = forgehttp.Request

// The modules of the server that are asked.
const (
	apiModule              = "/rest/api/latest"
	permissionsModule      = "/rest/branch-permissions/latest"
	defaultReviewersModule = "/rest/default-reviewers/latest"
	likesModule            = "/rest/comment-likes/latest"
	keysModule             = "/rest/keys/latest"
	accessTokensModule     = "/rest/access-tokens/latest"
)

// in is a call about something of a repository.
func (r Repo) in(module, op string, to ...any) call {
	return call{Path: module, To: append([]any{"projects", r.Project, "repos", r.Slug}, to...), Op: op, Subject: r}
}

func get[T any](ctx context.Context, c *Client, k call) (T, error) {
	return forgehttp.Ask[T](ctx, c.http, k)
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
			at := k.With(url.Values{"limit": {strconv.Itoa(pageSize)}, "start": {strconv.FormatInt(start, 10)}})
			at.Into = &page
			answer, err := c.http.Do(ctx, at)
			if err != nil {
				fail(err)
				return
			}
			if answered != nil {
				answered(answer.Date())
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
				fail(k.Explain(providers.Errorf(providers.CodeInvalid, "the server names a page as the one after itself")))
				return
			}
			start = *page.Next
		}
	}
}

// Collect reads a list to its end.
func Collect[T any](list List[T]) ([]T, error) { return forgehttp.Collect(list) }

// IsNotFound reports whether err says that there is no such thing.
func IsNotFound(err error) bool { return providers.CodeOf(err) == providers.CodeNotFound }

// IsHidden reports whether err says that there is no such thing, or that the token
// may not see it.
func IsHidden(err error) bool {
	code := providers.CodeOf(err)
	return code == providers.CodeNotFound || code == providers.CodeDenied || code == providers.CodeUnsupported
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
