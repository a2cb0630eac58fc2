package forgehttp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// OpenOptions say how to open a download.
type OpenOptions struct {
	// TrustedHosts get a credential besides the server itself: host names, or
	// host:port for a port that is not the scheme's.
	TrustedHosts []string

	MaxBytes int64       // of the content; 0: no bound, for what goes to a disk
	Header   http.Header // in addition to Options.Header, and before it

	Op, Subject string // for errors
	Resource    string // the limit it counts against when the server itself is asked
}

// Open opens a download at an address, which need not be on the server: a path
// below Options.Base, or a whole address of http or https. The caller closes
// what it gets. Reading fails with a *providers.Error when the content is cut
// off or longer than o.MaxBytes; Response has no Body.
//
// The address may have been written by anybody. A credential goes to the server
// itself and to o.TrustedHosts, and not any more once a redirect led to another
// host. Addresses that are not public are refused, unless those are the
// server's or a trusted host's, or the server itself is at one.
//
// A download counts as a request under way until its header came, and not while
// it is read.
func (c *Client) Open(ctx context.Context, rawURL string, o OpenOptions) (io.ReadCloser, Response, error) {
	r := Request{Op: o.Op, Subject: o.Subject, MaxBytes: o.MaxBytes}
	q, err := c.prepareOpen(rawURL, o)
	if err != nil {
		return nil, Response{}, r.Explain(err)
	}
	return c.open(ctx, q, r)
}

// Download is [Client.Open] for what is a request to the server itself. R.MaxBytes
// bounds the content; 0: no bound.
func (c *Client) Download(ctx context.Context, r Request) (io.ReadCloser, error) {
	r.Into = nil
	q, err := c.prepare(r)
	if err != nil {
		return nil, r.Explain(err)
	}
	content, _, err := c.open(ctx, q, r)
	return content, err
}

// open sends q and opens the answer, of which r says how long it may be.
func (c *Client) open(ctx context.Context, q *call, r Request) (io.ReadCloser, Response, error) {
	var content io.ReadCloser
	q.content = &content
	answer, err := c.exchange(ctx, q)
	if err != nil {
		return nil, answer, r.Explain(err)
	}
	if r.MaxBytes > 0 && contentLength(answer.Header) > r.MaxBytes {
		content.Close()
		return nil, answer, r.Explain(tooLarge(r.MaxBytes))
	}
	left := r.MaxBytes
	if left <= 0 {
		left = -1
	}
	return &download{ReadCloser: content, ctx: ctx, request: r, left: left, max: r.MaxBytes}, answer, nil
}

func (c *Client) prepareOpen(rawURL string, o OpenOptions) (*call, error) {
	at, err := url.Parse(rawURL)
	if err != nil {
		return nil, providers.Errorf(providers.CodeInvalid, "the address of the download cannot be read")
	}
	at.User, at.Fragment, at.RawFragment = nil, "", ""
	if !at.IsAbs() && at.Host == "" || sameOrigin(at, c.base) {
		return c.prepare(Request{Path: at.String(), Header: o.Header, Resource: o.Resource})
	}
	if !isWeb(at) {
		return nil, providers.Errorf(providers.CodeInvalid, "the address of the download is not one of http or https")
	}
	q := &call{method: http.MethodGet, at: at, header: onlyPublic(c.header), repeat: true, maxBytes: defaultMaxBytes, place: stranger}
	q.header.Del("Accept") // the one of the API
	overlay(q.header, o.Header)
	// A token that the server gets by https is not for the open street.
	if slices.ContainsFunc(o.TrustedHosts, matches(at)) && (at.Scheme == "https" || c.base.Scheme == "http") {
		q.place = trusted
	}
	return q, nil
}

func matches(at *url.URL) func(host string) bool {
	return func(host string) bool {
		if strings.EqualFold(host, at.Host) {
			return true
		}
		standard := at.Scheme == "https" && port(at) == "443" || at.Scheme == "http" && port(at) == "80"
		return standard && strings.EqualFold(host, at.Hostname())
	}
}

// contentLength is what the server says of the length, or -1. What it unpacks
// to may be longer.
func contentLength(h http.Header) int64 {
	var n int64
	if _, err := fmt.Sscan(h.Get("Content-Length"), &n); err != nil {
		return -1
	}
	return n
}

func tooLarge(max int64) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("the content is larger than %d bytes", max)}
}

// download is the content on its way.
type download struct {
	io.ReadCloser
	ctx     context.Context
	request Request
	left    int64 // bytes that may come; negative: any number
	max     int64
}

func (d *download) Read(p []byte) (int, error) {
	if d.left >= 0 && int64(len(p)) > d.left+1 {
		p = p[:d.left+1] // one more shows that there is more
	}
	n, err := d.ReadCloser.Read(p)
	if d.left >= 0 {
		if int64(n) > d.left {
			return int(d.left), d.request.Explain(tooLarge(d.max))
		}
		d.left -= int64(n)
	}
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err
	}
	if d.ctx.Err() != nil {
		return n, d.request.Explain(stopped(context.Cause(d.ctx)))
	}
	return n, d.request.Explain(&providers.Error{Code: providers.CodeUnavailable,
		Message: "the content was cut off: " + schema.Printable(err.Error()), Hint: "apply again", Err: err})
}
