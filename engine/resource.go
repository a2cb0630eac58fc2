package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// attempts is how often a stage is tried when it fails in a way that may pass.
const attempts = 5

// longestWait bounds what an end can make a run wait before it is asked again:
// it may name any time, and the clock here may be wrong by years. Forges reset
// their limits every hour.
const longestWait = time.Hour

// resource carries out one change: it claims the resource, runs its steps, and
// records what became of it. Its error is a fault of the state.
func (a *apply) resource(ctx context.Context, ch *Change) (ResourceDone, error) {
	done := ResourceDone{Address: ch.Address, Action: ch.Action}
	if ch.Action == ActionForget {
		return done, a.Store.Forget(ctx, a.run.ID, ch.Address)
	}
	keep := context.WithoutCancel(ctx) // what was done is recorded even when ctx ends
	if ch.From != "" {
		if err := a.move(keep, ch); err != nil {
			return done, err
		}
	}
	if len(ch.Steps) == 0 {
		done.Phase = schema.PhaseSynced
		return done, nil
	}
	ledger, err := a.claim(keep, ch)
	if err != nil {
		return done, err
	}
	reached, err := a.steps(ctx, ch, ledger)
	if err != nil {
		return done, err
	}
	return done, a.settle(keep, ch, ledger, reached, ctx.Err() != nil, &done)
}

// move renames the entry, unless an earlier run did.
func (a *apply) move(ctx context.Context, ch *Change) error {
	now, err := a.Store.Entry(ctx, ch.From)
	if err != nil || now.Rev == 0 {
		return err
	}
	return a.Store.Move(ctx, a.run.ID, ch.From, ch.Address)
}

// claim makes the resource ours and records what is about to be done to it.
func (a *apply) claim(ctx context.Context, ch *Change) (Ledger, error) {
	e, err := a.Store.Entry(ctx, ch.Address)
	if err != nil {
		return nil, err
	}
	r := ch.Resource
	source, target := a.changeset.Sources[r.Source], a.changeset.Targets[r.Target]
	if ch.Action == ActionCreate && e.Rev != 0 && !applied(e, a.changeset.Digest) {
		// The target is gone, and with it all that the state knows to be there.
		if err := a.Store.Forget(ctx, a.run.ID, ch.Address); err != nil {
			return nil, err
		}
		e = schema.Entry{}
	}
	if e.Rev == 0 {
		e.Namespace, e.Name = ch.Place.Namespace, ch.Place.Name
	}
	if ch.Adopt != nil && e.TargetRef.ID == "" {
		e.TargetRef = ch.Adopt.Ref
		e.Namespace, e.Name = ch.Adopt.Place.Namespace, ch.Adopt.Place.Name
	}
	e.Address, e.Identity, e.FullName, e.SourceURL = ch.Address, ch.Identity, ch.FullName, ch.URL
	e.Source, e.Target = source.Fingerprint(), target.Fingerprint()
	e.Connections = mustJSON(Connections{Source: source, Target: target, Secrets: a.changeset.secretsOf(source, target)})
	e.Phase, e.Changeset = schema.PhaseSyncing, a.changeset.Digest
	ledger, err := a.Store.Claim(ctx, a.run.ID, e)
	if err != nil {
		return nil, fmt.Errorf("claim %s: %w", ch.Address, err)
	}
	return ledger, nil
}

// Connections is what an entry remembers of its two ends, so that a resource
// can be looked at without its plan. Secrets are references.
type Connections struct {
	Source  schema.Connection        `json:"source"`
	Target  schema.Connection        `json:"target"`
	Secrets map[string]schema.Secret `json:"secrets,omitempty"`
}

func (c *Changeset) secretsOf(connections ...schema.Connection) map[string]schema.Secret {
	named := map[string]schema.Secret{}
	for _, connection := range connections {
		for _, name := range connection.Secrets {
			named[name] = c.Secrets[name]
		}
	}
	return named
}

// reached is how far the steps of a change came.
type reached struct {
	Progress
	problem *providers.Error // why the last of them failed
	unsound int64            // what links and verify found wrong, which no count shows
}

// steps runs the change's steps one after the other, until one fails or ctx
// ends.
func (a *apply) steps(ctx context.Context, ch *Change, ledger Ledger) (reached, error) {
	var r reached
	for _, step := range ch.Steps {
		if ctx.Err() != nil {
			return r, nil
		}
		if err := a.enter(context.WithoutCancel(ctx), ch, step, ledger); err != nil {
			return r, err
		}
		u := Unit{
			Format: UnitFormat, Run: a.run.ID, Changeset: a.changeset.Digest, Epoch: ledger.Epoch(),
			Change: *ch, Step: step, Progress: mustJSON(r.Progress),
		}
		result, err := a.try(ctx, u)
		switch {
		case err != nil && ctx.Err() != nil:
			return r, nil // broken off in the middle; the next run takes it up
		case err != nil:
			return r, err
		}
		if len(result.Progress) > 0 {
			r.Progress = Progress{}
			if err := json.Unmarshal(result.Progress, &r.Progress); err != nil {
				return r, fmt.Errorf("result of %s: %w", step.name(), err)
			}
		}
		if result.Problem != nil {
			r.problem = result.Problem
			return r, nil
		}
		if step.Stage == StageLinks || step.Stage == StageVerify || step.Stage == StageImport {
			r.unsound += result.Failures
		}
		a.observe(StageDone{Address: ch.Address, Stage: step.Stage, Stream: step.Stream})
	}
	return r, nil
}

// enter records that a step begins. What it failed with before is no longer
// true.
func (a *apply) enter(ctx context.Context, ch *Change, step Step, ledger Ledger) error {
	if err := ledger.ResolveFailures(ctx, step.name()); err != nil {
		return err
	}
	e, err := a.Store.Entry(ctx, ch.Address)
	if err != nil || e.Stage == step.name() {
		return err
	}
	e.Stage = step.name()
	return ledger.Save(ctx, e)
}

func (s Step) name() string {
	if s.Stream != "" {
		return string(s.Stage) + " " + s.Stream
	}
	return string(s.Stage)
}

// try runs a unit, and again as long as it fails in a way that may pass.
func (a *apply) try(ctx context.Context, u Unit) (Result, error) {
	for attempt := 1; ; attempt++ {
		a.observe(StageStarted{Address: u.Change.Address, Stage: u.Step.Stage, Stream: u.Step.Stream, Attempt: attempt})
		result, err := a.unit(ctx, u)
		if err != nil || result.Problem == nil || ctx.Err() != nil {
			return result, err
		}
		at := a.retryAt(result.Problem, attempt)
		if at.IsZero() {
			return result, nil
		}
		a.observe(Retrying{Address: u.Change.Address, Stage: u.Step.Stage, At: at, Problem: result.Problem})
		if a.Wait(ctx, at) != nil {
			return result, nil
		}
	}
}

// unit carries out one unit under its timeout, passing it through JSON as
// another process would receive it.
func (a *apply) unit(ctx context.Context, u Unit) (Result, error) {
	u, err := throughJSON(u)
	if err != nil {
		return Result{}, err
	}
	limited := ctx
	if limit := timeoutOf(u.Change.Resource.Timeouts, u.Step.Stage); limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	result, err := a.Runner.Run(limited, u, a.observe)
	if limited.Err() != nil && ctx.Err() == nil && (err != nil || result.Problem != nil) {
		result.Problem = &providers.Error{
			Code: providers.CodeInvalid, Op: string(u.Step.Stage),
			Message: "took longer than the plan's timeouts allow", Hint: "raise timeouts in the plan; what was done is kept",
		}
		err = nil
	}
	if err != nil {
		return result, err
	}
	return throughJSON(result)
}

// timeoutOf is the time that a stage may take; 0 is as long as it needs.
func timeoutOf(t schema.Timeouts, s Stage) time.Duration {
	text := map[Stage]string{StageFetch: t.Fetch, StagePush: t.Push, StageRecords: t.Records}[s]
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0 // the plan's loader accepted only durations
	}
	return d
}

// retryAt is when to try again after a problem; zero means not to.
func (a *apply) retryAt(p *providers.Error, attempt int) time.Time {
	switch {
	case p.Code == providers.CodeRateLimited && p.Until.After(a.Now()):
		return earlier(p.Until, a.Now().Add(longestWait))
	case attempt >= attempts:
		return time.Time{}
	case p.Code == providers.CodeRateLimited || p.Code == providers.CodeUnavailable:
		return a.Now().Add(time.Second << (attempt - 1))
	}
	return time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// settle records how far the resource has come.
func (a *apply) settle(ctx context.Context, ch *Change, ledger Ledger, r reached, canceled bool, done *ResourceDone) error {
	p, problem := r.Progress, r.problem
	canceled = canceled || p.Canceled
	counts, err := a.count(ctx, ch, ledger, p, problem == nil && !canceled)
	if err != nil {
		return err
	}
	e, err := a.Store.Entry(ctx, ch.Address)
	if err != nil {
		return err
	}
	done.Counts, done.Commits = counts, p.Commits
	if done.Commits == 0 {
		done.Commits = e.CommitCount
	}
	done.Failures = r.unsound
	for _, c := range counts {
		done.Failures += c.Failed
	}
	switch {
	case problem != nil && !canceled:
		e.Phase, done.Problem = schema.PhaseFailed, problem
		failure := newFailure(ch.Address, e.Stage, schema.Key{Kind: "stage", ID: e.Stage}, stepWorker, problem, a.run.ID, a.Now())
		if err := ledger.Fail(ctx, []schema.Failure{failure}); err != nil {
			return err
		}
		a.observe(ItemFailed{Failure: failure})
	case canceled:
		e.Phase = schema.PhaseCanceled
		if p.Canceled {
			done.Problem = canceledAtTarget()
		}
	case done.Failures > 0 || !addsUp(counts):
		e.Phase = schema.PhasePartial
	default:
		e.Phase = schema.PhaseSynced
	}
	if e.Phase == schema.PhaseSynced || e.Phase == schema.PhasePartial {
		e.Stage = ""
		e.Settings, e.SettingsHash = mustJSON(ch.Resource), settingsHash(ch.Resource)
		if ch.runs(StageMap) || ch.Action == ActionRewrite {
			e.AuthorsHash = rewritingOf(ch.Resource, newPeopleTables(a.changeset.Authors), ch.Identity).digest()
		}
		if addsUp(counts) && ch.carriedOver(p.Facts).Hash() == p.Facts.Hash() {
			e.SourceHash, e.ETag = p.Facts.Hash(), p.Facts.ETag
		}
	}
	done.Phase = e.Phase
	return ledger.Save(ctx, e)
}

// carriedOver are the facts that hold at the target once all steps are done:
// those that were planned and, of what was read, those that detect found. When
// they are not all of what detect found, the source moved in between, and the
// next plan has to look again.
func (ch *Change) carriedOver(found SourceFacts) SourceFacts {
	f := ch.Source
	f.Streams = maps.Clone(f.Streams)
	for _, step := range ch.Steps {
		now, validated := found.Streams[step.Stream]
		switch {
		case step.Stage == StageImport:
			return found
		case step.Stage == StageFetch:
			f.RefsHash, f.DefaultBranch, f.Parts = found.RefsHash, found.DefaultBranch, found.Parts
		case step.Stage == StageRecords && validated:
			if f.Streams == nil {
				f.Streams = map[string]string{}
			}
			f.Streams[step.Stream] = now
		}
	}
	return f
}

func addsUp(counts schema.Counts) bool {
	for _, c := range counts {
		if !c.AddsUp() {
			return false
		}
	}
	return true
}

// count makes the resource's account: what the ledger holds, and what has no
// line there, which is refs, large objects, and kinds left out on purpose. What
// this run did not look at stays as it was.
func (a *apply) count(ctx context.Context, ch *Change, ledger Ledger, p Progress, finished bool) (schema.Counts, error) {
	counts, err := ledger.Tally(ctx)
	if err != nil {
		return nil, err
	}
	before, err := a.Store.Counts(ctx, ch.Address)
	if err != nil {
		return nil, err
	}
	if counts == nil {
		counts = schema.Counts{}
	}
	maps.Copy(counts, p.Counts)
	for _, part := range []struct {
		kind schema.Kind
		now  *schema.Count
	}{{schema.KindRef, p.Refs}, {schema.KindLFSObject, p.LFS}} {
		switch {
		case part.now == nil:
			if c, ok := before[part.kind]; ok {
				counts[part.kind] = c
			}
		case *part.now != schema.Count{}:
			counts[part.kind] = *part.now
		}
	}
	wanted := ch.kinds()
	for k, n := range p.Offered {
		c, known := counts[k]
		switch {
		case n == 0, wanted[k] && finished:
			continue
		case wanted[k]: // the stream that counts them was not read to its end
			c.Source = max(c.Source, n)
		case !known:
			c = schema.Count{Source: n, Skipped: n}
		}
		counts[k] = c
	}
	return counts, ledger.SaveCounts(ctx, counts)
}

// kinds are the kinds of record that the change's steps read.
func (ch *Change) kinds() map[schema.Kind]bool {
	kinds := map[schema.Kind]bool{}
	for _, step := range ch.Steps {
		for _, k := range step.Kinds {
			kinds[k] = true
		}
	}
	return kinds
}

// The steps that a failure names, in GitLab's words for them.
const (
	stepExtractor = "extractor" // reading at the source
	stepLoader    = "loader"    // writing at the target
	stepWorker    = "worker"    // the stage as a whole
)

func newFailure(address schema.Address, stage string, key schema.Key, at string, problem *providers.Error, run string, now time.Time) schema.Failure {
	return schema.Failure{
		Address: address, Key: key, Stage: stage, Step: at, Code: string(problem.Code),
		Message: problem.Error(), Hint: problem.Hint, Run: run, At: now,
		ID: strings.TrimPrefix(schema.Digest([]any{address, key, stage, run}), "sha256:")[:16],
	}
}
