package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func newStateCommand(a *app) *cobra.Command {
	list := &cobra.Command{
		Use: "list [GLOB...]", Short: "List what the state knows", Args: between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.stateList(cmd.Context(), args) },
	}
	show := &cobra.Command{
		Use: "show ADDRESS", Short: "Show all that the state knows of a resource", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.stateShow(cmd.Context(), schema.Address(args[0]))
		},
	}
	move := &cobra.Command{
		Use: "mv FROM TO", Short: "Give a resource another address; a moved block in the plan does the same", Args: between(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd.Context(), "mv", func(ctx context.Context, s *state.Store, run string) error {
				from, to := schema.Address(args[0]), schema.Address(args[1])
				if err := s.Move(ctx, run, from, to); err != nil {
					return err
				}
				return a.say("%s is now %s.", from, to)
			}, args...)
		},
	}
	forget := &cobra.Command{
		Use: "forget ADDRESS", Short: "Forget a resource; what is at the target stays", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd.Context(), "forget", func(ctx context.Context, s *state.Store, run string) error {
				if err := s.Forget(ctx, run, schema.Address(args[0])); err != nil {
					return err
				}
				return a.say("%s is forgotten; its target is untouched.", args[0])
			}, args...)
		},
	}
	past := &cobra.Command{
		Use: "history [ADDRESS]", Short: "Show the runs, or the changes of one resource", Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.stateRuns(cmd.Context())
			}
			return a.stateHistory(cmd.Context(), schema.Address(args[0]))
		},
	}
	backup := &cobra.Command{
		Use: "backup FILE", Short: "Write a copy of the state, also while an apply runs", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.reading(cmd.Context(), func(ctx context.Context, s *state.Store) error {
				if err := s.Backup(ctx, args[0]); err != nil {
					return err
				}
				return a.say("Saved to %s.", shown(args[0]))
			})
		},
	}
	check := &cobra.Command{
		Use: "check", Short: "Check the state for damage and for work that was cut off", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.stateCheck(cmd.Context()) },
	}
	export := &cobra.Command{
		Use: "export", Short: "Write the state as JSON that can be compared", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.reading(cmd.Context(), func(ctx context.Context, s *state.Store) error { return s.Export(ctx, a.stdout) })
		},
	}
	return group("state", "Look at the state and correct it", list, show, move, forget, past, backup, check, export)
}

func (a *app) reading(ctx context.Context, f func(context.Context, *state.Store) error) error {
	s, err := a.reader(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return f(ctx, s)
}

// edit runs a change of the state as a run of its own, with a backup before.
func (a *app) edit(ctx context.Context, what string, f func(context.Context, *state.Store, string) error, addresses ...string) error {
	for _, text := range addresses {
		if err := schema.Address(text).Check(); err != nil {
			return usage("%v", err)
		}
	}
	path, err := a.stateOnly()
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return &failure{code: exitPlan, err: fmt.Errorf("there is no state at %s: nothing was applied yet", path)}
	}
	s, err := state.Open(ctx, path, a.stateOptions())
	if err != nil {
		return err
	}
	defer s.Close()
	run, err := s.Begin(ctx, a.newRun(schema.RunEdit))
	if err != nil {
		return err
	}
	backup := path + ".backup-" + run.ID
	if err := s.Backup(ctx, backup); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "The state as it was is kept in %s.\n", backup)
	outcome := "ok"
	err = f(ctx, s, run.ID)
	if err != nil {
		outcome = "failed"
	}
	if errors.Is(err, state.ErrUnknown) {
		err = &failure{code: exitPlan, err: err, hint: "drover state list shows what it knows"}
	} else if errors.Is(err, state.ErrTaken) {
		err = &failure{code: exitPlan, err: err}
	}
	if eerr := s.End(ctx, run.ID, outcome, "state "+what); err == nil {
		err = eerr
	}
	return err
}

func (a *app) stateList(ctx context.Context, globs []string) error {
	return a.reading(ctx, func(ctx context.Context, s *state.Store) error {
		entries, err := s.Entries(ctx)
		if err != nil {
			return err
		}
		entries = slices.DeleteFunc(entries, func(e schema.Entry) bool {
			return len(globs) > 0 && !engine.MatchesAny(globs, e.Address)
		})
		if a.json {
			return a.jsonOut().entries(entries)
		}
		return writeEntries(a.stdout, entries)
	})
}

func (a *app) stateShow(ctx context.Context, address schema.Address) error {
	return a.reading(ctx, func(ctx context.Context, s *state.Store) error {
		e, err := s.Entry(ctx, address)
		if errors.Is(err, state.ErrUnknown) {
			return &failure{code: exitPlan, err: fmt.Errorf("the state knows no %s", address), hint: "drover state list shows what it knows"}
		}
		if err != nil {
			return err
		}
		counts, err := s.Counts(ctx, address)
		if err != nil {
			return err
		}
		return indent(a.stdout, struct {
			schema.Entry
			Counts schema.Counts `json:"counts"`
		}{e, counts})
	})
}

func indent(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (a *app) stateRuns(ctx context.Context) error {
	return a.reading(ctx, func(ctx context.Context, s *state.Store) error {
		runs, err := s.Runs(ctx, 100)
		if err != nil {
			return err
		}
		if a.json {
			return a.jsonOut().runs(runs)
		}
		return writeRuns(a.stdout, runs)
	})
}

func (a *app) stateHistory(ctx context.Context, address schema.Address) error {
	return a.reading(ctx, func(ctx context.Context, s *state.Store) error {
		changes, err := s.History(ctx, address)
		if err != nil {
			return err
		}
		if a.json {
			return indent(a.stdout, changes)
		}
		t := newTable(a.stdout, "REV", "RUN", "AT", "PHASE", "STAGE", "TARGET")
		for _, c := range changes {
			after := schema.Entry{Phase: "forgotten"}
			if c.After != nil {
				after = *c.After
			}
			t.row(fmt.Sprint(c.Rev), c.Run, c.At.Local().Format(time.DateTime), string(after.Phase), after.Stage, engine.Place{Namespace: after.Namespace, Name: after.Name}.Path())
		}
		return t.flush()
	})
}

func (a *app) stateCheck(ctx context.Context) error {
	return a.reading(ctx, func(ctx context.Context, s *state.Store) error {
		problems, err := s.Check(ctx)
		if err != nil {
			return err
		}
		sound := !slices.ContainsFunc(problems, func(p state.Problem) bool { return !p.Open })
		if a.json {
			err = indent(a.stdout, append([]state.Problem{}, problems...)) // never null
		} else {
			err = writeProblems(a.stdout, problems, sound)
		}
		if err == nil && !sound {
			return exit(exitFailure)
		}
		return err
	})
}

func writeProblems(w io.Writer, problems []state.Problem, sound bool) error {
	var b strings.Builder
	switch {
	case sound && len(problems) == 0:
		b.WriteString("The state is sound.\n")
	case sound:
		b.WriteString("The state is sound. A run was cut off, and left this:\n")
	default:
		b.WriteString("The state is not sound:\n")
	}
	for _, p := range problems {
		b.WriteString("  ")
		if p.Address != "" {
			fmt.Fprintf(&b, "%s: ", shown(string(p.Address)))
		}
		fmt.Fprintf(&b, "%s; %s\n", shown(p.Message), p.Hint)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
