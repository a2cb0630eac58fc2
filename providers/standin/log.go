package standin

import (
	"net/http"
	"slices"
	"sync"
)

// Request is one that was received.
type Request struct {
	Method, Path string // the path with its query
	User         string // in whose name it was made; empty: nobody's
	Status       int    // of the answer; 0: the connection was dropped
}

// Log keeps the requests that a stand-in received. The zero Log is empty.
type Log struct {
	mu       sync.Mutex
	requests []Request
}

// Requests returns what was received, in order.
func (l *Log) Requests() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.requests)
}

// Noted keeps the requests that next serves. Who says in whose name one is made.
func (l *Log) Noted(who func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := l.add(Request{Method: r.Method, Path: r.URL.RequestURI(), User: who(r)})
		status := &statusWriter{ResponseWriter: w}
		defer func() { l.settle(at, status.status) }()
		next.ServeHTTP(status, r)
		if status.status == 0 { // it returned and did not drop the connection
			status.status = http.StatusOK
		}
	})
}

func (l *Log) add(r Request) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = append(l.requests, r)
	return len(l.requests) - 1
}

func (l *Log) settle(at, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests[at].Status = status
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
