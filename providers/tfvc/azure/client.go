package azure

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxRedirects = 3

	// idleTimeout is how long a server may say nothing.
	idleTimeout = 5 * time.Minute

	defaultConnections = 8
)

// Options are how a server is reached.
type Options struct {
	Username    string // any one will do for a token
	Password    string // or a personal access token
	CAFile      string // certificates to trust instead of the system's; or ""
	Connections int    // requests at a time; 0: a few

	// Waiting is told when the server asks to wait. It may be nil.
	Waiting func(until time.Time, reason string)

	// Pause waits for a time or the end of the context; nil: it does.
	Pause func(ctx context.Context, d time.Duration) error
}

// Client asks one server. It may be used by several goroutines.
type Client struct {
	address Address
	options Options
	http    *http.Client
	slots   chan struct{} // one for each request under way
	gate    gate

	mu      sync.Mutex
	version int // index in versions
	settled bool
}

// versions of the interface, in the order in which they are tried.
const versions = "5.0 4.1 3.0 2.0 1.0"

// New returns a client for the server at an address. It does not connect.
func New(address Address, options Options) (*Client, error) {
	roots, err := readCAFile(options.CAFile)
	if err != nil {
		return nil, err
	}
	if options.Connections <= 0 {
		options.Connections = defaultConnections
	}
	if options.Pause == nil {
		options.Pause = pause
	}
	if options.Waiting == nil {
		options.Waiting = func(time.Time, string) {}
	}
	if options.Username == "" {
		options.Username = address.Username
	}
	c := &Client{address: address, options: options, slots: make(chan struct{}, options.Connections)}
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   options.Connections,
			IdleConnTimeout:       time.Minute,
			TLSHandshakeTimeout:   30 * time.Second,
			ResponseHeaderTimeout: idleTimeout,
		},
	}
	return c, nil
}

// Close releases the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Address is where the client asks.
func (c *Client) Address() Address { return c.address }

// Connections is how many requests are made at a time.
func (c *Client) Connections() int { return c.options.Connections }

func readCAFile(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	const hint = "name a file with certificates in PEM format"
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "ca_file cannot be read: " + schema.Printable(err.Error()), Attribute: "ca_file", Hint: hint, Err: err}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "ca_file holds no certificate", Attribute: "ca_file", Hint: hint}
	}
	return roots, nil
}

// request is one question.
type request struct {
	path   []string // below the collection, not escaped
	query  url.Values
	body   any // JSON of a POST; nil: GET
	accept string
}

const (
	acceptJSON  = "application/json"
	acceptBytes = "application/octet-stream"
	acceptZip   = "application/zip"
)

// answer is a successful response. Its body must be closed.
type answer struct {
	header http.Header
	body   io.ReadCloser
}

// send asks r once, in the version of the interface that the server knows.
func (c *Client) send(ctx context.Context, r request) (*answer, error) {
	for {
		tried, name := c.currentVersion()
		found, err := c.once(ctx, r, name)
		var refused *refusal
		switch {
		case err == nil:
			c.settle(tried, true)
			return found, nil
		case !errors.As(err, &refused) || !refused.otherVersion() || !c.settle(tried, false):
			return nil, err
		}
	}
}

func (c *Client) currentVersion() (int, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.version, strings.Fields(versions)[c.version]
}

// settle notes whether a version works. It reports whether there is another one
// to try.
func (c *Client) settle(tried int, works bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if works {
		c.settled = c.settled || tried == c.version
		return true
	}
	if c.settled || tried != c.version {
		return tried != c.version // another request has found out meanwhile
	}
	if c.version+1 == len(strings.Fields(versions)) {
		return false
	}
	c.version++
	return true
}

// once makes one request, and follows redirects.
func (c *Client) once(ctx context.Context, r request, version string) (*answer, error) {
	at := c.url(r, version)
	for range maxRedirects + 1 {
		response, err := c.exchange(ctx, r, at)
		if err != nil {
			return nil, err
		}
		if next, err := c.redirect(response, at); err != nil {
			discard(response)
			return nil, err
		} else if next != nil {
			discard(response)
			at = next
			continue
		}
		return c.judge(response, r)
	}
	return nil, redirected(fmt.Errorf("there are more than %d redirects", maxRedirects))
}

func (c *Client) url(r request, version string) *url.URL {
	at := c.address.collection
	escaped := make([]string, len(r.path))
	for i, part := range r.path {
		escaped[i] = url.PathEscape(part)
	}
	at = *at.JoinPath(escaped...)
	query := url.Values{"api-version": {version}}
	for name, values := range r.query {
		query[name] = values
	}
	at.RawQuery = query.Encode()
	return &at
}

// exchange sends a request once its turn has come. The slot is given back when
// the body of the answer is closed.
func (c *Client) exchange(parent context.Context, r request, at *url.URL) (*http.Response, error) {
	if err := c.gate.pass(parent, c.options.Pause); err != nil {
		return nil, err
	}
	select {
	case c.slots <- struct{}{}:
	case <-parent.Done():
		return nil, context.Cause(parent)
	}
	ctx, cancel := context.WithCancelCause(parent)
	release := func() {
		cancel(nil)
		<-c.slots
	}
	method, body := http.MethodGet, io.Reader(nil)
	if r.body != nil {
		data, err := json.Marshal(r.body)
		if err != nil {
			release()
			return nil, fmt.Errorf("write a request: %w", err)
		}
		method, body = http.MethodPost, bytes.NewReader(data)
	}
	q, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		release()
		return nil, garbled(errors.New("an address in it cannot be used"))
	}
	q.Header.Set("User-Agent", "drover")
	q.Header.Set("Accept", r.accept)
	// A server that is not to show a sign-in page answers 401.
	q.Header.Set("X-TFS-FedAuthRedirect", "Suppress")
	if r.body != nil {
		q.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if c.options.Password != "" && (at.Scheme == "https" || c.address.local()) {
		q.SetBasicAuth(c.options.Username, c.options.Password)
	}
	response, err := c.http.Do(q)
	if err != nil {
		release()
		if cause := context.Cause(parent); cause != nil {
			return nil, cause
		}
		return nil, unreachable(at, err)
	}
	response.Body = &patient{body: response.Body, release: sync.OnceFunc(release), cause: func() error { return context.Cause(parent) },
		timer: time.AfterFunc(idleTimeout, func() { cancel(errSilent) })}
	c.heed(response.Header)
	return response, nil
}

// redirect returns where an answer sends us, or nil.
func (c *Client) redirect(response *http.Response, from *url.URL) (*url.URL, error) {
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	next, err := from.Parse(response.Header.Get("Location"))
	switch {
	case err != nil:
		return nil, redirected(errors.New("the new address cannot be read"))
	case isSignIn(next):
		return nil, c.signIn(response)
	case next.Scheme != from.Scheme || !strings.EqualFold(next.Host, from.Host):
		return nil, redirected(fmt.Errorf("the new address is at another host, %s", schema.Printable(next.Hostname())))
	}
	return next, nil
}

// patient is a body that the server must keep sending.
type patient struct {
	body    io.ReadCloser
	release func()
	cause   func() error
	timer   *time.Timer
}

func (p *patient) Read(b []byte) (int, error) {
	p.timer.Reset(idleTimeout)
	n, err := p.body.Read(b)
	if err != nil && err != io.EOF {
		if cause := p.cause(); cause != nil {
			return n, cause
		}
		return n, &lost{problem: broken(err), after: -1}
	}
	return n, err
}

func (p *patient) Close() error {
	p.timer.Stop()
	err := p.body.Close()
	p.release()
	return err
}

// discard gives up an answer, after a little of its body so that the connection
// can be used again.
func discard(response *http.Response) {
	const little = 64 << 10
	_, _ = io.CopyN(io.Discard, response.Body, little)
	_ = response.Body.Close()
}
