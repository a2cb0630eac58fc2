package standin

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong. Requests are counted that its Method, Path,
// Contains and Writes match; it happens to those from the From-th on, Times of them.
// Which ones depends on nothing but their order, so that a test meets the same ones
// each time.
type Fault struct {
	Method   string // empty: any
	Path     string // "*" stands for any text, slashes too; with a "?" the query is looked at, too; empty: any
	Contains string // text in the body; empty: any
	Writes   bool   // only what may change something: no GET, no HEAD, no fetch of git
	From     int    // the first that it happens to; 0 and 1: the first there is
	Times    int    // 0: once; -1: always
	Every    int    // of those, each n-th only, the first included; 0: each

	// What happens.
	Delay      time.Duration     // comes before all else
	Status     int               // is answered; 0: the connection is dropped
	Header     map[string]string // of the answer
	Body       string            // of the answer
	RetryAfter time.Duration     // is told with it
	After      bool              // the request is carried out first
	Half       bool              // the true answer is cut off in its middle; Status does not count
	Cut        int               // likewise, after so many bytes; -1: before the first
	Then       func()            // is called before the client learns of it: a test ends a program there
	Pass       bool              // nothing else happens than Delay and Then
}

// Latency makes every request take longer.
func Latency(d time.Duration) Fault { return Fault{Times: -1, Delay: d, Pass: true} }

// Storm answers n requests for path with a status and a page, as what stands in front
// of an overloaded server does.
func Storm(path string, n, status int) Fault {
	return Fault{
		Path: path, Times: n, Status: status, Header: map[string]string{"Content-Type": "text/html"},
		Body: "<html><head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) + "</title></head><body>Server Error</body></html>",
	}
}

type activeFault struct {
	Fault
	seen int
}

// Faults makes things go wrong from now on, in addition to what does already. To a
// request the first happens that applies, and those before it that let it pass.
func (s *Server) Faults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &activeFault{Fault: f})
	}
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Faulty lets faults happen to the requests that next would serve. Path says what
// their paths are matched with; nil: the path as it was sent.
func (s *Server) Faulty(path func(*http.Request) string, next http.Handler) http.Handler {
	if path == nil {
		path = func(r *http.Request) string { return r.URL.EscapedPath() }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, f := range s.faultsOf(r, path(r)) {
			if !wait(r, f.Delay) {
				return
			}
			if !f.Pass {
				f.happen(w, r, next)
				return
			}
			f.then()
		}
		next.ServeHTTP(w, r)
	})
}

// wait reports whether the client is still there.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// faultsOf returns the faults that apply to a request, and counts.
func (s *Server) faultsOf(r *http.Request, path string) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var apply []Fault
	for _, f := range s.faults {
		if !f.matches(r, path) {
			continue
		}
		n := f.seen - max(f.From-1, 0)
		f.seen++
		times := f.Times
		if times == 0 {
			times = 1
		}
		if n >= 0 && (times < 0 || n < times) && (f.Every < 2 || n%f.Every == 0) {
			apply = append(apply, f.Fault)
		}
	}
	return apply
}

func (f *Fault) matches(r *http.Request, path string) bool {
	if strings.Contains(f.Path, "?") && r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	switch {
	case f.Method != "" && f.Method != r.Method, f.Path != "" && !Like(f.Path, path), f.Writes && !writes(r):
		return false
	case f.Contains == "":
		return true
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && strings.Contains(string(body), f.Contains)
}

// writes reports whether a request may change something.
func writes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasSuffix(r.URL.Path, "/git-upload-pack")
}

// Like matches a text with a pattern in which "*" stands for any text.
func Like(pattern, text string) bool {
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

// happen answers a request, or does not.
func (f *Fault) happen(w http.ResponseWriter, r *http.Request, next http.Handler) {
	cut := f.Half || f.Cut != 0
	kept := httptest.NewRecorder()
	if f.After || cut {
		next.ServeHTTP(kept, r)
	}
	f.then()
	if cut {
		f.cutOff(w, kept)
	}
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64(f.RetryAfter/time.Second), 10))
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body) // the client may be gone
}

// cutOff sends part of an answer and drops the connection.
func (f *Fault) cutOff(w http.ResponseWriter, kept *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), kept.Header())
	body := kept.Body.Bytes()
	sent := len(body) / 2
	if !f.Half {
		sent = min(max(f.Cut, 0), len(body))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(kept.Code)
	_, _ = w.Write(body[:sent])
	_ = http.NewResponseController(w).Flush() // so that what is sent arrives
	panic(http.ErrAbortHandler)
}

func (f *Fault) then() {
	if f.Then != nil {
		f.Then()
	}
}
