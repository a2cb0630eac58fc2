package main

import (
	"slices"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// findings writes what was found, errors first, because only they stop
// anything.
func (p *planText) findings() {
	all := findingsOf(p.changeset)
	listed := all
	if p.level != levelFull {
		listed = all[:min(len(all), mostFindings)]
	}
	for i := range listed {
		addDiagnostic(p.Builder, &listed[i], p.screen)
	}
	if more := len(all) - len(listed); more > 0 {
		p.printf("... and %s; use --full to list them\n\n", plural(int64(more), "more finding"))
	}
}

// found writes one line for each kind of finding: how many there are, and what
// the first are about.
func (p *planText) found() {
	type kind struct {
		severity      schema.Severity
		summary, code string
	}
	type tale struct {
		n     int
		about []string
	}
	var kinds []kind
	told := map[kind]*tale{}
	for _, d := range findingsOf(p.changeset) {
		k := kind{d.Severity, d.Summary, d.Code}
		if told[k] == nil {
			kinds, told[k] = append(kinds, k), &tale{}
		}
		name := "the plan"
		if d.Address != "" {
			name = clip(shown(schema.Address(d.Address).Display()), mostName)
		}
		t := told[k]
		if t.n++; t.n == 1 || t.about[len(t.about)-1] != name { // those of one resource follow each other
			t.about = append(t.about, name)
		}
	}
	for _, k := range kinds {
		title := diagnosticTitle(&schema.Diagnostic{Severity: k.severity, Summary: k.summary, Code: k.code}, p.Palette)
		p.printf("%s  %s (%s)\n", title, grouped(int64(told[k].n)), someOf(told[k].about, 3))
	}
	if len(kinds) > 0 {
		p.printf("\n")
	}
}

// findingsOf are all findings of a changeset, errors before warnings.
func findingsOf(c *engine.Changeset) schema.Diagnostics {
	var all schema.Diagnostics
	for i := range c.Changes {
		all = append(all, c.Changes[i].Findings...)
	}
	all = append(all, c.Diagnostics...)
	slices.SortStableFunc(all, func(a, b schema.Diagnostic) int { return severity(a) - severity(b) })
	return all
}

func severity(d schema.Diagnostic) int {
	if d.Severity == schema.SeverityError {
		return 0
	}
	return 1
}
