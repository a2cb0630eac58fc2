package bitbucketcloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
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

// world is a stand-in with the sample, and who is in it.
type world struct {
	*bitbucketcloudtest.Server
	bitbucketcloudtest.People
	t     testing.TB
	clock *hasty
	token string // of ada, who administers the beacon
}

// newServer starts an empty stand-in, and fails the test that leaves it with a
// violation of Atlassian's description.
func newServer(t testing.TB, clock *hasty) *bitbucketcloudtest.Server {
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
	w := &world{t: t, clock: &hasty{}}
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
	return providers.Config{Settings: encode(w.t, all), Secrets: map[string]string{"bitbucket_api_token": w.token}, Dir: w.t.TempDir(), Scratch: w.t.TempDir()}
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

func encode(t testing.TB, v any) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// named is a repository by its name; everything is asked for.
func named(t testing.TB, path string) providers.Repo {
	return providers.Repo{Settings: encode(t, map[string]any{"repo_path": path, "optional_stages": map[string]any{"attachments_import": true, "collaborators_import": true}})}
}

// bare is a repository by its name, with nothing that is optional.
func bare(t testing.TB, path string) providers.Repo {
	return providers.Repo{Settings: encode(t, map[string]any{"repo_path": path})}
}

func inspect(t testing.TB, s providers.Source, q providers.Lookup) providers.Inspection {
	t.Helper()
	var got []providers.Inspection
	for in, err := range s.Inspect(t.Context(), []providers.Lookup{q}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, in)
	}
	if len(got) != 1 {
		t.Fatalf("%d answers", len(got))
	}
	return got[0]
}

// got is what a stream yielded.
type got struct {
	records     []schema.Record
	failed      []providers.ItemFailed
	losses      []schema.Loss
	kept, whole []schema.Key
	throttled   int
	end         *providers.StreamEnd
}

func read(t testing.TB, s providers.Source, req providers.ReadRequest) got {
	t.Helper()
	g, err := tryRead(t, s, req)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func tryRead(t testing.TB, s providers.Source, req providers.ReadRequest) (got, error) {
	t.Helper()
	var g got
	for m, err := range s.Read(t.Context(), req) {
		switch {
		case err != nil:
			return g, err
		case m.Record != nil:
			if err := m.Record.Check(); err != nil {
				t.Error(err)
			}
			g.records = append(g.records, *m.Record)
		case m.Failed != nil:
			g.failed = append(g.failed, *m.Failed)
		case m.Loss != nil:
			g.losses = append(g.losses, *m.Loss)
		case m.Kept != nil:
			g.kept = append(g.kept, *m.Kept)
		case m.Whole != nil:
			g.whole = append(g.whole, *m.Whole)
		case m.Throttled != nil:
			g.throttled++
		case m.End != nil:
			g.end = m.End
		}
	}
	if g.end == nil {
		t.Fatal("the stream has no end")
	}
	return g, nil
}

// body is the body of one record.
func body[T any](t testing.TB, g got, kind schema.Kind, id string) T {
	t.Helper()
	var b T
	for _, r := range g.records {
		if r.Kind == kind && r.ID == id {
			if err := json.Unmarshal(r.Body, &b); err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	t.Fatalf("there is no %s %s", kind, id)
	return b
}

// bodies are the bodies of a kind, by the ids of their records.
func bodies[T any](t testing.TB, g got, kind schema.Kind) map[string]T {
	t.Helper()
	all := map[string]T{}
	for _, r := range g.records {
		if r.Kind == kind {
			all[r.ID] = body[T](t, g, kind, r.ID)
		}
	}
	return all
}

// keys are those of all records, in their order.
func (g got) keys() []string {
	var all []string
	for _, r := range g.records {
		all = append(all, fmt.Sprint(r.Key()))
	}
	return all
}

func (g got) codes() map[string]int64 {
	all := map[string]int64{}
	for _, l := range g.losses {
		all[l.Code] += l.Count
	}
	return all
}
