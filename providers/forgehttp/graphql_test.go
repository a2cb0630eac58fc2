package forgehttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestGraphQL(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Query     string
			Variables map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" || r.URL.Path != "/api/graphql" || q.Variables["name"] != "api" || q.Query != "query { a }" {
			t.Errorf("%s %s with %+v", r.Method, r.URL, q)
		}
		fmt.Fprint(w, `{"data": {"a": {"b": 1}, "c": null, "nodes": [{}, null]}, "errors": [
			{"type": "NOT_FOUND", "path": ["c"], "message": "Could not resolve\u001b[2J"},
			{"type": "FORBIDDEN", "path": ["nodes", 1, "x"], "message": "no"}]}`)
	})
	c, _ := newClient(t, h.URL+"/api/v3", nil)
	var got struct{ A struct{ B int } }
	partial, err := c.GraphQL(t.Context(), h.URL+"/api/graphql", "query { a }", map[string]any{"name": "api"}, &got, "list issues", "acme/api")
	if err != nil || got.A.B != 1 {
		t.Fatalf("data = %+v, error = %v", got, err)
	}
	want := GraphErrors{
		{Type: "NOT_FOUND", Message: `Could not resolve\x1b[2J`, Path: []any{"c"}},
		{Type: "FORBIDDEN", Message: "no", Path: []any{"nodes", float64(1), "x"}},
	}
	if diff := cmp.Diff(want, partial); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if partial.At("c") != &partial[0] || partial.At("nodes", 1) != &partial[1] || partial.At("nodes", 0) != nil || partial.At("nodes", 1, "x", "y") != nil {
		t.Error("errors are not found by their paths")
	}
}

func TestGraphQLFailures(t *testing.T) {
	clock := newClock()
	soon := fmt.Sprintf("X-RateLimit-Reset: %d", clock.now.Add(4*time.Minute).Unix())
	limited := `{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 7."}]}`
	good := say(200, `{"data": {"a": 1}}`)
	all := func(answers ...http.HandlerFunc) []http.HandlerFunc { return answers }
	for _, test := range []struct {
		name    string
		answers []http.HandlerFunc
		code    providers.Code
		sent    int64
		waits   []time.Duration // nil: not looked at
	}{
		{"used up", all(say(200, limited, "X-RateLimit-Limit: 5000", "X-RateLimit-Remaining: 0", soon, "X-RateLimit-Resource: graphql"), good), "", 2, []time.Duration{4 * time.Minute}},
		{"a query dearer than what is left", all(say(200, limited, "X-RateLimit-Limit: 5000", "X-RateLimit-Remaining: 3", soon), good), "", 2, []time.Duration{4 * time.Minute}},
		{"used up beside data", all(say(200, `{"data": {"a": null},`+limited[1:], "Retry-After: 9"), good), "", 2, []time.Duration{9 * time.Second}},
		{"used up without a header", all(say(200, limited), say(200, limited), good), "", 3, []time.Duration{time.Minute, 2 * time.Minute}},
		{"a secondary limit", all(say(200, `{"data": null, "errors": [{"message": "You have exceeded a secondary rate limit."}]}`, "Retry-After: 30"), good), "", 2, []time.Duration{30 * time.Second}},
		{"a timeout", all(say(200, `{"data": null, "errors": [{"message": "Something went wrong while executing your query. This may be the result of a timeout."}]}`), good), "", 2, nil},
		{"502", all(say(502, ""), good), "", 2, nil},
		{"nothing", all(say(200, `{}`), good), "", 2, nil},
		{"half", all(say(200, `{"data": {"a": `), good), "", 2, nil},
		{"not found", all(say(200, `{"data": null, "errors": [{"type": "NOT_FOUND", "message": "no"}]}`)), providers.CodeNotFound, 1, nil},
		{"forbidden", all(say(200, `{"errors": [{"type": "FORBIDDEN", "message": "no"}]}`)), providers.CodeDenied, 1, nil},
		{"scopes", all(say(200, `{"errors": [{"type": "INSUFFICIENT_SCOPES", "message": "needs read:org, has `+canary+`"}]}`)), providers.CodeDenied, 1, nil},
		{"too many nodes", all(say(200, `{"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "no"}]}`)), providers.CodeInvalid, 1, nil},
		{"a mistake", all(say(200, `{"errors": [{"message": "Field 'x' doesn't exist on type 'Y'"}, {"message": "z"}]}`)), providers.CodeInvalid, 1, nil},
		{"signed out", all(say(401, `{"message": "Bad credentials"}`)), providers.CodeAuth, 1, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t, script(test.answers...))
			clock.now, clock.sleeps = newClock().now, nil
			c, _ := newClient(t, h.URL, func(o *Options) { o.Clock = clock })
			var got struct{ A int }
			_, err := c.GraphQL(t.Context(), "/graphql", "{ a }", nil, &got, "list issues", "acme/api")
			switch {
			case test.code != "":
				if e := asError(t, err, test.code); e.Op != "list issues" {
					t.Errorf("error = %+v", e)
				}
			case err != nil || got.A != 1:
				t.Errorf("data = %+v, error = %v", got, err)
			}
			if c.Requests() != test.sent {
				t.Errorf("%d requests, want %d", c.Requests(), test.sent)
			}
			if diff := cmp.Diff(test.waits, clock.sleeps); test.waits != nil && diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMutationsAreSentOnce(t *testing.T) {
	for document, sent := range map[string]int64{
		"mutation { a }": 1, "\n  mutation M($x: ID!) { a }": 1, "query { mutation }": 3, "{ a }": 3, "fragment F on A { b } query { c { mutation } }": 3,
		"# a comment\nmutation { a }": 1, "fragment F on A { b } mutation { c }": 1, "# mutation\n{ a }": 3,
	} {
		h := newHost(t, say(502, ""))
		c, _ := newClient(t, h.URL, func(o *Options) { o.Retries = 2 })
		_, err := c.GraphQL(t.Context(), "/graphql", document, nil, nil, "", "")
		if asError(t, err, providers.CodeUnavailable); c.Requests() != sent {
			t.Errorf("%s: sent %d times, want %d", strings.TrimSpace(document), c.Requests(), sent)
		}
	}
}
