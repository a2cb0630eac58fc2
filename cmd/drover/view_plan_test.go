package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

func planAt(t *testing.T, c *engine.Changeset, l level, s screen) string {
	t.Helper()
	return rendered(t, func(b *strings.Builder) error { return writePlan(b, c, l, s) })
}

func TestWritePlan(t *testing.T) {
	tests := []struct {
		name  string
		level level
		on    screen
	}{
		{"plan-normal", levelNormal, screen{Width: 80}},
		{"plan-full", levelFull, screen{Width: 80}},
		{"plan-summary", levelSummary, screen{Width: 80}},
		{"plan-narrow", levelNormal, screen{Width: 40}},
		{"plan-color", levelNormal, screen{Palette: true, Width: 80}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, planAt(t, sampleChangeset(), test.level, test.on)) })
	}
}

// TestFindingsInSummary tells each kind of finding once, with how often it is met and
// whom it concerns.
func TestFindingsInSummary(t *testing.T) {
	warning := func(code, about string) schema.Diagnostic {
		return schema.Diagnostic{Severity: schema.SeverityWarning, Code: code, Summary: "Summary of " + code, Address: about}
	}
	c := &engine.Changeset{Diagnostics: schema.Diagnostics{warning("plan.old", "")}}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		found := schema.Diagnostics{warning("import.once", "repository."+name)}
		if name == "b" {
			found = append(found, warning("import.once", "repository.b"), warning("gist.large", "repository.b"))
		}
		c.Changes = append(c.Changes, engine.Change{Address: schema.Address("repository." + name), Action: engine.ActionUnchanged, Findings: found})
	}
	c.Changes[4].Findings[0].Severity = schema.SeverityError
	got := planAt(t, c, levelSummary, screen{})
	want := "Error: Summary of import.once  [import.once]  1 (e)\n" +
		"Warning: Summary of import.once  [import.once]  5 (a, b, c, and 1 more)\n" +
		"Warning: Summary of gist.large  [gist.large]  1 (b)\n" +
		"Warning: Summary of plan.old  [plan.old]  1 (the plan)\n\n"
	if !strings.Contains(got, want) {
		t.Errorf("the summary is\n%s\nand should have\n%s", got, want)
	}
}

func TestColorAddsNothing(t *testing.T) {
	plain := planAt(t, sampleChangeset(), levelFull, screen{})
	colored := planAt(t, sampleChangeset(), levelFull, screen{Palette: true})
	if got := withoutColor(colored); got != plain {
		t.Errorf("without its colours the plan reads\n%s\nwant\n%s", got, plain)
	}
}

// withoutColor removes the codes that paint writes.
func withoutColor(s string) string {
	for {
		start := strings.Index(s, "\x1b[")
		if start < 0 {
			return s
		}
		end := strings.IndexByte(s[start:], 'm')
		s = s[:start] + s[start+end+1:]
	}
}

func TestPlanLine(t *testing.T) {
	tests := []struct {
		name    string
		summary engine.Summary
		found   schema.Diagnostics
		want    string
	}{
		{"nothing", engine.Summary{Unchanged: 1204}, nil, "No changes. 1,204 resources unchanged."},
		{"orphans are no work", engine.Summary{Unchanged: 1, Orphan: 2}, nil, "No changes. 1 resource unchanged, 2 orphans kept."},
		{"errors are no peace", engine.Summary{Error: 1}, nil, "Plan: 0 create, 0 re-sync, 0 rename, 0 adopt, 0 resume, 0 rewrite, 0 forget, 0 unchanged, 0 orphan, 1 error."},
		{"errors of the plan", engine.Summary{Unchanged: 1}, schema.Diagnostics{{Severity: schema.SeverityError}}, "Plan: 0 create, 0 re-sync, 0 rename, 0 adopt, 0 resume, 0 rewrite, 0 forget, 1 unchanged, 0 orphan, 0 error. The plan itself has 1 error."},
		{"warnings", engine.Summary{}, schema.Diagnostics{{Severity: schema.SeverityWarning}}, "No changes. 0 resources unchanged."},
		{"work", engine.Summary{Create: 1, Resync: 2, Forget: 3}, nil, "Plan: 1 create, 2 re-sync, 0 rename, 0 adopt, 0 resume, 0 rewrite, 3 forget, 0 unchanged, 0 orphan, 0 error."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := planLine(&engine.Changeset{Summary: test.summary, Diagnostics: test.found}); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// largeChangeset has n resources to create, an orphan after them, and as many
// findings.
func largeChangeset(n int) *engine.Changeset {
	c := &engine.Changeset{Plan: engine.PlanRef{Name: "large"}}
	for i := range n {
		c.Changes = append(c.Changes, engine.Change{
			Address: keyed("all", fmt.Sprintf("acme/r%05d", i)), Action: engine.ActionCreate, Place: engine.Place{Name: fmt.Sprintf("r%05d", i)},
			Findings: schema.Diagnostics{{Severity: schema.SeverityWarning, Code: "x", Summary: fmt.Sprintf("warning %d", i)}},
		})
	}
	c.Changes = append(c.Changes, engine.Change{Address: keyed("all", "acme/orphan"), Action: engine.ActionOrphan})
	c.Diagnostics = schema.Diagnostics{{Severity: schema.SeverityError, Code: "y", Summary: "error of the plan"}}
	c.Summary = engine.Summary{Create: n, Orphan: 1}
	return c
}

func TestWritePlanOfThousands(t *testing.T) {
	got := planAt(t, largeChangeset(5000), levelNormal, screen{})
	for _, want := range []string{
		"  ? acme/orphan ", "  + acme/r00198 ", "  ... and 4,801 more (4,801 create); use --full to list them\n",
		"Error: error of the plan", "Warning: warning 48 ", "... and 4,951 more findings; use --full to list them\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the plan does not hold %q", want)
		}
	}
	if strings.Contains(got, "acme/r00199 ") || strings.Contains(got, "warning 49 ") {
		t.Error("the plan lists more than it should")
	}
	if full := planAt(t, largeChangeset(5000), levelFull, screen{}); !strings.Contains(full, "acme/r04999 ") || !strings.Contains(full, "warning 4999 ") {
		t.Error("--full does not list everything")
	}
}

func TestWritePlanNoChanges(t *testing.T) {
	c := &engine.Changeset{
		Plan: engine.PlanRef{Name: "acme"}, Summary: engine.Summary{Unchanged: 2},
		Changes: []engine.Change{{Address: keyed("acme", "a"), Action: engine.ActionUnchanged}, {Address: keyed("acme", "b"), Action: engine.ActionUnchanged}},
	}
	if got, want := planAt(t, c, levelNormal, screen{}), "plan acme, no state yet\n\nNo changes. 2 resources unchanged.\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWritePlanHostile(t *testing.T) {
	for _, l := range []level{levelSummary, levelNormal, levelFull} {
		mustBeClean(t, planAt(t, hostileChangeset(), l, screen{Width: 60}))
	}
}
