package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
	"github.com/drover-migrate/drover/state"
)

// stateOnly finds the state for commands that need nothing else of the plan.
func (a *app) stateOnly() (string, error) {
	if a.state != "" {
		return a.state, nil
	}
	path, err := planfile.StatePath(a.dir())
	if err != nil {
		return "", usage("%v", err)
	}
	return a.path(path), nil
}

// reader opens the state for a command that only reads it.
func (a *app) reader(ctx context.Context) (*state.Store, error) {
	path, err := a.stateOnly()
	if err != nil {
		return nil, err
	}
	s, err := state.View(ctx, path)
	if errors.Is(err, state.ErrMissing) {
		return nil, &failure{code: exitPlan, err: fmt.Errorf("there is no state at %s: nothing was applied yet", path), hint: "drover apply makes it; --state FILE names another"}
	}
	return s, err
}

type statusOptions struct {
	status      string
	sort        string
	limit, page int
}

func newStatusCommand(a *app) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status [GLOB...]",
		Short: "Show how far every resource has come",
		Args:  between(0, -1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.status(cmd.Context(), o, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.status, "status", "", "only resources in this `PHASE`: syncing, synced, partial, failed, canceled")
	f.StringVar(&o.sort, "sort", "asc", "order by address: `asc` or desc")
	f.IntVar(&o.limit, "limit", 0, "at most `N` resources a page")
	f.IntVar(&o.page, "page", 1, "page `N`")
	return cmd
}

func (a *app) status(ctx context.Context, o statusOptions, globs []string) error {
	if o.sort != "asc" && o.sort != "desc" {
		return usage("--sort %q: use asc or desc", o.sort)
	}
	if o.page < 1 || o.limit < 0 {
		return usage("--page counts from 1, and --limit is not negative")
	}
	s, err := a.reader(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := statusRows(ctx, s, func(e schema.Entry) bool {
		return (o.status == "" || o.status == string(e.Phase)) && (len(globs) == 0 || engine.MatchesAny(globs, e.Address))
	})
	if err != nil {
		return err
	}
	if o.sort == "desc" {
		slices.Reverse(rows)
	}
	if o.limit > 0 {
		rows = rows[min(len(rows), (o.page-1)*o.limit):min(len(rows), o.page*o.limit)]
	}
	owner, err := s.Owner(ctx)
	if err != nil {
		return err
	}
	for i := range rows {
		rows[i].Stalled = rows[i].Entry.Phase == schema.PhaseSyncing && owner == nil
	}
	if len(globs) > 0 {
		for i := range rows {
			if rows[i].Lost, err = s.Losses(ctx, rows[i].Entry.Address); err != nil {
				return err
			}
		}
	}
	return a.showStatus(rows, owner)
}

func statusRows(ctx context.Context, s *state.Store, keep func(schema.Entry) bool) ([]statusRow, error) {
	entries, err := s.Entries(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.AllCounts(ctx)
	if err != nil {
		return nil, err
	}
	conversions, err := s.Conversions(ctx)
	if err != nil {
		return nil, err
	}
	losses, err := s.LossCounts(ctx)
	if err != nil {
		return nil, err
	}
	jobs, err := s.Jobs(ctx, "")
	if err != nil {
		return nil, err
	}
	failures, err := s.Failures(ctx, "")
	if err != nil {
		return nil, err
	}
	failed := map[schema.Address][]schema.Failure{}
	for _, f := range failures {
		failed[f.Address] = append(failed[f.Address], f)
	}
	var rows []statusRow
	for _, e := range entries {
		if !keep(e) {
			continue
		}
		row := statusRow{Entry: e, Counts: counts[e.Address], Failures: len(failed[e.Address]), Failed: failed[e.Address], Losses: losses[e.Address]}
		if c, known := conversions[e.Address]; known {
			row.Conversion = &c
		}
		if job, known := jobs[e.Address]; known {
			row.Job = &job
		}
		if e.Phase == schema.PhaseSyncing {
			if row.Counts, err = countsSoFar(ctx, s, e.Address, row.Counts); err != nil {
				return nil, err
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// countsSoFar is the account of a resource in the middle of a run: what its last
// run ended with, brought up to date from the ledger.
func countsSoFar(ctx context.Context, s *state.Store, address schema.Address, last schema.Counts) (schema.Counts, error) {
	now, err := s.Tally(ctx, address)
	if err != nil {
		return nil, err
	}
	for k, before := range last {
		c, known := now[k]
		if !known {
			c = before // refs and large objects have no line in the ledger
		}
		c.Source = max(c.Source, before.Source)
		now[k] = c
	}
	return now, nil
}

func newFailuresCommand(a *app) *cobra.Command {
	var retry, yes bool
	cmd := &cobra.Command{
		Use:   "failures [ADDRESS]",
		Short: "List what could not be carried over, and why",
		Args:  between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var address schema.Address
			if len(args) == 1 {
				address = schema.Address(args[0])
				if err := address.Check(); err != nil {
					return usage("%v", err)
				}
			}
			return a.failures(cmd.Context(), address, retry, yes)
		},
	}
	cmd.Flags().BoolVar(&retry, "retry", false, "try them again, and nothing else")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask before --retry")
	return cmd
}

func (a *app) failures(ctx context.Context, address schema.Address, retry, yes bool) error {
	s, err := a.reader(ctx)
	if err != nil {
		return err
	}
	list, err := s.Failures(ctx, address)
	s.Close()
	if err != nil {
		return err
	}
	if !retry {
		return a.showFailures(list)
	}
	if len(list) == 0 {
		return a.say("There is nothing to try again.")
	}
	o := applyOptions{yes: yes, retry: true, parallel: 4, lanes: 4, grace: defaultGrace(), progress: "auto"}
	for _, f := range list {
		if !slices.Contains(o.only, string(f.Address)) {
			o.only = append(o.only, string(f.Address))
		}
	}
	return a.apply(ctx, o)
}
