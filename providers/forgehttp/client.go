package forgehttp

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Options say which server a Client speaks to, and how.
type Options struct {
	// Base is the address below which requests name their paths:
	// "https://api.github.com".
	Base string

	// Tokens are the credentials, which share the work: a request is sent with
	// the one that has the most budget left. There may be none.
	Tokens []string

	// Authorize puts a token into the header of a request. Nil sends it as
	// "Authorization: Bearer".
	Authorize func(h http.Header, token string)

	// Header is sent with each request to Base: Accept, User-Agent, the version
	// of the API. Of it, only User-Agent goes to other hosts.
	Header http.Header

	// Limit reads the headers in which the server tells of its limits. Now is
	// the server's time, which the limit's Resets is in too. It is called once
	// for each answer of the server, by one goroutine at a time, and must not
	// call the client. Nil: the server does not tell.
	Limit func(h http.Header, now time.Time) (Limit, bool)

	// Classify refines what an answer with a status of 400 or more means. It
	// may return nil, and is not asked about refusals for the rate, nor about
	// hosts that are not trusted. An error with CodeRateLimited makes the client wait, until
	// its Until when that is set; one with CodeUnavailable makes it try again.
	Classify func(Response) *providers.Error

	Parallel int // requests at once; 0: 8

	// Retries is how often a request is sent again at most. 0: 5, negative:
	// never.
	Retries int

	// Spacing is the least time between two writes with one token. Queries of
	// GraphQL are no writes.
	Spacing time.Duration

	Clock  Clock  // nil: the real one
	CAFile string // certificates in PEM to trust instead of the system's
	Cache  Cache  // of answers to requests with Cached; nil: none

	// Transport carries the requests. Nil: one of the client's own. One of the
	// caller's must not follow redirects, and it is the caller's to keep it
	// from private addresses.
	Transport http.RoundTripper
}

const (
	defaultParallel = 8
	defaultRetries  = 5

	// answerTimeout is how long the server may think about a request.
	answerTimeout = 2 * time.Minute

	// maxHeaderBytes bounds the header of an answer.
	maxHeaderBytes = 256 << 10
)

// Client speaks to one server with one or several credentials. It is safe for
// concurrent use.
type Client struct {
	base      *url.URL
	authorize func(h http.Header, token string)
	header    http.Header
	tokens    []string
	classify  func(Response) *providers.Error
	retries   int
	clock     Clock
	cache     Cache

	transport http.RoundTripper // to the server and the hosts that callers trust
	strangers http.RoundTripper // to all others; it refuses private addresses
	home      home
	stall     time.Duration

	slots  chan struct{} // one for each request that may be under way
	limits *limits
	sent   atomic.Int64
}

// New returns a client. It sends nothing.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.Base)
	if err != nil || !isWeb(base) || base.RawQuery != "" || base.Fragment != "" {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "the address of the server is not one of http or https",
			Hint: "give it like https://git.example.org", Err: err}
	}
	base.User = nil
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	for _, token := range o.Tokens {
		if token == "" || strings.ContainsFunc(token, func(r rune) bool { return unicode.IsControl(r) || r > unicode.MaxASCII }) {
			return nil, &providers.Error{Code: providers.CodeInvalid, Message: "a token is empty or holds characters that cannot be sent",
				Hint: "copy it again; a secret read from a file may end with a line break"}
		}
	}
	c := &Client{
		base: base, authorize: o.Authorize, header: http.Header{}, tokens: slices.Clone(o.Tokens), classify: o.Classify,
		retries: o.Retries, clock: o.Clock, cache: o.Cache, stall: stallTimeout,
	}
	if c.authorize == nil {
		c.authorize = func(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) }
	}
	overlay(c.header, o.Header)
	if c.header.Get("User-Agent") == "" {
		c.header.Set("User-Agent", "drover")
	}
	if c.retries == 0 {
		c.retries = defaultRetries
	}
	if c.clock == nil {
		c.clock = realClock{}
	}
	parallel := o.Parallel
	if parallel <= 0 {
		parallel = defaultParallel
	}
	c.slots = make(chan struct{}, parallel)
	c.limits = newLimits(max(1, len(o.Tokens)), o.Limit, o.Spacing, c.clock)
	if err := c.connect(o, parallel); err != nil {
		return nil, err
	}
	return c, nil
}

// connect sets the transports.
func (c *Client) connect(o Options, parallel int) error {
	if o.Transport != nil {
		c.transport, c.strangers = o.Transport, o.Transport
		c.home.known, c.home.inside = true, true // dialling is not ours
		return nil
	}
	roots, err := ReadRoots(o.CAFile)
	if err != nil {
		return err
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           4 * parallel,
		MaxIdleConnsPerHost:    parallel,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    30 * time.Second,
		ResponseHeaderTimeout:  answerTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	guarded := transport.Clone()
	guarded.DialContext = dialPublic
	c.transport, c.strangers = transport, guarded
	return nil
}

// ReadRoots reads the certificates to trust instead of the system's, from the file
// that the setting ca_file names; none for no name.
func ReadRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	fault := &providers.Error{Code: providers.CodeInvalid, Op: "read ca_file", Subject: schema.Printable(file), Attribute: "ca_file",
		Hint: "name a file with certificates in PEM"}
	data, err := os.ReadFile(file)
	if err != nil {
		fault.Message, fault.Err = "the file cannot be read", err
		return nil, fault
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		fault.Message = "the file holds no certificate"
		return nil, fault
	}
	return roots, nil
}

// Requests returns how many requests were sent so far, repeated and redirected
// ones included.
func (c *Client) Requests() int64 { return c.sent.Load() }

// Limits returns the server's limits as they were seen last, summed over the
// tokens that were used, by resource.
func (c *Client) Limits() []Limit { return c.limits.sum() }

func isWeb(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" }
