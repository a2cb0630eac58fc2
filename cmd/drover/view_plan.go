package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// level says how much of a plan is shown.
type level int

const (
	levelSummary level = iota // numbers and a few names
	levelNormal               // every change, unchanged resources only counted
	levelFull                 // everything
)

// What a plan of thousands of resources shows unless everything is asked for.
const (
	mostListed   = 200 // changes of a block
	mostFindings = 50
	mostName     = 200 // columns
)

// writePlan writes a changeset for people: its changes by block in the order of
// the plan files, then the findings in full, then one line with the counts that
// starts with "Plan:" or "No changes." and can be searched for.
//
// Each action has a sign that always stands beside its word: + create,
// ~ re-sync, > rename, < adopt, ^ resume, = unchanged, ? orphan, x forget,
// ! error.
func writePlan(w io.Writer, c *engine.Changeset, l level, s screen) error {
	var b strings.Builder
	p := planText{&b, c, l, s}
	p.heading()
	if l == levelSummary {
		p.groups()
		p.degraded(works(c.Changes))
		p.found()
	} else {
		p.blocks()
		p.degraded(works(c.Changes))
		p.findings()
		p.unchanged()
	}
	b.WriteString(s.Palette.paint(styleBold, planLine(c)) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

type planText struct {
	*strings.Builder
	changeset *engine.Changeset
	level     level
	screen
}

func (p *planText) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// heading tells what the changeset was computed from.
func (p *planText) heading() {
	c := p.changeset
	parts := []string{"plan " + shown(c.Plan.Name), "no state yet"}
	if c.State.Lineage != "" {
		parts[1] = "state generation " + grouped(c.State.Generation)
	}
	for _, ref := range c.Providers {
		parts = append(parts, shown(ref.Name)+" "+shown(ref.Version))
	}
	p.text(strings.Join(parts, ", "))
	for _, o := range []struct {
		flag  string
		globs []string
	}{{"only", c.Options.Only}, {"except", c.Options.Except}, {"restart", c.Options.Restart}} {
		if len(o.globs) > 0 {
			p.text(o.flag + " " + shown(someOf(o.globs, 10)))
		}
	}
	for _, o := range c.Options.Overrides {
		p.text("override " + overrideText(o))
	}
	if !c.Options.Expires.IsZero() {
		p.text("expires " + c.Options.Expires.UTC().Format("2006-01-02 15:04 UTC"))
	}
	p.printf("\n")
}

func (p *planText) text(s string) {
	for _, line := range wrap(s, p.columns()) {
		p.printf("%s\n", line)
	}
}

// sign is an action's symbol and its colour.
func sign(a engine.Action) (string, style) {
	switch a {
	case engine.ActionCreate:
		return "+", styleGreen
	case engine.ActionResync:
		return "~", styleYellow
	case engine.ActionRename:
		return ">", styleCyan
	case engine.ActionAdopt:
		return "<", styleCyan
	case engine.ActionResume:
		return "^", styleYellow
	case engine.ActionRewrite:
		return "#", styleRed
	case engine.ActionOrphan:
		return "?", styleYellow
	case engine.ActionForget:
		return "x", styleRed
	case engine.ActionError:
		return "!", styleRed
	}
	return "=", styleNone
}

// actionWord is an action in words. A changeset's file may have been made by
// anyone.
func actionWord(a engine.Action) string { return clip(shown(string(a)), 20) }

// tally is how often an action occurs.
type tally struct {
	action engine.Action
	n      int
}

// tallies counts the actions in the order in which a reader should look at
// them: what may hurt comes first, what does nothing last.
func tallies(s engine.Summary) []tally {
	return []tally{
		{engine.ActionError, s.Error}, {engine.ActionForget, s.Forget}, {engine.ActionOrphan, s.Orphan},
		{engine.ActionRewrite, s.Rewrite}, {engine.ActionRename, s.Rename}, {engine.ActionAdopt, s.Adopt}, {engine.ActionCreate, s.Create},
		{engine.ActionResume, s.Resume}, {engine.ActionResync, s.Resync}, {engine.ActionUnchanged, s.Unchanged},
	}
}

// byRisk returns the changes that a reader has to look at, in the order of
// tallies.
func byRisk(changes []engine.Change) []*engine.Change {
	var list []*engine.Change
	for i := range changes {
		if changes[i].Action != engine.ActionUnchanged {
			list = append(list, &changes[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *engine.Change) int { return risk(a.Action) - risk(b.Action) })
	return list
}

func risk(a engine.Action) int {
	return slices.IndexFunc(tallies(engine.Summary{}), func(t tally) bool { return t.action == a })
}

// groups writes one line for each action that occurs.
func (p *planText) groups() {
	names := map[engine.Action][]string{}
	for i := range p.changeset.Changes {
		c := &p.changeset.Changes[i]
		names[c.Action] = append(names[c.Action], nameOf(c))
	}
	for _, t := range tallies(p.changeset.Summary) {
		if t.n == 0 {
			continue
		}
		sign, st := sign(t.action)
		p.printf("  %s %6s %s  %s\n", p.Palette.paint(st, sign), grouped(int64(t.n)), pad(string(t.action), 9), someOf(names[t.action], 3))
	}
	p.printf("\n")
}

func nameOf(c *engine.Change) string { return clip(shown(c.Address.Display()), mostName) }

// block is the changes that one block of the plan files declares.
type block struct {
	address string
	at      *schema.Range // nil when the plan no longer has it, or nothing in it changes
	changes []*engine.Change
}

// blocksOf groups changes by block, both in their order. Unchanged resources
// are left out unless full is set.
func blocksOf(changes []engine.Change, full bool) []*block {
	var list []*block
	known := map[string]*block{}
	for i := range changes {
		c := &changes[i]
		if c.Action == engine.ActionUnchanged && !full {
			continue
		}
		address := c.Address.Block()
		b := known[address]
		if b == nil {
			b = &block{address: address}
			known[address] = b
			list = append(list, b)
		}
		if b.at == nil && c.Resource != nil && !c.Resource.Range.IsZero() {
			b.at = &c.Resource.Range
		}
		b.changes = append(b.changes, c)
	}
	return list
}

func (p *planText) blocks() {
	full := p.level == levelFull
	for _, b := range blocksOf(p.changeset.Changes, full) {
		kind, name, _ := strings.Cut(b.address, ".")
		at := ""
		if b.at != nil {
			at = shown(b.at.String())
		}
		p.printf("%s\n\n", p.ends(fmt.Sprintf("%s \"%s\"", shown(kind), shown(name)), at, styleBold))
		listed, hidden := b.changes, ""
		if !full {
			listed, hidden = riskiest(b.changes, mostListed)
		}
		width := nameWidth(listed)
		for _, c := range listed {
			p.change(c, width)
		}
		if hidden != "" {
			p.printf("  ... and %s; use --full to list them\n\n", hidden)
		}
	}
}

// riskiest returns at most n changes in their order, those that a reader must
// not miss before all others, and says what was left out.
func riskiest(changes []*engine.Change, n int) (kept []*engine.Change, hidden string) {
	if len(changes) <= n {
		return changes, ""
	}
	counts := map[engine.Action]int{}
	for _, c := range changes {
		counts[c.Action]++
	}
	left := n
	keep := map[engine.Action]int{}
	var parts []string
	for _, t := range tallies(engine.Summary{}) {
		keep[t.action] = min(counts[t.action], left)
		left -= keep[t.action]
		if more := counts[t.action] - keep[t.action]; more > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", grouped(int64(more)), t.action))
		}
	}
	for _, c := range changes {
		if keep[c.Action] > 0 {
			keep[c.Action]--
			kept = append(kept, c)
		}
	}
	return kept, fmt.Sprintf("%s more (%s)", grouped(int64(len(changes)-n)), strings.Join(parts, ", "))
}

// nameWidth is the column after the names: wide enough for most, so that one
// long name does not push everything away.
func nameWidth(changes []*engine.Change) int {
	const least, most = 26, 44
	width := least
	for _, c := range changes {
		width = max(width, min(columns(nameOf(c)), most))
	}
	return width
}

// factIndent is where the lines under a change begin, and aboutWidth what the
// word takes that says what they are about.
const (
	factIndent = "      "
	aboutWidth = 9
)

func (p *planText) change(c *engine.Change, width int) {
	sign, st := sign(c.Action)
	p.printf("  %s %s  %s  %s\n", p.Palette.paint(st, sign), pad(nameOf(c), width), p.Palette.paint(st, pad(actionWord(c.Action), 9)), fateOf(c))
	before := ""
	for _, f := range factsOf(c, p.level == levelFull) {
		about := f.about
		if about == before {
			about = ""
		}
		before = f.about
		for i, line := range f.lines(p.columns() - len(factIndent) - aboutWidth) {
			if i > 0 {
				about = ""
			}
			p.printf("%s%s%s\n", factIndent, p.Palette.paint(styleDim, pad(about, aboutWidth)), line)
		}
	}
	p.printf("\n")
}

// lines wraps a fact, and keeps the indentation of one that belongs to the line
// before.
func (f fact) lines(width int) []string {
	text, indented := strings.CutPrefix(f.text, "  ")
	switch {
	case f.code:
		return []string{f.text}
	case !indented:
		return wrap(text, width)
	}
	lines := wrap(text, width-2)
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

// fateOf says in a few words what becomes of the target.
func fateOf(c *engine.Change) string {
	to := "-> " + clip(shown(c.Place.Path()), mostName)
	switch c.Action {
	case engine.ActionRename:
		if c.Identity != "" {
			return to + "   (same id " + clip(shown(c.Identity), mostValue) + ")"
		}
	case engine.ActionAdopt:
		if c.Adopt != nil && c.Adopt.Place != c.Place {
			return to + "   takes over " + clip(shown(c.Adopt.Place.Path()), mostName)
		}
		return to + "   takes over what is there"
	case engine.ActionRewrite:
		return to + "   published commits get other ids"
	case engine.ActionOrphan:
		return "kept: nothing on the target is touched"
	case engine.ActionForget:
		return "from the state only: nothing on the target is touched"
	case engine.ActionError:
		return "left out"
	}
	return to
}

func (p *planText) unchanged() {
	n := p.changeset.Summary.Unchanged
	if p.level == levelFull || n == 0 || p.changeset.Summary.Work() == 0 {
		return
	}
	var names []string
	for i := range p.changeset.Changes {
		if c := &p.changeset.Changes[i]; c.Action == engine.ActionUnchanged {
			names = append(names, nameOf(c))
		}
	}
	p.text(fmt.Sprintf("%s unchanged (%s). Use --full to list unchanged resources.", grouped(int64(n)), someOf(names, 3)))
	p.printf("\n")
}

// planLine is the changeset in one line. The words are the same for one and for
// many, so that the line can be searched for.
func planLine(c *engine.Changeset) string {
	s := c.Summary
	if s.Work() == 0 && s.Error == 0 && !c.Diagnostics.HasErrors() {
		line := fmt.Sprintf("No changes. %s unchanged", plural(int64(s.Unchanged), "resource"))
		if s.Orphan > 0 {
			line += fmt.Sprintf(", %s kept", plural(int64(s.Orphan), "orphan"))
		}
		return line + "."
	}
	line := fmt.Sprintf("Plan: %d create, %d re-sync, %d rename, %d adopt, %d resume, %d rewrite, %d forget, %d unchanged, %d orphan, %d error.",
		s.Create, s.Resync, s.Rename, s.Adopt, s.Resume, s.Rewrite, s.Forget, s.Unchanged, s.Orphan, s.Error)
	if n := len(c.Diagnostics.Errors()); n > 0 {
		line += fmt.Sprintf(" The plan itself has %s.", plural(int64(n), "error"))
	}
	return line
}
