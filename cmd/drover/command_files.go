package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
)

func newValidateCommand(a *app) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check the plan files without credentials",
		Long: `Validate checks syntax, types, names and references, and asks the providers
which settings they accept, and whether a target can have the names that the plan
gives. It reads no secret and asks no source; what depends on a discovery is
checked with values that are not known yet.

With --offline it starts no provider either, and checks what the files alone say.`,
		Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.validate(cmd.Context(), offline) },
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "start no provider")
	return cmd
}

func (a *app) validate(ctx context.Context, offline bool) error {
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	m, err := a.load(ctx, c, reading{schemas: !offline})
	if err != nil {
		return err
	}
	if !offline {
		found, err := a.checkPlaces(ctx, c, m)
		if err != nil {
			return err
		}
		if found.HasErrors() {
			a.showDiagnostics(found)
			return exit(exitOfFindings(found))
		}
	}
	text := fmt.Sprintf("The plan %q is valid: %s.", m.Name, countNoun(len(m.Resources), "resource"))
	if len(m.Discoveries) > 0 {
		text = fmt.Sprintf("The plan %q is valid: %s, and what %s will find.", m.Name, countNoun(len(m.Resources), "resource"), countNoun(len(m.Discoveries), "discovery"))
	}
	if a.json {
		return a.jsonOut().line("valid", text, map[string]any{"resources": len(m.Resources)})
	}
	fmt.Fprintln(a.stdout, text)
	return nil
}

func countNoun(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

type fmtOptions struct{ check, diff bool }

func newFmtCommand(a *app) *cobra.Command {
	var o fmtOptions
	cmd := &cobra.Command{
		Use:   "fmt",
		Short: "Rewrite the plan files in their canonical layout",
		Args:  between(0, 0),
		RunE:  func(*cobra.Command, []string) error { return a.format(o) },
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "change nothing; exit with 11 when a file is not in its layout")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "show the differences")
	return cmd
}

func (a *app) format(o fmtOptions) error {
	files, err := filepath.Glob(filepath.Join(a.dir(), "*.plan.hcl"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return usage("there is no *.plan.hcl file in %s", a.dir())
	}
	sort.Strings(files)
	different := false
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := filepath.Base(file)
		out, diags := planfile.Format(src, name)
		if diags.HasErrors() {
			a.showDiagnostics(diags)
			return exit(exitPlan)
		}
		if bytes.Equal(src, out) {
			continue
		}
		different = true
		fmt.Fprintln(a.stdout, name)
		if o.diff {
			fmt.Fprint(a.stdout, lineDiff(string(src), string(out)))
		}
		if !o.check {
			if err := writeFile(file, out); err != nil {
				return err
			}
		}
	}
	if o.check && different {
		return exit(exitDifferent)
	}
	return nil
}

// lineDiff shows the lines that differ, old before new. Formatting moves no
// line, so a line-by-line comparison is all it takes.
func lineDiff(before, after string) string {
	var b strings.Builder
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := 0; i < max(len(old), len(now)); i++ {
		var x, y string
		if i < len(old) {
			x = old[i]
		}
		if i < len(now) {
			y = now[i]
		}
		if x != y {
			fmt.Fprintf(&b, "%4d - %s\n     + %s\n", i+1, schema.Printable(x), schema.Printable(y))
		}
	}
	return b.String()
}

func newExplainCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "explain ADDRESS",
		Short: "Show every effective setting of a resource and the line that set it",
		Args:  between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.explain(cmd.Context(), schema.Address(args[0]))
		},
	}
}

func (a *app) explain(ctx context.Context, address schema.Address) error {
	if err := address.Check(); err != nil {
		return usage("%v", err)
	}
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	m, err := a.load(ctx, c, reading{schemas: true, discover: true})
	if err != nil {
		return err
	}
	settings, err := planfile.Explain(m, address)
	if err != nil {
		return usage("%v", err)
	}
	if a.json {
		out := a.jsonOut()
		for _, s := range settings {
			if err := out.line("setting", fmt.Sprintf("%s = %s", s.Name, s.Value), map[string]any{"name": s.Name, "value": s.Value, "origin": s.Origin}); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable(a.stdout)
	fmt.Fprintf(a.stdout, "%s\n", address)
	for _, s := range settings {
		at := s.Origin.Level
		if !s.Origin.Range.IsZero() {
			at = fmt.Sprintf("%s  %s", s.Origin.Range, s.Origin.Level)
		}
		t.row("  "+s.Name, "= "+s.Value, at)
	}
	return t.flush()
}
