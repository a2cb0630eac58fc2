package gitlab

import (
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers/providertest"
)

// The target goes through the suite of all providers.
func TestConformance(t *testing.T) {
	w := newWorld(t)
	w.model.AddGroup("suite", "public", w.alice)
	providertest.Test(t, New(), providertest.Fixture{
		Dir:     t.TempDir(),
		Timeout: providertest.Duration(20 * time.Minute),
		Getenv:  func(name string) (string, bool) { return w.server.AdminToken(), name == "TOKEN" },
		Target: &providertest.TargetFixture{
			Connection: providertest.Connection{Settings: []byte(`{"url":"` + w.server.URL + `"}`), Secrets: map[string]string{"access_token": "TOKEN"}},
			Namespace:  "suite",
			Refs:       300,
		},
	})
}
