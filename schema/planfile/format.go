package planfile

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/drover-migrate/drover/schema"
)

// Format is the text of a plan file in canonical layout: white space is put in
// order and nothing else changes. It ends in one line feed. What Format returns
// comes back unchanged from Format. Text that is not a plan file is refused
// with diagnostics; file is the name they show it under, and tells JSON, which
// has no canonical layout, from the native syntax.
func Format(src []byte, file string) ([]byte, schema.Diagnostics) {
	if strings.HasSuffix(file, ".json") {
		return nil, schema.Diagnostics{{
			Severity: schema.SeverityError,
			Code:     "plan.format.json",
			Summary:  "File in JSON",
			Detail:   "Only files in the native syntax, whose names end in .hcl, have a canonical layout. Format this one with the program that wrote it.",
			Range:    &schema.Range{File: file, Start: schema.FilePosition{Line: 1, Column: 1}, End: schema.FilePosition{Line: 1, Column: 1}},
		}}
	}
	parsed, diags := parseNative(src, file)
	if diags.HasErrors() {
		return nil, toSchema(map[string]*hcl.File{file: parsed}, diags)
	}
	return layout(src), nil
}

// parseNative parses a file in the native syntax, unless it is more than the
// parser can take. The file it returns has its bytes in any case.
func parseNative(src []byte, file string) (*hcl.File, hcl.Diagnostics) {
	if err := checkSource(hclsyntax.LexConfig, src); err != nil {
		at := fileStart(file)
		return &hcl.File{Bytes: src}, hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "Expression too large",
			Detail:   sentence(err.Error()),
			Subject:  &at,
			Extra:    code("plan.syntax.limit"),
		}}
	}
	parsed, diags := hclsyntax.ParseConfig(src, file, hcl.InitialPos)
	if parsed == nil {
		parsed = &hcl.File{Bytes: src}
	}
	return parsed, coded("plan.syntax", diags)
}

func layout(src []byte) []byte {
	out := bytes.TrimRight(hclwrite.Format(src), " \t\r\n")
	if len(out) == 0 {
		return nil
	}
	return append(out, '\n')
}
