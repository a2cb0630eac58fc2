package forgehttp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func collect(t testing.TB, c *Client, r Request) (items []string, err error) {
	t.Helper()
	for item, e := range c.Pages(t.Context(), r) {
		if e != nil {
			return items, e
		}
		items = append(items, string(item))
	}
	return items, nil
}

func TestPages(t *testing.T) {
	pages := map[string]string{"": `[1,2]`, "2": ` [ {"a": 3} ] `, "3": `{"total_count": 5, "items": [5]}`, "4": `null`}
	next := map[string]string{"": "2", "2": "3", "3": "4"}
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		if r.URL.Query().Get("per_page") != "100" || r.Header.Get("X-Extra") != "x" {
			t.Errorf("page %q was asked for without its query or header", page)
		}
		if n := next[page]; n != "" {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/first>; rel="first", <http://%s/repositories/7/labels?per_page=100&page=%s>; rel="next"`, r.Host, r.Host, n))
		}
		fmt.Fprint(w, pages[page])
	})
	c, _ := newClient(t, h.URL, nil)
	r := Request{Path: "/repos/acme/api/labels", Query: map[string][]string{"per_page": {"100"}}, Header: http.Header{"X-Extra": {"x"}}}
	got, err := collect(t, c, r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "2", `{"a": 3}`, "5"}, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	for range c.Pages(t.Context(), r) {
		break
	}
	if n := c.Requests(); n != 5 {
		t.Errorf("%d requests, want 5: who stops at the first item pays for one page", n)
	}
}

func TestPagesThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		serve http.HandlerFunc
		items int
		code  providers.Code
	}{
		"a page after itself": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "<"+r.URL.String()+`>; rel="next"`)
			fmt.Fprint(w, "[1]")
		}, 1, providers.CodeInvalid},
		"another protocol": {say(200, "[1]", `Link: <file:///etc/passwd>; rel="next"`), 1, providers.CodeInvalid},
		"out of the place": {say(200, "[1]", `Link: </repos/%2e%2e/admin>; rel="next"`), 1, providers.CodeInvalid},
		"no list":          {say(200, `{"message": "hello"}`), 0, providers.CodeInvalid},
		"two lists":        {say(200, `{"a": [1], "b": [2]}`), 0, providers.CodeInvalid},
		"a number":         {say(200, `7`), 0, providers.CodeInvalid},
		"an error later":   {script(say(200, "[1,2]", `Link: </p?page=2>; rel="next"`), say(404, "")), 2, providers.CodeNotFound},
	} {
		h := newHost(t, test.serve)
		c, _ := newClient(t, h.URL, nil)
		items, err := collect(t, c, Request{Path: "/p?page=1", Op: "list labels"})
		if e := asError(t, err, test.code); e.Op != "list labels" || len(items) != test.items {
			t.Errorf("%s: error = %+v after %q", name, e, items)
		}
	}
}

// A server behind a proxy names itself as it is called inside.
func TestPagesOfAServerThatDoesNotKnowItsName(t *testing.T) {
	other := newHost(t, say(200, "[666]"))
	h := newHost(t, script(say(200, "[1]", "Link: <"+other.URL+`/api/v1/p?page=2>; rel="next"`), say(200, "[2]")))
	c, _ := newClient(t, h.URL, nil)
	got, err := collect(t, c, Request{Path: "/outside/api/v1/p?page=1"})
	if diff := cmp.Diff([]string{"1", "2"}, got); diff != "" || err != nil {
		t.Errorf("error = %v, items (-want +got):\n%s", err, diff)
	}
	if at := h.requests[1].URL.String(); at != "/outside/api/v1/p?page=2" || len(other.requests) > 0 {
		t.Errorf("the second page was asked for at %s, and the other host got %d requests", at, len(other.requests))
	}
}

// links are Link headers and the target of rel=next in them.
var links = map[string]string{
	``:                                 ``,
	`<a>; rel="next"`:                  `a`,
	`<a>; rel=next`:                    `a`,
	`<a>; REL="Next"`:                  `a`,
	`<a>; rel="prev", <b>; rel="next"`: `b`,
	`<a>; rel="prev next"`:             `a`,
	`<a>; title="x, <b>; rel=next"; rel="prev", <c>; rel="next"`: `c`,
	`<a>; rel="prev"; rel="next"`:                                ``,
	`<a?x=1,2>; rel="next"`:                                      `a?x=1,2`,
	`<a>`:                                                        ``,
	`<a`:                                                         ``,
	`a; rel="next"`:                                              ``,
	`<a>; title="\"", <b>; rel="next"`:                           `b`,
}

func TestNextLink(t *testing.T) {
	for header, want := range links {
		if got := nextLink(http.Header{"Link": {header}}); got != want {
			t.Errorf("next of %s = %q, want %q", header, got, want)
		}
	}
	if got := nextLink(http.Header{"Link": {`<a>; rel="prev"`, `<b>; rel="next"`}}); got != "b" {
		t.Errorf("next of two headers = %q", got)
	}
}

func FuzzNextLink(f *testing.F) {
	for header := range links {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if next := nextLink(http.Header{"Link": {header}}); !strings.Contains(header, next) || strings.ContainsAny(next, ">") {
			t.Errorf("next of %q = %q", header, next)
		}
	})
}
