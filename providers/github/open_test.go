package github_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
)

const canary = "ghp_canary0000000000000000000000000000000"

// TestOpenRefuses tells what is wrong with a connection before anything is read,
// and repeats no token.
func TestOpenRefuses(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		settings map[string]any
		token    string
		code     providers.Code
		about    string
	}{
		"an unknown token":    {nil, canary, providers.CodeAuth, "personal_access_token"},
		"no token":            {nil, " ,\n", providers.CodeInvalid, "personal_access_token"},
		"a token with spaces": {nil, canary + " x", providers.CodeInvalid, "personal_access_token"},
		"no host":             {map[string]any{"github_hostname": "https://me:" + canary + "@github.com"}, canary, providers.CodeInvalid, "github_hostname"},
		"no certificates":     {map[string]any{"ca_file": "nothing.pem"}, canary, providers.CodeInvalid, "ca_file"},
	} {
		all := map[string]any{"github_hostname": w.URL}
		for k, v := range test.settings {
			all[k] = v
		}
		_, err := github.New().OpenSource(t.Context(), providers.Config{Settings: sourcetest.JSON(t, all), Secrets: map[string]string{"personal_access_token": test.token}, Dir: t.TempDir()})
		e := providers.AsError(err)
		if e == nil || e.Code != test.code || e.Attribute != test.about {
			t.Errorf("%s: %+v, want %s about %s", name, e, test.code, test.about)
			continue
		}
		if strings.Contains(e.Error()+e.Hint+e.Subject, "canary") {
			t.Errorf("%s: the error repeats the token: %v", name, e)
		}
	}
}

// TestSeveralTokens shares the work, and adds up what they may.
func TestSeveralTokens(t *testing.T) {
	w := newWorld(t)
	w.full()
	w.token += ",\n" + w.Token(w.ann) + "\r\n"
	s := w.open(nil)
	sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "base"})
	budget, err := s.Budget(t.Context())
	if err != nil || budget.Limit != 10_000 || budget.Remaining <= 5000 || budget.Remaining >= 10_000 || budget.Window != "1h0m0s" {
		t.Errorf("%+v, %v", budget, err)
	}
}

func TestBudget(t *testing.T) {
	w := newWorld(t)
	s := w.open(map[string]any{"max_requests_per_hour": 300})
	budget, err := s.Budget(t.Context())
	if err != nil || budget.Limit != 300 || budget.Remaining > 300 || budget.Remaining < 290 || budget.Resets.IsZero() {
		t.Errorf("%+v, %v", budget, err)
	}
	w.Faults(githubtest.Fault{Path: "/rate_limit", Times: -1, Status: 404, Body: `{"message":"Rate limiting is not enabled."}`})
	if budget, err := w.open(nil).Budget(t.Context()); err != nil || budget != (providers.Budget{}) {
		t.Errorf("a server without limits: %+v, %v", budget, err)
	}
}

// TestTimeoutStrategy goes on without a list that cannot be had, or stops.
func TestTimeoutStrategy(t *testing.T) {
	w := newWorld(t)
	w.full()
	w.Faults(githubtest.Fault{Path: "/repos/lantern/lamp/milestones", Times: -1, Status: 502})
	g := sourcetest.Read(t, w.open(map[string]any{"timeout_strategy": "optimistic"}), providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "base"})
	if g.End.Complete || len(g.Failed) != 1 || g.Failed[0].Key.Kind != schema.KindMilestone || g.End.Counts[schema.KindLabel] != 2 || g.End.Counts[schema.KindComment] != 2 {
		t.Errorf("optimistic: %+v, failed %+v", g.End, g.Failed)
	}
	for name, s := range map[string]providers.Source{
		"in the source":     w.open(nil),
		"in the repository": w.open(map[string]any{"timeout_strategy": "optimistic"}),
	} {
		more := map[string]any{}
		if name == "in the repository" {
			more["timeout_strategy"] = "pessimistic"
		}
		var last error
		for _, err := range s.Read(t.Context(), providers.ReadRequest{Repo: w.named("lamp", more), Stream: "base"}) {
			last = err
		}
		if providers.CodeOf(last) != providers.CodeUnavailable {
			t.Errorf("pessimistic %s: %v", name, last)
		}
	}
}

// TestWaitsAreTold reports a pause that GitHub asks for, and gets everything.
func TestWaitsAreTold(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	want := sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "base"})
	w.Faults(githubtest.SecondaryLimit("/repos/lantern/lamp/labels", 1, 0))
	got := sourcetest.Read(t, s, providers.ReadRequest{Repo: w.named("lamp", nil), Stream: "base"})
	if got.Waits == 0 || !slices.EqualFunc(want.Records, got.Records, func(a, b schema.Record) bool { return a.Key() == b.Key() && a.Revision == b.Revision }) {
		t.Errorf("%d waits were told, %d of %d records came", got.Waits, len(got.Records), len(want.Records))
	}
}

// TestStopping ends a reading at once when the caller has enough.
func TestStopping(t *testing.T) {
	w := newWorld(t)
	w.full()
	s := w.open(nil)
	for _, stream := range []string{"base", "releases", "threads"} {
		for range s.Read(t.Context(), providers.ReadRequest{Repo: w.named("lamp", nil), Stream: stream}) {
			break
		}
	}
	for range s.Discover(t.Context(), providers.Query{Kind: "repositories", Settings: []byte(`{}`)}) {
		break
	}
}
