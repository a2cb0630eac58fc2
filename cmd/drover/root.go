package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/drover-migrate/drover/schema"
)

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "drover",
		Short: "Move repositories and the work around them between forges, by plan",
		Long: `Drover moves repositories between forges and version control systems. You
declare what should exist in *.plan.hcl files, review the difference with
drover plan, and carry it out with drover apply: again and again, with the same
result.

` + exitTable,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.setup() },
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = false

	f := root.PersistentFlags()
	f.StringVar(&a.chdir, "chdir", "", "work in `DIR`, the plan's folder")
	f.StringVar(&a.state, "state", "", "the state is in `FILE` instead of where the plan says")
	f.StringArrayVar(&a.variables, "var", nil, "set a variable: `NAME=VALUE`; may be repeated")
	f.StringArrayVar(&a.varFiles, "var-file", nil, "read variables from `FILE`; may be repeated")
	f.BoolVar(&a.json, "json", false, "write JSON to standard output, one object a line")
	f.StringVar(&a.color, "color", "auto", "use colour: `auto`, always or never")
	f.StringVar(&a.logFile, "log-file", "", "append a structured log to `FILE`")
	f.StringVar(&a.logLevel, "log-level", "info", "what the log holds: `debug`, info, warn or error")
	f.StringArrayVar(&a.providerDev, "provider-dev", nil, "use a provider under development: `NAME=PATH`")
	f.DurationVar(&a.lockTimeout, "lock-timeout", 0, "wait so long for another run to release the state")
	f.BoolVar(&a.unsafeState, "unsafe-network-state", false, "allow the state on a network file system, which may damage it")

	root.AddCommand(
		newValidateCommand(a), newFmtCommand(a), newExplainCommand(a),
		newPlanCommand(a), newShowCommand(a), newApplyCommand(a), newCancelCommand(a),
		newStatusCommand(a), newFailuresCommand(a), newOutputCommand(a), newVerifyCommand(a), newDriftCommand(a),
		newAuthorsCommand(a), newLargeFilesCommand(a), newRevisionsCommand(a), newStateCommand(a), newProviderCommand(a),
		newDoctorCommand(a), newVersionCommand(a),
	)
	return root
}

// flagError makes a mistake in the flags a mistake on the command line, and
// suggests the flag that was probably meant.
func flagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		if near := schema.Nearest(name, flagNames(cmd)); near != "" {
			return &failure{code: exitPlan, err: fmt.Errorf("%s", text), hint: "did you mean --" + near + "?"}
		}
	}
	return &failure{code: exitPlan, err: fmt.Errorf("%s", text), hint: cmd.CommandPath() + " --help lists the flags"}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	hint := cmd.CommandPath() + " --help lists the commands"
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if near := schema.Nearest(name, names); near != "" {
		hint = "did you mean " + cmd.CommandPath() + " " + near + "?"
	}
	return &failure{code: exitPlan, err: fmt.Errorf("unknown command %q", name), hint: hint}
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}}
	c.AddCommand(commands...)
	return c
}

// between checks the number of arguments, as a mistake on the command line.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return &failure{code: exitPlan, err: fmt.Errorf("an argument is missing"), hint: "usage: " + cmd.UseLine()}
		case most >= 0 && len(args) > most:
			return &failure{code: exitPlan, err: fmt.Errorf("unexpected argument %q", args[most]), hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// duration reads Go durations and days: 36h, 7d.
func duration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		d, err := time.ParseDuration(days + "h")
		return 24 * d, err
	}
	return time.ParseDuration(text)
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.InheritedFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	}
	return names
}
