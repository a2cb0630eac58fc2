package gitlabtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"
)

const maxRequest = 64 << 20

// object is a JSON object of the API.
type object = map[string]any

// call is one request of the API, being answered. The model is locked.
type call struct {
	*Model
	s      *Server
	r      *http.Request
	header http.Header // of the answer
	in     object      // what the request says: query and body
	files  map[string]formFile
	body   []byte

	doer    *User    // in whose name it is; nil: nobody's
	token   *token   // of whoever asks
	project *Project // when the path names one
	group   *Namespace
}

// endpoint answers calls of one route.
type endpoint func(*call) (reply, error)

// reply is an answer: a status, and a body that becomes JSON unless it is a file
// or nil.
type reply struct {
	status int
	body   any
}

// file is an answer that is no JSON.
type file struct {
	kind string // media type
	name string // for Content-Disposition; empty: none
	data []byte
}

func ok(body any) (reply, error)      { return reply{http.StatusOK, body}, nil }
func created(body any) (reply, error) { return reply{http.StatusCreated, body}, nil }
func none() (reply, error)            { return reply{http.StatusNoContent, nil}, nil }

// failure is an answer that refuses.
type failure struct {
	status int
	body   any
}

func (f *failure) Error() string { return fmt.Sprint(f.body) }

// refuse answers with a message, which may be a text, a list, or an object of
// lists, as GitLab's are.
func refuse(status int, message any) error {
	return &failure{status: status, body: object{"message": message}}
}

// invalid is the refusal of an object that is not valid: what is wrong with each
// of its attributes.
func invalid(attribute string, problems ...string) error {
	return refuse(http.StatusBadRequest, object{attribute: problems})
}

// badRequest refuses a request with a reason.
func badRequest(reason string) error {
	if reason == "" {
		return refuse(http.StatusBadRequest, "400 Bad request")
	}
	return refuse(http.StatusBadRequest, "400 Bad request - "+reason)
}

// malformed refuses parameters that are not of the described form.
func malformed(problem string) error {
	return &failure{status: http.StatusBadRequest, body: object{"error": problem}}
}

func missing(what string) error {
	if what == "" {
		return refuse(http.StatusNotFound, "404 Not found")
	}
	return refuse(http.StatusNotFound, "404 "+what+" Not Found")
}

func forbidden(reason string) error {
	if reason == "" {
		return refuse(http.StatusForbidden, "403 Forbidden")
	}
	return refuse(http.StatusForbidden, "403 Forbidden - "+reason)
}

func unauthorized() error { return refuse(http.StatusUnauthorized, "401 Unauthorized") }

func conflict(reason string) error { return refuse(http.StatusConflict, "409 Conflict - "+reason) }

// serveAPI finds the route of a request.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	status, text := http.StatusNotFound, "404 Not Found"
	probe := httptest.NewRecorder()
	if h.ServeHTTP(probe, r); probe.Code == http.StatusMethodNotAllowed {
		status, text = http.StatusMethodNotAllowed, "405 Not Allowed"
	}
	send(w, r, reply{status, object{"error": text}})
}

// answering lets an endpoint answer, when whoever asks may.
func (s *Server) answering(n need, do endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.Model.mu.Lock()
		defer s.Model.mu.Unlock()
		c := &call{Model: s.Model, s: s, r: r, header: w.Header(), body: body}
		answer, err := s.answer(c, n, do)
		var refused *failure
		switch {
		case errors.As(err, &refused):
			answer = reply{refused.status, refused.body}
		case err != nil:
			s.Violated(fmt.Sprintf("%s %s: %v", r.Method, r.URL.Path, err))
			answer = reply{http.StatusInternalServerError, object{"message": "500 Internal Server Error"}}
		}
		send(w, r, answer)
	}
}

func (s *Server) answer(c *call, n need, do endpoint) (reply, error) {
	if err := c.identify(); err != nil {
		return reply{}, err
	}
	if err := s.throttle(c); err != nil {
		return reply{}, err
	}
	if err := c.parse(); err != nil {
		return reply{}, err
	}
	if err := n.check(c); err != nil {
		return reply{}, err
	}
	if err := c.pageable(); err != nil {
		return reply{}, err
	}
	return do(c)
}

// send writes an answer; one that the client has already is 304.
func send(w http.ResponseWriter, r *http.Request, answer reply) {
	var body []byte
	kind := "application/json"
	switch b := answer.body.(type) {
	case nil:
		w.WriteHeader(answer.status)
		return
	case file:
		kind, body = b.kind, b.data
		if b.name != "" {
			w.Header().Set("Content-Disposition", disposition(b.name))
		}
	default:
		body, _ = json.Marshal(b) // maps of plain values
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "max-age=0, private, must-revalidate")
	h.Set("Vary", "Origin")
	if answer.status == http.StatusOK && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		tag := `W/"` + digest(string(body))[:32] + `"`
		h.Set("Etag", tag)
		if r.Header.Get("If-None-Match") == tag {
			h.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Length", itoa(int64(len(body))))
	w.WriteHeader(answer.status)
	if r.Method != http.MethodHead {
		w.Write(body) // the client may be gone; nobody is left to tell
	}
}

// stamp writes a time, zero as null.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// day writes a date, zero as null.
func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}
