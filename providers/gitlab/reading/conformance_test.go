package reading_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/reading"
	"github.com/drover-migrate/drover/providers/providertest"
	"github.com/drover-migrate/drover/schema"
)

// The source goes through the suite of all providers.
func TestConformance(t *testing.T) {
	w := start(t)
	f := w.full(t, "lamp")
	provider := &providers.Provider{
		Description: providers.Description{Name: "gitlab", Version: "0.1.0", Doc: "GitLab as a source.", Source: reading.Description(nil)},
		OpenSource:  reading.Open("0.1.0"),
	}
	lamp := providertest.RepositoryFixture{
		Settings: named(t, "lamp").Settings,
		Refs:     map[string]string{"refs/heads/main": f.Merge, "refs/merge-requests/1/head": f.Head, "refs/tags/v1": f.Merge},
		Counts:   map[schema.Kind]int64{schema.KindIssue: 2, schema.KindChange: 1, schema.KindLabel: 3, schema.KindSnippet: 1},
	}
	providertest.Test(t, provider, providertest.Fixture{
		Dir:     t.TempDir(),
		Timeout: providertest.Duration(5 * time.Minute),
		Getenv:  func(name string) (string, bool) { return w.AdminToken(), name == "TOKEN" },
		Source: &providertest.SourceFixture{
			Connection:   providertest.Connection{Settings: []byte(`{"url":` + strconv.Quote(w.URL) + `}`), Secrets: map[string]string{"access_token": "TOKEN"}},
			Repositories: []providertest.RepositoryFixture{lamp},
			Vanished:     named(t, "candle").Settings,
			Discover:     []providertest.Discover{{Kind: "repositories"}, {Kind: "repositories", Settings: []byte(`{"owner":"acme"}`)}, {Kind: "groups"}},
			WrongSecrets: map[string]string{"access_token": "glpat-wrong"},
		},
	})
	t.Logf("%d requests", len(w.Requests()))
}
