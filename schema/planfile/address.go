package planfile

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// addressFormula is an expression that is itself an address: it names a
// resource, which need not exist, instead of having a value.
type addressFormula struct {
	kind  string // repository, group or gists
	block string // name of the block
	key   *formula
	rng   hcl.Range
	gaps  []*discovery
}

// address reads repository.NAME or repository.NAME[KEY].
func (l *loader) address(expr hcl.Expression, sc scope) (*addressFormula, bool) {
	expr = l.reference(expr)
	a := &addressFormula{rng: expr.Range()}
	base, key := expr, hcl.Expression(nil)
	if index, ok := expr.(*hclsyntax.IndexExpr); ok {
		base, key = index.Collection, index.Key
	}
	t, diags := hcl.AbsTraversalForExpr(base)
	if !diags.HasErrors() && len(t) == 3 && key == nil {
		if index, ok := t[2].(hcl.TraverseIndex); ok {
			key = hcl.StaticExpr(index.Key, index.SrcRange)
			t = t[:2]
		}
	}
	if !diags.HasErrors() && slices.Contains(resourceKinds(), t.RootName()) && len(t) == 2 {
		if name, ok := t[1].(hcl.TraverseAttr); ok {
			a.kind, a.block = t.RootName(), name.Name
		}
	}
	if a.block == "" {
		if v, diags := expr.Value(nil); diags.HasErrors() || v.IsKnown() {
			l.problem("plan.address", a.rng, "Address required",
				"The address of a repository block or of one of its instances is required here, such as repository.api or repository.acme[\"acme/api\"], without quotes around it.")
		}
		return nil, false
	}
	if key != nil {
		a.key, a.gaps = l.formula(&setting{name: "the key", expr: key, nameRange: key.Range(), rng: key.Range()}, sc)
	}
	return a, true
}

// addressAt is the address for an instance. It reports whether it is known.
func (l *loader) addressAt(a *addressFormula, vars map[string]cty.Value) (schema.Address, bool) {
	if a.key == nil {
		return schema.NewAddress(a.kind, a.block, nil), true
	}
	x := l.at(a.key, vars)
	if !x.value.IsKnown() {
		return "", false
	}
	key, err := ctyconvert.Convert(x.value, cty.String)
	if err != nil || key.IsNull() {
		l.add(&hcl.Diagnostic{
			Severity: hcl.DiagError, Extra: code("plan.address"),
			Summary:     "Unsuitable key",
			Detail:      fmt.Sprintf("The key of an address is a text; this is %s.", x.value.Type().FriendlyName()),
			Subject:     a.key.expr.Range().Ptr(),
			Expression:  a.key.expr,
			EvalContext: x.ctx,
		})
		return "", false
	}
	if !key.IsKnown() {
		return "", false
	}
	text := key.AsString()
	return schema.NewAddress(a.kind, a.block, &text), true
}

// addressList reads depends_on.
func (l *loader) addressList(s *setting, sc scope) []*addressFormula {
	elements, diags := hcl.ExprList(s.expr)
	if diags.HasErrors() {
		l.problem("plan.address", s.expr.Range(), "List of addresses required",
			"A list of addresses is required here, such as [repository.api].")
		return nil
	}
	var out []*addressFormula
	for _, e := range elements {
		a, ok := l.address(e, sc)
		if !ok {
			continue
		}
		if l.byAddress[a.kind+"."+a.block] == nil {
			l.unknownBlock(a)
			continue
		}
		out = append(out, a)
	}
	return out
}

// unknownBlock reports an address whose block does not exist.
func (l *loader) unknownBlock(a *addressFormula) {
	if l.incomplete {
		return
	}
	var known []string
	for _, b := range l.byKind[a.kind] {
		known = append(known, b.name())
	}
	detail := fmt.Sprintf("The plan declares no %s.%s.", a.kind, schema.Printable(a.block))
	if near := schema.Nearest(a.block, known); near != "" {
		detail += fmt.Sprintf(" Did you mean %s.%s?", a.kind, near)
	}
	l.problem("plan.reference.unknown", a.rng, "Unknown reference", detail)
}
