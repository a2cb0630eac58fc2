package lfs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxTries     = 4
	maxRedirects = 5
	firstPause   = time.Second

	// maxPause is the longest wait that a server can impose. Beyond it, trying
	// again later is better than holding the repository.
	maxPause = 10 * time.Minute
)

// client talks to one server and to the addresses that it gives out.
type client struct {
	operation operation
	transport http.RoundTripper
	attribute string // the setting that holds the password
	endpoint  *url.URL
	secret    http.Header // for the endpoint's scheme, host and port only
	throttled func(providers.Throttle)
	pause     func(context.Context, time.Duration) error
}

func newClient(s Server, o operation, throttled func(providers.Throttle)) (*client, *providers.Error) {
	at, err := url.Parse(s.URL)
	if err != nil || !isWeb(at) {
		return nil, providers.Errorf(providers.CodeInvalid, "the address of its Git LFS server is not one of http or https")
	}
	at.User = nil
	c := &client{operation: o, transport: s.Transport, attribute: s.Attribute, endpoint: at, secret: headers(s.Header), throttled: throttled, pause: pause}
	if c.attribute == "" {
		c.attribute = "password"
	}
	if s.Password != "" || s.Username != "" {
		username := s.Username
		if username == "" {
			username = "git"
		}
		c.secret.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(username+":"+s.Password)))
	}
	return c, nil
}

// NewTransport returns a transport for [Server]. Roots are the certificates to
// trust instead of the system's, or nil.
func NewTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   parallel,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: stall,
		// A digest is of the object, not of what some proxy packed it into.
		DisableCompression: true,
	}
}

// Endpoint is where git-lfs looks for the API of the repository at an http or
// https address, unless it is told otherwise.
func Endpoint(repository string) string {
	return strings.TrimSuffix(strings.TrimRight(repository, "/"), ".git") + ".git/info/lfs"
}

func isWeb(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" }

// side and verb are what the server is and does, in messages.
func (c *client) side() string {
	if c.operation == opUpload {
		return "target"
	}
	return "source"
}

func (c *client) verb() string {
	if c.operation == opUpload {
		return "take"
	}
	return "give"
}

// shown is the endpoint in messages.
func (c *client) shown() string {
	return schema.Printable(c.endpoint.Scheme + "://" + c.endpoint.Host + c.endpoint.Path)
}

// headers takes over the headers a server wants to be sent, except those that
// say how a request is read.
func headers(from map[string]string) http.Header {
	h := http.Header{}
	for name, value := range from {
		switch http.CanonicalHeaderKey(name) {
		case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Te", "Trailer", "Upgrade", "Accept-Encoding":
		default:
			h.Set(name, value)
		}
	}
	return h
}

// request is one question, perhaps sent several times.
type request struct {
	method string
	url    *url.URL
	plain  http.Header
	secret http.Header                          // for the scheme, host and port of url only
	body   func() (io.ReadCloser, int64, error) // nil: none
}

func inMemory(data []byte) func() (io.ReadCloser, int64, error) {
	return func() (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
	}
}

// send sends r, follows redirects, and calls take with the answer.
//
// http.Client would follow redirects as well. It takes all headers but a few
// to any host, and those to subdomains and other ports; and it turns a POST
// into a GET, where servers that renamed a repository expect the POST again.
func (c *client) send(ctx context.Context, r request, take func(*http.Response) error) error {
	at, secret := r.url, http.Header{}
	if sameOrigin(at, c.endpoint) {
		secret = c.secret.Clone()
	}
	for name, values := range r.secret {
		secret[name] = values
	}
	for range maxRedirects + 1 {
		response, err := c.once(ctx, r, at, secret)
		if err != nil {
			return err
		}
		if !isRedirect(response.StatusCode) {
			defer response.Body.Close()
			return take(response)
		}
		next, err := at.Parse(response.Header.Get("Location"))
		response.Body.Close()
		switch {
		case err != nil || !isWeb(next):
			return providers.Errorf(providers.CodeInvalid, "the server redirects to an address that is not one of http or https")
		case at.Scheme == "https" && next.Scheme == "http":
			return providers.Errorf(providers.CodeInvalid, "the server redirects from https to http")
		case !sameOrigin(at, next):
			secret = nil // for good, even if a later redirect leads back
		}
		at = next
	}
	return providers.Errorf(providers.CodeInvalid, "the server redirects more than %d times", maxRedirects)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func (c *client) once(ctx context.Context, r request, at *url.URL, secret http.Header) (*http.Response, error) {
	bare := *at
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	q, err := http.NewRequestWithContext(ctx, r.method, bare.String(), nil)
	if err != nil {
		return nil, providers.Errorf(providers.CodeInvalid, "the server gave an address that cannot be used")
	}
	if r.body != nil {
		if q.Body, q.ContentLength, err = r.body(); err != nil {
			return nil, err
		}
		if q.ContentLength == 0 { // else the length would count as unknown
			q.Body.Close()
			q.Body = http.NoBody
		}
	}
	q.Header = r.plain.Clone()
	q.Header.Set("User-Agent", "drover")
	for name, values := range secret {
		q.Header[name] = values
	}
	response, err := c.transport.RoundTrip(q)
	if err == nil {
		return response, nil
	}
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err, &untrusted) {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "the certificate of " + schema.Printable(at.Host) + " is not trusted",
			Hint: "set ca_file in the " + c.side() + " block to the certificate of who signed it", Attribute: "ca_file", Err: err}
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return nil, &transient{problem: broken(err), after: -1}
}

// sameOrigin compares scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// transient is a failure that may not come again.
type transient struct {
	problem *providers.Error
	after   time.Duration // what the server asked to wait; negative: it did not say
}

func (t *transient) Error() string { return t.problem.Error() }

func (t *transient) Unwrap() error { return t.problem }

func broken(err error) *providers.Error {
	return &providers.Error{Code: providers.CodeUnavailable, Message: "the connection failed: " + schema.Printable(err.Error()),
		Hint: "apply again; what has arrived is kept", Err: err}
}

// refused is what an answer other than the wanted one means.
func (c *client) refused(r *http.Response) error {
	// The body may be anything, so the status has to be enough.
	e := &providers.Error{Message: fmt.Sprintf("the server answered %d %s", r.StatusCode, http.StatusText(r.StatusCode))}
	_, _ = io.CopyN(io.Discard, r.Body, 4<<10) // lets the connection be used again
	switch s := r.StatusCode; {
	case s == http.StatusUnauthorized:
		e.Code, e.Attribute = providers.CodeAuth, c.attribute
		e.Hint = fmt.Sprintf("check %s in the %s block; a token may need a right of its own for Git LFS", c.attribute, c.side())
	case s == http.StatusForbidden:
		e.Code = providers.CodeDenied
	case s == http.StatusNotFound, s == http.StatusGone:
		e.Code = providers.CodeNotFound
	case s == http.StatusTooManyRequests:
		e.Code = providers.CodeRateLimited
	case s == http.StatusNotImplemented:
		e.Code = providers.CodeUnsupported
	case s >= 500:
		e.Code = providers.CodeUnavailable
	default:
		e.Code = providers.CodeInvalid
	}
	if e.Code != providers.CodeRateLimited && e.Code != providers.CodeUnavailable {
		return e
	}
	after := retryAfter(r.Header.Get("Retry-After"), time.Now())
	if after > 0 {
		e.Until = time.Now().Add(after)
	}
	return &transient{problem: e, after: after}
}

// retryAfter reads seconds or a date. It is negative when there is neither.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return -1
}

// try calls f until it succeeds, fails for good, or has failed often enough.
func (c *client) try(ctx context.Context, f func(context.Context) error) error {
	wait := firstPause
	for n := 1; ; n++ {
		err := f(ctx)
		var t *transient
		if !errors.As(err, &t) || n == maxTries || t.after > maxPause || ctx.Err() != nil {
			return err
		}
		now := wait
		if t.after >= 0 {
			now = t.after
		}
		if t.after > 0 || t.problem.Code == providers.CodeRateLimited {
			c.throttled(providers.Throttle{Until: time.Now().Add(now), Reason: t.problem.Message})
		}
		if err := c.pause(ctx, now); err != nil {
			return err
		}
		wait *= 2
	}
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
