package planfile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// entry is an effective setting.
type entry struct {
	word   *word // nil: only the provider would know it
	value  cty.Value
	raw    json.RawMessage // of a known value that is no reference
	origin schema.Origin   // Level is empty for a default
	from   given           // what it was written as, for diagnostics
}

// known reports whether e has its final value.
func (e entry) known() bool { return e.value.IsWhollyKnown() }

// own reports whether e is a setting of Drover's own.
func (e entry) own() bool { return e.word != nil && !e.word.setting && !e.word.placement }

// is reports whether e is known to be text.
func (e entry) is(text string) bool {
	return e.known() && e.value.Type() == cty.String && e.value.AsString() == text
}

// entries checks one written setting and takes it apart into effective ones:
// none when it is null, which goes back to the level below, and one for each
// element of a map(bool).
func (l *loader) entries(v *vocabulary, level string, x given) map[string]entry {
	s := x.setting
	w, element := v.find(s.name)
	if w == nil && !v.open {
		// A misspelt setting is not also a missing one.
		near := l.unknownWord(v, s)
		if near == "" {
			return nil
		}
		w = v.words[near]
		return map[string]entry{cmp.Or(w.means, near): {word: w, value: cty.DynamicVal, from: x}}
	}
	if x.value.IsNull() {
		return nil
	}
	origin := schema.Origin{Level: level, Range: schemaRange(s.rng)}
	var value cty.Value
	if w == nil {
		value = l.unchecked(x)
	} else {
		value = l.check(w, element, x)
	}
	name := s.name
	if w != nil && w.means != "" {
		name = w.means
	}
	if w != nil && w.Type == schema.TypeBoolMap && !element && value.IsKnown() {
		out := make(map[string]entry)
		for key, e := range value.AsValueMap() {
			if !e.IsNull() {
				out[s.name+"."+key] = l.entry(entry{word: w, value: e, origin: origin, from: x})
			}
		}
		return out
	}
	if value.IsNull() {
		return nil
	}
	return map[string]entry{name: l.entry(entry{word: w, value: value, origin: origin, from: x})}
}

// unchecked is the value of a setting that nobody can judge.
func (l *loader) unchecked(x given) cty.Value {
	if !x.value.IsWhollyKnown() || x.value.Type() == secretType {
		return x.value
	}
	if why := opaque(x.value.Type()); why != "" {
		l.unsuitable(x.setting.name, x.setting.expr.Range(), why, x.setting.expr, x.ctx)
		return cty.DynamicVal
	}
	return x.value
}

// opaque says why a value of type t can be no setting: it is, or holds, a
// reference to a block.
func opaque(t cty.Type) string {
	for _, kind := range []string{"secret", "source", "target", "authors", "profile"} {
		if ref, _ := referenceType(kind); contains(t, ref) {
			return "it must not hold a " + ref.FriendlyName()
		}
	}
	return ""
}

// contains reports whether values of type t hold values of type part.
func contains(t, part cty.Type) bool {
	switch {
	case t == part:
		return true
	case t.IsCollectionType():
		return contains(t.ElementType(), part)
	case t.IsTupleType():
		for _, e := range t.TupleElementTypes() {
			if contains(e, part) {
				return true
			}
		}
	case t.IsObjectType():
		for _, e := range t.AttributeTypes() {
			if contains(e, part) {
				return true
			}
		}
	}
	return false
}

// entry fills in the JSON of e.
func (l *loader) entry(e entry) entry {
	if !e.known() || e.value.Type().IsCapsuleType() {
		return e
	}
	raw, err := toJSON(e.value)
	if err != nil {
		l.unsuitable(e.from.setting.name, e.from.setting.expr.Range(), err.Error(), nil, nil)
		e.value = cty.DynamicVal
		return e
	}
	e.raw = raw
	return e
}

// defaults adds what providers say is in force where nothing is set.
func (l *loader) defaults(v *vocabulary, set map[string]entry) {
	for _, name := range sortedKeys(v.words) {
		w := v.words[name]
		if w.Default == "" || w.Secret {
			continue
		}
		value, err := fromJSON(json.RawMessage(w.Default), cty.DynamicPseudoType)
		if err == nil {
			value, err = ctyconvert.Convert(value, w.ty)
		}
		if err != nil {
			l.placeless("plan.provider", "Malformed description of a provider",
				fmt.Sprintf("The default of %q, as described for %s, does not have its type: %s. Report this to whoever makes the provider.",
					schema.Printable(name), v.whose, schema.Printable(err.Error())))
			continue
		}
		if value.IsNull() {
			continue
		}
		if w.Type == schema.TypeBoolMap {
			for key, e := range value.AsValueMap() {
				if _, taken := set[name+"."+key]; !taken {
					set[name+"."+key] = l.entry(entry{word: w, value: e, from: ofDefault(name)})
				}
			}
			continue
		}
		if _, taken := set[name]; !taken {
			set[name] = l.entry(entry{word: w, value: value, from: ofDefault(name)})
		}
	}
}

func ofDefault(name string) given {
	return given{setting: &setting{name: name, expr: hcl.StaticExpr(cty.DynamicVal, hcl.Range{})}}
}

// hasEntry reports whether set holds name, or an element of it.
func hasEntry(set map[string]entry, name string) bool {
	if _, ok := set[name]; ok {
		return true
	}
	for n := range set {
		if strings.HasPrefix(n, name+".") {
			return true
		}
	}
	return false
}

// put adds a field to an object, with a dotted name into the object within it.
func put(fields map[string]any, name string, raw json.RawMessage) {
	parent, child, nested := strings.Cut(name, ".")
	if !nested {
		fields[name] = raw
		return
	}
	inner, ok := fields[parent].(map[string]any)
	if !ok {
		inner = make(map[string]any)
		fields[parent] = inner
	}
	inner[child] = raw
}
