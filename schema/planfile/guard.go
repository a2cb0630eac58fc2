package planfile

import (
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// brakes are the settings of a guard block.
func brakes() []*word {
	return []*word{
		{Attribute: schema.Attribute{Name: "max_creates", Type: schema.TypeString}, parse: parseDrop},
		{Attribute: schema.Attribute{Name: "max_orphans", Type: schema.TypeString}, parse: parseDrop},
		{Attribute: schema.Attribute{Name: "max_rewrites", Type: schema.TypeString}, parse: parseDrop},
		{Attribute: schema.Attribute{Name: "max_bytes", Type: schema.TypeNumber}, parse: parseSize},
		{Attribute: schema.Attribute{Name: "max_requests", Type: schema.TypeNumber}, parse: parseInteger(0)},
	}
}

// guard reads the guard block. A limit that is not known, which only happens
// where nobody was asked, is left out.
func (l *loader) guard(b *block) {
	words := make(map[string]*word)
	var names []string
	for _, w := range brakes() {
		w.ty = typeOf(w.Type)
		words[w.Name] = w
		names = append(names, w.Name)
	}
	guard := &schema.Guard{Range: schemaRange(b.rng)}
	for _, s := range l.read(b.body, shape{attributes: names}).settings {
		r, ctx := l.evaluateIn(s.expr, scope{})
		v := l.check(words[s.name], false, given{s, r.value, ctx})
		if !v.IsKnown() || v.IsNull() {
			continue
		}
		limit := schema.Limit{Name: s.name, Range: schemaRange(s.expr.Range())}
		if v.Type() == cty.Number {
			limit.Max = integer(v)
		} else {
			number, percent := strings.CutSuffix(v.AsString(), "%")
			limit.Percent = percent
			limit.Max, _ = strconv.ParseInt(number, 10, 64) // parseDrop saw that it is one
		}
		guard.Limits = append(guard.Limits, limit)
	}
	l.out.Guard = guard
}

// Rules lists what can be overridden of a plan: its policies and its guard.
func (p *Plan) Rules() []string {
	var rules []string
	for _, b := range p.l.byKind["policy"] {
		rules = append(rules, b.address())
	}
	if len(p.l.byKind["guard"]) > 0 {
		rules = append(rules, "guard")
	}
	return rules
}
