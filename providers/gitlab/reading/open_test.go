package reading_test

import (
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/gitlab/reading"
)

func TestOpenRefused(t *testing.T) {
	old, err := gitlabtest.New(gitlabtest.Options{Dir: t.TempDir(), Version: "13.12.4"})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	w := start(t)
	for name, test := range map[string]struct {
		url, token string
		want       providers.Code
		attribute  string
	}{
		"a strange token": {w.URL, "glpat-strange", providers.CodeAuth, ""},
		"an old server":   {old.URL, old.AdminToken(), providers.CodeUnsupported, "url"},
	} {
		_, err := reading.Open("0.0.1")(t.Context(), providers.Config{Settings: sourcetest.JSON(t, map[string]any{"url": test.url}), Secrets: map[string]string{"access_token": test.token}, Dir: t.TempDir(), Scratch: t.TempDir()})
		if e := providers.AsError(err); e == nil || e.Code != test.want || e.Attribute != test.attribute {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestBudget tells what the server said last, and nothing where it sets no limit.
func TestBudget(t *testing.T) {
	w := startAt(t, time.Now)
	s := w.open(t, "root")
	if b, err := s.Budget(t.Context()); err != nil || b != (providers.Budget{}) {
		t.Errorf("without a limit: %+v, %v", b, err)
	}
	w.Limits(gitlabtest.Limits{Requests: 500, Window: time.Minute})
	w.project(t, "lamp")
	sourcetest.Inspect(t, s, providers.Lookup{Repo: named(t, "lamp")})
	b, err := s.Budget(t.Context())
	if err != nil || b.Limit != 500 || b.Remaining <= 0 || b.Remaining >= 500 || b.Resets.IsZero() || b.Window != "1m0s" {
		t.Errorf("%+v, %v", b, err)
	}
}
