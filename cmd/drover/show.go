package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
	"github.com/drover-migrate/drover/state"
)

// say tells in a sentence what a command did: as a line, or as JSON, of which
// standard output holds nothing else.
func (a *app) say(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if a.json {
		return a.jsonOut().line("note", text, map[string]any{})
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}

// screen is what text goes to.
func (a *app) screen() screen {
	return screen{Palette: palette(a.colored()), Width: a.width(), Excerpt: a.excerpt}
}

// jsonOut is the one writer of JSON lines of this command.
func (a *app) jsonOut() *jsonWriter {
	if a.lines == nil {
		a.lines = newJSONWriter(a.stdout, version)
	}
	return a.lines
}

// excerpt reads the lines of a plan file that a finding points at.
func (a *app) excerpt(r schema.Range) *schema.Excerpt { return planfile.Excerpt(a.dir(), r) }

// addExcerpts completes findings of the engine, which knows places but not the
// files.
func (a *app) addExcerpts(list schema.Diagnostics) {
	for i := range list {
		if list[i].Snippet == nil && list[i].Range != nil {
			list[i].Snippet = a.excerpt(*list[i].Range)
		}
	}
}

// showDiagnostics shows findings to people on standard error and to programs on
// standard output.
func (a *app) showDiagnostics(list schema.Diagnostics) {
	var err error
	if a.json {
		err = a.jsonOut().diagnostics(list)
	} else {
		s := a.screen()
		s.Palette = palette(a.colored() && isTerminal(a.redact.under(a.stderr)))
		err = writeDiagnostics(a.stderr, list, s)
	}
	if err != nil {
		a.log.Error("findings could not be shown", "error", err.Error())
	}
}

// showPlan shows a changeset, and what was saved of it.
func (a *app) showPlan(c *engine.Changeset, l level, saved string) error {
	if a.json {
		if err := a.jsonOut().plan(c); err != nil {
			return err
		}
		if saved != "" {
			fmt.Fprintln(a.stderr, saved)
		}
		return nil
	}
	if err := writePlan(a.stdout, c, l, a.screen()); err != nil {
		return err
	}
	if saved != "" {
		fmt.Fprintln(a.stdout, saved)
	}
	return nil
}

// showNothingToDo answers an apply that has nothing to do.
func (a *app) showNothingToDo(c *engine.Changeset) error {
	if a.json {
		return a.jsonOut().plan(c)
	}
	_, err := fmt.Fprintln(a.stdout, planLine(c))
	return err
}

func (a *app) showOutcome(o engine.Outcome) {
	if a.json {
		return // the last event told it
	}
	if err := writeOutcome(a.stdout, o, a.screen()); err != nil {
		a.log.Error("the outcome could not be shown", "error", err.Error())
	}
}

func (a *app) showStatus(rows []statusRow, owner *state.Owner) error {
	if a.json {
		return a.jsonOut().statuses(rows)
	}
	if owner != nil {
		fmt.Fprintf(a.stdout, "Run %s is under way (pid %d on %s, since %s).\n\n", owner.Run.ID, owner.Run.PID, shown(owner.Run.Host), moment(owner.Run.Started))
	}
	return writeStatus(a.stdout, rows, time.Now())
}

func (a *app) showFailures(list []schema.Failure) error {
	if a.json {
		return a.jsonOut().failures(list)
	}
	return writeFailures(a.stdout, list, time.Now(), a.screen())
}

func (a *app) showVerify(list []engine.Comparison) error {
	if a.json {
		return a.jsonOut().verified(list)
	}
	return writeVerify(a.stdout, list)
}

func (a *app) showDrift(list []engine.Comparison) error {
	if a.json {
		return a.jsonOut().drifted(list)
	}
	return writeDrift(a.stdout, list)
}

// newProgress shows an apply as --progress asks.
func (a *app) newProgress(mode string, c *engine.Changeset) (progress, func(), error) {
	o := progressOptions{
		Out: a.stdout, Now: time.Now, Palette: palette(a.colored()), CI: ciOf(os.Getenv),
		Title: "apply " + c.Plan.Name, Size: a.size,
	}
	stop := func() {}
	switch mode {
	case "auto", "tty", "plain", "none":
	default:
		return nil, stop, usage("--progress %q: use auto, tty, plain or none", mode)
	}
	switch {
	case mode == "none":
		o.Mode = progressNone
	case a.json:
		o.Mode, o.JSON = progressJSON, a.jsonOut()
	case mode == "tty", mode == "auto" && a.terminal() && os.Getenv("TERM") != "dumb":
		o.Mode = progressTTY
	default:
		o.Mode = progressPlain
		ticker := time.NewTicker(time.Minute)
		o.Heartbeat, stop = ticker.C, ticker.Stop
	}
	return newProgress(o), stop, nil
}

func ciOf(env func(string) string) ciSystem {
	switch {
	case env("GITHUB_ACTIONS") == "true":
		return ciGitHub
	case env("GITLAB_CI") == "true":
		return ciGitLab
	}
	return ciUnknown
}

// recordEvents appends events to a file.
func (a *app) recordEvents(path string) (record func(engine.Event), done func() error, err error) {
	if path == "" {
		return func(engine.Event) {}, func() error { return nil }, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the file of events: %w", err)
	}
	out := newJSONWriter(a.redact.writer(f), version)
	var failed error
	record = func(e engine.Event) {
		if err := out.event(e); err != nil && failed == nil {
			failed = fmt.Errorf("write %s: %w", path, err)
		}
	}
	return record, func() error {
		if err := f.Close(); failed == nil && err != nil {
			failed = fmt.Errorf("write %s: %w", path, err)
		}
		return failed
	}, nil
}

// hintOf is what an error says to do next.
func hintOf(err error) string {
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		return f.hint
	}
	var p *providers.Error
	if errors.As(err, &p) {
		return p.Hint
	}
	var stale *engine.StaleError
	switch {
	case errors.As(err, &stale) && stale.Whole == "":
		return "plan again, or apply what did not move with --apply-fresh"
	case errors.As(err, &stale):
		return "plan again"
	}
	return ""
}

// isTerminal reports whether a reader or writer is one.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
