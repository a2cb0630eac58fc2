package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Work is what an apply needs besides its changeset.
type Work struct {
	Store  Store
	Info   schema.StateInfo
	Ends   Ends
	Run    schema.Run // its kind, version, actor, host
	Runner Runner     // nil: units are carried out here

	Workspace string        // folder for git data in flight
	Parallel  int           // resources at a time; at least 1
	Lanes     int           // lanes of records at a time in one resource; at least 1
	FailFast  bool          // stop handing out resources after the first that failed
	Fresh     bool          // the changeset was computed just now: ask nothing again before the first write
	OnlyFresh bool          // apply what is not stale instead of refusing all
	Grace     time.Duration // for writes in flight once ctx has ended

	Now     func() time.Time
	Wait    func(ctx context.Context, until time.Time) error // returns early with ctx's error
	Observe func(Event)
}

// Outcome is what became of an apply.
type Outcome struct {
	Created   int   `json:"created"`
	Resynced  int   `json:"resynced"`
	Renamed   int   `json:"renamed"`
	Adopted   int   `json:"adopted"`
	Resumed   int   `json:"resumed"`
	Rewritten int   `json:"rewritten"`
	Forgotten int   `json:"forgotten"`
	Partial   int   `json:"partial"` // done but for some objects
	Failed    int   `json:"failed"`  // resources that failed as a whole
	Left      int   `json:"left"`    // not begun or not finished
	Stale     int   `json:"stale"`   // left out because they had moved
	Items     int64 `json:"failed_items"`
	Canceled  bool  `json:"canceled"`

	// Codes counts why resources failed as a whole.
	Codes map[providers.Code]int `json:"codes,omitempty"`
}

// Complete reports whether everything the changeset wanted is done.
func (o Outcome) Complete() bool {
	return !o.Canceled && o.Partial+o.Failed+o.Left+o.Stale == 0
}

// defaultImports is how many imports a target carries out at a time unless its
// setting concurrent_imports says otherwise.
const defaultImports = 5

// Apply carries out a changeset. All checks run before the first write; a
// changeset that no longer fits is refused with a StaleError and nothing is
// done. When ctx ends, no new work is handed out, writes in flight are given
// w.Grace to finish, cursors are stored, and the Outcome says what is left.
//
// One resource's failure is part of the Outcome and stops no other. The
// returned error is a refusal before the start, or a fault of the state.
func Apply(ctx context.Context, c *Changeset, w Work) (Outcome, error) {
	if !c.Options.Expires.IsZero() && w.Now().After(c.Options.Expires) {
		return Outcome{}, &StaleError{Whole: "it expired on " + c.Options.Expires.UTC().Format(time.RFC3339)}
	}
	skip, err := precheck(ctx, c, w)
	if err != nil {
		return Outcome{}, err
	}
	run := w.Run
	run.Changeset = c.Digest
	if run, err = w.Store.Begin(ctx, run); err != nil {
		return Outcome{}, err
	}
	if err := w.Store.SaveListings(ctx, c.Listed); err != nil {
		return Outcome{}, err
	}
	a := &apply{Work: w, changeset: c, run: run, cancels: map[schema.Address]context.CancelCauseFunc{}}
	if a.Runner == nil {
		a.Runner = NewRunner(c, w)
	}
	return a.carryOut(ctx, skip)
}

// precheck decides, before the first write, what becomes of each change: those
// that are not to be worked on are named with the reason.
func precheck(ctx context.Context, c *Changeset, w Work) (map[schema.Address]verdict, error) {
	skip, stale, err := checkState(ctx, c, w.Info, w.Store)
	if err != nil {
		return nil, err
	}
	if !w.Fresh {
		for _, check := range []func(context.Context, *Changeset, map[schema.Address]verdict, Ends) ([]StaleResource, error){checkSources, checkTargets} {
			more, err := check(ctx, c, skip, w.Ends)
			if err != nil {
				return nil, err
			}
			for _, s := range more {
				skip[s.Address] = isStale
			}
			stale = append(stale, more...)
		}
	}
	if len(stale) == 0 || w.OnlyFresh {
		return skip, nil
	}
	slices.SortFunc(stale, func(a, b StaleResource) int { return strings.Compare(string(a.Address), string(b.Address)) })
	if !slices.ContainsFunc(stale, func(s StaleResource) bool { return s.problem == nil }) {
		// Nothing is known to have moved: an end refuses to tell.
		return nil, fmt.Errorf("nothing was done: %s: %w", stale[0].Address, stale[0].problem)
	}
	return nil, &StaleError{Resources: stale}
}

// apply is one run.
type apply struct {
	Work
	changeset *Changeset
	run       schema.Run

	mu       sync.Mutex
	imports  map[string]int // how many at a time, by target; of the scheduler
	outcome  Outcome
	fault    error
	halted   bool                                       // nothing more is to be begun
	cancels  map[schema.Address]context.CancelCauseFunc // resources being worked on
	canceled map[schema.Address]bool                    // asked for by address
	events   sync.Mutex
}

func (a *apply) observe(e Event) {
	if a.Observe == nil {
		return
	}
	a.events.Lock()
	defer a.events.Unlock()
	a.Observe(e)
}

func (a *apply) carryOut(ctx context.Context, skip map[schema.Address]verdict) (Outcome, error) {
	var todo []*Change
	for i := range a.changeset.Changes {
		ch := &a.changeset.Changes[i]
		switch {
		case !ch.Action.Works(), skip[ch.Address] == isFinished:
		case skip[ch.Address] == isStale:
			a.outcome.Stale++
		default:
			todo = append(todo, ch)
		}
	}
	a.observe(RunStarted{Run: a.run.ID, Changeset: a.changeset.Digest, Resources: len(todo)})

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		a.watch(ctx, stop)
	}()
	a.schedule(ctx, stop, todo)
	stopped := ctx.Err() != nil
	stop()
	<-watching

	a.outcome.Canceled = a.outcome.Canceled || stopped && a.outcome.Left > 0
	if err := a.Store.End(context.WithoutCancel(ctx), a.run.ID, a.outcome.word(a.fault), a.outcome.String()); err != nil && a.fault == nil {
		a.fault = fmt.Errorf("end the run: %w", err)
	}
	a.observe(RunDone{Outcome: a.outcome})
	return a.outcome, a.fault
}

// watch keeps the run's sign of life fresh and obeys requests to cancel.
func (a *apply) watch(ctx context.Context, stop context.CancelFunc) {
	for a.Wait(ctx, a.Now().Add(time.Second)) == nil {
		a.Store.Heartbeat(ctx) // failing, it only makes the message to others older
		all, some, err := a.Store.CancelRequests(ctx)
		if err != nil {
			continue // asked again in a second
		}
		if all {
			stop()
			return
		}
		a.mu.Lock()
		for _, address := range some {
			if a.canceled == nil {
				a.canceled = map[schema.Address]bool{}
			}
			a.canceled[address] = true
			if cancel := a.cancels[address]; cancel != nil {
				cancel(errCanceled)
			}
		}
		a.mu.Unlock()
	}
}

// schedule works on the changes in their order, some at a time, each after those
// it depends on.
func (a *apply) schedule(ctx context.Context, stop context.CancelFunc, todo []*Change) {
	before := dependencies(todo)
	done := make(map[schema.Address]bool, len(todo))
	ready := func(ch *Change) bool {
		return !slices.ContainsFunc(before[ch.Address], func(first schema.Address) bool { return !done[first] })
	}
	finished := make(chan *Change)
	running, lanes := 0, map[string]int{}
	for len(todo)+running > 0 {
		for {
			next := slices.IndexFunc(todo, func(ch *Change) bool {
				lane, room := a.lane(ch)
				return lanes[lane] < room && ready(ch)
			})
			if next < 0 {
				break // the rest waits for what is running
			}
			ch := todo[next]
			copy(todo[1:next+1], todo[:next]) // those before it stay in their order
			todo = todo[1:]
			lane, _ := a.lane(ch)
			lanes[lane]++
			running++
			go func() {
				a.one(ctx, stop, ch)
				finished <- ch
			}()
		}
		ch := <-finished
		done[ch.Address] = true
		lane, _ := a.lane(ch)
		lanes[lane]--
		running--
	}
}

// lane is what a change is worked on beside, and how many are at a time: what
// Drover carries over, or the imports of one target, which cost a forge more
// than they cost us.
func (a *apply) lane(ch *Change) (name string, room int) {
	if !ch.Imports {
		return "", max(a.Parallel, 1)
	}
	target := ch.Resource.Target
	if a.imports == nil {
		a.imports = map[string]int{}
	}
	if _, known := a.imports[target]; !known {
		a.imports[target] = concurrentImports(a.changeset.Targets[target])
	}
	return target, a.imports[target]
}

// concurrentImports is how many imports a target is to carry out at a time.
func concurrentImports(target schema.Connection) int {
	var settings struct {
		ConcurrentImports int `json:"concurrent_imports"`
	}
	if json.Unmarshal(target.Settings, &settings) != nil || settings.ConcurrentImports < 1 {
		return defaultImports
	}
	return settings.ConcurrentImports
}

// dependencies lists, for each change, the changes that must be done before it:
// those its resource names, whole blocks too. Where resources depend on each
// other in a circle, the dependency that closes it is left out, seen from the
// one that stands first.
func dependencies(todo []*Change) map[schema.Address][]schema.Address {
	named := map[schema.Address][]*Change{}
	for _, ch := range todo {
		named[ch.Address] = append(named[ch.Address], ch)
		if block := schema.Address(ch.Address.Block()); block != ch.Address {
			named[block] = append(named[block], ch)
		}
	}
	before := make(map[schema.Address][]schema.Address, len(todo))
	const entered, left = 1, 2
	state := make(map[schema.Address]int, len(todo))
	var visit func(ch *Change)
	visit = func(ch *Change) {
		state[ch.Address] = entered
		if ch.Resource != nil {
			for _, d := range ch.Resource.DependsOn {
				for _, other := range named[d] {
					if state[other.Address] == 0 {
						visit(other)
					}
					if state[other.Address] == left {
						before[ch.Address] = append(before[ch.Address], other.Address)
					}
				}
			}
		}
		state[ch.Address] = left
	}
	for _, ch := range todo {
		if state[ch.Address] == 0 {
			visit(ch)
		}
	}
	return before
}

// one works on one change and accounts for it.
func (a *apply) one(ctx context.Context, stop context.CancelFunc, ch *Change) {
	if ctx.Err() != nil || a.isHalted() {
		a.account(ch, ResourceDone{Address: ch.Address, Action: ch.Action, Phase: schema.PhasePlanned})
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a.mu.Lock()
	a.cancels[ch.Address] = cancel
	if a.canceled[ch.Address] {
		cancel(errCanceled)
	}
	a.mu.Unlock()

	started := a.Now()
	done, err := a.resource(ctx, ch)
	done.Elapsed = a.Now().Sub(started)
	if err != nil {
		done.Phase, done.Problem = schema.PhaseFailed, providers.AsError(err)
	}
	a.mu.Lock()
	delete(a.cancels, ch.Address)
	if err != nil {
		done.Phase = schema.PhaseCanceled
		if ctx.Err() == nil {
			done.Phase = schema.PhaseSyncing // as the state has it; the next apply takes it up
			if a.fault == nil {
				a.fault = fmt.Errorf("%s: %w", ch.Address, err)
			}
			stop()
		}
	}
	a.halted = a.halted || a.FailFast && done.Phase == schema.PhaseFailed
	a.mu.Unlock()
	a.account(ch, done)
	a.observe(done)
}

func (a *apply) isHalted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.halted
}

func (a *apply) account(ch *Change, done ResourceDone) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := &a.outcome
	o.Items += done.Failures
	switch done.Phase {
	case schema.PhaseFailed:
		o.Failed++
		if o.Codes == nil {
			o.Codes = map[providers.Code]int{}
		}
		o.Codes[providers.CodeOf(errorOrNil(done.Problem))]++
		return
	case schema.PhasePartial:
		o.Partial++
	case schema.PhaseSynced, "":
	default:
		o.Left++
		o.Canceled = o.Canceled || done.Phase == schema.PhaseCanceled
		return
	}
	switch ch.Action {
	case ActionCreate:
		o.Created++
	case ActionResync:
		o.Resynced++
	case ActionRename:
		o.Renamed++
	case ActionAdopt:
		o.Adopted++
	case ActionResume:
		o.Resumed++
	case ActionRewrite:
		o.Rewritten++
	case ActionForget:
		o.Forgotten++
	}
}

func errorOrNil(e *providers.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// word is the outcome as the state's list of runs spells it.
func (o Outcome) word(fault error) string {
	switch {
	case fault != nil:
		return "failed"
	case o.Canceled:
		return "canceled"
	case !o.Complete():
		return "partial"
	}
	return "ok"
}

// String is the outcome as one line.
func (o Outcome) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{o.Created, "created"}, {o.Resynced, "re-synced"}, {o.Renamed, "renamed"}, {o.Adopted, "adopted"}, {o.Resumed, "resumed"}, {o.Rewritten, "rewritten"},
		{o.Forgotten, "forgotten"}, {o.Failed, "failed"}, {o.Left, "left"}, {o.Stale, "stale"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	s := strings.Join(parts, ", ")
	if o.Partial > 0 {
		s += fmt.Sprintf("; %d of them partial", o.Partial)
	}
	return s
}
