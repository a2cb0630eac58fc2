package bitbucketserver_test

import (
	"maps"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/forgesource/sourcetest"
)

// world is a stand-in with the sample, and who reads it.
type world struct {
	*bitbucketservertest.Server
	t     testing.TB
	user  string // whose token is used
	named bool   // with the name beside it
}

// newWorld starts a stand-in, and fails the test that leaves it with a violation of
// the server's description.
func newWorld(t testing.TB, version string) *world {
	t.Helper()
	s, err := bitbucketservertest.New(bitbucketservertest.Options{Root: t.TempDir(), Version: version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Error(v)
		}
	})
	if err := bitbucketservertest.Sample(s.Model); err != nil {
		t.Fatal(err)
	}
	return &world{Server: s, t: t, user: "ada"}
}

func (w *world) account(name string) *bitbucketservertest.User {
	for _, u := range w.Model.Users {
		if u.Name == name {
			return u
		}
	}
	w.t.Fatalf("there is no %s", name)
	return nil
}

func (w *world) repository(key, slug string) *bitbucketservertest.Repository {
	for _, r := range w.Model.Repositories {
		if r.Project.Key == key && r.Slug == slug {
			return r
		}
	}
	w.t.Fatalf("there is no %s/%s", key, slug)
	return nil
}

func (w *world) config(more map[string]any) providers.Config {
	settings := map[string]any{"bitbucket_server_url": w.URL}
	if w.named {
		settings["bitbucket_server_username"] = w.user
	}
	maps.Copy(settings, more)
	return providers.Config{Settings: sourcetest.JSON(w.t, settings), Secrets: map[string]string{"personal_access_token": w.Token(w.account(w.user))}, Dir: w.t.TempDir(), Scratch: w.t.TempDir()}
}

func (w *world) open(more map[string]any) providers.Source {
	w.t.Helper()
	s, err := bitbucketserver.OpenWith(w.t.Context(), w.config(more), &sourcetest.Clock{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

// named are the settings of a repository.
func named(t testing.TB, key, slug string) providers.Repo {
	return providers.Repo{Settings: sourcetest.JSON(t, map[string]string{"bitbucket_server_project": key, "bitbucket_server_repo": slug})}
}

// inspect asks for the facts of one repository.
func inspect(t testing.TB, s providers.Source, repo providers.Repo, etag string) providers.Inspection {
	t.Helper()
	return sourcetest.Inspect(t, s, providers.Lookup{ID: 7, Repo: repo, ETag: etag})
}

// got is what a reading yielded, and what it ended with.
type got struct {
	sourcetest.Reading
	err error
}

func read(t testing.TB, s providers.Source, req providers.ReadRequest) got {
	t.Helper()
	g, err := sourcetest.Gather(s.Read(t.Context(), req))
	return got{g, err}
}
