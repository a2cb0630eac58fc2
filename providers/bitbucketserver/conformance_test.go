package bitbucketserver_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/providertest"
	"github.com/drover-migrate/drover/providers/standin"
)

// executable is the name under which the test binary is the provider.
const executable = "drover-provider-bitbucket_server"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == executable {
		plugin.Serve(bitbucketserver.New())
		return
	}
	os.Exit(m.Run())
}

// TestConformance puts the provider, in a process of its own, through the suite, with
// the newest form of the interface and, with DROVER_SOAK, the oldest too.
func TestConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the provider many times")
	}
	versions := []string{"10.3.0"}
	if standin.Soak() {
		versions = append(versions, "7.1.4")
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) { conform(t, version) })
	}
}

func conform(t *testing.T, version string) {
	w := newWorld(t, version)
	token := w.Token(w.account("ada"))
	providertest.TestBinary(t, sourcetest.Self(t, executable), providertest.Fixture{
		Dir:    t.TempDir(),
		Getenv: func(name string) (string, bool) { return token, name == "TOKEN" },
		Source: &providertest.SourceFixture{
			Connection: providertest.Connection{
				Settings: sourcetest.JSON(t, map[string]string{"bitbucket_server_url": w.URL}),
				Secrets:  map[string]string{"personal_access_token": "TOKEN"},
			},
			Repositories: []providertest.RepositoryFixture{
				{Settings: named(t, "lamp", "beacon").Settings},
				{Settings: named(t, "LAMP", "empty").Settings},
			},
			Vanished:     named(t, "LAMP", "vanished").Settings,
			WrongSecrets: map[string]string{"personal_access_token": "wrong"},
			Discover:     []providertest.Discover{{Kind: "repositories", Settings: json.RawMessage(`{"owner":"LAMP"}`)}, {Kind: "repositories", Settings: json.RawMessage(`{}`)}},
		},
	})
}
