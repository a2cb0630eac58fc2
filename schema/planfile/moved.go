package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// addressBlocks reads what is said about addresses: moved, removed and adopt
// blocks.
func (l *loader) addressBlocks() {
	d := declared{make(map[schema.Address]schema.Range), make(map[schema.Address]schema.Range)}
	for _, r := range l.out.Resources {
		d.resources[r.Address] = r.Range
	}
	for _, b := range l.resourceBlocks() {
		d.blocks[schema.Address(b.address())] = schemaRange(b.rng)
	}
	for _, b := range l.byKind["moved"] {
		l.moved(b)
	}
	l.checkMoves(d)
	l.checkCircularMoves()
	for _, b := range l.byKind["removed"] {
		l.removed(b, d)
	}
	for _, b := range l.byKind["adopt"] {
		l.adopt(b, d)
	}
	l.checkAdoptions()
}

// declared is where the plan declares what.
type declared struct {
	resources map[schema.Address]schema.Range
	blocks    map[schema.Address]schema.Range // a block without for_each is also a resource
}

// find is where a is declared, as a resource or as a block.
func (d declared) find(a schema.Address) (schema.Range, bool) {
	if at, ok := d.resources[a]; ok {
		return at, true
	}
	at, ok := d.blocks[a]
	return at, ok
}

// statement is a block about addresses, with its settings as formulas.
type statement struct {
	block     *block
	formulas  map[string]*formula
	addresses map[string]*addressFormula
	each      []map[string]cty.Value // the variables of each repetition
}

// statement reads such a block. It reports whether all that it must have is
// there.
func (l *loader) statement(b *block, addresses, others []string) (*statement, bool) {
	c := l.read(b.body, shape{
		attributes: slices.Concat(addresses, others, []string{"for_each"}),
		references: addresses,
	})
	s := &statement{
		block:     b,
		formulas:  make(map[string]*formula),
		addresses: make(map[string]*addressFormula),
		each:      []map[string]cty.Value{nil},
	}
	forEach := c.find("for_each")
	sc := scope{each: forEach != nil}
	ok := true
	for _, x := range c.settings {
		switch {
		case slices.Contains(addresses, x.name):
			a, sound := l.address(x.expr, sc)
			ok = ok && sound
			if sound {
				s.addresses[x.name] = a
			}
		case x != forEach:
			s.formulas[x.name], _ = l.formula(x, sc)
		}
	}
	for _, name := range addresses {
		if c.find(name) == nil {
			l.problem("plan.attribute.missing", b.rng, "Missing argument",
				fmt.Sprintf("This block needs %q, the address of a repository.", name))
			ok = false
		}
	}
	if forEach != nil {
		pairs, _, known := l.each(forEach, scope{})
		s.each = nil
		for _, p := range pairs {
			s.each = append(s.each, eachVars(cty.StringVal(p.key), p.value))
		}
		ok = ok && known
	}
	return s, ok
}

func (l *loader) moved(b *block) {
	s, ok := l.statement(b, []string{"from", "to"}, nil)
	if !ok {
		return
	}
	for _, vars := range s.each {
		from, ok := l.addressAt(s.addresses["from"], vars)
		to, known := l.addressAt(s.addresses["to"], vars)
		if ok && known {
			l.out.Moved = append(l.out.Moved, schema.Moved{From: from, To: to, Range: schemaRange(b.rng)})
		}
	}
}

// checkMoves reports moves that contradict each other or the plan.
func (l *loader) checkMoves(d declared) {
	seen := make(map[schema.Address]schema.Range)
	for _, m := range l.out.Moved {
		at, from := *hclRange(m.Range), schema.Printable(string(m.From))
		if first, twice := seen[m.From]; twice {
			l.problem("plan.moved.duplicate", at, "Moved twice",
				fmt.Sprintf("%s moves here and at %s. Remove one of the two; a later move starts where the earlier one ended.", from, first))
			continue
		}
		seen[m.From] = m.Range
		if m.From.Kind() != m.To.Kind() {
			l.problem("plan.moved.kind", at, "Moved to another kind",
				fmt.Sprintf("%s cannot become %s: one is a %s and the other a %s. Remove the move.", from, schema.Printable(string(m.To)), m.From.Kind(), m.To.Kind()))
			continue
		}
		there, still := d.resources[m.From]
		if _, keyed := m.To.Key(); !still && !keyed {
			there, still = d.blocks[m.From]
		}
		if still && m.From != m.To {
			l.problem("plan.moved.declared", at, "Moved and still declared",
				fmt.Sprintf("%s moves to %s, but is still declared at %s. Remove the declaration or the move.", from, schema.Printable(string(m.To)), there))
		}
	}
}

// checkCircularMoves reports chains of moves that never end.
func (l *loader) checkCircularMoves() {
	next := make(map[schema.Address]schema.Address)
	for _, m := range l.out.Moved {
		next[m.From] = m.To
	}
	walked := make(map[schema.Address]int) // in which walk
	for i, m := range l.out.Moved {
		a, on := m.From, true
		for on && walked[a] == 0 {
			walked[a] = i + 1
			a, on = next[a], next[a] != ""
		}
		if !on || walked[a] != i+1 {
			continue
		}
		steps := []string{schema.Printable(string(a))}
		for b := next[a]; b != a; b = next[b] {
			steps = append(steps, schema.Printable(string(b)))
		}
		steps = append(steps, steps[0])
		l.problem("plan.moved.circle", *hclRange(m.Range), "Circular move",
			fmt.Sprintf("These moves lead back to where they start: %s. Remove one of them.", strings.Join(steps, " -> ")))
	}
}

func (l *loader) removed(b *block, d declared) {
	s, ok := l.statement(b, []string{"from"}, []string{"target"})
	if !ok {
		return
	}
	for _, vars := range s.each {
		from, known := l.addressAt(s.addresses["from"], vars)
		keep := "keep"
		if f := s.formulas["target"]; f != nil {
			x := l.at(f, vars)
			w := choice("target", "keep")
			w.ty = cty.String
			if v := l.check(w, false, x); !v.IsKnown() {
				continue
			} else if !v.IsNull() {
				keep = v.AsString()
			}
		}
		if !known {
			continue
		}
		if there, is := d.find(from); is {
			l.problem("plan.removed.declared", s.addresses["from"].rng, "Removed and still declared",
				fmt.Sprintf("%s is still declared at %s. Remove the declaration, or this block.", schema.Printable(string(from)), there))
			continue
		}
		l.out.Removed = append(l.out.Removed, schema.Removed{From: from, Target: keep, Range: schemaRange(b.rng)})
	}
}

func (l *loader) adopt(b *block, d declared) {
	s, ok := l.statement(b, []string{"to"}, []string{"id", "path"})
	if !ok {
		return
	}
	for _, vars := range s.each {
		to, known := l.addressAt(s.addresses["to"], vars)
		a := schema.Adoption{To: to, Range: schemaRange(b.rng)}
		set := 0
		for name, field := range map[string]*string{"id": &a.ID, "path": &a.Path} {
			f := s.formulas[name]
			if f == nil {
				continue
			}
			x := l.at(f, vars)
			if x.value.IsNull() {
				continue
			}
			set++
			w := &word{Attribute: schema.Attribute{Name: name}, ty: cty.String}
			v := l.check(w, false, x)
			if known = known && v.IsKnown(); known {
				*field = v.AsString()
			}
		}
		if set != 1 {
			l.problem("plan.adopt", b.rng, "Path or id required",
				"An adopt block names the repository at the target by exactly one of path, such as \"acme/api\", and id.")
			continue
		}
		if !known {
			continue
		}
		_, partial := l.out.Partial[to.Block()]
		if _, is := d.resources[to]; !is && !partial {
			l.unknownResource(s.addresses["to"].rng, to, d)
			continue
		}
		l.out.Adopt = append(l.out.Adopt, a)
	}
}

// unknownResource reports an address that the plan does not have.
func (l *loader) unknownResource(at hcl.Range, a schema.Address, d declared) {
	if l.incomplete {
		return
	}
	var known []string
	for r := range d.resources {
		known = append(known, string(r))
	}
	slices.Sort(known)
	detail := fmt.Sprintf("The plan has no %s.", schema.Printable(string(a)))
	if near := schema.Nearest(string(a), known); near != "" {
		detail += fmt.Sprintf(" Did you mean %s?", schema.Printable(near))
	}
	l.problem("plan.reference.unknown", at, "Unknown reference", detail)
}

// checkAdoptions reports resources that would adopt two repositories.
func (l *loader) checkAdoptions() {
	first := make(map[schema.Address]schema.Range)
	for _, a := range l.out.Adopt {
		if at, twice := first[a.To]; twice {
			l.problem("plan.adopt", *hclRange(a.Range), "Adopted twice",
				fmt.Sprintf("%s is adopted here and at %s. Remove one of the two.", schema.Printable(string(a.To)), at))
		}
		first[a.To] = a.Range
	}
}
