package gitlab

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget/targettest"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/schema"
)

// world is a stand-in with the administrator root, the users alice and bob, and
// the group acme, of which alice is the owner.
type world struct {
	server *gitlabtest.Server
	model  *gitlabtest.Model
	alice  *gitlabtest.User
	bob    *gitlabtest.User
	acme   *gitlabtest.Namespace
	api    *api.Client // of the administrator
}

// newWorld starts a stand-in, and reports what of the exchange was not as the
// server's description says.
func newWorld(t *testing.T) *world {
	t.Helper()
	server, err := gitlabtest.New(gitlabtest.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range server.Violations() {
			t.Error(v)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{server: server, model: server.Model}
	w.alice = server.Model.AddUser(gitlabtest.User{Username: "alice"})
	w.bob = server.Model.AddUser(gitlabtest.User{Username: "bob"})
	w.acme = server.Model.AddGroup("acme", "public", w.alice)
	w.api = w.client(t, server.AdminToken())
	return w
}

func (w *world) client(t *testing.T, token string) *api.Client {
	t.Helper()
	c, err := api.New(api.Options{URL: w.server.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// open opens the target as the engine does, for the administrator.
func (w *world) open(t *testing.T) *target {
	t.Helper()
	return w.openWith(t, w.server.AdminToken())
}

func (w *world) openWith(t *testing.T, token string) *target {
	t.Helper()
	return openTargetAt(t, w.server.URL+"/", token)
}

func openTargetAt(t *testing.T, url, token string) *target {
	t.Helper()
	return targettest.Open(t, New(), url, token).(*target)
}

func at(name string) providers.Place { return providers.Place{Namespace: "acme", Name: name} }

// project is what the server says of a project.
func (w *world) project(t *testing.T, path string) api.Project {
	t.Helper()
	return must(w.api.Project(t.Context(), api.ID(path)))(t)
}

func create(t *testing.T, to *target, place providers.Place) schema.Ref {
	t.Helper()
	return targettest.Create(t, to, place)
}

func standing(t *testing.T, to *target, place providers.Place) providers.Standing {
	t.Helper()
	return targettest.Standing(t, to, place)
}

func finish(t *testing.T, to *target, ref schema.Ref) map[schema.Kind]int64 {
	t.Helper()
	counts, err := to.Finish(t.Context(), providers.FinishRequest{Repo: ref})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func write(t *testing.T, to *target, ref schema.Ref, w providers.Write) providers.Written {
	t.Helper()
	return targettest.Write(t, to, ref, w)
}

func stored(t *testing.T, to *target, ref schema.Ref, w providers.Write) providers.Written {
	t.Helper()
	return targettest.Stored(t, to, ref, w)
}

func record(t *testing.T, kind schema.Kind, id string, body any) schema.Record {
	t.Helper()
	return targettest.Record(t, kind, id, body)
}

// problem is nil when there is none, also as an error.
func problem(w providers.Written) error {
	if w.Problem == nil {
		return nil
	}
	return w.Problem
}

// must unwraps a result.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	targettest.Same(t, what, want, got)
}
