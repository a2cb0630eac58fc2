package planfile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseVariables(t *testing.T) {
	for _, test := range []struct {
		file, src string
		want      []Assignment
		wantError string
	}{
		{"x.hcl", "b = [1, 2]\na = \"x${1}\"\n", []Assignment{
			{"a", `"x${1}"`, true, "x.hcl:2"}, {"b", "[1, 2]", true, "x.hcl:1"},
		}, ""},
		{"x.json", `{"a": "$${x} \n \"q\"", "b": {"c": [1, null, true]}}`, []Assignment{
			{"a", `"$$${x} \n \"q\""`, true, "x.json:1"}, {"b", "{\n  c = [1, null, true]\n}", true, "x.json:1"},
		}, ""},
		{"x.hcl", "a {\n}\n", nil, "plan.syntax"},
		{"x.hcl", "a = \n", nil, "plan.syntax"},
		{"x.json", "[", nil, "plan.syntax"},
		{"x.hcl", "a = " + strings.Repeat("[", 5000), nil, "plan.syntax.limit"},
	} {
		got, diags := ParseVariables(test.file, []byte(test.src))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.src, diff)
		}
		if test.wantError == "" && diags != nil || test.wantError != "" && (!diags.HasErrors() || diags[0].Code != test.wantError) {
			t.Errorf("%q gives the diagnostics %v", test.src, diags)
		}
	}
}

// A value from a file means what it says there, whatever it holds.
func TestVariablesFromFiles(t *testing.T) {
	dir := plan(t, map[string]string{"a.plan.hcl": `
variable "a" {}

variable "b" {
  type = object({ c = list(number) })
}

source "git" "local" {
  base = "${var.a} ${var.b.c[1]}"
}
`})
	for file, src := range map[string]string{
		"x.hcl":  "a = \"$${x} \\\"q\\\"\"\nb = { c = [1, 2] }\n",
		"x.json": `{"a": "${x} \"q\"", "b": {"c": [1, 2]}}`,
	} {
		assignments, diags := ParseVariables(file, []byte(src))
		if diags != nil {
			t.Fatal(render(diags))
		}
		m, diags := Load(t.Context(), dir, Environment{Variables: assignments})
		if diags != nil {
			t.Fatal(render(diags))
		}
		if got, want := string(m.Sources["source.git.local"].Settings), `{"base":"${x} \"q\" 2"}`; got != want {
			t.Errorf("%s: the setting is %s; want %s", file, got, want)
		}
	}
}
