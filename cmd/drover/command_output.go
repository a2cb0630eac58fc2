package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/schema/planfile"
)

func newOutputCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "output [NAME...]",
		Short: "Show the plan's outputs as the state knows them",
		Long: `Output evaluates the output blocks of the plan from what the state knows of its
resources. It asks no source and no target, and writes no file; apply does.

With one NAME only its value is written: a text as it is, anything else as JSON.`,
		Args: between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.output(cmd.Context(), args) },
	}
}

func (a *app) output(ctx context.Context, names []string) error {
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	p, err := a.read(ctx, c, reading{})
	if err != nil {
		return err
	}
	s, err := a.view(ctx, p.Migration)
	if err != nil {
		return err
	}
	var known []planfile.Result
	if s != nil {
		defer s.Close()
		if known, err = results(ctx, s); err != nil {
			return err
		}
	}
	outputs, diags := p.Outputs(known)
	if len(diags) > 0 {
		a.showDiagnostics(diags)
	}
	if outputs, err = chosen(outputs, names); err != nil {
		return err
	}
	if err := a.printOutputs(outputs, len(names) == 1); err != nil {
		return err
	}
	return exit(exitOfFindings(diags))
}

// printOutputs writes outputs whole. Alone stands for a value that a script asked
// for.
func (a *app) printOutputs(outputs []planfile.Output, alone bool) error {
	for _, o := range outputs {
		if a.json {
			if err := a.jsonOut().line("output", o.Name+" = "+outputLines(o)[0], newOutputLine(o)); err != nil {
				return err
			}
			continue
		}
		var b strings.Builder
		if v, err := parseValue(o.Value); alone && err == nil && v.list == nil {
			b.WriteString(shownText(v.text()) + "\n")
		} else if alone {
			b.WriteString(strings.Join(outputLines(o), "\n") + "\n")
		} else {
			writeOutputText(&b, o, 0)
		}
		if _, err := fmt.Fprint(a.stdout, b.String()); err != nil {
			return err
		}
	}
	if len(outputs) == 0 && !a.json {
		return a.say("The plan has no outputs.")
	}
	return nil
}
