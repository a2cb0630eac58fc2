package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/providers/providertest"
)

type conformanceOptions struct {
	fixture string
	junit   string
	level   int
}

func newProviderTestCommand(a *app) *cobra.Command {
	var o conformanceOptions
	cmd := &cobra.Command{
		Use:   "test NAME|PATH",
		Short: "Put a provider through the conformance suite",
		Long: `Test checks that a provider keeps the promises of the contract. Without a fixture
only what needs no system behind the provider is checked. DIR/fixture.json says
what to read and where to write; docs/providers.md describes it.

The levels are 1 for git data, 2 for records and resuming, 3 for everything. All
checks are made; those above --level are shown and do not count.

Exit codes: 0 all passed, 8 the provider does not start, 11 a check failed.`,
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.testProvider(cmd.Context(), args[0], o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.fixture, "fixture", "", "try the provider on what `DIR`/fixture.json says")
	f.StringVar(&o.junit, "junit", "", "write the results as JUnit XML to `FILE`")
	f.IntVar(&o.level, "level", providertest.LevelFull, "what must pass: `1`, 2 or 3")
	return cmd
}

func (a *app) testProvider(ctx context.Context, provider string, o conformanceOptions) error {
	if o.level < providertest.LevelGit || o.level > providertest.LevelFull {
		return usage("--level %d: use 1, 2 or 3", o.level)
	}
	path, err := a.providerPath(provider)
	if err != nil {
		return err
	}
	subject, err := providertest.Binary(path)
	if err != nil {
		return &failure{code: exitPlan, err: err}
	}
	var fixture providertest.Fixture
	if o.fixture != "" {
		if fixture, err = providertest.ReadFixture(o.fixture); err != nil {
			return &failure{code: exitPlan, err: err, hint: "docs/providers.md describes the fixture"}
		}
		a.hideSecrets(fixture)
	}
	var show error
	report := providertest.Run(ctx, subject, fixture, func(c providertest.Check) { show = errors.Join(show, a.showCheck(c)) })
	if o.junit != "" {
		show = errors.Join(show, writeJUnitFile(o.junit, report))
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case report.Err != nil:
		return &failure{code: exitProvider, err: report.Err}
	case show != nil:
		return show
	}
	if err := a.showConformance(report); err != nil {
		return err
	}
	if !report.Passes(o.level) {
		return exit(exitDifferent)
	}
	return nil
}

// providerPath is the executable of a provider that is named or pointed at.
func (a *app) providerPath(provider string) (string, error) {
	if strings.ContainsRune(provider, filepath.Separator) || strings.HasPrefix(provider, providerPrefix) {
		return provider, nil
	}
	o, err := readOperator()
	if err != nil {
		return "", err
	}
	f, err := a.finder(o)
	if err != nil {
		return "", err
	}
	found, err := f.find(provider)
	return found.Path, err
}

// hideSecrets makes the redactor know what the fixture gives the provider.
func (a *app) hideSecrets(fixture providertest.Fixture) {
	hide := func(c providertest.Connection) {
		for _, variable := range c.Secrets {
			if text, ok := os.LookupEnv(variable); ok {
				a.redact.add(text)
			}
		}
	}
	if fixture.Source != nil {
		hide(fixture.Source.Connection)
	}
	if fixture.Target != nil {
		hide(fixture.Target.Connection)
	}
}

// showCheck writes a check as it ends: a run may take minutes.
func (a *app) showCheck(c providertest.Check) error {
	if a.json {
		return a.jsonOut().line("conformance_check", shown(c.Area+": "+c.Name), c)
	}
	return writeCheck(a.stdout, c, palette(a.colored()))
}

// writeCheck writes one line for a check, and below it what was seen when it
// failed.
func writeCheck(w io.Writer, c providertest.Check, p palette) error {
	word, st, rest := string(c.Result), styleGreen, ""
	switch c.Result {
	case providertest.Failed:
		word, st = "FAILED", styleRed
	case providertest.Skipped:
		st, rest = styleDim, " ("+shown(c.Detail)+")"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %-9s  %s%s\n", p.paint(st, fmt.Sprintf("%-7s", word)), shown(c.Area), shown(c.Name), p.paint(styleDim, rest))
	if c.Result == providertest.Failed {
		for line := range strings.Lines(shownText(c.Detail)) {
			fmt.Fprintf(&b, "           %s\n", strings.TrimRight(line, "\n"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *app) showConformance(r providertest.Report) error {
	text := conformanceLine(r)
	if a.json {
		return a.jsonOut().line("conformance_summary", text, struct {
			Suite    int    `json:"suite"`
			Provider string `json:"provider"`
			Version  string `json:"version"`
			Level    int    `json:"level"`
			Passed   int    `json:"passed"`
			Failed   int    `json:"failed"`
			Skipped  int    `json:"skipped"`
			Untried  int    `json:"untried"`
		}{r.Suite, r.Provider, r.Version, r.Level(), r.Count(providertest.Passed), r.Count(providertest.Failed), r.Count(providertest.Skipped), r.Untried()})
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s\n", text)
	return err
}

// conformanceLine sums a report up.
func conformanceLine(r providertest.Report) string {
	text := fmt.Sprintf("Provider %s %s: %d passed, %d failed, %d skipped",
		shown(r.Provider), shown(r.Version), r.Count(providertest.Passed), r.Count(providertest.Failed), r.Count(providertest.Skipped))
	if n := r.Untried(); n > 0 {
		text += fmt.Sprintf(", %d of them because the fixture does not cover them", n)
	}
	if r.Level() == 0 {
		return fmt.Sprintf("%s; it passes no level of suite %d.", text, r.Suite)
	}
	return fmt.Sprintf("%s; it passes level %d of suite %d.", text, r.Level(), r.Suite)
}
