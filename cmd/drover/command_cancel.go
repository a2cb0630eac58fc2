package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func newCancelCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel [ADDRESS...]",
		Short: "Stop the running apply, or single resources of it",
		Long: `Cancel asks the apply that is running, on this or another terminal, to stop:
writes in flight finish, cursors are stored, and apply again continues. With
addresses only those resources stop.

An import that a forge carries out by itself (method = "import_api") is cancelled
at the forge when its resource is named, whether an apply is running or not.
Without addresses such imports go on, and the next apply takes them up.

With no apply running, a resource that is not finished is marked as cancelled.
Cancelling what is finished says so and exits with 0.`,
		Args: between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.cancel(cmd.Context(), args) },
	}
}

func (a *app) cancel(ctx context.Context, args []string) error {
	addresses := make([]schema.Address, len(args))
	for i, arg := range args {
		addresses[i] = schema.Address(arg)
		if err := addresses[i].Check(); err != nil {
			return usage("%v", err)
		}
	}
	path, err := a.stateOnly()
	if err != nil {
		return err
	}
	if err := a.checkKnown(ctx, path, addresses); err != nil {
		return err
	}
	owner, err := state.RequestCancel(ctx, path, addresses)
	if errors.Is(err, state.ErrMissing) {
		return a.say("Nothing to cancel: nothing was applied yet.")
	}
	if err != nil {
		return err
	}
	if owner != nil {
		return a.say("Asked run %s (pid %d on %s) to stop%s.", owner.Run.ID, owner.Run.PID, shown(owner.Run.Host), only(addresses))
	}
	return a.cancelEntries(ctx, path, addresses)
}

func only(addresses []schema.Address) string {
	if len(addresses) == 0 {
		return ""
	}
	return fmt.Sprintf(" working on %s", countNoun(len(addresses), "resource"))
}

// checkKnown refuses addresses that the state does not know.
func (a *app) checkKnown(ctx context.Context, path string, addresses []schema.Address) error {
	s, err := state.View(ctx, path)
	if errors.Is(err, state.ErrMissing) && len(addresses) == 0 {
		return nil
	}
	if errors.Is(err, state.ErrMissing) {
		return &failure{code: exitPlan, err: fmt.Errorf("%s is not known: nothing was applied yet", addresses[0])}
	}
	if err != nil {
		return err
	}
	defer s.Close()
	for _, address := range addresses {
		if _, err := s.Entry(ctx, address); errors.Is(err, state.ErrUnknown) {
			return &failure{code: exitPlan, err: fmt.Errorf("the state knows no %s", address), hint: "drover state list shows what it knows"}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// cancelEntries marks what no run is working on.
func (a *app) cancelEntries(ctx context.Context, path string, addresses []schema.Address) error {
	s, err := state.Open(ctx, path, a.stateOptions())
	if err != nil {
		return err
	}
	defer s.Close()
	if len(addresses) == 0 {
		return a.say("Nothing to cancel: no apply is running.")
	}
	run, err := s.Begin(ctx, a.newRun(schema.RunEdit))
	if err != nil {
		return err
	}
	for _, address := range addresses {
		said, err := a.cancelEntry(ctx, s, run.ID, address)
		if err == nil {
			err = a.say("%s", said)
		}
		if err != nil {
			return err
		}
	}
	return s.End(ctx, run.ID, "ok", "cancel")
}

// cancelEntry marks one resource that no run is working on, and says what became
// of it.
func (a *app) cancelEntry(ctx context.Context, s *state.Store, run string, address schema.Address) (string, error) {
	e, err := s.Entry(ctx, address)
	if err != nil {
		return "", err
	}
	job, err := s.Job(ctx, address)
	if err != nil {
		return "", err
	}
	if (job.ID != "" || !job.StartedAt.IsZero()) && !job.State.Ended() {
		said, phase, err := a.cancelImport(ctx, e, &job)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s %s.", address, said), saveCanceled(ctx, s, run, e, job, phase)
	}
	switch e.Phase {
	case schema.PhaseSynced, schema.PhasePartial:
		return fmt.Sprintf("%s is finished (%s since %s); there is nothing to cancel.", address, e.Phase, moment(e.UpdatedAt)), nil
	case schema.PhaseCanceled:
		return fmt.Sprintf("%s is cancelled already.", address), nil
	}
	ledger, err := s.Claim(ctx, run, e)
	if err != nil {
		return "", err
	}
	e.Phase = schema.PhaseCanceled
	return fmt.Sprintf("%s is cancelled. Apply continues it.", address), ledger.Save(ctx, e)
}
