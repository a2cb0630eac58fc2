package bitbucketcloud_test

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
	"github.com/drover-migrate/drover/schema"
)

// world is a stand-in with the sample, and who is in it.
type world struct {
	*bitbucketcloudtest.Server
	bitbucketcloudtest.People
	t     testing.TB
	clock *sourcetest.Clock
	token string // of ada, who administers the beacon
}

// newServer starts an empty stand-in, and fails the test that leaves it with a
// violation of Atlassian's description.
func newServer(t testing.TB, clock *sourcetest.Clock) *bitbucketcloudtest.Server {
	t.Helper()
	s, err := bitbucketcloudtest.New(bitbucketcloudtest.Options{Root: t.TempDir(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Error(v)
		}
	})
	return s
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &sourcetest.Clock{}}
	w.Server = newServer(t, w.clock)
	var err error
	if w.People, err = bitbucketcloudtest.Sample(w.Server); err != nil {
		t.Fatal(err)
	}
	w.token = w.Token(w.Ada)
	return w
}

// config signs in as ada.
func (w *world) config(settings map[string]any) providers.Config {
	all := map[string]any{"bitbucket_api_url": w.APIURL(), "bitbucket_email": w.Ada.Email}
	for k, v := range settings {
		all[k] = v
	}
	return providers.Config{Settings: sourcetest.JSON(w.t, all), Secrets: map[string]string{"bitbucket_api_token": w.token}, Dir: w.t.TempDir(), Scratch: w.t.TempDir()}
}

func (w *world) open(settings map[string]any) providers.Source {
	w.t.Helper()
	s, err := bitbucketcloud.OpenWith(w.t.Context(), w.config(settings), w.clock)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

// named is a repository by its name; everything is asked for.
func named(t testing.TB, path string) providers.Repo {
	return providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"repo_path": path, "optional_stages": map[string]any{"attachments_import": true, "collaborators_import": true}})}
}

// bare is a repository by its name, with nothing that is optional.
func bare(t testing.TB, path string) providers.Repo {
	return providers.Repo{Settings: sourcetest.JSON(t, map[string]any{"repo_path": path})}
}

// bodies are the bodies of a kind, by the ids of their records.
func bodies[T any](t testing.TB, g sourcetest.Reading, kind schema.Kind) map[string]T {
	t.Helper()
	all := map[string]T{}
	for _, id := range g.IDs(kind) {
		all[id] = sourcetest.Body[T](t, g, kind, id)
	}
	return all
}
