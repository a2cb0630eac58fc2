package planfile

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

func TestTypeOf(t *testing.T) {
	tests := []struct {
		of   schema.Type
		want cty.Type
	}{
		{schema.TypeString, cty.String},
		{schema.TypeNumber, cty.Number},
		{schema.TypeBool, cty.Bool},
		{schema.TypeStringList, cty.List(cty.String)},
		{schema.TypeStringMap, cty.Map(cty.String)},
		{schema.TypeBoolMap, cty.Map(cty.Bool)},
		{"list(map(number))", cty.DynamicPseudoType},
	}
	for _, test := range tests {
		if got := typeOf(test.of); !got.Equals(test.want) {
			t.Errorf("typeOf(%s) = %s; want %s", test.of, got.FriendlyName(), test.want.FriendlyName())
		}
	}
}

func TestToJSON(t *testing.T) {
	huge := cty.NumberVal(new(big.Float).SetMantExp(big.NewFloat(1), 1<<20))
	object := func(v cty.Value) cty.Value {
		return cty.ObjectVal(map[string]cty.Value{"list": cty.TupleVal([]cty.Value{cty.True, v})})
	}
	tests := []struct {
		name string
		v    cty.Value
		want string // JSON, or the error after "error: "
	}{
		{"text", cty.StringVal("a\"\n"), `"a\"\n"`},
		{"whole number", cty.MustParseNumberVal("12345678901234567890"), `12345678901234567890`},
		{"power of ten", cty.MustParseNumberVal("1e3"), `1000`},
		{"fraction", cty.MustParseNumberVal("0.1"), `0.1`},
		{"negative", cty.NumberIntVal(-5), `-5`},
		{"null", cty.NullVal(cty.String), `null`},
		{"null of any type", cty.NullVal(cty.DynamicPseudoType), `null`},
		{"map", cty.MapVal(map[string]cty.Value{"b": cty.True, "a": cty.False}), `{"a":false,"b":true}`},
		{"object", object(cty.NullVal(cty.DynamicPseudoType)), `{"list":[true,null]}`},
		{"empty list", cty.ListValEmpty(cty.String), `[]`},
		{"set", cty.SetVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")}), `["a","b"]`},
		{"sensitive", object(cty.StringVal("hunter2").Mark("sensitive")), `error: .list[1]: a sensitive value cannot be written as JSON`},
		{"secret", object(testSecret()), `error: .list[1]: a secret reference cannot be written as JSON`},
		{"secret alone", testSecret(), `error: a secret reference cannot be written as JSON`},
		{"unknown", object(cty.UnknownVal(cty.String)), `error: .list[1]: a value that is not known yet cannot be written as JSON`},
		{"huge", cty.MapVal(map[string]cty.Value{"a b": huge}), `error: ["a b"]: a number has more than a thousand digits`},
		{"infinite", cty.PositiveInfinity, `error: an infinite number cannot be written as JSON`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			raw, err := toJSON(test.v)
			got := string(raw)
			if err != nil {
				got = "error: " + err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromJSON(t *testing.T) {
	tests := []struct {
		raw  string
		t    cty.Type
		want string // as a plan writes it, or the error after "error: "
	}{
		{`"a"`, cty.String, `"a"`},
		{`["a","b"]`, cty.List(cty.String), `["a", "b"]`},
		{`{"a":true}`, cty.Map(cty.Bool), `{ a = true }`},
		{`{"a":[1,null]}`, cty.DynamicPseudoType, `{ a = [1, null] }`},
		{`null`, cty.String, `null`},
		{`12`, cty.String, `"12"`},
		{`["a",{}]`, cty.List(cty.String), `error: [1]: string is required`},
		{`{`, cty.DynamicPseudoType, `error: line 1 of the JSON text is malformed: unexpected end of JSON input`},
		{``, cty.String, `error: line 1 of the JSON text is malformed: unexpected end of JSON input`},
		{strings.Repeat("[", 20_000), cty.DynamicPseudoType, `error: line 1 of the JSON text is malformed: invalid character '[' exceeded max depth`},
	}
	for _, test := range tests {
		v, err := fromJSON(json.RawMessage(test.raw), test.t)
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = written(v)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("fromJSON(%.20q) (-want +got):\n%s", test.raw, diff)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,-2.5e3,null,true,"x"],"b":{}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := fromJSON(json.RawMessage(raw), cty.DynamicPseudoType)
		if err != nil {
			return
		}
		first, err := toJSON(v)
		if err != nil {
			return // a number out of all proportion
		}
		again, err := fromJSON(first, cty.DynamicPseudoType)
		if err != nil {
			t.Fatalf("%s became %s: %v", raw, first, err)
		}
		second, err := toJSON(again)
		if err != nil || string(first) != string(second) {
			t.Errorf("%s became %s (%v)", first, second, err)
		}
	})
}
