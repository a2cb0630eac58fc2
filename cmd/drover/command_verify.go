package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/state"
)

func newVerifyCommand(a *app) *cobra.Command {
	var depth engine.Depth
	cmd := &cobra.Command{
		Use:   "verify [GLOB...]",
		Short: "Compare what the targets hold with what was carried over",
		Args:  between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			depth.Deep = depth.Deep || depth.Every
			return a.compare(cmd.Context(), args, depth, func(list []engine.Comparison) error {
				if err := a.showVerify(list); err != nil {
					return err
				}
				return exit(exitOfComparisons(list))
			})
		},
	}
	cmd.Flags().BoolVar(&depth.Deep, "deep", false, "ask the target for every single item, and compare branches and tags with what the source itself exports")
	cmd.Flags().BoolVar(&depth.Every, "every-commit", false, "like --deep, and compare every commit")
	return cmd
}

func exitOfComparisons(list []engine.Comparison) int {
	code := exitOK
	for _, c := range list {
		switch {
		case c.Problem != nil && code == exitOK:
			code = exitOfProblem(c.Problem.Code)
		case c.Problem == nil && c.HistoryProblem != nil && len(c.Target)+len(c.History) == 0:
			if code == exitOK {
				code = exitOfProblem(c.HistoryProblem.Code)
			}
		case c.Problem == nil && !c.Same():
			return exitDifferent
		}
	}
	return code
}

func newDriftCommand(a *app) *cobra.Command {
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "drift [GLOB...]",
		Short: "Show what changed on both sides since the last apply",
		Args:  between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.compare(cmd.Context(), args, engine.Depth{}, func(list []engine.Comparison) error {
				if err := a.showDrift(list); err != nil {
					return err
				}
				for _, c := range list {
					if exitCode && (len(c.Source)+len(c.Target)+len(c.Foreign) > 0) {
						return exit(exitChanges)
					}
				}
				return exit(exitOfProblems(list))
			})
		},
	}
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 2 when something changed")
	return cmd
}

func exitOfProblems(list []engine.Comparison) int {
	for _, c := range list {
		for _, p := range []*providers.Error{c.Problem, c.SourceProblem} {
			if p != nil {
				return exitOfProblem(p.Code)
			}
		}
	}
	return exitOK
}

// compare asks both ends of the resources that match, and shows the answers.
func (a *app) compare(ctx context.Context, globs []string, depth engine.Depth, show func([]engine.Comparison) error) error {
	s, err := a.reader(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	entries, err := s.Entries(ctx)
	if err != nil {
		return err
	}
	var chosen []schema.Entry
	for _, e := range entries {
		if len(globs) == 0 || engine.MatchesAny(globs, e.Address) {
			chosen = append(chosen, e)
		}
	}
	if len(globs) > 0 && len(chosen) == 0 {
		return usage("%q matches no resource of the state", globs[0])
	}
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	path, err := a.stateOnly()
	if err != nil {
		return err
	}
	if depth.Workspace, err = workspace(path); err != nil {
		return err
	}
	list, err := a.compareAll(ctx, c, s, chosen, depth)
	if err != nil {
		return err
	}
	return show(list)
}

// comparing is how many resources are compared at a time.
const comparing = 8

func (a *app) compareAll(ctx context.Context, c *connections, s *state.Store, entries []schema.Entry, depth engine.Depth) ([]engine.Comparison, error) {
	list := make([]engine.Comparison, len(entries))
	var g errgroup.Group
	g.SetLimit(comparing)
	for i, e := range entries {
		g.Go(func() error {
			var ends engine.Connections
			if err := json.Unmarshal(e.Connections, &ends); err != nil {
				return fmt.Errorf("connections of %s: %w", e.Address, err)
			}
			list[i] = engine.Compare(ctx, e, s, &entryEnds{connections: c, ends: ends}, depth)
			return ctx.Err()
		})
	}
	return list, g.Wait()
}

// entryEnds opens the connections that an entry remembers.
type entryEnds struct {
	*connections
	ends engine.Connections
	once sync.Once
}

func (e *entryEnds) Source(ctx context.Context, _ string) (providers.Source, error) {
	e.learn()
	return e.openSource(ctx, e.ends.Source)
}

func (e *entryEnds) Target(ctx context.Context, _ string) (providers.Target, error) {
	e.learn()
	return e.openTarget(ctx, e.ends.Target)
}

func (e *entryEnds) Secrets(ctx context.Context, _ string) (map[string]string, error) {
	e.learn()
	return e.secrets(ctx, e.ends.Source)
}

// learn makes the entry's secrets known to the vault.
func (e *entryEnds) learn() { e.once.Do(func() { e.vault.learn(e.ends.Secrets) }) }
