package forgehttp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConditionalRequests(t *testing.T) {
	version := 1
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		etag := fmt.Sprintf(`"%d-%s-%s"`, version, page, r.Header.Get("Accept"))
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified) // without a Link, as is allowed
			return
		}
		if page == "" {
			w.Header().Set("Link", `</p?page=2>; rel="next"`)
		}
		fmt.Fprintf(w, `["%d-%s"]`, version, page)
	})
	c, _ := newClient(t, h.URL, func(o *Options) { o.Cache = NewMemoryCache(1 << 20) })
	for _, test := range []struct {
		version int
		want    []string
	}{
		{1, []string{`"1-"`, `"1-2"`}},
		{1, []string{`"1-"`, `"1-2"`}},
		{2, []string{`"2-"`, `"2-2"`}},
	} {
		version = test.version
		got, err := collect(t, c, Request{Path: "/p", Cached: true})
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("error = %v, items (-want +got):\n%s", err, diff)
		}
	}
	var into []string
	for _, test := range []struct {
		r    Request
		kept bool
	}{
		{Request{Path: "/p", Cached: true}, true},
		{Request{Path: "/p"}, false},
		{Request{Path: "/p", Cached: true, Header: http.Header{"Accept": {"text/x"}}}, false}, // another form of it
		{Request{Path: "/p", Cached: true, Header: http.Header{"Accept": {"text/x"}}}, true},
	} {
		test.r.Into = &into
		answer, err := c.Do(t.Context(), test.r)
		if err != nil || answer.NotModified != test.kept || len(into) != 1 || string(answer.Body) != `["2-"]` {
			t.Errorf("%+v: answer = %+v, error = %v", test.r, answer, err)
		}
	}
}

func TestHalfAnAnswerIsNotKept(t *testing.T) {
	h := newHost(t, script(say(200, `["a`, `ETag: "1"`), say(200, `["b"]`, `ETag: "2"`), say(304, "")))
	c, _ := newClient(t, h.URL, func(o *Options) { o.Cache = NewMemoryCache(1 << 20) })
	for range 2 {
		var into []string
		if _, err := c.Do(t.Context(), Request{Path: "/", Cached: true, Into: &into}); err != nil || strings.Join(into, "") != "b" {
			t.Errorf("answer = %q, error = %v", into, err)
		}
	}
	if got := h.requests[2].Header.Get("If-None-Match"); got != `"2"` {
		t.Errorf("If-None-Match = %s", got)
	}
}

func TestMemoryCache(t *testing.T) {
	m := NewMemoryCache(30)
	m.Put("a", "1", make([]byte, 8)) // 10 each
	m.Put("b", "1", make([]byte, 8))
	m.Put("c", "1", make([]byte, 8))
	m.Get("a")
	m.Put("d", "1", make([]byte, 8)) // in the place of b
	m.Put("c", "2", make([]byte, 7))
	m.Put("e", "1", make([]byte, 100)) // too large for all of it
	var got []string
	for _, url := range []string{"a", "b", "c", "d", "e"} {
		if etag, body, ok := m.Get(url); ok {
			got = append(got, fmt.Sprint(url, etag, len(body)))
		}
	}
	if diff := cmp.Diff([]string{"a18", "c27", "d18"}, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}
