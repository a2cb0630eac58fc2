package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
	"github.com/drover-migrate/drover/state"
)

type applyOptions struct {
	scope
	yes       bool
	fresh     bool
	failFast  bool
	digest    string
	parallel  int
	lanes     int
	grace     time.Duration
	progress  string
	events    string
	retry     bool
	changeset string
}

func newApplyCommand(a *app) *cobra.Command {
	o := applyOptions{}
	cmd := &cobra.Command{
		Use:   "apply [CHANGESET]",
		Short: "Carry out a changeset, or plan, ask and carry out",
		Long: `Apply carries out what drover plan --out saved. Without a file it plans, shows
the plan, asks, and carries it out.

Ctrl-C once stops: writes in flight finish, and everything is recorded. Ctrl-C
twice stops at once. Nothing is lost either way; apply again continues.

` + exitTable,
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.changeset = args[0]
			}
			return a.apply(cmd.Context(), o)
		},
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&a.sets, "set", nil, "override a setting: `ADDRESS.attribute=VALUE`; may be repeated")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	f.BoolVar(&o.fresh, "apply-fresh", false, "apply the resources that are not stale instead of refusing all")
	f.BoolVar(&o.failFast, "fail-fast", false, "hand out no more resources after the first that failed")
	f.StringVar(&o.digest, "expect-digest", "", "refuse any changeset but this: `sha256:...`")
	f.IntVar(&o.parallel, "parallel", 4, "work on `N` resources at a time")
	f.IntVar(&o.lanes, "lanes", 4, "write `N` lanes of records at a time in each resource")
	f.DurationVar(&o.grace, "grace", defaultGrace(), "time for writes in flight after Ctrl-C")
	f.StringVar(&o.progress, "progress", "auto", "show progress: `auto`, tty, plain or none")
	f.StringVar(&o.events, "events", "", "append every event as JSON to `FILE`")
	return cmd
}

// defaultGrace is shorter in CI, where a cancelled job is killed soon after.
func defaultGrace() time.Duration {
	if os.Getenv("CI") != "" {
		return 6 * time.Second
	}
	return 30 * time.Second
}

func (a *app) apply(ctx context.Context, o applyOptions) error {
	if o.changeset == "" && o.digest != "" {
		return usage("--expect-digest needs the changeset's file")
	}
	if o.digest != "" && len(a.providerDev) > 0 {
		return usage("--expect-digest and --provider-dev exclude each other: a development build is nothing that was reviewed")
	}
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	if o.changeset != "" {
		return a.applySaved(ctx, c, o)
	}
	return a.applyPlan(ctx, c, o)
}

// applySaved carries out a changeset file.
func (a *app) applySaved(ctx context.Context, c *connections, o applyOptions) error {
	if len(o.only)+len(o.except)+len(o.restart)+len(a.sets)+len(o.overrides.rules) > 0 || o.onlyFile != "" {
		return usage("a saved changeset is applied as it is; choose resources with drover plan")
	}
	changeset, err := a.readChangeset(o.changeset)
	if err != nil {
		return err
	}
	if o.digest != "" && o.digest != changeset.Digest {
		return &failure{code: exitStale, err: fmt.Errorf("the changeset's digest is %s, not the one expected", changeset.Digest)}
	}
	if changeset.Summary.Error > 0 && !changeset.Options.AllowErrors {
		return &failure{code: exitPlan, err: errors.New("the changeset has errors"), hint: "drover show " + o.changeset + " lists them"}
	}
	if err := a.bind(c, changeset); err != nil {
		return err
	}
	// Where the state lives is the plan's word, unless the plan is not here.
	p, err := a.read(ctx, c, reading{})
	if err != nil {
		return err
	}
	m := p.Migration
	if m.Digest != changeset.Plan.Digest {
		fmt.Fprintln(a.stderr, "warning: the plan files or their variables are not those the changeset was made from; the changeset is applied as it is")
	}
	c.use(changeset.Sources, changeset.Targets, changeset.Secrets)
	if changeset.Summary.Work() == 0 {
		return a.showNothingToDo(changeset)
	}
	s, err := a.openStateOf(ctx, changeset, a.statePath(m))
	if err != nil {
		return err
	}
	defer s.Close()
	if err := a.takeOver(c, s.Path(), s.LockFile()); err != nil {
		return err
	}
	if err := a.showOverrides(changeset); err != nil {
		return err
	}
	return a.carryOut(ctx, c, s, p, changeset, o, false)
}

// openStateOf opens the state that a changeset was made for. Only a changeset
// that was made without one gets a new one.
func (a *app) openStateOf(ctx context.Context, changeset *engine.Changeset, path string) (*state.Store, error) {
	if changeset.State.Lineage == "" {
		return a.openState(ctx, path, nil)
	}
	s, err := state.Open(ctx, path, a.stateOptions())
	if errors.Is(err, state.ErrMissing) {
		return nil, &engine.StaleError{Whole: fmt.Sprintf("it was made for another state; there is none at %s", path)}
	}
	return s, err
}

// bind refuses to run other providers than those the changeset was made with.
func (a *app) bind(c *connections, changeset *engine.Changeset) error {
	c.bound = map[string]string{}
	for _, p := range changeset.Providers {
		c.bound[p.Name] = p.Digest // looked at again when it starts
		found, err := c.finder.find(p.Name)
		if err != nil {
			return err
		}
		digest, err := plugin.Digest(found.Path)
		if err != nil {
			return err
		}
		if digest != p.Digest {
			return &failure{
				code: exitProvider, err: fmt.Errorf("provider %q is not the one that the changeset was made with", p.Name),
				hint: fmt.Sprintf("install drover-provider-%s %s again, or plan again", p.Name, p.Version),
			}
		}
	}
	return nil
}

func (a *app) readChangeset(path string) (*engine.Changeset, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("%v", err)
	}
	changeset, err := engine.ReadChangeset(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return changeset, nil
}

// applyPlan plans, shows, asks and carries out. The state is locked before the
// plan is computed, so that what was shown is what is done.
func (a *app) applyPlan(ctx context.Context, c *connections, o applyOptions) error {
	options, err := o.options(a)
	if err != nil {
		return err
	}
	options.Retry = o.retry
	s, err := a.lockForPlan(ctx)
	if err != nil {
		return err
	}
	var reserved *state.Reservation
	if s != nil {
		defer s.Close()
		if err := a.takeOver(c, s.Path(), s.LockFile()); err != nil { // before any provider is started, or all would have to start again
			return err
		}
	} else if reserved, err = a.reserve(ctx, c); err != nil {
		return err
	} else if reserved != nil {
		defer a.release(reserved)
	}
	p, err := a.read(ctx, c, reading{schemas: true, discover: true})
	if err != nil {
		return err
	}
	m := p.Migration
	options.AllowErrors = true // what has no error is applied; the exit code tells the rest
	changeset, err := a.planWith(ctx, c, p, s, options)
	if err != nil {
		return err
	}
	if err := a.showPlan(changeset, levelNormal, ""); err != nil {
		return err
	}
	if err := a.showBudgets(a.budgets(ctx, c, changeset)); err != nil {
		return err
	}
	if stopped(changeset) {
		return exit(exitRefused)
	}
	refused := exitOfChangeset(changeset)
	if changeset.Summary.Work() == 0 {
		if s != nil && refused == exitOK {
			return a.conclude(ctx, s, p, changeset, engine.Outcome{}) // an output may be new
		}
		return exit(refused)
	}
	if refused != exitOK && !o.yes && !a.json {
		fmt.Fprintln(a.stderr, "The resources with errors are left out.")
	}
	if err := a.confirm(ctx, o.yes, changeset.Summary.Work()); err != nil {
		return err
	}
	if s == nil {
		if s, err = a.openState(ctx, a.statePath(m), reserved); err != nil {
			return err
		}
		defer s.Close()
		if reserved == nil || reserved.LockFile() != nil { // the providers hold no lock, or another one
			if err := a.takeOver(c, s.Path(), s.LockFile()); err != nil {
				return err
			}
		}
	}
	err = a.carryOut(ctx, c, s, p, changeset, o, true)
	if err == nil && refused != exitOK {
		return exit(exitPartial)
	}
	return err
}

// reserve takes the lock of a state that does not exist yet, so that providers
// hold it from their first start. Without a folder for the state there is none.
func (a *app) reserve(ctx context.Context, c *connections) (*state.Reservation, error) {
	path, err := a.stateOnly()
	if err != nil {
		return nil, nil // reading the plan will tell
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, nil
	}
	r, err := state.Reserve(ctx, path, a.stateOptions())
	if err != nil {
		return nil, err
	}
	return r, a.takeOver(c, path, r.LockFile())
}

// release gives a reservation back. When no state was made of it, it takes the
// log away too, which then tells of nothing.
func (a *app) release(r *state.Reservation) {
	if r.LockFile() == nil {
		return
	}
	if err := r.Release(); err != nil {
		a.log.Warn("the lock was not released cleanly", "error", err.Error())
	}
	a.dropRunLog()
}

// lockForPlan opens the state for writing if it exists. A plan with nothing to
// do makes no state.
func (a *app) lockForPlan(ctx context.Context) (*state.Store, error) {
	path, err := a.stateOnly()
	if err != nil {
		return nil, nil // reading the plan will tell
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return a.openState(ctx, path, nil)
}

// confirm asks on a terminal. Elsewhere it names the flag that answers.
func (a *app) confirm(ctx context.Context, yes bool, work int) error {
	if yes {
		return nil
	}
	if f, ok := a.stdin.(*os.File); !ok || !isTerminal(f) || a.json {
		return &failure{code: exitPlan, err: errors.New("apply asks before it writes, and there is no terminal to ask on"), hint: "use --yes, or drover plan --out FILE and drover apply FILE"}
	}
	fmt.Fprintf(a.stderr, "\nApply these changes to %s? Only yes is taken as yes: ", plural(int64(work), "resource"))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.stdin).ReadString('\n') // a line that breaks off is not yes
		answer <- strings.TrimSpace(line)
	}()
	select {
	case said := <-answer:
		if said == "yes" {
			return nil
		}
	case <-ctx.Done(): // nobody waits for Enter after Ctrl-C
		fmt.Fprintln(a.stderr)
	}
	return &failure{code: exitCanceled, err: errors.New("not applied")}
}

// carryOut runs the changeset with progress, and turns its outcome into an exit
// code.
func (a *app) carryOut(ctx context.Context, c *connections, s *state.Store, p *planfile.Plan, changeset *engine.Changeset, o applyOptions, fresh bool) error {
	info, err := s.Info(ctx)
	if err != nil {
		return err
	}
	statePath := s.Path()
	work, err := workspace(statePath)
	if err != nil {
		return err
	}
	record, recorded, err := a.recordEvents(o.events)
	if err != nil {
		return err
	}
	show, stop, err := a.newProgress(o.progress, changeset)
	if err != nil {
		return err
	}
	defer stop()
	outcome, err := engine.Apply(ctx, changeset, engine.Work{
		Store: store{s}, Info: info, Ends: c, Run: a.newRun(schema.RunApply), Workspace: work,
		Parallel: o.parallel, Lanes: o.lanes, FailFast: o.failFast, Fresh: fresh, OnlyFresh: o.fresh, Grace: o.grace,
		Now: time.Now, Wait: wait,
		Observe: func(e engine.Event) {
			show.Observe(e)
			record(e)
			a.logEvent(e)
		},
	})
	show.Close()
	if rerr := recorded(); err == nil {
		err = rerr
	}
	if err != nil {
		return err
	}
	a.showOutcome(outcome)
	return a.conclude(ctx, s, p, changeset, outcome)
}

// wait returns at a time, or with ctx's error when that ends first.
func wait(ctx context.Context, until time.Time) error {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func exitOfOutcome(o engine.Outcome) int {
	switch {
	case o.Canceled:
		return exitCanceled
	case o.Complete():
		return exitOK
	case o.Failed > 0 && o.Failed == o.Codes[providers.CodeAuth]+o.Codes[providers.CodeDenied] && nothingDone(o):
		return exitCredentials
	case o.Failed > 0 && o.Failed == o.Codes[providers.CodeUnavailable]+o.Codes[providers.CodeInternal] && nothingDone(o):
		return exitProvider
	}
	return exitPartial
}

func nothingDone(o engine.Outcome) bool {
	return o.Created+o.Resynced+o.Renamed+o.Adopted+o.Resumed+o.Rewritten+o.Forgotten == 0
}
