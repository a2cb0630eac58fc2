package contracttest

import (
	"mime"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
)

// Exchange is a request and its answer.
type Exchange struct {
	Request     *http.Request // method, address and headers are looked at
	RequestBody []byte

	Status int
	Header http.Header
	Body   []byte

	// Partial says that the bodies are not whole, and not to be compared.
	Partial bool
}

// Check returns what is wrong with an exchange, each problem a line that names
// the operation, the place and the reason. The list is empty when nothing is, and
// bounded when everything is.
//
// A request that the server refused (a status of 400 or more) is not judged for its
// values and members, since refusing them is right; parameters that nobody
// described are reported all the same. Answers of 500 and more, 429 and redirects
// belong to the transport, and no description has them.
func (c *Contract) Check(x Exchange) []string {
	op, path, why := c.find(x.Request)
	if op == nil {
		p := problems{operation: x.Request.Method + " " + x.Request.URL.Path}
		p.add("path", "%s", why)
		return p.list()
	}
	p := &problems{operation: op.name}
	c.checkQueryNames(p, op, x.Request)
	if x.Status < http.StatusBadRequest {
		checkParameters(p, op, x.Request, path)
		c.checkRequestBody(p, op, x)
	}
	c.checkAnswer(p, op, x)
	return p.list()
}

func (c *Contract) checkRequestBody(p *problems, op *operation, x Exchange) {
	if x.Partial {
		return
	}
	empty := len(x.RequestBody) == 0
	switch {
	case op.body == nil && !empty:
		p.add("request body", "none is described, and there are %d bytes", len(x.RequestBody))
	case op.body == nil:
	case empty && op.body.Required:
		p.add("request body", "is required")
	case !empty:
		c.checkBody(p, op, body{place: "request body", header: x.Request.Header, data: x.RequestBody, content: op.body.Content, request: true})
	}
}

func (c *Contract) checkAnswer(p *problems, op *operation, x Exchange) {
	if transport(x.Status) {
		return
	}
	status, excepted := c.exceptedStatus(op, x.Status)
	if excepted && status == 0 {
		return
	}
	described := op.responses.Status(status)
	if described == nil {
		described = op.responses.Default()
	}
	if described == nil || described.Value == nil {
		p.add("answer", "the status %d is not described", x.Status)
		return
	}
	if x.Partial || x.Request.Method == http.MethodHead {
		return
	}
	content, empty := described.Value.Content, len(x.Body) == 0
	switch {
	case len(content) == 0 && empty:
	case len(content) == 0:
		// Descriptions rarely say that an error has a body; all of them do.
		if x.Status < http.StatusBadRequest {
			p.add("answer", "the status %d has no body by the description, and there are %d bytes", x.Status, len(x.Body))
		}
	case empty:
		if x.Status < http.StatusBadRequest && !mayBeEmpty(x.Header, content) {
			p.add("answer", "the status %d has a body by the description, and there is none", x.Status)
		}
	default:
		c.checkBody(p, op, body{place: "answer", header: x.Header, data: x.Body, content: content})
	}
}

// mayBeEmpty says whether an answer is of a described type that nothing at all is
// of too: a file can be empty, a JSON value cannot.
func mayBeEmpty(h http.Header, content openapi3.Content) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && !isJSON(media) && content.Get(media) != nil
}

// exceptedStatus returns the status whose description counts, and whether an
// exception says so.
func (c *Contract) exceptedStatus(op *operation, status int) (int, bool) {
	if op.responses.Status(status) != nil {
		return status, false
	}
	for _, e := range []exceptions{op.exceptions, c.general} {
		if as, ok := e.statuses[status]; ok {
			return as, true
		}
	}
	return status, false
}

func transport(status int) bool {
	switch status {
	case http.StatusNotModified, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

func visitOptions(request bool) []openapi3.SchemaValidationOption {
	o := []openapi3.SchemaValidationOption{openapi3.MultiErrors(), openapi3.DisableReadOnlyValidation(), openapi3.DisableWriteOnlyValidation()}
	if request {
		return append(o, openapi3.VisitAsRequest())
	}
	return append(o, openapi3.VisitAsResponse())
}
