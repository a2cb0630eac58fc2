package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
	"github.com/drover-migrate/drover/state"
)

// results are what the state knows of resources, as outputs and postconditions
// see it.
func results(ctx context.Context, s *state.Store) ([]planfile.Result, error) {
	entries, err := s.Entries(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.AllCounts(ctx)
	if err != nil {
		return nil, err
	}
	jobs, err := s.Jobs(ctx, "")
	if err != nil {
		return nil, err
	}
	var list []planfile.Result
	for i := range entries {
		e := &entries[i]
		r := planfile.Result{
			Address: e.Address, Identity: e.Identity, FullName: e.FullName, SourceURL: e.SourceURL,
			Namespace: e.Namespace, Name: e.Name, Path: targetPath(e), TargetID: e.TargetRef.ID, TargetURL: e.TargetRef.URL,
			Phase: e.Phase, ImportStatus: jobs[e.Address].Status, Commits: e.CommitCount, Counts: counts[e.Address],
		}
		var was schema.Resource
		if json.Unmarshal(e.Settings, &was) == nil { // of a state of another version it says nothing
			r.Source, r.Target, r.Method = was.Source, was.Target, cmp.Or(was.Method, schema.MethodDirect)
		}
		var ends engine.Connections
		if json.Unmarshal(e.Connections, &ends) == nil { // likewise
			r.VCS = systemOf(ends.Source.Provider)
		}
		list = append(list, r)
	}
	return list, nil
}

// systemOf is the version control system that a provider reads. Forges hold git.
func systemOf(provider string) string {
	switch provider {
	case "":
		return ""
	case "subversion", "mercurial", "tfvc":
		return provider
	}
	return "git"
}

// expected are the results as a plan foresees them: what the state knows, and
// for what is to be done only what is certain.
func expected(known []planfile.Result, m *schema.Migration, c *engine.Changeset) []planfile.Result {
	at := map[schema.Address]int{}
	for i := range known {
		at[known[i].Address] = i
	}
	for i := range c.Changes {
		ch := &c.Changes[i]
		if !ch.Action.Works() || ch.Resource == nil {
			continue
		}
		r := planfile.Result{
			Address: ch.Address, Pending: true, Source: ch.Resource.Source, Target: ch.Resource.Target, Method: cmp.Or(ch.Resource.Method, schema.MethodDirect),
			Identity: ch.Identity, FullName: ch.FullName, SourceURL: ch.URL,
			Namespace: ch.Place.Namespace, Name: ch.Place.Name, Path: ch.Place.Path(), VCS: systemOf(m.Sources[ch.Resource.Source].Provider),
		}
		j, stands := at[cmp.Or(ch.From, ch.Address)]
		switch {
		case !stands:
			known = append(known, r)
			continue
		case ch.Was == nil:
			r.TargetURL = known[j].TargetURL
		}
		r.TargetID = known[j].TargetID
		known[j] = r
	}
	return known
}

// showExpected shows the outputs that a plan leads to.
func (a *app) showExpected(ctx context.Context, p *planfile.Plan, c *engine.Changeset) error {
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
	outputs, diags := p.Outputs(expected(known, p.Migration, c))
	if len(diags) > 0 {
		a.showDiagnostics(diags)
	}
	if err := a.showOutputs(outputs, nil); err != nil {
		return err
	}
	return exit(exitOfFindings(diags))
}

// conclude checks the postconditions of what was applied, and shows and writes
// the outputs. It returns the exit code of the apply.
func (a *app) conclude(ctx context.Context, s *state.Store, p *planfile.Plan, c *engine.Changeset, o engine.Outcome) error {
	code := exitOfOutcome(o)
	if o.Canceled {
		return exit(code)
	}
	list, err := results(ctx, s)
	if err != nil {
		return err
	}
	diags := p.Postconditions(carriedOut(list, c))
	outputs, more := p.Outputs(list)
	diags = append(diags, more...)
	if len(diags) > 0 {
		a.showDiagnostics(diags)
	}
	written := map[string]error{}
	for _, o := range outputs {
		if o.File != "" && !o.Pending {
			written[o.Name] = a.writeOutput(o)
		}
	}
	if err := a.showOutputs(outputs, written); err != nil {
		return err
	}
	for _, o := range outputs {
		if err := written[o.Name]; err != nil {
			return fmt.Errorf("the apply is done, but output %q was not written: %w", o.Name, err)
		}
	}
	if code == exitOK {
		code = exitOfFindings(diags)
	}
	return exit(code)
}

// carriedOut are the results of what a changeset has carried out, with what it
// knows of the people in the histories.
func carriedOut(list []planfile.Result, c *engine.Changeset) []planfile.Result {
	changes := map[schema.Address]*engine.Change{}
	for i := range c.Changes {
		if ch := &c.Changes[i]; ch.Action.Works() {
			changes[ch.Address] = ch
		}
	}
	var done []planfile.Result
	for _, r := range list {
		ch := changes[r.Address]
		if ch == nil || r.Phase != schema.PhaseSynced && r.Phase != schema.PhasePartial {
			continue
		}
		if ch.People != nil {
			n := int64(ch.People.Authors)
			r.Authors = &n
		}
		done = append(done, r)
	}
	return done
}

// mostOutput is how many lines of an output an apply shows. The command output
// shows all of it.
const mostOutput = 12

// showOutputs shows outputs, and where they were written to. Written is nil when
// there was no apply.
func (a *app) showOutputs(outputs []planfile.Output, written map[string]error) error {
	if len(outputs) == 0 {
		return nil
	}
	if !a.json {
		if _, err := fmt.Fprint(a.stdout, "\nOutputs:\n\n"); err != nil {
			return err
		}
	}
	for _, o := range outputs {
		err, wrote := written[o.Name]
		line := newOutputLine(o)
		line.Written = wrote && err == nil
		if a.json {
			if err := a.jsonOut().line("output", o.Name+" = "+outputLines(o)[0], line); err != nil {
				return err
			}
			continue
		}
		var b strings.Builder
		writeOutputText(&b, o, mostOutput)
		switch {
		case line.Written:
			b.WriteString("  written to " + shown(o.File) + "\n")
		case o.File != "" && written != nil && o.Pending:
			b.WriteString("  not written to " + shown(o.File) + ": not all of it is known\n")
		}
		if _, err := fmt.Fprint(a.stdout, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// outputLine is an output as the JSON output has it.
type outputLine struct {
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Pending bool            `json:"pending,omitempty"`
	File    string          `json:"file,omitempty"`
	Written bool            `json:"written,omitempty"`
}

func newOutputLine(o planfile.Output) outputLine {
	return outputLine{Name: o.Name, Value: o.Value, Pending: o.Pending, File: o.File}
}

// writeOutputText writes an output for people, and of a long one its first
// lines; most of 0 is all of them.
func writeOutputText(b *strings.Builder, o planfile.Output, most int) {
	lines := outputLines(o)
	fmt.Fprintf(b, "%s = %s\n", shown(o.Name), lines[0])
	rest := lines[1:]
	hidden := 0
	if most > 0 && len(rest) > most {
		rest, hidden = rest[:most], len(rest)-most
	}
	for _, line := range rest {
		b.WriteString(line + "\n")
	}
	if hidden > 0 {
		fmt.Fprintf(b, "  ... and %s; drover output %s shows all\n", plural(int64(hidden), "more line"), shown(o.Name))
	}
}

// outputLines is a value as people read it, fit to be shown: JSON with an
// element a line.
func outputLines(o planfile.Output) []string {
	var b bytes.Buffer
	if json.Indent(&b, o.Value, "", "  ") != nil {
		return []string{shown(string(o.Value))} // the plan's package made it, so it is JSON
	}
	text := strings.ReplaceAll(b.String(), `"`+planfile.AfterApply+`"`, planfile.AfterApply)
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = clip(shown(lines[i]), mostCode)
	}
	return lines
}

// showOverrides names the rules that a changeset was let pass.
func (a *app) showOverrides(c *engine.Changeset) error {
	for _, o := range c.Options.Overrides {
		if a.json {
			if err := a.jsonOut().line("override", "override "+overrideText(o), o); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(a.stdout, "override "+overrideText(o)); err != nil {
			return err
		}
	}
	return nil
}

// chosen are the outputs with the given names, or all.
func chosen(outputs []planfile.Output, names []string) ([]planfile.Output, error) {
	if len(names) == 0 {
		return outputs, nil
	}
	var known []string
	for _, o := range outputs {
		known = append(known, o.Name)
	}
	var list []planfile.Output
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			hint := "drover output lists those that there are"
			if near := schema.Nearest(name, known); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, &failure{code: exitPlan, err: fmt.Errorf("the plan has no output %q that is known now", name), hint: hint}
		}
		list = append(list, outputs[i])
	}
	return list, nil
}
