package forgehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// attempt sends q once and takes the answer.
func (c *Client) attempt(ctx context.Context, q *call) (Response, error) {
	held, err := c.acquire(ctx, q)
	if err != nil {
		return Response{}, err
	}
	defer c.leave()
	response, err := c.send(ctx, q, held)
	if err != nil {
		c.limits.done(held, nil)
		return Response{}, err
	}
	spent := c.limits.done(held, response.Header)
	answer := Response{Status: response.StatusCode, Header: response.Header, URL: q.at.String()}
	switch {
	case answer.Status >= 400:
		answer.Body = c.readProblem(response.Body)
		return answer, c.refuse(q, held, answer, spent)
	case q.content != nil && answer.Status < 300:
		*q.content = response.Body
	default:
		if answer, err = c.take(q, answer, response.Body); err != nil {
			return answer, c.punish(held, err)
		}
	}
	c.limits.accepted(held)
	return answer, nil
}

// take reads an answer, or finds it in the cache, and hands it to whoever
// decodes it.
func (c *Client) take(q *call, answer Response, body io.ReadCloser) (Response, error) {
	var err error
	if answer.Body, err = c.readAnswer(q, body); err != nil {
		return answer, err
	}
	switch {
	case answer.Status == http.StatusNotModified && q.kept != nil:
		answer = q.kept.answer(answer)
	case isRedirect(answer.Status):
		return answer, nil
	case answer.Status >= 300:
		return answer, providers.Errorf(providers.CodeInvalid, "the server answered %d %s, which was not asked for", answer.Status, http.StatusText(answer.Status))
	}
	if q.accept != nil {
		if err := q.accept(answer); err != nil {
			return answer, err
		}
	}
	if q.cacheKey != "" && !answer.NotModified {
		keep(c.cache, q.cacheKey, answer)
	}
	return answer, nil
}

// send sends q and returns the answer with its body unread.
func (c *Client) send(ctx context.Context, q *call, held lease) (*http.Response, error) {
	r, cancel, err := c.build(ctx, q, held)
	if err != nil {
		return nil, err
	}
	by := c.transport
	if q.place == stranger && !c.home.private(ctx, c.base.Hostname()) {
		by, r = c.strangers, markProxy(r)
	}
	c.sent.Add(1)
	response, err := by.RoundTrip(r)
	if err != nil {
		if cause := context.Cause(r.Context()); cause != nil {
			err = cause
		}
		cancel(nil)
		return nil, failedToSend(ctx, q, err)
	}
	response.Body = newIncoming(r.Context(), cancel, response.Body, c.stall)
	return response, nil
}

// build makes the request. Cancel must be called in the end.
func (c *Client) build(ctx context.Context, q *call, held lease) (*http.Request, context.CancelCauseFunc, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	r, err := http.NewRequestWithContext(ctx, q.method, q.at.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, nil, providers.Errorf(providers.CodeInvalid, "the request cannot be made: %w", err)
	}
	r.Header = q.header.Clone()
	if len(c.tokens) > 0 && q.place != stranger {
		c.authorize(r.Header, c.tokens[held.token])
	}
	if q.body == nil {
		return r, cancel, nil
	}
	body, length, err := q.body()
	if err != nil {
		cancel(nil)
		return nil, nil, err
	}
	r.Body, r.ContentLength = newOutgoing(cancel, body, c.stall), length
	if !q.once {
		// The transport takes another connection when the one it had in store
		// was closed before anything was written to it.
		r.GetBody = func() (io.ReadCloser, error) {
			again, _, err := q.body()
			if err != nil {
				return nil, err
			}
			return newOutgoing(cancel, again, c.stall), nil
		}
	}
	return r, cancel, nil
}

// failedToSend is what the failure of a connection means.
func failedToSend(ctx context.Context, q *call, err error) error {
	var untrusted *tls.CertificateVerificationError
	var unknown *net.DNSError
	var dial *net.OpError
	host := schema.Printable(q.at.Host)
	e := &providers.Error{Code: providers.CodeUnavailable, Message: "the connection failed: " + schema.Printable(err.Error()),
		Hint: "check the network and that the server is up, and apply again", Err: err}
	switch {
	case ctx.Err() != nil:
		return stopped(context.Cause(ctx))
	case errors.Is(err, errPrivate):
		return &providers.Error{Code: providers.CodeDenied, Message: host + " is not a public address, where the server itself is on one", Err: err}
	case errors.As(err, &untrusted):
		return &providers.Error{Code: providers.CodeInvalid, Message: "the certificate of " + host + " is not trusted",
			Hint: "set ca_file to the certificate of who signed it", Attribute: "ca_file", Err: err}
	case errors.As(err, &unknown) && unknown.IsNotFound:
		e.Message, e.Hint = "there is no host "+schema.Printable(q.at.Hostname()), "check the address of the server, and the network"
		return e
	case errors.As(err, &dial) && dial.Op == "dial":
		return &failure{kind: unsent, after: unsaid, problem: e}
	}
	return &failure{kind: lost, after: unsaid, problem: e}
}

// stopped is the error of a call whose context ended.
func stopped(err error) error {
	return &providers.Error{Code: providers.CodeUnavailable, Message: "stopped before it was finished", Err: err}
}

// readAnswer reads a body of at most q.maxBytes.
func (c *Client) readAnswer(q *call, body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	if in, ok := body.(*incoming); ok {
		defer in.within(answerLimit)()
	}
	data, err := io.ReadAll(io.LimitReader(body, q.maxBytes+1))
	switch {
	case err != nil:
		return nil, &failure{kind: lost, after: unsaid, problem: &providers.Error{Code: providers.CodeUnavailable,
			Message: "the answer was cut off: " + schema.Printable(err.Error()), Hint: "apply again", Err: err}}
	case int64(len(data)) > q.maxBytes:
		return nil, &failure{kind: garbled, problem: providers.Errorf(providers.CodeInvalid, "the answer is larger than %d bytes", q.maxBytes)}
	}
	return data, nil
}

// readProblem reads as much of a refusal as is of use. The status alone is
// enough: what comes besides may be cut off.
func (c *Client) readProblem(body io.ReadCloser) []byte {
	defer body.Close()
	data, _ := io.ReadAll(io.LimitReader(body, maxProblem))
	return []byte(c.scrub(string(data)))
}
