package forgehttp

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestItems(t *testing.T) {
	pages := map[string]string{"1": `[{"name": "a"}, {"name": "b"}]`, "2": `[{"name": "c"}, {"name": 7}, {"name": "d"}]`}
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		if r.URL.EscapedPath() != "/repos/acme%2Fapi/labels" || page == "1" && r.URL.Query().Get("sort") != "asc" {
			t.Errorf("the request is %s", r.URL)
		}
		if page == "1" {
			w.Header().Set("Link", `<?page=2>; rel="next"`)
		}
		fmt.Fprint(w, pages[page])
	})
	type label struct {
		Name string `json:"name"`
	}
	c, _ := newClient(t, h.URL, nil)
	base := Request{Path: "/repos", To: []any{"acme/api", "labels"}, Query: url.Values{"sort": {"asc"}}, Op: "list labels", Subject: 7}
	r := base.With(url.Values{"page": {"1"}})
	if len(base.Query) != 1 {
		t.Errorf("the query became %v", base.Query)
	}
	var got []string
	var last error
	for l, err := range Items[label](t.Context(), c, r) {
		if last = err; err == nil {
			got = append(got, l.Name)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	if e := providers.AsError(last); e == nil || e.Code != providers.CodeInvalid || e.Op != "list labels" || e.Subject != "7" {
		t.Errorf("the last error is %v", last)
	}
	if all, err := Collect(Items[label](t.Context(), c, r)); err == nil || all != nil {
		t.Errorf("collected: %v, %v", all, err)
	}
}

func TestAsk(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/labels/1" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, `{"name": "bug"}`)
	})
	c, _ := newClient(t, h.URL, nil)
	got, err := Ask[map[string]string](t.Context(), c, Request{To: []any{"labels", 1}})
	if err != nil || got["name"] != "bug" {
		t.Errorf("the answer is %v, %v", got, err)
	}
	if _, err := Ask[map[string]string](t.Context(), c, Request{To: []any{"labels", 2}}); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("the error is %v", err)
	}
	_, err = Ask[any](t.Context(), c, Request{To: []any{"labels", ".."}, Op: "read label", Subject: "acme"})
	if e := providers.AsError(err); e == nil || e.Code != providers.CodeInvalid || e.Op != "read label" || e.Subject != "acme" || c.Requests() != 2 {
		t.Errorf("a name that leads up: %v, after %d requests", err, c.Requests())
	}
}

func TestDownload(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sudo") != "alice" || r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprint(w, "content")
	})
	c, _ := newClient(t, h.URL, nil)
	r := Request{Path: "/files", To: []any{"a b"}, Header: http.Header{"Sudo": {"alice"}}, MaxBytes: 7}
	content, err := c.Download(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if data, err := io.ReadAll(content); string(data) != "content" || err != nil {
		t.Errorf("the content is %q, %v", data, err)
	}
	r.MaxBytes = 6
	if _, err := c.Download(t.Context(), r); err == nil || !strings.Contains(err.Error(), "larger than 6 bytes") {
		t.Errorf("what is too long: %v", err)
	}
	r.Header = nil
	if _, err := c.Download(t.Context(), r); providers.CodeOf(err) != providers.CodeDenied {
		t.Errorf("a refusal: %v", err)
	}
}

func TestWhatResponsesSay(t *testing.T) {
	told := Response{Header: http.Header{"Date": {"Mon, 02 Jan 2023 15:04:05 GMT"}, "X-Total": {"12"}, "Link": {`</a>; rel="prev", </b?page=2>; rel="next"`}}}
	if at := told.Date(); !at.Equal(time.Date(2023, 1, 2, 15, 4, 5, 0, time.UTC)) || told.Total("X-Total") != 12 || told.Next() != "/b?page=2" {
		t.Errorf("told: %v, %d, %q", at, told.Total("X-Total"), told.Next())
	}
	untold := Response{Header: http.Header{"Date": {"now"}, "X-Total": {"-1"}}}
	if !untold.Date().IsZero() || untold.Total("X-Total") != -1 || untold.Total("X-Other") != -1 || untold.Next() != "" {
		t.Errorf("told by one that tells nothing: %v, %d, %q", untold.Date(), untold.Total("X-Total"), untold.Next())
	}
}
