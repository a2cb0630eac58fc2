package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// Override sets one setting of a resource, or of all instances of a block,
// after everything else: --set ADDRESS.NAME=VALUE.
type Override struct {
	Address schema.Address // repository.acme["acme/api"], or repository.acme for all
	Name    string         // of the setting, dotted in nested blocks: lifecycle.on_orphan

	// Value is the text itself for settings that are texts, numbers or
	// booleans, and an expression without references for lists and maps.
	Value string
}

// ParseOverride reads ADDRESS.NAME=VALUE.
func ParseOverride(text string) (Override, error) {
	malformed := fmt.Errorf("%q is not ADDRESS.NAME=VALUE; write it as in repository.api.new_name=api or repository.acme[\"acme/api\"].new_name=api", schema.Printable(text))
	start := 0
	if open := strings.IndexByte(text, '['); open >= 0 && open < equalsSign(text) {
		start = keyEnd(text, open)
		if start < 0 {
			return Override{}, malformed
		}
	}
	name, value, ok := strings.Cut(text[start:], "=")
	if !ok {
		return Override{}, malformed
	}
	o := Override{Value: value}
	if start > 0 {
		o.Address = schema.Address(text[:start])
		if o.Name, ok = strings.CutPrefix(name, "."); !ok {
			return Override{}, malformed
		}
	} else {
		parts := strings.SplitN(name, ".", 3)
		if len(parts) < 3 {
			return Override{}, malformed
		}
		o.Address, o.Name = schema.Address(parts[0]+"."+parts[1]), parts[2]
	}
	if o.Address.Check() != nil || o.Name == "" {
		return Override{}, malformed
	}
	return o, nil
}

func equalsSign(text string) int {
	if i := strings.IndexByte(text, '='); i >= 0 {
		return i
	}
	return len(text)
}

// keyEnd is the offset behind the ] that closes the quoted key opened at open,
// or -1.
func keyEnd(text string, open int) int {
	if !strings.HasPrefix(text[open:], `["`) {
		return -1
	}
	for i := open + 2; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			if strings.HasPrefix(text[i:], `"]`) {
				return i + 2
			}
			return -1
		}
	}
	return -1
}

// override is an Override and whether it met a resource.
type override struct {
	Override
	used bool
}

// text is o as it was written, for messages.
func (o *override) text() string {
	return "--set " + schema.Printable(string(o.Address)+"."+o.Name+"="+o.Value)
}

// applies reports whether o is about the instance at address.
func (o *override) applies(address schema.Address) bool {
	return o.Address == address || string(o.Address) == address.Block()
}

func (l *loader) overrides() []*override {
	var out []*override
	for _, o := range l.env.Set {
		out = append(out, &override{Override: o})
	}
	return out
}

// overridden is what an override says, as if it were written in a block. It
// reports whether that is something.
func (l *loader) overridden(v *vocabulary, o *override) (given, bool) {
	s := &setting{name: o.Name, expr: hcl.StaticExpr(cty.StringVal(o.Value), hcl.Range{})}
	if slices.Contains(append(references(), "for_each", "depends_on"), o.Name) {
		l.problem("plan.set.structure", s.rng, "Not to be set",
			fmt.Sprintf("%q decides what the plan consists of. Change it in the plan.", o.Name))
		return given{}, false
	}
	w, element := v.find(o.Name)
	if w == nil || element || w.ty.IsPrimitiveType() {
		return given{s, cty.StringVal(o.Value), nil}, true
	}
	refuse := func(why string) (given, bool) {
		l.unsuitable(o.Name, s.rng, why, nil, nil)
		return given{}, false
	}
	expr, diags := parseExpression(o.Value, "", hcl.InitialPos)
	if expr == nil {
		return refuse(diags[0].Detail)
	}
	if len(expr.Variables()) > 0 {
		return refuse("it must be written as in the plan language, without references")
	}
	value, diags := expr.Value(&hcl.EvalContext{})
	if diags.HasErrors() {
		return refuse(diags[0].Detail)
	}
	return given{s, value, nil}, true
}

// unusedOverrides reports those that are about nothing in the plan.
func (l *loader) unusedOverrides(all []*override) {
	var known []string
	for _, b := range l.resourceBlocks() {
		known = append(known, b.address())
	}
	for _, o := range all {
		if _, partial := l.out.Partial[o.Address.Block()]; o.used || partial || l.incomplete {
			continue
		}
		detail := fmt.Sprintf("--set is about %s, which the plan does not have.", schema.Printable(string(o.Address)))
		if near := schema.Nearest(o.Address.Block(), known); near != "" {
			detail += fmt.Sprintf(" Did you mean %s?", near)
		}
		l.placeless("plan.set.unknown", "Unknown address", detail)
	}
}
