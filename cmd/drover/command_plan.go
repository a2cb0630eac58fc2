package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
	"github.com/drover-migrate/drover/state"
)

// scope are the flags that choose resources.
type scope struct {
	only, except, restart []string
	onlyFile              string
	overrides             overrides
}

func (s *scope) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&s.only, "only", nil, "only resources that match `GLOB`; may be repeated")
	f.StringArrayVar(&s.except, "except", nil, "no resources that match `GLOB`; may be repeated")
	f.StringVar(&s.onlyFile, "only-file", "", "only the resources listed in `FILE`, one a line")
	s.overrides.flags(cmd)
	f.StringArrayVar(&s.restart, "restart", nil, "carry a resource over from the beginning: `ADDRESS`; may be repeated")
}

func (s *scope) options(a *app) (engine.Options, error) {
	o := engine.Options{Only: s.only, Except: s.except, Restart: s.restart}
	var err error
	if o.Overrides, err = s.overrides.list(); err != nil {
		return o, err
	}
	if s.onlyFile != "" {
		data, err := os.ReadFile(s.onlyFile)
		if err != nil {
			return o, usage("--only-file %s: %v", s.onlyFile, err)
		}
		listed := listedIn(string(data))
		if len(listed) == 0 { // to choose nothing would be to choose everything
			return o, usage("--only-file %s: it names no resource", s.onlyFile)
		}
		o.Only = append(o.Only, listed...)
	}
	return o, nil
}

// listedIn returns the lines of a text that are neither empty nor comments.
func listedIn(text string) []string {
	return slices.DeleteFunc(split(text, "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
}

type planOptions struct {
	scope
	out, markdown string
	limit         int
	validFor      string
	summary, full bool
	exitCode      bool
	allowErrors   bool
}

func newPlanCommand(a *app) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Compute and show what apply would do",
		Long: `Plan compares the plan files with the sources, the targets and the state, and
shows the difference. It changes nothing anywhere.

` + exitTable,
		Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.plan(cmd.Context(), o) },
	}
	o.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&a.sets, "set", nil, "override a setting: `ADDRESS.attribute=VALUE`; may be repeated")
	f.StringVar(&o.out, "out", "", "save the changeset to `FILE`")
	f.StringVar(&o.markdown, "markdown", "", "write the plan as Markdown to `FILE`, for a pull request")
	f.IntVar(&o.limit, "markdown-limit", 60000, "the most `BYTES` that the Markdown may take")
	f.BoolVar(&o.summary, "summary", false, "show only numbers, names and what is lost")
	f.BoolVar(&o.full, "full", false, "show unchanged resources and every ref")
	f.BoolVar(&o.exitCode, "exit-code", false, "exit with 2 when there are changes")
	f.BoolVar(&o.allowErrors, "allow-errors", false, "save the changeset without the resources that have errors")
	f.StringVar(&o.validFor, "valid-for", "", "let the saved changeset expire after a `DURATION`, such as 7d")
	return cmd
}

func (a *app) plan(ctx context.Context, o planOptions) error {
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	options, err := o.options(a)
	if err != nil {
		return err
	}
	options.AllowErrors = o.allowErrors
	if o.validFor != "" {
		d, err := duration(o.validFor)
		if err != nil {
			return usage("--valid-for %q: write a duration such as 36h or 7d", o.validFor)
		}
		options.Expires = time.Now().Add(d).UTC().Truncate(time.Second)
	}
	p, changeset, err := a.newPlan(ctx, c, options)
	if err != nil {
		return err
	}
	saved, err := a.savePlan(changeset, o)
	if err != nil {
		return err
	}
	if err := a.showPlan(changeset, o.level(), saved); err != nil {
		return err
	}
	if err := a.showBudgets(a.budgets(ctx, c, changeset)); err != nil {
		return err
	}
	if err := a.showExpected(ctx, p, changeset); err != nil {
		return err
	}
	if code := exitOfChangeset(changeset); code != exitOK {
		return exit(code)
	}
	if o.exitCode && (changeset.Summary.Work() > 0 || changeset.Summary.Orphan > 0) {
		return exit(exitChanges)
	}
	return nil
}

func (o planOptions) level() level {
	switch {
	case o.summary:
		return levelSummary
	case o.full:
		return levelFull
	}
	return levelNormal
}

// newPlan reads the plan files and the state, asks both ends, and computes the
// changeset.
func (a *app) newPlan(ctx context.Context, c *connections, options engine.Options) (*planfile.Plan, *engine.Changeset, error) {
	p, err := a.read(ctx, c, reading{schemas: true, discover: true})
	if err != nil {
		return nil, nil, err
	}
	s, err := a.view(ctx, p.Migration)
	if err != nil {
		return nil, nil, err
	}
	if s != nil {
		defer s.Close()
	}
	changeset, err := a.planWith(ctx, c, p, s, options)
	return p, changeset, err
}

func (a *app) planWith(ctx context.Context, c *connections, p *planfile.Plan, s *state.Store, options engine.Options) (*engine.Changeset, error) {
	m := p.Migration
	h, err := historyOf(ctx, s)
	if err != nil {
		return nil, err
	}
	if missing := options.Unmatched(m, h); len(missing) > 0 {
		return nil, &failure{code: exitPlan, err: fmt.Errorf("%q matches no resource", missing[0]), hint: "drover plan --full lists them all"}
	}
	cache, err := workspace(a.statePath(m))
	if err != nil {
		return nil, err
	}
	facts, err := engine.Gather(ctx, m, h, c, engine.Gathering{
		Options:     options,
		Workspace:   cache,
		AuthorCache: func(identity string) string { return filepath.Join(engine.Workspace(cache, "authors", identity)) },
		Observe:     a.gathering(),
	})
	if err != nil {
		return nil, err
	}
	changeset := engine.NewPlan(engine.Inputs{Version: version, Migration: m, Facts: facts, History: h, Options: options})
	for i := range changeset.Changes {
		a.addExcerpts(changeset.Changes[i].Findings)
	}
	if err := a.judge(p, changeset, h.Entries); err != nil {
		return nil, err
	}
	if _, err := changeset.Marshal(); err != nil {
		return nil, err
	}
	return changeset, nil
}

// gathering shows that large plans are under way. It stays silent for those
// that take no time, and where nobody watches.
func (a *app) gathering() func(asked, all int) {
	if !a.terminal() || a.json {
		return nil
	}
	last := time.Now()
	return func(asked, all int) {
		if now := time.Now(); now.Sub(last) > time.Second {
			last = now
			fmt.Fprintf(a.stderr, "inspected %d of %d\n", asked, all)
		}
	}
}

// savePlan writes what --out and --markdown ask for. It returns a line that
// says what was saved, or why not.
func (a *app) savePlan(c *engine.Changeset, o planOptions) (string, error) {
	if o.markdown != "" {
		var text strings.Builder
		if err := writeMarkdown(&text, c, o.limit); err != nil {
			return "", err
		}
		if err := writeFile(o.markdown, []byte(text.String())); err != nil {
			return "", err
		}
	}
	if o.out == "" {
		return "", nil
	}
	if stopped(c) {
		return "Not saved: a rule of the plan is against it. Change the plan, or let it pass with --override RULE --reason TEXT.", nil
	}
	if (c.Summary.Error > 0 || c.Diagnostics.HasErrors()) && !o.allowErrors {
		return "Not saved: " + plural(int64(max(c.Summary.Error, 1)), "resource") + " with errors. Fix them, or use --allow-errors to save a\nchangeset without them.", nil
	}
	data, err := c.Marshal()
	if err != nil {
		return "", err
	}
	if err := writeFile(o.out, data); err != nil {
		return "", err
	}
	return fmt.Sprintf("Saved to %s, %s\nTo carry it out: drover apply %s", o.out, c.Digest, o.out), nil
}

// writeFile writes a file whole or not at all.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // fails once the file has its name, as it should
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return nil
}

// exitOfChangeset is the exit code of a plan's errors; 0 when it has none.
func exitOfChangeset(c *engine.Changeset) int {
	list := append(schema.Diagnostics{}, c.Diagnostics...)
	for i := range c.Changes {
		list = append(list, c.Changes[i].Findings...)
	}
	return exitOfFindings(list)
}
