package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

// forgeWorld is a migration from a stand-in for GitHub to a destination, with a
// state and a workspace of its own. Nothing of it is in another process but
// git: a program is a value, and dies when the test says so.
type forgeWorld struct {
	from  *githubtest.Server
	token string
	to    destination
	dir   string
	clock *leapingClock

	// What the plan says, besides where things come from and go to.
	repositories []string // full names; the address of each is repository.NAME
	gists        []string // ids; the address of each is gists.mine["ID"], and large ones are divided
	namespace    string
	people       []schema.AuthorEntry
	lifecycle    schema.Lifecycle
	stages       string // optional_stages, as JSON
	method       string
}

// destination is where a world's repositories go.
type destination interface {
	provider() *providers.Provider
	settings() (settings json.RawMessage, secrets map[string]string)

	// contents is everything that can be observed at the destination and that
	// depends on the source alone, each thing under a name that says what it is.
	contents(t testing.TB) map[string]string

	// killAt lets the n-th request that changes something, or with reads any
	// request, be the last of a program that then ends; with after, it is
	// carried out first. heal ends that.
	killAt(n int, reads, after bool, end func())
	heal()

	// asked counts the requests so far: all of them, and those that may change
	// something.
	asked() (all, writes int)
}

func newForgeWorld(t testing.TB, from *githubtest.Server, to destination, repositories ...string) *forgeWorld {
	return &forgeWorld{
		from: from, token: from.Token(from.Model.Users[0]), to: to, dir: volatileDir(t),
		clock:        &leapingClock{now: time.Now()},
		repositories: repositories, namespace: "acme", lifecycle: schema.DefaultLifecycle(),
		stages: `{"attachments_import":true,"collaborators_import":true}`,
		people: []schema.AuthorEntry{{Rule: "author", RemoteName: "ada", TargetUser: "ada.l"}, {Rule: "author", RemoteName: "grace", TargetUser: "grace"}},
	}
}

// volatileDir is a folder that need not survive the death of the machine: there,
// waiting for a disk tells nothing.
func volatileDir(t testing.TB) string {
	t.Helper()
	if dir, err := os.MkdirTemp("/dev/shm", "drover-test-"); err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

// newGitHub starts a stand-in whose first account may see everything.
func newGitHub(t testing.TB, o githubtest.Options) *githubtest.Server {
	t.Helper()
	o.Root = volatileDir(t)
	s, err := githubtest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range s.Violations() {
			t.Error("GitHub's description says otherwise:", v)
		}
		s.Close()
	})
	s.Model.AddUser(githubtest.User{Login: "root", Name: "Root", SiteAdmin: true})
	return s
}

func (w *forgeWorld) migration() *schema.Migration {
	var fingerprint struct {
		URL  string `json:"url,omitempty"`
		Path string `json:"path,omitempty"`
	}
	settings, _ := w.to.settings()
	if err := json.Unmarshal(settings, &fingerprint); err != nil {
		panic(err) // of the test's own making
	}
	host, endpoint := asJSON(map[string]string{"github_hostname": w.from.URL}), asJSON(fingerprint)
	m := &schema.Migration{
		Name: "forges", Digest: "sha256:plan",
		Sources: map[string]schema.Connection{"source": {Address: "source.github.old", Provider: "github", Settings: host, Endpoint: host}},
		Targets: map[string]schema.Connection{"target": {Address: "target." + w.to.provider().Description.Name + ".new", Provider: w.to.provider().Description.Name,
			Settings: settings, Endpoint: endpoint, MissingNamespace: "create"}},
		Authors: map[string]schema.AuthorTable{"people": {Name: "people", Entries: w.people, Unmatched: "keep"}},
	}
	for _, full := range w.repositories {
		name := full[strings.LastIndexByte(full, '/')+1:]
		m.Resources = append(m.Resources, schema.Resource{
			Address: schema.Address("repository." + name), Source: "source", Target: "target", Namespace: w.namespace, Authors: "people", Method: w.method,
			Settings:  json.RawMessage(fmt.Sprintf(`{"repository":%q,"optional_stages":%s}`, full, w.stages)),
			Placement: json.RawMessage(`{}`), Lifecycle: w.lifecycle,
		})
	}
	for _, id := range w.gists {
		m.Resources = append(m.Resources, schema.Resource{
			Address: schema.Address(fmt.Sprintf("gists.mine[%q]", id)), Source: "source", Target: "target", Namespace: w.namespace, Authors: "people",
			OverFileLimit: "split", Settings: asJSON(map[string]string{"gist_id": id}), Placement: json.RawMessage(`{}`), Lifecycle: w.lifecycle,
		})
	}
	return m
}

func asJSON(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // of the test's own making
	}
	return data
}

// leapingClock jumps to whatever is waited for. Meanwhile is what happens before it
// is there.
type leapingClock struct {
	mu        sync.Mutex
	now       time.Time
	meanwhile func()
}

func (c *leapingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *leapingClock) Wait(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
	if c.meanwhile != nil {
		c.meanwhile()
	}
	return ctx.Err()
}

// program is one run of Drover: it opens the state and both ends when it needs
// them, and can die.
type program struct {
	w      *forgeWorld
	ctx    context.Context
	cancel context.CancelFunc
	store  *state.Store
	died   sync.Once
	dead   bool

	mu     sync.Mutex
	source providers.Source
	target providers.Target
	events []engine.Event
}

func (w *forgeWorld) start(t testing.TB) *program {
	t.Helper()
	p := &program{w: w}
	p.ctx, p.cancel = context.WithCancel(t.Context())
	var err error
	if p.store, err = state.Open(p.ctx, filepath.Join(w.dir, "state.db"), state.Options{Create: true, Version: "0.4.0", Now: w.clock.Now}); err != nil {
		t.Fatal(err)
	}
	return p
}

// die is what a kill is to everything outside: nothing that the program does
// from now on has an effect, on its state neither.
func (p *program) die() {
	p.died.Do(func() {
		p.dead = true
		p.store.Close()
		p.cancel()
	})
}

func (p *program) end(t testing.TB) {
	t.Helper()
	if p.source != nil {
		p.closed(t, p.source.Close())
	}
	if p.target != nil {
		p.closed(t, p.target.Close())
	}
	p.closed(t, p.store.Close())
	p.cancel()
}

func (p *program) closed(t testing.TB, err error) {
	t.Helper()
	if err != nil && !p.dead {
		t.Error(err)
	}
}

func (p *program) config(settings json.RawMessage, secrets map[string]string) (providers.Config, error) {
	scratch, err := os.MkdirTemp(p.w.dir, "scratch-")
	return providers.Config{Settings: settings, Secrets: secrets, Dir: p.w.dir, Scratch: scratch}, err
}

// Source, Target and Provider make a program the engine's Ends.
func (p *program) Source(ctx context.Context, _ string) (providers.Source, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.source != nil {
		return p.source, nil
	}
	config, err := p.config(asJSON(map[string]string{"github_hostname": p.w.from.URL}), map[string]string{"personal_access_token": p.w.token})
	if err != nil {
		return nil, err
	}
	p.source, err = github.New().OpenSource(ctx, config)
	return p.source, err
}

func (p *program) Target(ctx context.Context, _ string) (providers.Target, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target != nil {
		return p.target, nil
	}
	config, err := p.config(p.w.to.settings())
	if err != nil {
		return nil, err
	}
	p.target, err = p.w.to.provider().OpenTarget(ctx, config)
	return p.target, err
}

func (p *program) Secrets(context.Context, string) (map[string]string, error) {
	return map[string]string{"personal_access_token": p.w.token}, nil
}

func (p *program) Provider(_ context.Context, name string) (providers.Description, string, error) {
	for _, one := range []*providers.Provider{github.New(), p.w.to.provider()} {
		if one.Description.Name == name {
			return one.Description, "sha256:" + name, nil
		}
	}
	return providers.Description{}, "", fmt.Errorf("there is no provider %q", name)
}

func (p *program) plan() (*engine.Changeset, error) {
	h, err := historyOf(p.ctx, p.store)
	if err != nil {
		return nil, err
	}
	m := p.w.migration()
	facts, err := engine.Gather(p.ctx, m, h, p, engine.Gathering{Workspace: filepath.Join(p.w.dir, "work")})
	if err != nil {
		return nil, err
	}
	c := engine.NewPlan(engine.Inputs{Version: "0.4.0", Migration: m, Facts: facts, History: h, Options: engine.Options{Retry: true}})
	if _, err := c.Marshal(); err != nil {
		return nil, err
	}
	return c, nil
}

// still is a state without signs of life: by a clock that leaps to whatever is
// waited for, they would be written without a pause.
type still struct{ engine.Store }

func (still) Heartbeat(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (p *program) apply(c *engine.Changeset) (engine.Outcome, error) {
	info, err := p.store.Info(p.ctx)
	if err != nil {
		return engine.Outcome{}, err
	}
	return engine.Apply(p.ctx, c, engine.Work{
		Store: still{store{p.store}}, Info: info, Ends: p, Run: schema.Run{Kind: schema.RunApply, Version: "0.4.0"},
		Workspace: filepath.Join(p.w.dir, "work"), Parallel: 2, Lanes: 3, Grace: time.Second, Fresh: true,
		Now: p.w.clock.Now, Wait: p.w.clock.Wait,
		Observe: func(e engine.Event) { p.events = append(p.events, e) },
	})
}

// applied is what an apply that ended by itself came to.
type applied struct {
	changeset *engine.Changeset
	outcome   engine.Outcome
	events    []engine.Event
	counts    map[schema.Address]schema.Counts
}

// apply plans and applies once, undisturbed by the test.
func (w *forgeWorld) apply(t testing.TB) applied {
	t.Helper()
	p := w.start(t)
	defer p.end(t)
	c, err := p.plan()
	if err != nil {
		t.Fatal(err)
	}
	a := applied{changeset: c}
	if a.outcome, err = p.apply(c); err != nil {
		t.Fatal(err)
	}
	a.events = p.events
	if a.counts, err = p.store.AllCounts(p.ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// whole fails the test unless everything arrived and is accounted for.
func (a applied) whole(t testing.TB) applied {
	t.Helper()
	if !a.outcome.Complete() || a.changeset.Summary.Error > 0 {
		t.Fatalf("the apply came to %+v:\n%s", a.outcome, a.problems())
	}
	a.addUp(t)
	return a
}

// addUp fails the test when something is missing without an explanation.
func (a applied) addUp(t testing.TB) {
	t.Helper()
	for address, counts := range a.counts {
		for kind, c := range counts {
			if !c.AddsUp() {
				t.Errorf("%s: the %s do not add up: %+v", address, kind.Plural(), c)
			}
		}
	}
}

// problems is what an apply said went wrong.
func (a applied) problems() string {
	var lines []string
	for _, e := range a.events {
		switch e := e.(type) {
		case engine.ItemFailed:
			lines = append(lines, fmt.Sprintf("%s %s: %s: %s", e.Failure.Address, e.Failure.Key, e.Failure.Code, e.Failure.Message))
		case engine.ResourceDone:
			if e.Problem != nil {
				lines = append(lines, fmt.Sprintf("%s: %v", e.Address, e.Problem))
			}
			for kind, c := range e.Counts {
				if !c.AddsUp() {
					lines = append(lines, fmt.Sprintf("%s: %s: %+v", e.Address, kind, c))
				}
			}
		case engine.Retrying:
			lines = append(lines, fmt.Sprintf("%s: retrying %s: %v", e.Address, e.Stage, e.Problem))
		}
	}
	for _, c := range a.changeset.Changes {
		for _, f := range c.Findings {
			lines = append(lines, fmt.Sprintf("%s: %s %s %s", c.Address, f.Code, f.Summary, f.Detail))
		}
	}
	return strings.Join(lines, "\n")
}

// applyUntil plans and applies, and lets the program die as kill arranges. It
// reports whether it died.
func (w *forgeWorld) applyUntil(t testing.TB, kill func(die func())) bool {
	t.Helper()
	p := w.start(t)
	defer p.end(t)
	defer w.to.heal()
	defer w.from.ClearFaults()
	kill(p.die)
	c, err := p.plan()
	if err == nil {
		_, err = p.apply(c)
	}
	if err != nil && !p.dead {
		t.Fatal(err)
	}
	return p.dead
}

// killAtSource lets the n-th request to the source be the program's last.
func (w *forgeWorld) killAtSource(n int) func(die func()) {
	return func(die func()) {
		w.from.Faults(githubtest.Fault{From: n + 1, Times: -1, Then: die})
	}
}

func (w *forgeWorld) killAtTarget(n int, reads, after bool) func(die func()) {
	return func(die func()) { w.to.killAt(n, reads, after, die) }
}

// idle fails the test when another apply finds something to do.
func (w *forgeWorld) idle(t testing.TB) {
	t.Helper()
	beforeAll, before := w.to.asked()
	beforeSource := w.from.Requests()
	a := w.apply(t)
	if s := a.changeset.Summary; s.Work()+s.Error != 0 || !a.outcome.Complete() {
		for _, c := range a.changeset.Changes {
			t.Errorf("%s: %s: %+v", c.Address, c.Action, c.Reasons)
		}
		t.Errorf("the plan still finds work: %+v\n%s", a.changeset.Summary, a.problems())
	}
	all, after := w.to.asked()
	if after != before {
		t.Errorf("an apply with nothing to do changed the target %d times", after-before)
	}
	// A handful for each repository or gist, and for signing in.
	few := 8*(len(w.repositories)+len(w.gists)) + 4
	if asked := int(w.from.Requests() - beforeSource); asked > few {
		t.Errorf("an apply with nothing to do asked the source %d times", asked)
	}
	if asked := all - beforeAll; asked > few {
		t.Errorf("an apply with nothing to do asked the target %d times", asked)
	}
}

// same fails the test when two destinations hold other things than they should:
// what is in want must be in got, and what is only in got must be known to be
// gone at the source.
func same(t testing.TB, want, got map[string]string, gone func(name, value string) bool) bool {
	t.Helper()
	ok := true
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if have, found := got[name]; !found {
			t.Errorf("%s is missing; it should be\n%s", name, want[name])
			ok = false
		} else if strings.Contains(name, " order in ") {
			order := slices.DeleteFunc(strings.Split(have, "\n"), func(line string) bool { return !slices.Contains(strings.Split(want[name], "\n"), line) })
			if got := strings.Join(order, "\n"); got != want[name] {
				t.Errorf("the %s is\n%s\nand should be\n%s", name, got, want[name])
				ok = false
			}
		} else if have != want[name] {
			t.Errorf("%s is\n%s\nand should be\n%s", name, have, want[name])
			ok = false
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, found := want[name]; !found && !gone(name, got[name]) {
			t.Errorf("%s should not be there:\n%s", name, got[name])
			ok = false
		}
	}
	return ok
}

var errKilled = errors.New("the program is dead")
