package planfile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// found evaluates every attribute of a file, and converts all that is wrong
// with it.
func found(t *testing.T, name, src string, ctx *hcl.EvalContext) schema.Diagnostics {
	t.Helper()
	parse := func(src []byte, name string) (*hcl.File, hcl.Diagnostics) {
		return hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}
	if strings.HasSuffix(name, ".json") {
		parse = json.Parse
	}
	file, diags := parse([]byte(src), name)
	if !diags.HasErrors() {
		content, more := file.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
			{Type: "repository", LabelNames: []string{"name"}}, {Type: "locals"},
		}})
		diags = append(diags, more...)
		for _, b := range content.Blocks {
			attrs, more := b.Body.JustAttributes()
			diags = append(diags, more...)
			for _, name := range sortedNames(attrs) {
				_, more := attrs[name].Expr.Value(ctx)
				diags = append(diags, more...)
			}
		}
	}
	return toSchema(map[string]*hcl.File{name: file}, coded("plan.test", diags))
}

func sortedNames(attrs hcl.Attributes) []string {
	var names []string
	for name := range attrs {
		names = append([]string{name}, names...) // any order: toSchema sorts
	}
	return names
}

// told is a finding as a person would be told, to compare with.
func told(d schema.Diagnostic) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s\n", d.Severity, d.Code, d.Summary)
	if d.Range != nil {
		fmt.Fprintf(&b, "at %s, column %d to %d:%d\n", d.Range, d.Range.Start.Column, d.Range.End.Line, d.Range.End.Column)
	}
	if d.Snippet != nil {
		fmt.Fprintf(&b, "in %s\n", d.Snippet.Context)
		for i, line := range strings.Split(d.Snippet.Code, "\n") {
			fmt.Fprintf(&b, "%d|%s\n", d.Snippet.StartLine+i, line)
		}
	}
	for _, v := range d.Values {
		fmt.Fprintf(&b, "%s is %s\n", v.Name, v.Is)
	}
	return b.String() + d.Detail + "\n"
}

func TestToSchema(t *testing.T) {
	tests := []struct{ name, file, src, want string }{
		{"values of what the expression names", "a.plan.hcl", `repository "acme" {
  new_name = each.value.name + each.value.count
}
`, `error plan.test: Invalid operand
at a.plan.hcl:2, column 14 to 2:29
in repository "acme"
2|  new_name = each.value.name + each.value.count
each.value.name is "site__old"
Unsuitable value for left operand: a number is required.
`},
		{"two mistakes, in the order of their places", "a.plan.hcl", `repository "acme" {
  z = each.valu
  a = upper(each)
}
`, `error plan.test: Unsupported attribute
at a.plan.hcl:2, column 11 to 2:16
in repository "acme"
2|  z = each.valu
This object does not have an attribute named "valu".
error plan.test: Invalid function argument
at a.plan.hcl:3, column 13 to 3:17
in repository "acme"
3|  a = upper(each)
each is an object with 2 attributes
Invalid value for "str" parameter: string required, but have object.
`},
		{"a function nearly named so", "a.plan.hcl", `locals {
  a = toslug(name)
  b = slgu(name)
}
`, `error plan.test: Call to unknown function
at a.plan.hcl:2, column 7 to 2:13
in locals
2|  a = toslug(name)
name is known after discovery
There is no function named "toslug".
error plan.test: Call to unknown function
at a.plan.hcl:3, column 7 to 3:11
in locals
3|  b = slgu(name)
name is known after discovery
There is no function named "slgu". Did you mean "slug"?
`},
		{"a call over several lines is shown whole", "a.plan.hcl", `locals {
  a = join(
    ",",
    1,
  )
}
`, `error plan.test: Invalid function argument
at a.plan.hcl:4, column 5 to 4:6
in locals
2|  a = join(
3|    ",",
4|    1,
5|  )
Invalid value for "lists" parameter: list of string required, but have number.
`},
		{"syntax", "a.plan.hcl", "locals {\r\n  token = \"ghp_abcdEFGH0123456789ab\" b\r\n}\r\n", `error plan.test: Missing newline after argument
at a.plan.hcl:2, column 38 to 2:39
in locals
2|  token = "************************" b
An argument definition must end with a newline.
`},
		{"what a terminal would act on", "a.plan.hcl", "locals {\n  a = \"\x1b[2J\u202e\" + 1\n}\n", `error plan.test: Invalid operand
at a.plan.hcl:2, column 7 to 2:14
in locals
2|  a = "\x1b[2J\u202e" + 1
Unsuitable value for left operand: a number is required.
`},
		{"a secret is not shown", "a.plan.hcl", `locals {
  a = upper(secret)
  b = "${marked} ${secret}"
}
`, `error plan.test: Invalid function argument
at a.plan.hcl:2, column 13 to 2:19
in locals
2|  a = upper(secret)
Invalid value for "str" parameter: string required, but have secret reference.
error plan.test: Invalid template interpolation value
at a.plan.hcl:3, column 20 to 3:26
in locals
3|  b = "${marked} ${secret}"
Cannot include the given value in a string template: string required, but have secret reference.
`},
		{"JSON", "a.plan.hcl.json", `{"repository": {"acme": {
  "new_name": "${upper(each)}"
}}}`, `error plan.test: Invalid function argument
at a.plan.hcl.json:2, column 24 to 2:28
in repository.acme
2|  "new_name": "${upper(each)}"
each is an object with 2 attributes
Invalid value for "str" parameter: string required, but have object.
`},
	}
	ctx := &hcl.EvalContext{
		Functions: functions(t.TempDir(), nil),
		Variables: map[string]cty.Value{
			"secret": testSecret(),
			"marked": cty.StringVal("hunter2").Mark("sensitive"),
			"name":   cty.UnknownVal(cty.String),
			"each": cty.ObjectVal(map[string]cty.Value{
				"key":   cty.StringVal("acme/site"),
				"value": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("site__old"), "count": cty.NumberIntVal(2)}),
			}),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got strings.Builder
			for _, d := range found(t, test.file, test.src, ctx.NewChild()) {
				got.WriteString(told(d))
			}
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestToSchemaOrder(t *testing.T) {
	at := func(file string, offset int) *hcl.Range {
		return &hcl.Range{Filename: file, Start: hcl.Pos{Line: 1, Column: 1 + offset, Byte: offset}, End: hcl.Pos{Line: 1, Column: 1 + offset, Byte: offset}}
	}
	got := toSchema(nil, hcl.Diagnostics{
		{Severity: hcl.DiagError, Summary: "4", Subject: at("b", 1)},
		{Severity: hcl.DiagError, Summary: "3", Subject: at("a", 7)},
		{Severity: hcl.DiagWarning, Summary: "2", Subject: at("a", 3), Extra: code("plan.deprecated")},
		{Severity: hcl.DiagError, Summary: "1", Extra: extra{code: "plan.first", address: `repository.a["b"]`}},
		{Severity: hcl.DiagError, Summary: "5", Subject: at("b", 1)},
	})
	var order string
	for _, d := range got {
		order += d.Summary
	}
	if order != "12345" {
		t.Errorf("the order is %s", order)
	}
	if first := got[0]; first.Code != "plan.first" || first.Address != `repository.a["b"]` {
		t.Errorf("the first is %s about %s", first.Code, first.Address)
	}
	if w := got[1]; w.Severity != schema.SeverityWarning || w.Code != "plan.deprecated" {
		t.Errorf("the warning is %s %s", w.Severity, w.Code)
	}
	if got := toSchema(nil, nil); got != nil {
		t.Errorf("nothing is %v", got)
	}
}

func TestCoded(t *testing.T) {
	call, diags := hclsyntax.ParseExpression([]byte("nosuch()"), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	_, diags = call.Value(&hcl.EvalContext{Functions: functions("", nil)})
	diags = append(diags,
		&hcl.Diagnostic{Detail: "panic in function implementation: x\ngoroutine 1 [running]:\nmain.go:1"},
		&hcl.Diagnostic{Detail: "ours", Extra: code("plan.alone")},
		&hcl.Diagnostic{Detail: "ours", Extra: extra{code: "plan.with.address"}},
	)
	var got []string
	for _, d := range coded("plan.second", coded("plan.given", diags)) {
		got = append(got, string(codeOf(d))+": "+d.Detail)
	}
	want := []string{
		`plan.given: There is no function named "nosuch".`,
		`plan.given: panic in function implementation: x`,
		`plan.alone: ours`,
		`plan.with.address: ours`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCodedKeepsTheFirst(t *testing.T) {
	_, diags := hclsyntax.ParseConfig(bytes.Repeat([]byte{0x15}, 2000), "a.plan.hcl", hcl.InitialPos)
	n := len(diags)
	got := coded("plan.syntax", diags)
	if n < 1000 || len(got) != maxFindings || !got.HasErrors() {
		t.Fatalf("of %d diagnostics %d are kept", n, len(got))
	}
	want := fmt.Sprintf(" %d further mistakes are left out.", n-maxFindings)
	if last := got[maxFindings-1].Detail; !strings.HasSuffix(last, want) {
		t.Errorf("the last one says %q; want it to end in %q", last, want)
	}
}

// A diagnostic of HCL's that nobody gave a code is told from a parser's by its
// expression.
func TestCodeOf(t *testing.T) {
	_, diags := hclsyntax.ParseConfig([]byte("a = ["), "", hcl.InitialPos)
	if got := codeOf(diags[0]); got != "plan.syntax" {
		t.Errorf("a mistake in the syntax is %s", got)
	}
	expr, _ := hclsyntax.ParseExpression([]byte("absent"), "", hcl.InitialPos)
	_, diags = expr.Value(nil)
	if got := codeOf(diags[0]); got != "plan.invalid" {
		t.Errorf("a mistake in a value is %s", got)
	}
}

// Only a few lines of a long mistake are shown.
func TestExcerptIsShort(t *testing.T) {
	src := "locals {\n  a = [\n" + strings.Repeat("    1,\n", 1000) + "  ] + 1\n}\n"
	got := found(t, "a.plan.hcl", src, nil)
	if len(got) != 1 {
		t.Fatalf("found %v", got)
	}
	if n := strings.Count(got[0].Snippet.Code, "\n") + 1; n > 12 {
		t.Errorf("the excerpt has %d lines", n)
	}
	if got[0].Snippet.StartLine != 2 {
		t.Errorf("the excerpt starts at line %d", got[0].Snippet.StartLine)
	}
}

// A file on one line does not come with each of its findings.
func TestExcerptOfALongLine(t *testing.T) {
	many := strings.Repeat(`"ghp_abcdEFGH0123456789ab", `, 10_000)
	got := found(t, "a.plan.hcl.json", `{"repository": {"acme": {"x": [`+many+`"${absent}", `+many+`"y"]}}}`, &hcl.EvalContext{})
	if len(got) != 1 || !strings.Contains(got[0].Snippet.Code, "absent") {
		t.Fatalf("found %v", got)
	}
	code := got[0].Snippet.Code
	if len(code) > 2000 || !strings.HasPrefix(code, "...") || !strings.HasSuffix(code, "...") {
		t.Errorf("the excerpt has %d bytes: %.40s", len(code), code)
	}
	if strings.Contains(code, "EFGH") || strings.Contains(code, "6789ab") {
		t.Errorf("the excerpt has part of a credential:\n%s", code)
	}
}

// Ranges come from providers and callers too; one that is not in the file has
// no excerpt.
func TestExcerptOutsideTheFile(t *testing.T) {
	files := map[string]*hcl.File{"a.plan.hcl": {Bytes: []byte("one\n")}}
	for _, line := range []int{0, 9} {
		at := hcl.Pos{Line: line, Column: 1, Byte: 100}
		got := toSchema(files, hcl.Diagnostics{{Severity: hcl.DiagError, Subject: &hcl.Range{Filename: "a.plan.hcl", Start: at, End: at}}})
		if got[0].Snippet != nil {
			t.Errorf("line %d has the excerpt %v", line, got[0].Snippet)
		}
	}
}
