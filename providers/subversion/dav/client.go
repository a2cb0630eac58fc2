package dav

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxRedirects = 5

	// maxAsked is how often one request may be answered with the wish to know
	// who we are: the first time, after a nonce grew old, and once more when
	// several requests find that out at once.
	maxAsked = 3

	// idleTimeout is how long a server may say nothing. It is long because a
	// server can be busy with one large file for minutes.
	idleTimeout = 5 * time.Minute
)

// client talks to one server.
type client struct {
	transport   *http.Transport
	meter       *remote.Meter
	origin      *url.URL // whose host may hear the credentials
	credentials credentials
}

// newClient returns a client for the host of origin.
func newClient(origin *url.URL, options remote.Options, meter *remote.Meter) (*client, error) {
	roots, err := readCAFile(options.CAFile)
	if err != nil {
		return nil, err
	}
	return &client{
		origin: origin,
		meter:  meter,
		transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   options.Connections,
			IdleConnTimeout:       time.Minute,
			TLSHandshakeTimeout:   30 * time.Second,
			ResponseHeaderTimeout: idleTimeout,
			// We say ourselves what we accept, because the header also
			// chooses the format of deltas.
			DisableCompression: true,
		},
		credentials: credentials{username: options.Username, password: options.Password},
	}, nil
}

// readCAFile returns the certificates to trust, or nil for the system's.
func readCAFile(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "ca_file cannot be read: " + schema.Printable(err.Error()), Attribute: "ca_file",
			Hint: "name a file with certificates in PEM format", Err: err}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "ca_file holds no certificate", Attribute: "ca_file",
			Hint: "name a file with certificates in PEM format"}
	}
	return roots, nil
}

// request is one question.
type request struct {
	method string
	path   string // escaped, with a leading slash
	depth  string // of PROPFIND
	accept string // encodings besides gzip
	body   string // XML
}

// answer is what came back. Its body must be closed.
type answer struct {
	at     *url.URL // where it came from
	header http.Header
	body   io.ReadCloser
}

// send sends r and returns the answer to it, of a status that means success.
// It follows redirects within the host and signs in. See package
// documentation for what it does not do.
func (c *client) send(ctx context.Context, r request) (*answer, error) {
	at, err := c.origin.Parse(r.path)
	if err != nil || !strings.HasPrefix(r.path, "/") || at.Host != c.origin.Host {
		return nil, remote.Garbled(errors.New("an address in it is not a path of the server"))
	}
	asked := 0
	for redirects := 0; redirects <= maxRedirects; {
		response, before, sent, err := c.once(ctx, r, at)
		if err != nil {
			return nil, err
		}
		switch status := response.StatusCode; {
		case status == http.StatusUnauthorized:
			realm := realmOf(response.Header)
			again := c.credentials.accept(response.Header, before, sent)
			response.Body.Close()
			if asked++; !again || asked == maxAsked {
				return nil, remote.SignIn(sent, realm)
			}
		case isRedirect(status):
			next, err := at.Parse(response.Header.Get("Location"))
			response.Body.Close()
			if err == nil {
				err = c.follow(at, next)
			}
			if err != nil {
				return nil, refusedRedirect(err)
			}
			at = next
			redirects++
		case status/100 == 2:
			body, err := decoded(response)
			if err != nil {
				response.Body.Close()
				return nil, err
			}
			return &answer{at: at, header: response.Header, body: body}, nil
		default:
			defer response.Body.Close()
			return nil, refusal(response)
		}
	}
	return nil, refusedRedirect(fmt.Errorf("there are more than %d redirects", maxRedirects))
}

// once sends a request to at. It returns the challenge that was answered
// unasked, and whether credentials were sent.
func (c *client) once(parent context.Context, r request, at *url.URL) (response *http.Response, before *challenge, sent bool, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	q, err := http.NewRequestWithContext(ctx, r.method, at.String(), strings.NewReader(r.body))
	if err != nil {
		cancel(nil)
		return nil, nil, false, remote.Garbled(errors.New("an address in it cannot be used"))
	}
	q.Header.Set("User-Agent", "drover")
	accept := "gzip"
	if r.accept != "" {
		accept += ", " + r.accept
	}
	q.Header.Set("Accept-Encoding", accept)
	if r.body != "" {
		q.Header.Set("Content-Type", "text/xml")
	}
	if r.depth != "" {
		q.Header.Set("Depth", r.depth)
	}
	// What servers since 1.7 make ready for us depends on these.
	for _, capability := range []string{"depth", "mergeinfo", "log-revprops"} {
		q.Header.Add("DAV", davSvn+capability)
	}
	before = c.credentials.authorize(q, at.Scheme == "https")
	sent = q.Header.Get("Authorization") != ""
	response, err = c.transport.RoundTrip(q)
	if err != nil {
		cancel(nil)
		return nil, nil, false, c.unreachable(parent, at, err)
	}
	response.Body = &patient{body: response.Body, cancel: cancel, cause: func() error { return context.Cause(parent) }, meter: c.meter,
		timer: time.AfterFunc(idleTimeout, func() { cancel(errSilent) })}
	return response, before, sent, nil
}

// unreachable says why there is no answer.
func (c *client) unreachable(ctx context.Context, at *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if untrusted := (*tls.CertificateVerificationError)(nil); errors.As(err, &untrusted) {
		return &providers.Error{Code: providers.CodeInvalid, Message: "the certificate of " + schema.Printable(at.Host) + " is not trusted",
			Hint: "set ca_file in the source block to the certificate of who signed it", Attribute: "ca_file", Err: err}
	}
	return &remote.Lost{Problem: remote.Broken(err), After: -1}
}

// follow reports why a redirect is not followed.
func (c *client) follow(from, to *url.URL) error {
	switch {
	case to.Scheme != "http" && to.Scheme != "https":
		return errors.New("the new address is not one of http or https")
	case from.Scheme == "https" && to.Scheme == "http":
		return errors.New("the new address is not secured, the old one is")
	case !strings.EqualFold(from.Hostname(), to.Hostname()):
		return errors.New("the new address is at another host, " + schema.Printable(to.Hostname()))
	case from.Scheme == to.Scheme && port(from) != port(to):
		return errors.New("the new address is at another port")
	}
	return nil
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

func refusedRedirect(err error) error {
	return &providers.Error{Code: providers.CodeInvalid, Message: "the server redirects and that is not followed: " + err.Error(), Attribute: "vcs_url",
		Hint: "set vcs_url to the new address if you trust it", Err: err}
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func realmOf(h http.Header) string {
	if c := strongest(h); c != nil {
		return c.realm
	}
	return ""
}

// decoded returns the body of an answer without its encoding.
func decoded(r *http.Response) (io.ReadCloser, error) {
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
		return r.Body, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, &remote.Lost{Problem: remote.Broken(err), After: -1}
		}
		return &unzipped{z, r.Body}, nil
	default:
		return nil, remote.Garbled(fmt.Errorf("it is encoded as %q", encoding))
	}
}

type unzipped struct {
	*gzip.Reader
	body io.Closer
}

func (u *unzipped) Close() error { return u.body.Close() }

// errSilent is why a request was given up.
var errSilent = errors.New("the server says nothing any more")

// patient is a body that waits for the server, but not for ever, and counts.
type patient struct {
	body   io.ReadCloser
	cancel context.CancelCauseFunc
	cause  func() error // why the caller gave up
	timer  *time.Timer
	meter  *remote.Meter
}

func (p *patient) Read(b []byte) (int, error) {
	p.timer.Reset(idleTimeout)
	n, err := p.body.Read(b)
	p.timer.Stop()
	p.meter.Add(n)
	if cause := p.cause(); err != nil && err != io.EOF && cause != nil {
		err = cause
	}
	return n, err
}

// maxRest is how much of an answer is read in vain so that its connection can
// be used again.
const maxRest = 16 << 10

func (p *patient) Close() error {
	_, _ = io.CopyN(io.Discard, p, maxRest) // it does not matter if that fails
	p.timer.Stop()
	err := p.body.Close()
	p.cancel(nil)
	return err
}

// maxProblem is how much of the body of a refusal is read.
const maxProblem = 64 << 10

// refusal is what an answer other than the wanted one means.
func refusal(r *http.Response) error {
	e := &providers.Error{Message: fmt.Sprintf("the server answered %d %s", r.StatusCode, http.StatusText(r.StatusCode))}
	if body, err := decoded(r); err == nil {
		text, _ := io.ReadAll(io.LimitReader(body, maxProblem)) // what is there is enough
		if said := readProblem(bytes.NewReader(text)); said != nil {
			e = said
		}
	}
	busy := false
	switch r.StatusCode {
	case http.StatusForbidden:
		e.Code, e.Attribute, e.Hint = providers.CodeDenied, "", "ask for the right to read the path, or name a folder in vcs_url that the user may read"
	case http.StatusNotFound, http.StatusGone:
		e.Code, e.Attribute, e.Hint = providers.CodeNotFound, "vcs_url", "correct vcs_url; a repository that the user may not see looks the same"
	case http.StatusMethodNotAllowed, http.StatusNotImplemented: // by servers that know no PROPFIND or REPORT
		e.Code, e.Attribute, e.Hint = providers.CodeNotFound, "vcs_url", notSubversionHint
	case http.StatusTooManyRequests:
		e.Code, busy = providers.CodeRateLimited, true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.Code, busy = providers.CodeUnavailable, true
	default:
		if e.Code != "" {
			break
		}
		e.Code = providers.CodeInvalid
		if r.StatusCode >= 500 {
			e.Code, e.Hint = providers.CodeUnavailable, "look into the server's log and apply again; what was received is kept"
		}
	}
	if !busy {
		return e
	}
	after := retryAfter(r.Header.Get("Retry-After"), time.Now())
	if after > 0 {
		e.Until = time.Now().Add(after)
	}
	return &remote.Lost{Problem: e, After: after}
}

const notSubversionHint = "check that vcs_url is the address of a Subversion repository"

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
