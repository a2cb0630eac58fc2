package engine

import (
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// Guard holds a changeset against the limits of its plan's guard block. Known is
// how many resources the plan declares or the state knows, which is what
// percentages are of.
func Guard(c *Changeset, g *schema.Guard, known int) schema.Diagnostics {
	if g == nil {
		return nil
	}
	var found schema.Diagnostics
	for _, limit := range g.Limits {
		n, does := c.measure(limit.Name)
		most, of := limit.Max, ""
		if limit.Percent {
			most = limit.Max * int64(known) / 100
			of = fmt.Sprintf(", which is %d%% of %s", limit.Max, plural(int64(known), "resource"))
		}
		if n <= most {
			continue
		}
		at := limit.Range
		found = append(found, schema.Diagnostic{
			Severity: schema.SeverityError, Code: "plan.guard", Summary: "Stopped by the guard", Range: &at,
			Detail: fmt.Sprintf("The plan %s, and %s allows %d%s.", does, limit.Name, most, of),
		})
	}
	return found
}

// measure is how much a changeset does of what a limit is about, and that in
// words.
func (c *Changeset) measure(limit string) (n int64, does string) {
	sum := func(amount func(*Change) int64) (total int64) {
		for i := range c.Changes {
			if c.Changes[i].Action.Works() {
				total += amount(&c.Changes[i])
			}
		}
		return total
	}
	switch limit {
	case "max_creates":
		n = int64(c.Summary.Create)
		return n, "creates " + plural(n, "resource")
	case "max_orphans":
		n = int64(c.Summary.Orphan)
		return n, "leaves " + plural(n, "orphan")
	case "max_rewrites":
		n = int64(c.Summary.Rewrite)
		return n, "rewrites the published history of " + plural(n, "resource")
	case "max_bytes":
		n = sum(bytesToMove)
		return n, "moves " + plural(n, "byte") + " of git data"
	case "max_requests":
		n = sum(requestsToMake)
		return n, "takes about " + plural(n, "request")
	}
	return 0, ""
}

// bytesToMove is how much git data a change brings to a target that has none of
// it.
func bytesToMove(c *Change) int64 {
	switch c.Action {
	case ActionCreate, ActionAdopt, ActionResume, ActionRewrite:
		return c.Source.GitBytes
	}
	return 0
}

func requestsToMake(c *Change) int64 {
	if !c.runs(StageRecords) {
		return 0
	}
	return c.Source.Requests
}
