package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
)

// The codes of findings by which a plan's own rules stop it.
const (
	codePolicy = "plan.policy"
	codeGuard  = "plan.guard"
)

// overrides are the flags that let a plan pass that its own rules are against.
type overrides struct{ rules, reasons []string }

func (o *overrides) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&o.rules, "override", nil, "let the plan pass `RULE`: policy.NAME or guard; may be repeated")
	f.StringArrayVar(&o.reasons, "reason", nil, "why, as `TEXT`, for the record: one for each --override, or one for all")
}

// list pairs each rule with its reason.
func (o *overrides) list() ([]engine.Override, error) {
	switch {
	case len(o.rules) == 0 && len(o.reasons) > 0:
		return nil, usage("--reason is about --override, which is missing")
	case len(o.rules) == 0:
		return nil, nil
	case len(o.reasons) != 1 && len(o.reasons) != len(o.rules):
		return nil, usage("--override needs a reason: write --reason once for each, or once for all")
	}
	var list []engine.Override
	for i, rule := range o.rules {
		reason := o.reasons[min(i, len(o.reasons)-1)]
		if reason == "" {
			return nil, usage("--reason is empty")
		}
		list = append(list, engine.Override{Rule: rule, Reason: reason})
	}
	return list, nil
}

func overrideText(o engine.Override) string {
	return shown(o.Rule) + ": " + shown(bounded(o.Reason, mostDetail))
}

// judge holds a changeset against the rules of its plan. What they have against
// it is among its diagnostics then, as warnings where a rule is overridden.
func (a *app) judge(p *planfile.Plan, c *engine.Changeset, known []schema.Entry) error {
	rules := p.Rules()
	reasons := map[string]string{}
	for _, o := range c.Options.Overrides {
		if !slices.Contains(rules, o.Rule) {
			hint := "the plan has no policies and no guard"
			if len(rules) > 0 {
				hint = "the rules are " + someOf(rules, 10)
			}
			if near := schema.Nearest(o.Rule, rules); near != "" {
				hint = "did you mean " + near + "?"
			}
			return &failure{code: exitPlan, err: fmt.Errorf("--override %s: the plan has no such rule", o.Rule), hint: hint}
		}
		reasons[o.Rule] = o.Reason
	}
	verdicts, err := p.Policies(plannedChanges(p.Migration, c, known))
	if err != nil {
		return err
	}
	guarded := engine.Guard(c, p.Migration.Guard, everyResource(p.Migration, known))
	a.addExcerpts(guarded)
	for _, v := range append(verdicts, planfile.Verdict{Rule: "guard", Findings: guarded}) {
		reason, overridden := reasons[v.Rule]
		for _, d := range v.Findings {
			switch {
			case overridden:
				d.Severity, d.Help = schema.SeverityWarning, "Overridden: "+schema.Printable(reason)
			case d.Severity == schema.SeverityError:
				d.Help = fmt.Sprintf("To let it pass: --override %s --reason \"...\"", v.Rule)
			}
			c.Diagnostics = append(c.Diagnostics, d)
		}
	}
	return nil
}

// stopped reports whether a rule of the plan is against a changeset.
func stopped(c *engine.Changeset) bool {
	return slices.ContainsFunc(c.Diagnostics.Errors(), func(d schema.Diagnostic) bool { return d.Code == codePolicy || d.Code == codeGuard })
}

// everyResource counts what the plan declares or the state knows.
func everyResource(m *schema.Migration, known []schema.Entry) int {
	declared := map[schema.Address]bool{}
	for i := range m.Resources {
		declared[m.Resources[i].Address] = true
	}
	for _, moved := range m.Moved { // known by its old address, declared by its new one
		declared[moved.From] = true
	}
	n := len(m.Resources)
	for i := range known {
		if a := known[i].Address; !declared[a] && !declared[schema.Address(a.Block())] {
			n++
		}
	}
	return n
}

// plannedChanges are the changes as policies see them.
func plannedChanges(m *schema.Migration, c *engine.Changeset, known []schema.Entry) []planfile.Change {
	declared := map[schema.Address]*schema.Resource{}
	for i := range m.Resources {
		declared[m.Resources[i].Address] = &m.Resources[i]
	}
	entries := map[schema.Address]*schema.Entry{}
	for i := range known {
		entries[known[i].Address] = &known[i]
	}
	var list []planfile.Change
	for i := range c.Changes {
		change := &c.Changes[i]
		entry := entries[cmp.Or(change.From, change.Address)]
		list = append(list, plannedChange(change, declared[change.Address], entry))
	}
	return list
}

func plannedChange(c *engine.Change, r *schema.Resource, e *schema.Entry) planfile.Change {
	p := planfile.Change{
		Address: c.Address, Kind: c.Address.Kind(), Action: string(c.Action),
		Identity: optional(c.Identity), FullName: optional(c.FullName), SourceURL: optional(c.URL),
		Before: planfile.ChangeSide{Settings: json.RawMessage(emptyObject)}, After: planfile.ChangeSide{Settings: json.RawMessage(emptyObject)},
		Facts: planfile.ChangeFacts{
			Visibility: optional(c.Source.Visibility), DefaultBranch: optional(c.Source.DefaultBranch),
			Branches: int64(c.Source.Branches), Tags: int64(c.Source.Tags),
			GitBytes: c.Source.GitBytes, Requests: c.Source.Requests, Counts: map[string]int64{},
		},
		Reasons: []planfile.ChangeReason{}, Findings: []string{}, Degraded: append([]string{}, c.Degraded...),
	}
	for kind, n := range c.Source.Counts {
		p.Facts.Counts[string(kind)] = n
	}
	if c.People != nil {
		p.Facts.Unmatched = int64(c.People.Missing)
	}
	if c.Rewrites != nil {
		p.Facts.Rewritten = c.Rewrites.Commits
	}
	for _, x := range c.Reasons {
		p.Reasons = append(p.Reasons, planfile.ChangeReason{Code: x.Code, Text: x.Text, Path: optional(x.Path)})
	}
	for _, d := range c.Findings {
		p.Findings = append(p.Findings, d.Code)
	}
	if e != nil {
		var was schema.Resource
		if json.Unmarshal(e.Settings, &was) == nil { // of a state of another version it says nothing
			p.Before = changeSide(&was, engine.Place{Namespace: e.Namespace, Name: e.Name}, "")
		}
	}
	if r != nil {
		at := c.Place
		if at.Name == "" {
			at = engine.Place{Namespace: r.Namespace, Name: r.Name}
		}
		p.After = changeSide(r, at, c.Source.Visibility)
	}
	return p
}

const emptyObject = "{}"

// changeSide is a resource as wanted, at a place. Visibility is the source's,
// which the target's is unless its settings say otherwise.
func changeSide(r *schema.Resource, at engine.Place, visibility string) planfile.ChangeSide {
	settings := map[string]json.RawMessage{}
	for _, part := range []json.RawMessage{r.Settings, r.Placement} {
		maps.Copy(settings, object(part))
	}
	var said string
	if json.Unmarshal(settings["visibility"], &said) == nil && said != "source" {
		visibility = said
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		raw = json.RawMessage(emptyObject) // it was made of JSON
	}
	return planfile.ChangeSide{
		Source: optional(r.Source), Target: optional(r.Target),
		Namespace: &at.Namespace, Name: optional(at.Name), Path: optional(at.Path()),
		Method: optional(cmp.Or(r.Method, schema.MethodDirect)), Visibility: optional(visibility), Settings: raw,
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
