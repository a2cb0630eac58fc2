package bitbucketcloud_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/providertest"
	"github.com/drover-migrate/drover/schema"
)

// executable is the name under which the test binary is the provider.
const executable = "drover-provider-bitbucket_cloud"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == executable {
		plugin.Serve(bitbucketcloud.New())
		return
	}
	os.Exit(m.Run())
}

// TestConformance puts the provider, in a process of its own, through the suite: with
// a repository that has everything, a plain one and an empty one.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the provider many times")
	}
	w := newWorld(t)
	w.Limits(bitbucketcloudtest.Limits{Requests: 1 << 30, Anonymous: 60, Window: 1 << 40})
	counts := map[schema.Kind]int64{schema.KindIssue: 3, schema.KindChange: 6, schema.KindReview: 3}
	providertest.TestBinary(t, sourcetest.Self(t, executable), providertest.Fixture{
		Dir: t.TempDir(),
		Source: &providertest.SourceFixture{
			Connection: providertest.Connection{
				Settings: sourcetest.JSON(t, map[string]any{"bitbucket_api_url": w.APIURL(), "bitbucket_email": w.Ada.Email}),
				Secrets:  map[string]string{"bitbucket_api_token": "TOKEN"},
			},
			Repositories: []providertest.RepositoryFixture{
				{Settings: named(t, "lantern/beacon").Settings, Counts: counts},
				{Settings: bare(t, "lantern/plain").Settings},
				{Settings: bare(t, "lantern/empty").Settings},
			},
			Vanished:     bare(t, "lantern/vanished").Settings,
			WrongSecrets: map[string]string{"bitbucket_api_token": "ATATT3xWrong"},
			Discover:     []providertest.Discover{{Kind: "repositories", Settings: json.RawMessage(`{"owner":"lantern"}`)}},
		},
		Getenv: func(name string) (string, bool) { return w.token, name == "TOKEN" },
	})
}
