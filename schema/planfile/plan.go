package planfile

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// Plan is a plan that was read: the Migration, and what the plan says of its own
// changes and results, which can be judged when those are known. It is for one
// goroutine at a time.
type Plan struct {
	Migration *schema.Migration

	l *loader
}

// Load is Read for those who need the Migration alone.
func Load(ctx context.Context, dir string, env Environment) (*schema.Migration, schema.Diagnostics) {
	p, diags := Read(ctx, dir, env)
	return p.Migration, diags
}

// judged runs a judgement and returns what it found, in the order of places.
func (l *loader) judged(judge func()) schema.Diagnostics {
	before := l.findings
	l.findings = findings{}
	judge()
	found := l.diagnostics()
	l.findings = before
	return found
}

// unknownChanges is plan.changes as long as nobody has planned.
func unknownChanges() cty.Value { return cty.UnknownVal(cty.Map(changeType())) }
