package main

import (
	"io"
	"strings"

	"github.com/drover-migrate/drover/engine"
)

// writeOutcome writes what became of an apply: one line that starts with
// "Applied:" or "Stopped:", and for everything that is not done a line that
// says how to go on.
func writeOutcome(w io.Writer, o engine.Outcome, s screen) error {
	st := styleGreen
	switch {
	case o.Failed > 0:
		st = styleRed
	case !o.Complete():
		st = styleYellow
	}
	var b strings.Builder
	first := outcomeLine(o)
	if o.Items > 0 {
		first += " " + plural(o.Items, "item") + " failed: drover failures"
	}
	b.WriteString(s.Palette.paint(st, first) + "\n")
	for _, text := range nextSteps(o) {
		for _, line := range wrap(text, s.columns()) {
			b.WriteString(line + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// nextSteps says how to go on from an outcome that is not complete.
func nextSteps(o engine.Outcome) []string {
	var steps []string
	switch {
	case o.Left > 0 && o.Canceled:
		steps = append(steps, plural(int64(o.Left), "resource")+" not finished. What was done is recorded; drover apply continues where it stopped.")
	case o.Canceled:
		steps = append(steps, "What was done is recorded.")
	case o.Left > 0:
		steps = append(steps, plural(int64(o.Left), "resource")+" not finished. drover apply continues with what is left.")
	}
	if o.Failed > 0 {
		steps = append(steps, plural(int64(o.Failed), "resource")+" failed as a whole: drover status shows which, drover failures shows why. What they had reached is kept.")
	}
	if o.Stale > 0 {
		steps = append(steps, plural(int64(o.Stale), "resource")+" left out because of changes since the plan was made: drover plan shows what there is now.")
	}
	return steps
}
