package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/mercurial/hg/bundle"
	"github.com/drover-migrate/drover/schema"
)

const (
	mediaPlain      = "application/mercurial-0.1"
	mediaCompressed = "application/mercurial-0.2" // says how it is compressed
	mediaError      = "application/hg-error"
	userAgent       = "mercurial/proto-1.0 (Drover)"

	maxRedirects = 5
	maxMessage   = 4 << 10
)

// web is a server reached over http or https.
type web struct {
	base   *url.URL // without user; redirects of the first request move it
	client *http.Client
	sign   *signer

	headerSize  int    // of a header with arguments; 0: they go into the URL
	compression string // what to accept; "": the server cannot be asked
}

// dialHTTP asks the server for its capabilities.
func dialHTTP(ctx context.Context, u *url.URL, opts Options) (conn, string, error) {
	base := *u
	base.User = nil
	w := &web{base: &base, sign: &signer{username: username(u, opts), password: opts.Password}}
	w.client = &http.Client{Transport: opts.Transport, CheckRedirect: w.checkRedirect}
	response, err := w.do(ctx, request{command: "capabilities"})
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	moved := *response.Request.URL
	moved.RawQuery = ""
	w.base = &moved
	hello, err := readAnswer(response.Body)
	if err != nil {
		return nil, "", err
	}
	w.learn(string(hello))
	return w, string(hello), nil
}

// learn takes from the capabilities how requests are to be sent.
func (w *web) learn(hello string) {
	for word := range strings.FieldsSeq(hello) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "httpheader":
			if n, err := strconv.Atoi(value); err == nil && n >= 256 && n <= 1<<16 {
				w.headerSize = n
			}
		case "httpmediatype":
			if strings.Contains(","+value+",", ",0.2tx,") {
				w.compression = "0.1 0.2 comp=zstd,zlib,none"
			}
		}
	}
}

// checkRedirect keeps requests, and with them the credentials, on one server.
func (w *web) checkRedirect(next *http.Request, before []*http.Request) error {
	switch {
	case len(before) > maxRedirects:
		return errors.New("the server redirects in circles")
	case !sameServer(w.base, next.URL):
		return fmt.Errorf("the server redirects to another one, %s; if that is right, name its address",
			schema.Printable(next.URL.Scheme+"://"+next.URL.Host))
	}
	return nil
}

// sameServer allows one change: from http to https, both at their usual ports.
func sameServer(from, to *url.URL) bool {
	if from.Scheme == to.Scheme {
		return strings.EqualFold(from.Host, to.Host)
	}
	return from.Scheme == "http" && to.Scheme == "https" && strings.EqualFold(from.Hostname(), to.Hostname()) &&
		(from.Port() == "" || from.Port() == "80") && (to.Port() == "" || to.Port() == "443")
}

func (w *web) close() error {
	w.client.CloseIdleConnections()
	return nil
}

func (w *web) call(ctx context.Context, r request) ([]byte, error) {
	body, err := w.stream(ctx, r)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return readAnswer(body)
}

func readAnswer(body io.Reader) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err == nil && len(answer) > maxAnswer {
		return nil, wrong("a question", fmt.Errorf("more than %d bytes", maxAnswer))
	}
	return answer, err
}

func (w *web) stream(ctx context.Context, r request) (io.ReadCloser, error) {
	response, err := w.do(ctx, r)
	if err != nil {
		return nil, err
	}
	body, err := decompress(response, r.command)
	if err != nil {
		response.Body.Close()
		return nil, err
	}
	return body, nil
}

// do sends a request, a second time with credentials if the server asks for
// them, and returns a good response. Reading its body fails with errors of the
// contract.
func (w *web) do(ctx context.Context, r request) (*http.Response, error) {
	for again := false; ; again = true {
		next, err := w.request(ctx, r)
		if err != nil {
			return nil, err
		}
		signed := w.sign.sign(next)
		response, err := w.client.Do(next)
		if err != nil {
			return nil, unreachable(ctx, err)
		}
		response.Body = &transfer{ctx: ctx, body: response.Body}
		if response.StatusCode == http.StatusUnauthorized && !again && w.sign.challenge(response.Header) {
			response.Body.Close()
			continue
		}
		if err := refused(response, signed); err != nil {
			response.Body.Close()
			return nil, err
		}
		return response, nil
	}
}

// request puts the arguments where the server wants them.
//
// https://www.mercurial-scm.org/repo/hg/file/tip/mercurial/helptext/internals/wireprotocol.txt
func (w *web) request(ctx context.Context, r request) (*http.Request, error) {
	args := url.Values{}
	for _, a := range append(r.args[:len(r.args):len(r.args)], r.options...) {
		args.Set(a.name, a.value)
	}
	target := *w.base
	query := url.Values{"cmd": {r.command}}
	if w.headerSize == 0 {
		for name, value := range args {
			query[name] = value
		}
	}
	target.RawQuery = query.Encode()
	next, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, &providers.Error{Code: providers.CodeInvalid, Message: "the address cannot be asked", Err: err}
	}
	next.Header.Set("Accept", mediaPlain)
	next.Header.Set("User-Agent", userAgent)
	var vary []string
	if w.headerSize > 0 {
		vary = setLong(next.Header, "X-HgArg", args.Encode(), w.headerSize)
	}
	if w.compression != "" {
		vary = append(vary, setLong(next.Header, "X-HgProto", w.compression, max(w.headerSize, 256))...)
	}
	if len(vary) > 0 { // or a cache would mix up the answers
		next.Header.Set("Vary", strings.Join(vary, ","))
	}
	return next, nil
}

// setLong spreads a value over headers of a limited size, and returns their
// names.
func setLong(h http.Header, name, value string, size int) []string {
	room := size - len(name+"-000: \r\n")
	var names []string
	for n := 1; value != ""; n++ {
		part := value[:min(len(value), room)]
		value = value[len(part):]
		numbered := fmt.Sprintf("%s-%d", name, n)
		h[numbered] = []string{part} // spelled as it is documented
		names = append(names, numbered)
	}
	return names
}

// decompress returns what a response holds. Long answers are compressed: always
// in the old media type, as the response says in the new one.
func decompress(response *http.Response, command string) (io.ReadCloser, error) {
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	switch {
	case kind == mediaCompressed:
		return decompressAs(response.Body)
	case command == "getbundle":
		z, err := bundle.NewZlib(response.Body)
		if err != nil {
			return nil, wrong(command, err)
		}
		return &stacked{Reader: z, close: []io.Closer{z, response.Body}}, nil
	}
	return response.Body, nil
}

// decompressAs reads the name of a compression and what is compressed so.
func decompressAs(body io.ReadCloser) (io.ReadCloser, error) {
	var size [1]byte
	if _, err := io.ReadFull(body, size[:]); err != nil {
		return nil, broken(err)
	}
	name := make([]byte, size[0])
	if _, err := io.ReadFull(body, name); err != nil {
		return nil, broken(err)
	}
	var plain io.ReadCloser
	var err error
	switch string(name) {
	case "none":
		return body, nil
	case "zlib":
		plain, err = bundle.NewZlib(body)
	case "zstd":
		plain, err = bundle.NewZstd(body)
	default:
		err = fmt.Errorf("compression %q", schema.Printable(string(name)))
	}
	if err != nil {
		return nil, wrong("a question", err)
	}
	return &stacked{Reader: plain, close: []io.Closer{plain, body}}, nil
}

// stacked closes several readers.
type stacked struct {
	io.Reader
	close []io.Closer
}

func (s *stacked) Close() error {
	var errs []error
	for _, c := range s.close {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// transfer is a body whose errors say what they mean.
type transfer struct {
	ctx  context.Context
	body io.ReadCloser
}

func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case t.ctx.Err() != nil:
		return n, context.Cause(t.ctx)
	}
	return n, broken(err)
}

func (t *transfer) Close() error { return t.body.Close() }

// refused is the error of a response that is none of a Mercurial server, or
// nil.
func refused(response *http.Response, signed bool) error {
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	message := ""
	if kind == mediaError || strings.HasPrefix(kind, "application/mercurial-") && response.StatusCode >= 400 {
		data, err := io.ReadAll(io.LimitReader(response.Body, maxMessage))
		if err == nil { // otherwise the status has to say it
			message = schema.Printable(string(bytes.TrimSpace(data)))
		}
	}
	e := &providers.Error{Message: fmt.Sprintf("the server answered %s", schema.Printable(response.Status))}
	if message != "" {
		e.Message = "the server answered: " + message
	}
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized && signed:
		e.Code, e.Message, e.Hint = providers.CodeAuth, "the server refused the username and password", "check username and password in the source block"
	case status == http.StatusUnauthorized:
		e.Code, e.Message, e.Hint = providers.CodeAuth, "the server asks for a username and password", "set username and password in the source block"
	case status == http.StatusForbidden:
		e.Code, e.Hint = providers.CodeDenied, "ask for the permission to read the repository"
	case status == http.StatusNotFound || status == http.StatusGone:
		e.Code, e.Hint, e.Attribute = providers.CodeNotFound, "correct vcs_url; a repository that the credential may not see looks the same", "vcs_url"
	case status == http.StatusTooManyRequests:
		e.Code, e.Until = providers.CodeRateLimited, retryAt(response.Header)
	case status >= 500:
		e.Code, e.Hint = providers.CodeUnavailable, "run the command again later"
	case status >= 300 || kind == mediaError:
		e.Code = providers.CodeInvalid
	case kind != mediaPlain && kind != mediaCompressed:
		e.Code, e.Message = providers.CodeNotFound, "there is no Mercurial server at the address"
		e.Hint, e.Attribute = "correct vcs_url; it is the address that hg clone takes", "vcs_url"
	default:
		return nil
	}
	return e
}

// retryAt reads the Retry-After header, which holds seconds or a date.
func retryAt(h http.Header) time.Time {
	const unsaid = time.Minute
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 && seconds <= 1<<20 {
		return time.Now().Add(time.Duration(seconds) * time.Second)
	}
	if t, err := http.ParseTime(value); err == nil {
		return t
	}
	return time.Now().Add(unsaid)
}

// unreachable is the error of a request without a response.
func unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var u *url.Error
	if errors.As(err, &u) { // whose text repeats the address
		err = u.Err
	}
	return &providers.Error{Code: providers.CodeUnavailable, Message: "the server cannot be reached: " + schema.Printable(err.Error()), Err: err,
		Hint: "check the host and the network, and run the command again"}
}
