package forgehttp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const maxRedirects = 5

// place is who a request goes to.
type place int

const (
	server   place = iota // Options.Base
	trusted               // a host that the caller of Open trusts with a token
	stranger              // anybody, and whoever a stranger leads to
)

// counted says that the request counts against the limits of the server.
func (q *call) counted() bool { return q.place == server }

// exchange sends q, wherever redirects lead that it may follow.
func (c *Client) exchange(ctx context.Context, q *call) (Response, error) {
	for range maxRedirects + 1 {
		answer, err := c.persist(ctx, q)
		if err != nil || !isRedirect(answer.Status) {
			return answer, err
		}
		next, err := q.at.Parse(answer.Header.Get("Location"))
		if err != nil || !isWeb(next) {
			return answer, providers.Errorf(providers.CodeInvalid, "the server redirects to an address that is not one of http or https")
		}
		if err := c.follow(q, next, answer.Status); err != nil {
			return answer, err
		}
	}
	return Response{}, providers.Errorf(providers.CodeInvalid, "the server redirects more than %d times", maxRedirects)
}

// follow turns q to the address that a redirect names.
//
// The method and the body stay, also after 301 and 302, where browsers turn a
// POST into a GET: a forge that renamed a repository expects the POST again.
func (c *Client) follow(q *call, next *url.URL, status int) error {
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	same := sameOrigin(q.at, next)
	switch {
	case q.content == nil && !same:
		return &providers.Error{Code: providers.CodeInvalid,
			Message: fmt.Sprintf("the server redirects (%d) to %s", status, shownOrigin(next)),
			Hint:    "give that address as the server's, if it is the one meant; credentials are not sent to where a redirect leads"}
	case q.at.Scheme == "https" && next.Scheme == "http":
		return providers.Errorf(providers.CodeInvalid, "the server redirects from https to http")
	case q.once:
		return providers.Errorf(providers.CodeUnavailable, "the server redirects an upload, which cannot be sent again")
	case status == http.StatusSeeOther && q.method != http.MethodHead:
		q.method, q.body, q.write = http.MethodGet, nil, false
		q.header.Del("Content-Type")
	}
	q.at = next
	if !same {
		q.place = stranger // for good, even if a later redirect leads back
		q.header = onlyPublic(q.header)
	}
	return nil
}

// onlyPublic returns what may be sent to anybody of a header.
func onlyPublic(h http.Header) http.Header {
	bare := http.Header{}
	for _, name := range []string{"User-Agent", "Accept"} {
		if values := h.Values(name); len(values) > 0 {
			bare[name] = values
		}
	}
	return bare
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
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

// shownOrigin is an address in messages: without its path, which may be signed.
func shownOrigin(u *url.URL) string { return schema.Printable(u.Scheme + "://" + u.Host) }
