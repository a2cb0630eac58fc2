package api

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
)

func told(resource string, limit, remaining int64, reset time.Time) http.Header {
	h := http.Header{}
	h.Set("X-RateLimit-Resource", resource)
	h.Set("X-RateLimit-Limit", strconv.FormatInt(limit, 10))
	h.Set("X-RateLimit-Remaining", strconv.FormatInt(remaining, 10))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return h
}

func TestAllowance(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	reset := now.Add(20 * time.Minute)
	tests := []struct {
		name           string
		hourly         int64
		tokens         int
		limit, left    int64
		want, wantLeft int64
	}{
		{"as the server says", 0, 1, 5000, 4990, 5000, 4990},
		{"a lower budget", 1000, 1, 5000, 4990, 1000, 990},
		{"a lower budget, spent", 1000, 1, 5000, 3990, 1000, 0},
		{"a lower budget, of two tokens", 1001, 2, 5000, 5000, 501, 501},
		{"a higher budget", 9000, 1, 5000, 10, 5000, 10},
	}
	for _, test := range tests {
		got, ok := newAllowance(test.hourly, test.tokens).limit(told("graphql", test.limit, test.left, reset), now)
		want := forgehttp.Limit{Resource: "graphql", Limit: test.want, Remaining: test.wantLeft, Resets: reset}
		if !ok || got != want {
			t.Errorf("%s: %+v, want %+v", test.name, got, want)
		}
	}
}

// TestAllowanceWithoutLimits counts where the server does not.
func TestAllowanceWithoutLimits(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	if l, ok := newAllowance(0, 1).limit(http.Header{}, now); ok {
		t.Errorf("a limit of %+v that nobody told", l)
	}
	a := newAllowance(2, 1)
	var left []int64
	for _, at := range []time.Duration{0, time.Minute, 2 * time.Minute, time.Hour, time.Hour + time.Minute} {
		l, _ := a.limit(http.Header{}, now.Add(at))
		left = append(left, l.Remaining)
	}
	if diff := cmp.Diff([]int64{1, 0, 0, 1, 0}, left); diff != "" {
		t.Errorf("left after each request (-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	status, reset := http.StatusOK, time.Unix(1_900_000_000, 0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		for name, values := range told("core", 5000, 4000, reset) {
			w.Header()[name] = values
		}
		w.Write([]byte(`{"resources":{"core":{"limit":5000,"remaining":4000,"reset":1900000000},"graphql":{"limit":5000,"remaining":4999,"reset":1900000000}}}`))
	}))
	t.Cleanup(server.Close)
	host, err := ParseHost(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Host: host, Tokens: []string{"one", "two"}, Hourly: 4000})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Limits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []forgehttp.Limit{{Resource: "core", Limit: 4000, Remaining: 3000, Resets: reset}, {Resource: "graphql", Limit: 4000, Remaining: 3999, Resets: reset}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits of two tokens (-want +got):\n%s", diff)
	}
	status = http.StatusNotFound
	if _, err := c.Limits(t.Context()); providers.CodeOf(err) != providers.CodeNotFound {
		t.Errorf("a server without limits: %v", err)
	}
}
