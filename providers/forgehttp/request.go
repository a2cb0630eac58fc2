package forgehttp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// defaultMaxBytes bounds answers of which the caller says nothing.
const defaultMaxBytes = 32 << 20

// Request is one question to the server.
type Request struct {
	Method string // empty: GET

	// Path is below Options.Base and escaped: a name in it went through
	// url.PathEscape. It can also be a whole address of the same scheme, host
	// and port, as answers hold them.
	Path  string
	To    []any      // names below Path, which [Path] puts there
	Query url.Values // added to the query of Path

	Header http.Header // in addition to Options.Header, and before it

	// Body is sent as JSON, or as it is when it is an io.Reader; such a request
	// is sent once only.
	Body any

	// Into is where the JSON of an answer with a status of 2xx is decoded.
	// Nil: the caller takes Response.Body.
	Into any

	Op      string // for errors: "list labels"
	Subject any    // and what it is done to, as it prints: "acme/api"

	Resource   string // the limit it counts against; empty: CoreResource
	Repeatable bool   // a write that may be sent twice; GET and HEAD always may
	Cached     bool   // ask whether the answer in Options.Cache still holds
	MaxBytes   int64  // of the answer; 0: 32 MiB
}

// With returns r with more in its query, which r itself keeps as it is.
func (r Request) With(query url.Values) Request {
	merged := make(url.Values, len(r.Query)+len(query))
	maps.Copy(merged, r.Query)
	maps.Copy(merged, query)
	r.Query = merged
	return r
}

// Response is an answer.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // nil for Open

	// NotModified says that Body is the one in the cache: nothing has changed
	// since it was put there.
	NotModified bool

	URL string // where it came from, after redirects
}

// Date is when the server answered, by its own clock in UTC; zero when it does not
// say.
func (r Response) Date() time.Time {
	at, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// Next is where the server says that the page after this one is, empty for none.
func (r Response) Next() string { return nextLink(r.Header) }

// Total is how long a header says that the list is, -1 when it does not.
func (r Response) Total(header string) int64 {
	n, err := strconv.ParseInt(r.Header.Get(header), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// Do sends r and reads the answer. The error is a *providers.Error, with Op and
// Subject of the request, for every status of 400 or more and for whatever else
// goes wrong; Response is that of the last answer, if any.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	q, err := c.prepare(r)
	if err != nil {
		return Response{}, r.Explain(err)
	}
	answer, err := c.exchange(ctx, q)
	if err != nil {
		return answer, r.Explain(err)
	}
	return answer, nil
}

// Ask is [Client.Do] with an answer of a type. R.Into is not used.
func Ask[T any](ctx context.Context, c *Client, r Request) (T, error) {
	var answer T
	r.Into = &answer
	_, err := c.Do(ctx, r)
	return answer, err
}

// Explain says in an error what was being done when err came.
func (r Request) Explain(err error) error {
	e := *providers.AsError(err)
	if e.Op != "" {
		return &e
	}
	e.Op = r.Op
	if r.Subject != nil {
		e.Subject = schema.Printable(fmt.Sprint(r.Subject))
	}
	return &e
}

// call is a request on its way, perhaps sent several times and to several
// addresses.
type call struct {
	method   string
	at       *url.URL
	header   http.Header
	body     func() (io.ReadCloser, int64, error) // nil: none. The length is -1 when it is not known
	once     bool                                 // body can be read once only
	repeat   bool                                 // sending it twice does nothing twice
	write    bool                                 // it is paced as writes are
	resource string
	maxBytes int64

	place place

	cacheKey string // empty: the answer is not kept
	kept     *kept  // what the cache had

	// content, when not nil, takes the body of an answer with a status of 2xx
	// unread.
	content *io.ReadCloser

	// accept takes an answer with a status of 2xx. What it fails with goes the
	// way of other failures: it may be one that asks for another try.
	accept func(Response) error
}

func (c *Client) prepare(r Request) (*call, error) {
	path, err := Path(r.Path, r.To...)
	if err != nil {
		return nil, err
	}
	at, err := c.resolve(path, r.Query)
	if err != nil {
		return nil, err
	}
	q := &call{
		method: cmp.Or(r.Method, http.MethodGet), at: at, header: c.header.Clone(),
		resource: cmp.Or(r.Resource, CoreResource), maxBytes: cmp.Or(max(r.MaxBytes, 0), defaultMaxBytes),
	}
	read := q.method == http.MethodGet || q.method == http.MethodHead
	q.write, q.repeat = !read, read || r.Repeatable
	if err := q.carry(r.Body); err != nil {
		return nil, err
	}
	overlay(q.header, r.Header)
	if r.Into != nil {
		q.accept = func(answer Response) error { return decode(answer.Body, r.Into) }
	}
	if r.Cached && c.cache != nil && q.method == http.MethodGet {
		q.cacheKey, q.kept = recall(c.cache, q)
	}
	return q, nil
}

// overlay sets the headers of by in h.
func overlay(h, by http.Header) {
	for name, values := range by {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
}

// carry sets the body.
func (q *call) carry(body any) error {
	switch body := body.(type) {
	case nil:
	case io.Reader:
		q.once = true
		q.body = func() (io.ReadCloser, int64, error) { return io.NopCloser(body), -1, nil }
	default:
		data, err := json.Marshal(body)
		if err != nil {
			return providers.Errorf(providers.CodeInternal, "write the request: %w", err)
		}
		q.header.Set("Content-Type", "application/json")
		q.body = func() (io.ReadCloser, int64, error) {
			return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
		}
	}
	return nil
}

// resolve makes an address of a path. Paths hold names that others chose: one
// that would lead out of its place is refused.
func (c *Client) resolve(path string, query url.Values) (*url.URL, error) {
	at, err := url.Parse(path)
	if err == nil && !at.IsAbs() && at.Host == "" {
		at, err = url.Parse(c.base.String() + "/" + strings.TrimLeft(path, "/"))
	}
	if err != nil || at.Fragment != "" {
		return nil, providers.Errorf(providers.CodeInvalid, "the path of a request is not a path")
	}
	if !sameOrigin(at, c.base) {
		return nil, providers.Errorf(providers.CodeInvalid, "an address is on %s and not on the server itself", shownOrigin(at))
	}
	for segment := range strings.SplitSeq(at.EscapedPath(), "/") {
		if name, err := url.PathUnescape(segment); err != nil || name == "." || name == ".." {
			return nil, providers.Errorf(providers.CodeInvalid, "a name in the path of a request is . or ..")
		}
	}
	at.User = nil
	if len(query) > 0 {
		merged := at.Query()
		maps.Copy(merged, query)
		at.RawQuery = merged.Encode()
	}
	return at, nil
}

// decode reads the JSON of an answer. A half one is taken for a connection that
// was cut off.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil // 204, or as good as that
	}
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	if cutOff(body) {
		return &failure{kind: lost, after: unsaid, problem: &providers.Error{Code: providers.CodeUnavailable, Message: "the answer was cut off", Err: err}}
	}
	var mistyped *json.UnmarshalTypeError
	message := "the answer is not JSON"
	if errors.As(err, &mistyped) {
		message = "the answer is not of the form that was expected: " + schema.Printable(mistyped.Field) + " is a JSON " + mistyped.Value
	}
	return &failure{kind: garbled, after: unsaid, problem: &providers.Error{Code: providers.CodeInvalid, Message: message,
		Hint: "check that the address is that of the API, and that no proxy or sign-in page answers in its place", Err: err}}
}

// cutOff reports whether a body is the beginning of a JSON value.
func cutOff(body []byte) bool {
	var value json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(body)).Decode(&value), io.ErrUnexpectedEOF)
}
