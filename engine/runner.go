package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// runner carries out units in this process.
type runner struct {
	work      Work
	changeset *Changeset
	names     *repositories
}

// NewRunner returns a Runner of units of a changeset, for a process that is
// given units by another one. It needs no more of w than the store, the ends,
// the workspace, the lanes, the grace and the clock.
func NewRunner(c *Changeset, w Work) Runner {
	return &runner{work: w, changeset: c, names: &repositories{changeset: c, store: w.Store}}
}

// repositories are the full names that a changeset and the state speak of, in
// lower case, by the fingerprint of their source. They are looked up once.
type repositories struct {
	changeset *Changeset
	store     Store

	mu    sync.Mutex
	names map[string]map[string]bool
}

func (r *repositories) of(ctx context.Context, source string) (map[string]bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names != nil {
		return r.names[source], nil
	}
	known, err := r.store.FullNames(ctx)
	if err != nil {
		return nil, err
	}
	for i := range r.changeset.Changes {
		ch := &r.changeset.Changes[i]
		if ch.Resource != nil && ch.FullName != "" {
			fingerprint := r.changeset.Sources[ch.Resource.Source].Fingerprint()
			known[fingerprint] = append(known[fingerprint], ch.FullName)
		}
	}
	r.names = make(map[string]map[string]bool, len(known))
	for fingerprint, names := range known {
		r.names[fingerprint] = make(map[string]bool, len(names))
		for _, name := range names {
			r.names[fingerprint][strings.ToLower(name)] = true
		}
	}
	return r.names[source], nil
}

// stage is one unit while it is carried out.
type stage struct {
	Unit
	work      *Work
	changeset *Changeset
	names     *repositories
	ledger    Ledger
	progress  Progress
	observe   func(Event)
	failures  int64
}

func (r *runner) Run(ctx context.Context, u Unit, observe func(Event)) (Result, error) {
	if u.Format != UnitFormat {
		return Result{}, fmt.Errorf("unit of format %d; this drover carries out format %d", u.Format, UnitFormat)
	}
	ledger, err := r.work.Store.Ledger(ctx, u.Change.Address, u.Epoch)
	if err != nil {
		return Result{}, err
	}
	s := &stage{Unit: u, work: &r.work, changeset: r.changeset, names: r.names, ledger: ledger, observe: observe}
	if len(u.Progress) > 0 {
		if err := json.Unmarshal(u.Progress, &s.progress); err != nil {
			return Result{}, fmt.Errorf("progress of %s: %w", u.Change.Address, err)
		}
	}
	steps := map[Stage]func(context.Context) error{
		StageDetect: s.detect, StageFetch: s.fetch, StageMap: s.deriveMapped, StagePush: s.push, StageImport: s.importByForge,
		StageRecords: s.records, StageLinks: s.links, StageVerify: s.verify,
	}
	run, ok := steps[u.Step.Stage]
	if !ok {
		return Result{}, fmt.Errorf("unknown stage %q", u.Step.Stage)
	}
	result := Result{Format: UnitFormat}
	err = run(ctx)
	var problem *providers.Error
	if errors.As(err, &problem) {
		result.Problem, err = problem, nil
	} else if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		result.Problem, err = providers.AsError(err), nil
	}
	result.Progress, result.Failures = mustJSON(s.progress), s.failures
	return result, err
}

func (s *stage) source(ctx context.Context) (providers.Source, error) {
	return s.work.Ends.Source(ctx, s.Change.Resource.Source)
}

func (s *stage) target(ctx context.Context) (providers.Target, error) {
	return s.work.Ends.Target(ctx, s.Change.Resource.Target)
}

// repo is how the source is told which repository is meant.
func (s *stage) repo() providers.Repo {
	return providers.Repo{Settings: s.Change.Resource.Settings, Identity: s.Change.Identity}
}

// Workspace names the folder under dir for what lies between a source
// repository and its target. It depends on nothing but the repository, so that
// every run finds what earlier ones left.
func Workspace(dir, source, identity string) string {
	digest := strings.TrimPrefix(schema.Digest([]string{source, identity}), "sha256:")
	return filepath.Join(dir, digest[:24])
}

func (s *stage) workspace() (string, error) {
	fingerprint := s.changeset.Sources[s.Change.Resource.Source].Fingerprint()
	dir := Workspace(s.work.Workspace, fingerprint, s.Change.Identity)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the workspace: %w", err)
	}
	return dir, nil
}

// report passes a provider's progress on as events.
func (s *stage) report(connection string) func(providers.Progress) {
	return func(p providers.Progress) {
		if p.Throttled != nil {
			s.throttled(connection, *p.Throttled)
			return
		}
		s.observe(StageProgress{Address: s.Change.Address, Stage: s.Step.Stage, Stream: s.Step.Stream, Phase: p.Phase, Done: p.Done, Total: p.Total, Unit: p.Unit})
	}
}

func (s *stage) throttled(connection string, t providers.Throttle) {
	s.observe(Throttled{Address: s.Change.Address, Connection: connection, Until: t.Until, Reason: t.Reason})
}

// fail records objects that could not be carried over, for stages whose objects
// have no line in the ledger.
func (s *stage) fail(ctx context.Context, at string, failed []providers.ItemFailed) error {
	if len(failed) == 0 {
		return nil
	}
	list := make([]schema.Failure, len(failed))
	for i, f := range failed {
		list[i] = s.failure(f, at)
	}
	s.failures += int64(len(list))
	if err := s.ledger.Fail(context.WithoutCancel(ctx), list); err != nil {
		return err
	}
	for _, f := range list {
		s.observe(ItemFailed{Failure: f})
	}
	return nil
}

func (s *stage) failure(f providers.ItemFailed, at string) schema.Failure {
	problem := f.Problem
	if problem == nil {
		problem = providers.Errorf(providers.CodeInternal, "the provider gave no reason")
	}
	name := string(s.Step.Stage)
	failure := newFailure(s.Change.Address, name, f.Key, at, problem, s.Run, s.work.Now())
	failure.Title, failure.URL = f.Title, f.URL
	return failure
}

// knowTarget makes the stage know the repository at the target also when the run
// began after the stage that settles its place.
func (s *stage) knowTarget(ctx context.Context) error {
	if s.progress.Target.ID != "" {
		return nil
	}
	e, err := s.entry(ctx)
	s.progress.Target = e.TargetRef
	return err
}

// entry reads what the state knows of the resource now.
func (s *stage) entry(ctx context.Context) (schema.Entry, error) {
	return s.work.Store.Entry(ctx, s.Change.Address)
}
