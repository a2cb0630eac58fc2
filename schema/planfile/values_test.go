package planfile

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

func TestValueText(t *testing.T) {
	list := func(n int) cty.Value {
		var all []cty.Value
		for range n {
			all = append(all, cty.Zero)
		}
		return cty.ListVal(all)
	}
	pair := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("x"), "a/b": cty.True})
	tests := []struct {
		v    cty.Value
		want string
	}{
		{cty.StringVal(`site__"old"`), `"site__\"old\""`},
		{cty.StringVal("${x}\n"), `"$${x}\n"`},
		{cty.StringVal(strings.Repeat("é", 81)), `"` + strings.Repeat("é", 80) + `"...`},
		{cty.StringVal(strings.Repeat("é", 80)), `"` + strings.Repeat("é", 80) + `"`},
		{cty.NumberIntVal(2000), `2000`},
		{cty.MustParseNumberVal("0.1"), `0.1`},
		{cty.NumberVal(new(big.Float).SetMantExp(big.NewFloat(1), 1<<30)), `a number of more than a thousand digits`},
		{cty.True, `true`},
		{cty.NullVal(cty.String), `null`},
		{cty.UnknownVal(cty.Bool), `known after discovery`},
		{cty.DynamicVal, `known after discovery`},
		{cty.StringVal("hunter2").Mark(1), `sensitive`},
		{testSecret(), `secret reference`},
		{list(2), `[0, 0]`},
		{list(5), `a list with 5 elements`},
		{cty.ListValEmpty(cty.String), `[]`},
		{cty.ListVal([]cty.Value{list(1)}), `a list with 1 element`},
		{cty.TupleVal([]cty.Value{cty.StringVal("a"), cty.NullVal(cty.DynamicPseudoType), cty.UnknownVal(cty.String)}), `["a", null, known after discovery]`},
		{cty.TupleVal([]cty.Value{cty.StringVal("hunter2").Mark(1)}), `[sensitive]`},
		{cty.ListVal([]cty.Value{cty.StringVal(strings.Repeat("x", 50)), cty.StringVal(strings.Repeat("x", 50))}), `a list with 2 elements`},
		{cty.SetVal([]cty.Value{cty.StringVal("a")}), `["a"]`},
		{cty.SetVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}), `["a", known after discovery]`},
		{cty.MapVal(map[string]cty.Value{"a": cty.Zero}), `{ a = 0 }`},
		{cty.MapValEmpty(cty.String), `{}`},
		{cty.MapVal(map[string]cty.Value{"a": list(1), "b": list(1)}), `a map with 2 entries`},
		{pair, `{ "a/b" = true, name = "x" }`},
		{cty.ObjectVal(map[string]cty.Value{"a": pair}), `an object with 1 attribute`},
		{cty.EmptyObjectVal, `{}`},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, valueText(test.v)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestValuesIn(t *testing.T) {
	expr, diags := hclsyntax.ParseExpression([]byte(
		`local.waves[each.key] + [for x in local.rows : x][0] + local.rows[0] + each.key + each.absent + token + nowhere`), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	root := &hcl.EvalContext{Variables: map[string]cty.Value{
		"local": cty.ObjectVal(map[string]cty.Value{
			"waves": cty.MapVal(map[string]cty.Value{"a": cty.Zero}),
			"rows":  cty.TupleVal([]cty.Value{cty.Zero, cty.Zero}),
		}),
		"token": cty.StringVal("ghp_" + strings.Repeat("a1", 10)),
	}}
	ctx := root.NewChild()
	ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal("b")})}
	want := []schema.Value{
		{Name: "each.key", Is: `"b"`},
		{Name: "local.rows", Is: `[0, 0]`},
		{Name: "local.rows[0]", Is: `0`},
		{Name: "local.waves", Is: `{ a = 0 }`},
		{Name: "token", Is: `"` + strings.Repeat("*", 24) + `"`},
	}
	if diff := cmp.Diff(want, valuesIn(&hcl.Diagnostic{Expression: expr, EvalContext: ctx})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := valuesIn(&hcl.Diagnostic{Expression: expr}); got != nil {
		t.Errorf("without a context there are the values %v", got)
	}
}
