package contracttest

import (
	"bytes"
	"io"
	"net/http"
)

// maxKept bounds what is kept of each body. Larger ones pass unread: they are the
// contents of files, which no description describes.
const maxKept = 8 << 20

// Handler checks each exchange with next that covers says yes to, all of them when
// it is nil, and tells report what is wrong. An answer of ordinary size leaves only
// after it was checked, so that who has the answer also finds the report. Report is
// called by the goroutines of the requests.
//
// What next reads of a request's body is what is checked. An exchange that next
// ends with a panic is not checked: that is how connections are dropped on purpose.
func (c *Contract) Handler(next http.Handler, covers func(*http.Request) bool, report func(problem string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if covers != nil && !covers(r) {
			next.ServeHTTP(w, r)
			return
		}
		// Handlers may change the request that they are given.
		asked := r.Clone(r.Context())
		sent := &keeper{}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = keptBody{Reader: io.TeeReader(r.Body, sent), Closer: r.Body}
		}
		answer := &holdingWriter{to: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		x := Exchange{
			Request: asked, RequestBody: sent.kept.Bytes(),
			Status: answer.status, Header: w.Header().Clone(), Body: answer.held.kept.Bytes(),
			Partial: sent.over || answer.held.over,
		}
		for _, problem := range c.Check(x) {
			report(problem)
		}
		answer.release()
	})
}

type keptBody struct {
	io.Reader
	io.Closer
}

// keeper keeps what is written to it, up to maxKept.
type keeper struct {
	kept bytes.Buffer
	over bool
}

func (k *keeper) Write(p []byte) (int, error) {
	if k.kept.Len()+len(p) > maxKept {
		k.over = true
	} else if !k.over {
		k.kept.Write(p)
	}
	return len(p), nil
}

// holdingWriter holds an answer back until it is released, or is too large to be
// held.
type holdingWriter struct {
	to      http.ResponseWriter
	held    keeper
	status  int
	decided bool // WriteHeader was called
	passing bool
}

func (h *holdingWriter) Header() http.Header { return h.to.Header() }

func (h *holdingWriter) WriteHeader(status int) {
	if h.decided {
		return
	}
	h.status, h.decided = status, true
}

func (h *holdingWriter) Write(p []byte) (int, error) {
	h.decided = true
	if h.passing {
		return h.to.Write(p)
	}
	if h.held.kept.Len()+len(p) <= maxKept {
		return h.held.Write(p)
	}
	h.release()
	h.held.over = true
	return h.to.Write(p)
}

// Unwrap lets an http.ResponseController reach the connection.
func (h *holdingWriter) Unwrap() http.ResponseWriter { return h.to }

// release sends what was held.
func (h *holdingWriter) release() {
	if h.passing {
		return
	}
	h.passing = true
	h.to.WriteHeader(h.status)
	h.to.Write(h.held.kept.Bytes()) // the client may be gone; nobody is left to tell
}
