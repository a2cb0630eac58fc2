package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// writeVerify writes whether each target holds what was carried over: a table,
// the differences by resource, and a last line that counts.
func writeVerify(w io.Writer, list []engine.Comparison) error {
	t := newTable(w, "RESOURCE", "RESULT", "REFS", "KINDS", "ITEMS", "COMMITS", "FILES", "TARGET")
	for i := range list {
		c := &list[i]
		t.row(c.Address.Display(), verdict(c), grouped(int64(c.Checked.Refs)), grouped(int64(c.Checked.Kinds)),
			some(c.Checked.Items), some(int64(c.Checked.Commits)), some(c.Checked.Files), c.Path)
	}
	if err := t.flush(); err != nil {
		return err
	}
	var b strings.Builder
	counts := map[string]int{}
	for i := range list {
		c := &list[i]
		counts[verdict(c)]++
		addComparison(&b, c, sideOf{"target", c.Target})
		addHistory(&b, c.History)
	}
	fmt.Fprintf(&b, "\nVerified: %d equal, %d different, %d not compared.\n", counts[verdictEqual], counts[verdictDifferent], counts[verdictUnknown])
	_, err := io.WriteString(w, b.String())
	return err
}

// some is a number, or a dash for none.
func some(n int64) string {
	if n == 0 {
		return "-"
	}
	return grouped(n)
}

// What verify says of a resource.
const (
	verdictEqual     = "equal"
	verdictDifferent = "different"
	verdictUnknown   = "not compared"
)

func verdict(c *engine.Comparison) string {
	switch {
	case c.Problem != nil:
		return verdictUnknown
	case len(c.Target)+len(c.History) == 0 && c.HistoryProblem != nil:
		return verdictUnknown
	case !c.Same():
		return verdictDifferent
	}
	return verdictEqual
}

// writeDrift writes what changed on both sides since the last apply, by
// resource, and a last line that counts. Resources that nothing happened to are
// only counted.
func writeDrift(w io.Writer, list []engine.Comparison) error {
	var b strings.Builder
	drifted, unknown := 0, 0
	for i := range list {
		c := &list[i]
		switch {
		case drifts(c):
			drifted++
		case c.Problem != nil || c.SourceProblem != nil:
			unknown++
		}
		addComparison(&b, c, sideOf{"source", c.Source}, sideOf{"target", c.Target}, sideOf{"target", c.Foreign})
	}
	fmt.Fprintf(&b, "\nDrift: %d drifted, %d as they were, %d not known.\n", drifted, len(list)-drifted-unknown, unknown)
	_, err := io.WriteString(w, strings.TrimLeft(b.String(), "\n"))
	return err
}

func drifts(c *engine.Comparison) bool { return len(c.Source)+len(c.Target)+len(c.Foreign) > 0 }

// sideOf is what differs on one side.
type sideOf struct {
	name        string
	differences []engine.Difference
}

// mostDifferences is how many differences of one side are listed. The JSON
// output has all.
const mostDifferences = 100

func addComparison(b *strings.Builder, c *engine.Comparison, sides ...sideOf) {
	if c.Problem == nil && c.SourceProblem == nil && c.HistoryProblem == nil && len(c.History) == 0 && !slices.ContainsFunc(sides, func(s sideOf) bool { return len(s.differences) > 0 }) {
		return
	}
	fmt.Fprintf(b, "\n%s\n", nameAt(c.Address))
	for _, s := range sides {
		for _, d := range s.differences[:min(len(s.differences), mostDifferences)] {
			fmt.Fprintf(b, "  %s  %s\n", s.name, differenceText(d))
		}
		if more := len(s.differences) - mostDifferences; more > 0 {
			fmt.Fprintf(b, "  %s  %s\n", s.name, plural(int64(more), "more difference"))
		}
	}
	addProblem(b, "the source cannot be asked", c.SourceProblem)
	addProblem(b, "the commits cannot be compared with the source", c.HistoryProblem)
	addProblem(b, "not compared", c.Problem)
}

// addHistory tells where commits differ from what the source exports.
func addHistory(b *strings.Builder, list []engine.CommitDifference) {
	for _, d := range list[:min(len(list), mostDifferences)] {
		where := abbreviated(d.Commit)
		if d.Ref != "" {
			where = refName(d.Ref) + " " + where
		}
		if d.Revision != "" {
			where += " (" + clip(shown(d.Revision), mostName) + ")"
		}
		text := shown(d.Problem)
		if d.Path != "" {
			text = shown(bounded(d.Path, mostDetail)) + " " + text
		}
		fmt.Fprintf(b, "  history  %s: %s\n", where, text)
	}
	if more := len(list) - mostDifferences; more > 0 {
		fmt.Fprintf(b, "  history  %s\n", plural(int64(more), "more difference"))
	}
}

func addProblem(b *strings.Builder, what string, p *providers.Error) {
	if p == nil {
		return
	}
	fmt.Fprintf(b, "  %s: %s\n", what, problemText(p))
	if p.Hint != "" {
		fmt.Fprintf(b, "  hint: %s\n", shown(bounded(p.Hint, mostDetail)))
	}
}

// differenceText names what differs and tells how.
func differenceText(d engine.Difference) string {
	text := shown(bounded(d.Text, mostDetail))
	if d.Kind == schema.KindRef {
		return refName(d.Name) + " " + text + ": " + valuesOf(d, abbreviated)
	}
	what := kindWords(d.Kind.Plural())
	if d.Name != "" {
		what = kindWords(string(d.Kind)) + " " + clip(shown(d.Name), mostName)
	}
	if d.Name == "" || d.Was == "" || d.Is == "" {
		return what + ": " + text
	}
	return what + ": " + text + ", " + valuesOf(d, func(s string) string { return clip(shown(s), mostName) })
}

// valuesOf is what something was and is, where it was there and is.
func valuesOf(d engine.Difference, show func(string) string) string {
	switch {
	case d.Was == "":
		return "is " + show(d.Is)
	case d.Is == "":
		return "was " + show(d.Was)
	}
	return "was " + show(d.Was) + ", is " + show(d.Is)
}

func (j *jsonWriter) verified(list []engine.Comparison) error {
	for i := range list {
		if err := j.comparison("verify", verdict(&list[i]), &list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonWriter) drifted(list []engine.Comparison) error {
	for i := range list {
		result := "as it was"
		switch c := &list[i]; {
		case drifts(c):
			result = "drifted"
		case c.Problem != nil:
			result = "not known"
		}
		if err := j.comparison("drift", result, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonWriter) comparison(kind, result string, c *engine.Comparison) error {
	return j.line(kind, nameAt(c.Address)+": "+result, struct {
		engine.Comparison
		Result string `json:"result"`
	}{*c, result})
}
