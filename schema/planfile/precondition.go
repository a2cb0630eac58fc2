package planfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// clause is a precondition or postcondition that each instance must meet.
type clause struct {
	holds, message *formula
}

// prepareCondition reads a precondition or postcondition block of r.
func (l *loader) prepareCondition(r *repository, b *hcl.Block, sc scope) {
	c := l.read(b.Body, shape{attributes: []string{"condition", "error_message"}})
	holds, message := c.find("condition"), c.find("error_message")
	if holds == nil || message == nil {
		l.problem("plan.attribute.missing", b.DefRange, "Missing argument", fmt.Sprintf("A %s has a condition and an error_message.", b.Type))
		return
	}
	sc.self = true
	var p clause
	var gaps [2][]*discovery
	p.holds, gaps[0] = l.formula(holds, sc)
	p.message, gaps[1] = l.formula(message, sc)
	r.gaps = union(r.gaps, union(gaps[0], gaps[1]))
	for _, t := range slices.Concat(holds.expr.Variables(), message.expr.Variables()) {
		if t.RootName() != "self" {
			continue
		}
		name, ok := label(t, 1)
		if !ok {
			l.problem("plan.reference.incomplete", t.SourceRange(), "Incomplete reference", "After \"self\" the name of a setting must follow, as in self.name.")
			return
		}
		r.self[name] = true
	}
	if b.Type == "postcondition" {
		r.postconditions = append(r.postconditions, p)
		l.expecting[r.block.address()] = r.block.rng
	} else {
		r.preconditions = append(r.preconditions, p)
	}
}

// conditions checks the preconditions of an instance, and remembers its
// postconditions. One that is not wholly known is still checked for mistakes.
func (l *loader) conditions(r *repository, i *instance, res *resource, v *vocabulary, set map[string]entry) {
	if len(r.preconditions)+len(r.postconditions) == 0 {
		return
	}
	settings := cty.EmptyObjectVal
	if len(r.self) > 0 {
		settings = self(&res.Resource, v, set, r.self)
	}
	vars := maps.Clone(i.vars)
	if len(r.self) > 0 {
		vars = with(i.vars, settings)
	}
	for _, p := range r.preconditions {
		if d := l.unmet(p, vars); d != nil {
			d.Extra, d.Summary = code("plan.precondition"), "Precondition not met"
			res.refusals = append(res.refusals, refusal{res.Address, d})
		}
	}
	for _, p := range r.postconditions {
		l.pending = append(l.pending, postcondition{clause: p, address: res.Address, vars: i.vars, settings: settings})
		l.unmet(p, with(i.vars, become(settings, Result{Address: res.Address, Pending: true, Namespace: res.Namespace})))
	}
}

// with is vars and self.
func with(vars map[string]cty.Value, self cty.Value) map[string]cty.Value {
	all := map[string]cty.Value{"self": self}
	maps.Copy(all, vars)
	return all
}

// unmet is the finding that a condition does not hold, or nil when it does or
// when that is not known.
func (l *loader) unmet(p clause, vars map[string]cty.Value) *hcl.Diagnostic {
	x, message := l.at(p.holds, vars), l.at(p.message, vars)
	if holds, ok := l.holds(x.value, p.holds.expr, x.ctx); !ok || holds {
		return nil
	}
	return &hcl.Diagnostic{
		Severity:    hcl.DiagError,
		Detail:      messageText(message.value),
		Subject:     p.holds.expr.Range().Ptr(),
		Expression:  p.holds.expr,
		EvalContext: x.ctx,
	}
}

// refusal is why one resource is refused.
type refusal struct {
	address schema.Address
	diag    *hcl.Diagnostic
}

// refuse adds refusals to their resources. Those of one place are converted
// together, which keeps their order and takes the excerpt's file apart once.
func (l *loader) refuse() {
	index := make(map[schema.Address]*schema.Resource)
	for i := range l.out.Resources {
		index[l.out.Resources[i].Address] = &l.out.Resources[i]
	}
	groups := make(map[string][]refusal)
	var places []string
	for _, r := range l.refused {
		place := r.diag.Subject.String()
		if groups[place] == nil {
			places = append(places, place)
		}
		groups[place] = append(groups[place], r)
	}
	for _, place := range places {
		var diags hcl.Diagnostics
		for _, r := range groups[place] {
			diags = append(diags, r.diag)
		}
		for i, d := range l.convert(diags) {
			address := groups[place][i].address
			d.Address = string(address)
			index[address].Refusals = append(index[address].Refusals, d)
		}
	}
}

// self is the effective settings as an expression sees them, as far as wanted
// names them: most are never read, and there are many instances. What is not
// set is null.
func self(res *schema.Resource, v *vocabulary, set map[string]entry, wanted map[string]bool) cty.Value {
	tree := make(map[string]any)
	place := func(name string, value cty.Value) {
		switch name {
		case "target_namespace":
			tree["namespace"] = value
		case "new_name":
			tree["name"] = value
		}
		parent, child, nested := strings.Cut(name, ".")
		switch {
		case !wanted[parent]:
		case !nested:
			tree[name] = value
		default:
			inner, ok := tree[parent].(map[string]any)
			if !ok {
				inner = make(map[string]any)
				tree[parent] = inner
			}
			inner[child] = value
		}
	}
	for name, w := range v.words {
		switch e, ok := set[w.means]; {
		case ok:
			place(name, e.value)
		case w.Type == schema.TypeBoolMap:
			place(name, cty.MapValEmpty(cty.Bool))
		default:
			place(name, cty.NullVal(w.ty))
		}
	}
	for name, e := range set {
		if e.value.Type() != secretType {
			place(name, e.value)
		}
	}
	for name, value := range map[string]string{
		"address": string(res.Address), "source": res.Source, "target": res.Target,
		"lifecycle.on_orphan":       res.Lifecycle.OnOrphan,
		"lifecycle.on_source_drift": res.Lifecycle.OnSourceDrift,
		"lifecycle.on_target_drift": res.Lifecycle.OnTargetDrift,
		"lifecycle.on_ref_gone":     res.Lifecycle.OnRefGone,
		"lifecycle.on_conflict":     res.Lifecycle.OnConflict,
	} {
		if value != "" {
			place(name, cty.StringVal(value))
		}
	}
	return object(tree)
}
