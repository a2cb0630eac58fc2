package main

import (
	"context"
	"fmt"
	"time"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
)

// sourceBudget is what a changeset asks of a source, and what its server allows.
// It is shown beside a plan and not saved with it: it is true for the moment.
type sourceBudget struct {
	Source    string    `json:"source"`
	Requests  int64     `json:"requests"` // about so many
	Limit     int64     `json:"limit,omitempty"`
	Remaining int64     `json:"remaining,omitempty"`
	Resets    time.Time `json:"resets,omitzero"`
	Window    string    `json:"window,omitempty"`
}

// budgets asks the sources that a changeset reads records from how many requests
// they allow. One that cannot tell is shown without.
func (a *app) budgets(ctx context.Context, c *connections, changeset *engine.Changeset) []sourceBudget {
	requests := map[string]int64{}
	var order []string
	for i := range changeset.Changes {
		ch := &changeset.Changes[i]
		if ch.Source.Requests == 0 || ch.Resource == nil || !runs(ch, engine.StageRecords) {
			continue
		}
		if _, known := requests[ch.Resource.Source]; !known {
			order = append(order, ch.Resource.Source)
		}
		requests[ch.Resource.Source] += ch.Source.Requests
	}
	list := make([]sourceBudget, len(order))
	for i, key := range order {
		list[i] = sourceBudget{Source: key, Requests: requests[key]}
		source, err := c.Source(ctx, key)
		if err != nil {
			continue // the plan itself says why
		}
		var b providers.Budget
		if b, err = source.Budget(ctx); err == nil {
			list[i].Limit, list[i].Remaining, list[i].Resets, list[i].Window = b.Limit, b.Remaining, b.Resets, b.Window
		}
	}
	return list
}

// text is a budget as a line for people.
func (b sourceBudget) text() string {
	text := fmt.Sprintf("%s: about %s", shown(b.Source), plural(b.Requests, "request"))
	if b.Limit == 0 {
		return text
	}
	text += fmt.Sprintf(", %s of %s left", grouped(b.Remaining), grouped(b.Limit))
	if !b.Resets.IsZero() {
		text += " until " + b.Resets.UTC().Format("15:04 UTC")
	}
	if more := b.Requests - b.Remaining; more > 0 {
		windows := (more + b.Limit - 1) / b.Limit
		text += fmt.Sprintf("; it waits for %s more", plural(windows, "window"))
		if b.Window != "" {
			text += " of " + b.Window
		}
	}
	return text
}

// showBudgets writes what a plan will ask of its sources.
func (a *app) showBudgets(list []sourceBudget) error {
	for _, b := range list {
		if a.json {
			if err := a.jsonOut().line("budget", b.text(), b); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(a.stdout, "Requests to "+b.text()+"."); err != nil {
			return err
		}
	}
	return nil
}
