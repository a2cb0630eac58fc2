package planfile

import (
	"strings"
	"testing"
)

// The parser and the evaluator recurse without a bound, and a stack that
// overflows cannot be recovered from.
func TestTooDeep(t *testing.T) {
	const n = 100_000
	repeat := strings.Repeat
	for name, text := range map[string]string{
		"brackets":   "a = " + repeat("[", n) + repeat("]", n),
		"parens":     "a = " + repeat("(", n) + "1" + repeat(")", n),
		"operators":  "a = 1" + repeat("+1", n),
		"negations":  "a = " + repeat("!", n) + "true",
		"choices":    "a = " + repeat("true ? 1 : ", n) + "1",
		"templates":  "a = " + repeat(`"${`, n) + "1" + repeat(`}"`, n),
		"directives": `a = "` + repeat("%{ if true }", n) + repeat("%{ endif }", n) + `"`,
		"splats":     "a = x" + repeat(".*", n),
		"attributes": "a = x" + repeat(".y", n),
		"indexes":    "a = x" + repeat("[0]", n),
		"keys":       "b = 0\na = [0]" + repeat("[local.b]", n),
		"number":     "a = 1e600000000",
	} {
		t.Run(name, func(t *testing.T) {
			dir := plan(t, map[string]string{"a.plan.hcl": "locals {\n" + text + "\n}\n"})
			if _, diags := Load(t.Context(), dir, Environment{}); !diags.HasErrors() {
				t.Error("accepted")
			}
		})
	}
	for name, text := range map[string]string{
		"arrays":   `{"locals": {"a": ` + repeat("[", n) + repeat("]", n) + "}}",
		"template": `{"locals": {"a": "` + repeat("${(", n) + `"}}`,
		"number":   `{"locals": {"a": 1e600000000}}`,
	} {
		t.Run("json "+name, func(t *testing.T) {
			dir := plan(t, map[string]string{"a.plan.hcl.json": text})
			if _, diags := Load(t.Context(), dir, Environment{}); !diags.HasErrors() {
				t.Error("accepted")
			}
		})
	}
}

// What a person may write is far from the bounds.
func TestDeepEnough(t *testing.T) {
	dir := plan(t, map[string]string{"a.plan.hcl": onePlan + "locals {\n" +
		"a = " + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "\n" +
		"b = " + strings.Repeat("true || ", 400) + "false\n" +
		"c = [" + strings.Repeat("\"${1 + 1}\", ", 5000) + "]\n}\n"})
	if _, diags := Load(t.Context(), dir, Environment{}); diags != nil {
		t.Error(render(diags))
	}
}
