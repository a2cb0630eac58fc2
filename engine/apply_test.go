package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// world is a migration of one archive into another, without processes in
// between: a plan, both ends, and a state.
type world struct {
	dir       string
	migration *schema.Migration
	source    providers.Source
	target    providers.Target
	about     providers.Description
	options   engine.Options
}

// memory gives the engine a state, as the command does.
type memory struct{ *state.Store }

func (m memory) Claim(ctx context.Context, run string, e schema.Entry) (engine.Ledger, error) {
	return m.Store.Claim(ctx, run, e)
}

func (m memory) Ledger(ctx context.Context, a schema.Address, epoch int64) (engine.Ledger, error) {
	return m.Store.Ledger(ctx, a, epoch)
}

func (m memory) Entry(ctx context.Context, a schema.Address) (schema.Entry, error) {
	e, err := m.Store.Entry(ctx, a)
	if err != nil {
		return schema.Entry{}, nil //nolint:nilerr // unknown is the zero entry
	}
	return e, nil
}

func (w *world) Source(context.Context, string) (providers.Source, error) { return w.source, nil }
func (w *world) Target(context.Context, string) (providers.Target, error) { return w.target, nil }
func (w *world) Secrets(context.Context, string) (map[string]string, error) {
	return map[string]string{"token": "canary"}, nil
}

func (w *world) Provider(context.Context, string) (providers.Description, string, error) {
	return w.about, "sha256:test", nil
}

// newWorld makes an archive with a git history and records of some kinds, or of
// every kind, in dir/in, and a plan that migrates it to dir/out. It finds again
// what an earlier call made.
func newWorld(t testing.TB, dir string, kinds ...schema.Kind) *world {
	t.Helper()
	ctx := context.Background()
	p := directory.New()
	open := func(path string) providers.Config {
		return providers.Config{Settings: json.RawMessage(fmt.Sprintf(`{"path":%q}`, path)), Dir: dir, Scratch: t.TempDir()}
	}
	w := &world{dir: dir, about: p.Description}
	var err error
	if w.target, err = p.OpenTarget(ctx, open("out")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "in")); err != nil {
		fill(t, dir, p, open("in"), kinds)
	}
	if w.source, err = p.OpenSource(ctx, open("in")); err != nil {
		t.Fatal(err)
	}
	connection := func(role, path string) schema.Connection {
		return schema.Connection{Address: role + ".directory." + path, Provider: "directory", Settings: json.RawMessage(fmt.Sprintf(`{"path":%q}`, path))}
	}
	w.migration = &schema.Migration{
		Name: "test", Digest: "sha256:plan",
		Sources: map[string]schema.Connection{"source.directory.in": connection("source", "in")},
		Targets: map[string]schema.Connection{"target.directory.out": connection("target", "out")},
		Resources: []schema.Resource{{
			Address: "repository.api", Source: "source.directory.in", Target: "target.directory.out",
			Settings: json.RawMessage(`{"repo_path":"acme/api"}`), Namespace: "acme", Lifecycle: schema.DefaultLifecycle(), Items: schema.Items{Include: kinds},
		}},
	}
	return w
}

// fill makes the archive that is the source.
func fill(t testing.TB, dir string, p *providers.Provider, config providers.Config, kinds []schema.Kind) {
	t.Helper()
	ctx := context.Background()
	target, err := p.OpenTarget(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := target.Create(ctx, providers.CreateRequest{Place: providers.Place{Namespace: "acme", Name: "api"}, Marker: "id-1"})
	if err != nil {
		t.Fatal(err)
	}
	git := filepath.Join(dir, "git")
	run := func(args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	run("init", "-q", "-b", "main", git)
	run("-C", git, "commit", "-q", "--allow-empty", "-m", "first")
	run("-C", git, "tag", "v1")
	out, err := exec.Command("git", "-C", git, "rev-parse", "main").Output()
	if err != nil {
		t.Fatal(err)
	}
	oid := strings.TrimSpace(string(out))
	_, err = target.Push(ctx, providers.PushRequest{
		Repo: ref, Part: providers.PartCode, Dir: filepath.Join(git, ".git"), DefaultBranch: "refs/heads/main",
		Updates: []providers.RefUpdate{{Name: "refs/heads/main", New: oid}, {Name: "refs/tags/v1", New: oid}},
	}, func(providers.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	request := providers.WriteRequest{Repo: ref}
	if len(kinds) == 0 {
		kinds = schema.Kinds()
	}
	for _, k := range kinds {
		body, err := os.ReadFile(filepath.Join("..", "schema", "testdata", "kinds", string(k)+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var tight bytes.Buffer
		if err := json.Compact(&tight, body); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			r := schema.Record{Kind: k, ID: fmt.Sprint(i + 1), Revision: "r1", Body: tight.Bytes()}
			w := providers.Write{Record: r}
			if k == schema.KindAttachment {
				w.Content = filepath.Join(dir, fmt.Sprintf("content-%d", i))
				if err := os.WriteFile(w.Content, []byte(fmt.Sprintf("content %d", i)), 0o600); err != nil {
					t.Fatal(err)
				}
				w.Record.Blob = &schema.Blob{ID: "any", Size: -1}
			}
			request.Writes = append(request.Writes, w)
		}
	}
	written, err := target.Write(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range written {
		if x.Problem != nil {
			t.Fatalf("write %s: %v", request.Writes[i].Record.Key(), x.Problem)
		}
	}
	if _, err := target.Finish(ctx, providers.FinishRequest{Repo: ref}); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}

func (w *world) open(t testing.TB) *state.Store {
	t.Helper()
	s, err := state.Open(context.Background(), filepath.Join(w.dir, "state.db"), state.Options{Create: true, Version: "0.3.0"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) plan(t testing.TB, s *state.Store) *engine.Changeset {
	t.Helper()
	return w.planWith(t, s, w)
}

func (w *world) planWith(t testing.TB, s *state.Store, ends engine.Ends) *engine.Changeset {
	t.Helper()
	ctx := context.Background()
	h := engine.History{Refs: s.Refs, Failures: map[schema.Address][]schema.Failure{}}
	var err error
	if h.Info, err = s.Info(ctx); err != nil {
		t.Fatal(err)
	}
	if h.Entries, err = s.Entries(ctx); err != nil {
		t.Fatal(err)
	}
	if h.Waiting, err = s.Waiting(ctx); err != nil {
		t.Fatal(err)
	}
	if h.Validators, err = s.AllValidators(ctx); err != nil {
		t.Fatal(err)
	}
	if h.Jobs, err = s.Jobs(ctx, ""); err != nil {
		t.Fatal(err)
	}
	failures, err := s.Failures(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failures {
		h.Failures[f.Address] = append(h.Failures[f.Address], f)
	}
	facts, err := engine.Gather(ctx, w.migration, h, ends, engine.Gathering{})
	if err != nil {
		t.Fatal(err)
	}
	c := engine.NewPlan(engine.Inputs{Version: "0.3.0", Migration: w.migration, Facts: facts, History: h, Options: w.options})
	if _, err := c.Marshal(); err != nil {
		t.Fatal(err)
	}
	return c
}

// apply plans and applies once.
func (w *world) apply(t testing.TB, observe func(engine.Event)) (*engine.Changeset, engine.Outcome) {
	t.Helper()
	ctx := context.Background()
	s := w.open(t)
	defer s.Close()
	c := w.plan(t, s)
	info, err := s.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := engine.Apply(ctx, c, engine.Work{
		Store: memory{s}, Info: info, Ends: w, Run: schema.Run{Kind: schema.RunApply, Version: "0.3.0"},
		Workspace: filepath.Join(w.dir, "work"), Parallel: 2, Lanes: 2, Grace: time.Second,
		Now: time.Now, Wait: waitUntil, Observe: observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, outcome
}

func waitUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// tree reads every file below dir, git's loose bookkeeping aside.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if strings.Contains(rel, ".git/") {
			return nil // compared by its refs
		}
		data, err := os.ReadFile(path)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := filepath.Glob(filepath.Join(dir, "*", "*.git"))
	if err != nil {
		t.Fatal(err)
	}
	for _, repo := range refs {
		out, err := exec.Command("git", "-C", repo, "for-each-ref").Output()
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(dir, repo)
		files[rel] = string(out)
	}
	return files
}

func TestArchiveToArchiveIsByteEqual(t *testing.T) {
	w := newWorld(t, t.TempDir())
	c, outcome := w.apply(t, nil)
	if c.Summary.Create != 1 || !outcome.Complete() || outcome.Created != 1 {
		data, _ := json.MarshalIndent(c.Changes, "", " ")
		t.Fatalf("summary %+v, outcome %+v\n%s", c.Summary, outcome, data)
	}
	want, got := tree(t, filepath.Join(w.dir, "in")), tree(t, filepath.Join(w.dir, "out"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("archives differ (-in +out):\n%s", diff)
	}
	again, _ := w.apply(t, nil)
	if again.Summary.Unchanged != 1 || again.Summary.Work() != 0 {
		t.Errorf("second plan: %+v %+v", again.Summary, again.Changes[0].Reasons)
	}
}
