package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// valuesIn lists what the names in d's expression stand for where it was
// evaluated, in the order of the names.
func valuesIn(d *hcl.Diagnostic) []schema.Value {
	const most = 20
	if d.Expression == nil || d.EvalContext == nil {
		return nil
	}
	var out []schema.Value
	for _, t := range d.Expression.Variables() {
		v, diags := t.TraverseAbs(d.EvalContext)
		if diags.HasErrors() || v.IsMarked() || v.Type().IsCapsuleType() {
			continue
		}
		is := schema.Printable(maskTokens(valueText(v)))
		out = append(out, schema.Value{Name: schema.Printable(traversalText(t)), Is: is})
	}
	slices.SortStableFunc(out, func(a, b schema.Value) int { return strings.Compare(a.Name, b.Name) })
	out = slices.CompactFunc(out, func(a, b schema.Value) bool { return a.Name == b.Name })
	return out[:min(len(out), most)]
}

// traversalText is t as it is written in a plan.
func traversalText(t hcl.Traversal) string {
	var b strings.Builder
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(step.Name)
		case hcl.TraverseAttr:
			b.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			b.WriteString("[" + valueText(step.Key) + "]")
		case hcl.TraverseSplat:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

// valueText is how a person would write v, or what it is when that is long:
// this stands in the middle of a sentence.
func valueText(v cty.Value) string {
	t := v.Type()
	switch {
	case v.IsMarked():
		return "sensitive"
	case !v.IsKnown():
		return "known after discovery"
	case v.IsNull():
		return "null"
	case t == cty.Number && isLong(v.AsBigFloat()):
		return "a number of more than a thousand digits"
	case t == cty.Number:
		return v.AsBigFloat().Text('g', 20)
	case t == cty.String:
		return quotedText(v.AsString())
	case t.IsPrimitiveType():
		return string(hclwrite.TokensForValue(v).Bytes())
	case t.IsTupleType(), t.IsListType(), t.IsSetType(), t.IsMapType(), t.IsObjectType():
		return collectionText(v)
	}
	return t.FriendlyName()
}

// quotedText is s in quotes as a plan writes it, cut off when it is long.
func quotedText(s string) string {
	const most = 80
	end := ""
	if runes := []rune(s[:min(len(s), 4*most+4)]); len(runes) > most {
		s, end = string(runes[:most]), "..."
	}
	return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) + end
}

// collectionText writes out what is short and flat, and counts the rest. It
// looks at no more than a few elements, however many there are.
func collectionText(v cty.Value) string {
	const mostElements, mostText = 4, 80
	t := v.Type()
	n := elementCount(v)
	if n <= mostElements {
		var parts []string
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			if !e.IsMarked() && (!e.Type().IsPrimitiveType() && e.Type() != cty.DynamicPseudoType) {
				return counted(t, n)
			}
			text := valueText(e)
			if t.IsMapType() || t.IsObjectType() {
				text = keyText(k.AsString()) + " = " + text
			}
			parts = append(parts, text)
		}
		text := "[" + strings.Join(parts, ", ") + "]"
		switch {
		case (t.IsMapType() || t.IsObjectType()) && n == 0:
			text = "{}"
		case t.IsMapType() || t.IsObjectType():
			text = "{ " + strings.Join(parts, ", ") + " }"
		}
		if len(text) <= mostText {
			return text
		}
	}
	return counted(t, n)
}

func elementCount(v cty.Value) int {
	if t := v.Type(); t.IsObjectType() {
		return len(t.AttributeTypes())
	}
	return v.LengthInt()
}

// keyText is a key of an object as a plan writes it.
func keyText(key string) string {
	if schema.Address("x."+key).Check() == nil && !strings.ContainsAny(key, "[.") {
		return key
	}
	return quotedText(key)
}

func counted(t cty.Type, n int) string {
	what, parts := "a list", "element"
	switch {
	case t.IsSetType():
		what = "a set"
	case t.IsMapType():
		what, parts = "a map", "entry"
	case t.IsObjectType():
		what, parts = "an object", "attribute"
	}
	switch {
	case n == 1:
		return fmt.Sprintf("%s with 1 %s", what, parts)
	case parts == "entry":
		parts = "entries"
	default:
		parts += "s"
	}
	return fmt.Sprintf("%s with %d %s", what, n, parts)
}
