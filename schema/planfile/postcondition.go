package planfile

import (
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// postcondition is a condition of an instance that is checked when it was
// applied.
type postcondition struct {
	clause
	address  schema.Address
	vars     map[string]cty.Value
	settings cty.Value // what the condition reads of the effective settings
}

// Postconditions checks the postconditions of the resources that results are
// about. A postcondition that cannot be decided, because its block depends on a
// discovery and this reading did not ask, is a warning.
func (p *Plan) Postconditions(results []Result) schema.Diagnostics {
	l := p.l
	byAddress := make(map[schema.Address][]postcondition)
	for _, c := range l.pending {
		byAddress[c.address] = append(byAddress[c.address], c)
	}
	return l.judged(func() {
		for _, r := range results {
			if l.interrupted() != nil {
				return
			}
			l.current = r.Address
			for _, c := range byAddress[r.Address] {
				l.postcondition(c, r)
			}
			if at, expecting := l.expecting[r.Address.Block()]; expecting && byAddress[r.Address] == nil {
				l.undecided(r.Address, at, "it depends on a discovery, which only plan and an apply without a changeset ask")
			}
			l.current = ""
		}
	})
}

func (l *loader) postcondition(c postcondition, r Result) {
	vars := with(c.vars, become(c.settings, r))
	x := l.at(c.holds, vars)
	if !x.value.IsKnown() {
		l.undecided(r.Address, c.holds.expr.Range(), "something that it depends on is not known")
		return
	}
	if holds, ok := l.holds(x.value, c.holds.expr, x.ctx); !ok || holds {
		return // the message may only make sense where it does not hold
	}
	if d := l.unmet(c.clause, vars); d != nil {
		d.Extra, d.Summary = extra{code: "plan.postcondition", address: r.Address}, "Postcondition not met"
		l.add(d)
	}
}

func (l *loader) undecided(a schema.Address, at hcl.Range, why string) {
	l.add(&hcl.Diagnostic{
		Severity: hcl.DiagWarning, Extra: extra{code: "plan.postcondition", address: a}, Summary: "Undecided postcondition",
		Detail: fmt.Sprintf("The postcondition of %s was not checked: %s.", schema.Printable(string(a)), why), Subject: &at,
	})
}

// become is the settings of an instance with what became of it.
func become(settings cty.Value, r Result) cty.Value {
	all := settings.AsValueMap()
	if all == nil {
		all = make(map[string]cty.Value)
	}
	maps.Copy(all, r.attributes())
	return cty.ObjectVal(all)
}
