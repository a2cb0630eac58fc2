package gitlabtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// Fault is something that goes wrong. Requests are counted that its Method and
// Path match; it happens to those from the From-th on, Times of them.
type Fault struct {
	Method string // "": any
	Path   string // "*" stands for any text, slashes too; "": any
	Writes bool   // only what may change something: no GET, no HEAD, no fetch of git
	From   int    // the first that it happens to; 0 and 1: the first there is
	Times  int    // 0: once; -1: always

	// What happens.
	Status     int           // is answered; 0: the connection is dropped
	Body       string        // of the answer
	RetryAfter time.Duration // is told with it
	After      bool          // the request is carried out first
	Half       bool          // the true answer is cut off in its middle; Status does not count
	Then       func()        // is called before the client learns of it: a test ends a program there

	seen int
}

// Faults makes things go wrong from now on, in addition to what does already.
func (s *Server) Faults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range faults {
		s.faults = append(s.faults, &faults[i])
	}
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault returns the first fault that happens to a request.
func (s *Server) fault(r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit *Fault
	for _, f := range s.faults {
		if f.Method != "" && f.Method != r.Method || f.Path != "" && !like(f.Path, r.URL.RequestURI()) || f.Writes && !writes(r) {
			continue
		}
		f.seen++
		from, times := max(f.From, 1), f.Times
		if times == 0 {
			times = 1
		}
		if hit == nil && f.seen >= from && (times < 0 || f.seen < from+times) {
			hit = f
		}
	}
	return hit
}

// writes reports whether a request may change something.
func writes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.URL.Path, "/git-upload-pack")
}

// like matches a text with a pattern in which "*" stands for any text.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}

// faulty serves a request, or lets a fault happen to it.
func (s *Server) faulty(w *statusWriter, r *http.Request, next http.Handler) {
	f := s.fault(r)
	if f == nil {
		next.ServeHTTP(w, r)
		return
	}
	kept := httptest.NewRecorder()
	if f.After || f.Half {
		next.ServeHTTP(kept, r)
	}
	if f.Then != nil {
		f.Then()
	}
	if f.Half {
		w.status = kept.Code
		cutOff(w, kept)
	}
	if f.Status == 0 {
		w.status = 0
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", itoa(int64(f.RetryAfter/time.Second)))
	}
	w.WriteHeader(f.Status)
	w.Write([]byte(f.Body))
}

// cutOff sends half of an answer and drops the connection.
func cutOff(w http.ResponseWriter, kept *httptest.ResponseRecorder) {
	for name, values := range kept.Header() {
		w.Header()[name] = values
	}
	body := kept.Body.Bytes()
	w.Header().Set("Content-Length", itoa(int64(len(body)+1)))
	w.WriteHeader(kept.Code)
	w.Write(body[:len(body)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
