package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// mostMarkdownName is how much of a name a row shows.
const mostMarkdownName = 120

// writeMarkdown writes a changeset as a comment for a pull request. Its first
// line is the same for every changeset of a plan, so that a bot can find the
// comment it made before and replace it.
//
// The result is at most limit bytes; 0 is no limit. What does not fit is left
// out whole, from the bottom, and counted: details first, then rows of the
// table, which stand in the order of risk, so that the harmless end goes first.
// The marker, the heading and the last line are always written; they take less
// than 2 KiB.
func writeMarkdown(w io.Writer, c *engine.Changeset, limit int) error {
	m := newMarkdown(c)
	if limit > 0 {
		m.fit(limit)
	}
	_, err := io.WriteString(w, m.String())
	return err
}

// markdown is a comment in pieces that stay or go as a whole.
type markdown struct {
	head    string
	rows    []string
	details []string
	foot    string

	allRows, allDetails int
}

func newMarkdown(c *engine.Changeset) *markdown {
	m := &markdown{head: markdownHead(c), foot: markdownFoot(c)}
	for _, d := range findingsOf(&engine.Changeset{Diagnostics: c.Diagnostics}) {
		m.rows = append(m.rows, findingRow(d))
		m.details = append(m.details, fenced(diagnosticText(d)))
	}
	for _, change := range byRisk(c.Changes) {
		m.rows = append(m.rows, changeRow(change))
		if text := changeText(change); text != "" {
			sign, _ := sign(change.Action)
			title := codeSpan(sign+" "+actionWord(change.Action)) + " " + codeName(change.Address.Display())
			m.details = append(m.details, title+"\n\n"+fenced(text))
		}
	}
	m.allRows, m.allDetails = len(m.rows), len(m.details)
	return m
}

// fit drops pieces from the bottom until the comment takes at most limit bytes.
func (m *markdown) fit(limit int) {
	// What says how much is missing takes room too, and must be there before
	// it is known whether it will be needed.
	const notes = 240
	room := limit - len(m.head) - len(m.foot) - notes
	used := len(tableHead)
	m.rows, used = whole(m.rows, room, used)
	m.details, _ = whole(m.details, room, used)
	if len(m.rows) < m.allRows {
		m.details = nil
	}
}

// whole returns the first pieces that fit into room, of which used is taken.
func whole(pieces []string, room, used int) ([]string, int) {
	for i, p := range pieces {
		if used+len(p)+1 > room {
			return pieces[:i], used
		}
		used += len(p) + 1
	}
	return pieces, used
}

const tableHead = "\n| | Repository | Target | What |\n|---|---|---|---|\n"

func (m *markdown) String() string {
	var b strings.Builder
	b.WriteString(m.head)
	if len(m.rows) > 0 {
		b.WriteString(tableHead)
		for _, row := range m.rows {
			b.WriteString(row)
		}
	}
	if more := m.allRows - len(m.rows); more > 0 {
		fmt.Fprintf(&b, "\n%s left out here to stay within the size limit.\n", plural(int64(more), "more row"))
	}
	if len(m.details) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>Details (%d)</summary>\n", len(m.details))
		for _, d := range m.details {
			b.WriteString("\n" + d)
		}
		b.WriteString("\n</details>\n")
	}
	if more := m.allDetails - len(m.details); more > 0 {
		fmt.Fprintf(&b, "\n%s left out here to stay within the size limit.\n", plural(int64(more), "more detail"))
	}
	b.WriteString("\n" + m.foot + "\n")
	return b.String()
}

func markdownHead(c *engine.Changeset) string {
	var parts []string
	for _, t := range tallies(c.Summary) {
		switch {
		case t.n == 0 || t.action == engine.ActionUnchanged:
		case t.action == engine.ActionError:
			parts = append(parts, "**"+plural(int64(t.n), "error")+"**")
		default:
			parts = append(parts, grouped(int64(t.n))+" "+string(t.action))
		}
	}
	if n := len(c.Diagnostics.Errors()); n > 0 {
		parts = append([]string{"**" + plural(int64(n), "error") + " in the plan itself**"}, parts...)
	}
	if len(parts) == 0 {
		parts = []string{"no changes"}
	}
	return fmt.Sprintf("<!-- drover:plan:%s -->\n### drover %s: %s\n", commentName(c.Plan.Name), codeName(c.Plan.Name), strings.Join(parts, ", "))
}

func markdownFoot(c *engine.Changeset) string {
	var parts []string
	errors := c.Summary.Error > 0 || c.Diagnostics.HasErrors()
	switch {
	case errors && !c.Options.AllowErrors:
		parts = append(parts, "Not saved (errors).")
	case c.Digest != "":
		parts = append(parts, "Changeset "+codeSpan(clip(c.Digest, mostMarkdownName))+".")
	}
	for _, o := range c.Options.Overrides {
		parts = append(parts, "Overridden: "+codeName(o.Rule)+" ("+prose(bounded(o.Reason, 4*mostMarkdownName))+").")
	}
	if c.State.Lineage != "" {
		parts = append(parts, fmt.Sprintf("State generation %d.", c.State.Generation))
	}
	return strings.Join(append(parts, fmt.Sprintf("Unchanged: %s.", grouped(int64(c.Summary.Unchanged)))), " ")
}

func codeName(name string) string { return codeSpan(clip(schema.Printable(name), mostMarkdownName)) }

func row(cells ...string) string {
	for i := range cells {
		cells[i] = cell(cells[i])
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func findingRow(d schema.Diagnostic) string {
	name := "–"
	if d.Address != "" {
		name = codeName(d.Address)
	}
	return row("!", name, "–", findingCell(d))
}

func findingCell(d schema.Diagnostic) string {
	text := prose(bounded(d.Summary, 4*mostMarkdownName))
	if d.Severity == schema.SeverityError {
		text = "**" + text + "**"
	}
	if d.Range != nil {
		text += " " + codeName(d.Range.String())
	}
	return text
}

func changeRow(c *engine.Change) string {
	sign, _ := sign(c.Action)
	target := "–"
	if c.Action != engine.ActionError {
		target = codeName(c.Place.Path())
	}
	return row(codeSpan(sign), codeName(c.Address.Display()), target, changeCell(c))
}

// changeCell says in a few words what happens to a resource.
func changeCell(c *engine.Change) string {
	const few = 2
	parts := []string{prose(actionWord(c.Action))}
	switch c.Action {
	case engine.ActionError:
		parts = nil
		for _, d := range c.Findings.Errors() {
			parts = append(parts, findingCell(d))
		}
		if more := len(parts) - few; more > 0 {
			parts = append(parts[:few], fmt.Sprintf("and %d more", more))
		}
		return strings.Join(parts, ", ")
	case engine.ActionOrphan, engine.ActionForget:
		parts = append(parts, "the target is kept")
	case engine.ActionRename:
		if c.Was != nil {
			parts = append(parts, "moves from "+codeName(c.Was.Path()))
		}
	}
	if c.Imports && c.Action.Works() {
		parts = append(parts, "imported by the target itself")
	}
	for _, text := range []string{gitFact(c), itemsFact(c), costFact(c)} {
		if text != "" && c.Action.Works() {
			parts = append(parts, prose(bounded(text, 4*mostMarkdownName)))
		}
	}
	for i := range c.Reasons {
		for _, s := range settingsChanged(&c.Reasons[i]) {
			parts = append(parts, codeName(s.path+" "+valueText(s.before)+" -> "+valueText(s.after)))
		}
	}
	if n := len(c.Degraded); n > 0 {
		parts = append(parts, plural(int64(n), "loss"))
	}
	if most := 4 * few; len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	return strings.Join(parts, ", ")
}

// changeText is what the details tell of a change, as plain text.
func changeText(c *engine.Change) string {
	var b strings.Builder
	for _, f := range factsOf(c, false) {
		b.WriteString(pad(f.about, aboutWidth) + f.text + "\n")
	}
	for _, loss := range c.Degraded {
		b.WriteString(pad("degraded", aboutWidth) + shown(bounded(loss, mostDetail)) + "\n")
	}
	for _, d := range c.Findings {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(diagnosticText(d))
	}
	return b.String()
}

func diagnosticText(d schema.Diagnostic) string {
	var b strings.Builder
	addDiagnostic(&b, &d, screen{})
	return strings.TrimRight(b.String(), "\n") + "\n"
}
