package planfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func TestFormat(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"nothing", "", ""},
		{"blank lines", "\n \n\t\n", ""},
		{"no line feed at the end", `locals {}`, "locals {}\n"},
		{"too many line feeds at the end", "locals {}\n\n\n", "locals {}\n"},
		{"indentation", "source \"git\" \"x\" {\n    a=1\n  b {\n c = 2\n   }\n}\n", "source \"git\" \"x\" {\n  a = 1\n  b {\n    c = 2\n  }\n}\n"},
		{"columns", "locals {\n  a = 1 # one\n  longer = 2 # two\n}\n", "locals {\n  a      = 1 # one\n  longer = 2 # two\n}\n"},
		{"heredoc", "locals {\na = <<EOT\n   keep  \n\nEOT\n}\n", "locals {\n  a = <<EOT\n   keep  \n\nEOT\n}\n"},
		{"comment at the end", "# only this", "# only this\n"},
		{"template", "locals {\n a = \"${ var.x }  b\"\n}\n", "locals {\n  a = \"${var.x}  b\"\n}\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, diags := Format([]byte(test.src), "a.plan.hcl")
			if diags != nil {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormatRefuses(t *testing.T) {
	type finding struct{ Code, Summary, At string }
	tests := []struct {
		name, file, src string
		want            finding
	}{
		{"JSON", "a.plan.hcl.json", `{}`, finding{"plan.format.json", "File in JSON", "a.plan.hcl.json:1"}},
		{"a mistake", "a.plan.hcl", "locals {\n  a = \n}\n", finding{"plan.syntax", "Invalid expression", "a.plan.hcl:2"}},
		{"too deep", "a.plan.hcl", "a = " + deep(100_000), finding{"plan.syntax.limit", "Expression too large", "a.plan.hcl:1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, diags := Format([]byte(test.src), test.file)
			if got != nil || len(diags) == 0 || diags[0].Severity != schema.SeverityError {
				t.Fatalf("Format = %q, %v; want an error", got, diags)
			}
			if diff := cmp.Diff(test.want, finding{diags[0].Code, diags[0].Summary, diags[0].Range.String()}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func deep(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '['
	}
	return string(b)
}
