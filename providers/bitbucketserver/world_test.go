package bitbucketserver_test

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/schema"
)

// hasty is a clock that passes the time without waiting.
type hasty struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (h *hasty) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

func (h *hasty) Sleep(ctx context.Context, d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead += d
	return context.Cause(ctx)
}

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
	return providers.Config{Settings: raw(w.t, settings), Secrets: map[string]string{"personal_access_token": w.Token(w.account(w.user))}, Dir: w.t.TempDir(), Scratch: w.t.TempDir()}
}

func (w *world) open(more map[string]any) providers.Source {
	w.t.Helper()
	s, err := bitbucketserver.OpenWith(w.t.Context(), w.config(more), &hasty{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { s.Close() })
	return s
}

func raw(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// named are the settings of a repository.
func named(t testing.TB, key, slug string) providers.Repo {
	return providers.Repo{Settings: raw(t, map[string]string{"bitbucket_server_project": key, "bitbucket_server_repo": slug})}
}

// inspect asks for the facts of one repository.
func inspect(t testing.TB, s providers.Source, repo providers.Repo, etag string) providers.Inspection {
	t.Helper()
	for answer, err := range s.Inspect(t.Context(), []providers.Lookup{{ID: 7, Repo: repo, ETag: etag}}) {
		if err != nil || answer.ID != 7 {
			t.Fatal(answer, err)
		}
		return answer
	}
	t.Fatal("there is no answer")
	return providers.Inspection{}
}

// got is what a reading yielded.
type got struct {
	records map[schema.Key]schema.Record
	order   []schema.Key
	failed  []providers.ItemFailed
	losses  map[string]schema.Loss
	kept    []schema.Key
	marks   []schema.Cursor
	waits   int
	end     *providers.StreamEnd
	err     error
}

func read(t testing.TB, s providers.Source, req providers.ReadRequest) got {
	t.Helper()
	g := got{records: map[schema.Key]schema.Record{}, losses: map[string]schema.Loss{}}
	for m, err := range s.Read(t.Context(), req) {
		switch {
		case err != nil:
			g.err = err
		case m.Record != nil:
			if err := m.Record.Check(); err != nil {
				t.Error(err)
			}
			g.records[m.Record.Key()] = *m.Record
			g.order = append(g.order, m.Record.Key())
		case m.Failed != nil:
			g.failed = append(g.failed, *m.Failed)
		case m.Loss != nil:
			g.losses[m.Loss.Code] = *m.Loss
		case m.Kept != nil:
			g.kept = append(g.kept, *m.Kept)
		case m.Checkpoint != nil:
			g.marks = append(g.marks, *m.Checkpoint)
		case m.Throttled != nil:
			g.waits++
		case m.End != nil:
			g.end = m.End
		}
	}
	return g
}

// body decodes the body of a record.
func body[T any](t testing.TB, g got, kind schema.Kind, id string) T {
	t.Helper()
	var b T
	r, ok := g.records[schema.Key{Kind: kind, ID: id}]
	if !ok {
		t.Errorf("there is no %s %s among %v", kind, id, g.order)
		return b
	}
	if err := json.Unmarshal(r.Body, &b); err != nil {
		t.Error(err)
	}
	return b
}
