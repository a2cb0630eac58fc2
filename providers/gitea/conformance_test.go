package gitea

import (
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/providertest"
)

// The target goes through the suite of all providers.
func TestConformance(t *testing.T) { testConformance(t, startStandIn(t), 300) }

// A real server looks at each ref of a push for itself: 5000 take it minutes.
func TestLiveConformance(t *testing.T) { testConformance(t, startLive(t), 0) }

func testConformance(t *testing.T, l *live, refs int) {
	if _, err := l.api.CreateOrganization(t.Context(), "suite", "public"); err != nil {
		t.Fatal(err)
	}
	providertest.Test(t, New(), providertest.Fixture{
		Dir:     t.TempDir(),
		Timeout: providertest.Duration(20 * time.Minute),
		Getenv:  func(name string) (string, bool) { return l.token, name == "TOKEN" },
		Target: &providertest.TargetFixture{
			Connection: providertest.Connection{Settings: []byte(`{"url":"` + l.url + `"}`), Secrets: map[string]string{"access_token": "TOKEN"}},
			Namespace:  "suite",
			Refs:       refs,
		},
	})
}
