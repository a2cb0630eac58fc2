package planfile

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-migrate/drover/schema"
)

// code is the stable name of a kind of mistake. It travels in the Extra field
// of an hcl.Diagnostic, alone or in an extra.
type code string

// extra is what travels in the Extra field when there is more to say.
type extra struct {
	code    code
	address schema.Address // the resource that the diagnostic is about
}

// UnwrapDiagnosticExtra is how hcl.DiagnosticExtra finds the code.
func (e extra) UnwrapDiagnosticExtra() any { return e.code }

// maxFindings bounds how many diagnostics one step of reading gives. A picture
// that is called x.plan.hcl has a mistake in every byte.
const maxFindings = 50

// coded makes HCL's diagnostics ours: those without a code get the code c, and
// their text is improved where HCL's depends on chance or shows the insides of
// the program. Of more than maxFindings the first ones are kept, and the last of
// them says how many are not.
func coded(c code, diags hcl.Diagnostics) hcl.Diagnostics {
	left := len(diags) - maxFindings
	if left > 0 {
		diags = diags[:maxFindings]
	}
	for _, d := range diags {
		if _, ok := hcl.DiagnosticExtra[code](d); !ok {
			d.Detail = improved(d)
			d.Extra = c
		}
	}
	if left > 0 {
		diags[maxFindings-1].Detail += fmt.Sprintf(" %d further mistakes are left out.", left)
	}
	return diags
}

func improved(d *hcl.Diagnostic) string {
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](d); ok {
		return unknownFunction(call.CalledFunctionNamespace() + call.CalledFunctionName())
	}
	// A function that panicked reports the stack after its message.
	text, _, _ := strings.Cut(d.Detail, "\ngoroutine ")
	return text
}

// unknownFunction suggests a function of any scope, always the same one; HCL
// goes through the innermost scope in the order of a map.
func unknownFunction(name string) string {
	var known []string
	for _, f := range Functions() {
		known = append(known, f.Name)
	}
	text := fmt.Sprintf("There is no function named %q.", name)
	if near := schema.Nearest(name, known); near != "" {
		text += fmt.Sprintf(" Did you mean %q?", near)
	}
	return text
}

// codeOf is the code of d. Without one, what has no expression was found by
// the parser.
func codeOf(d *hcl.Diagnostic) code {
	if c, ok := hcl.DiagnosticExtra[code](d); ok {
		return c
	}
	if d.Expression == nil && d.EvalContext == nil {
		return "plan.syntax"
	}
	return "plan.invalid"
}

// toSchema turns what was found into findings that can be shown without the
// files: in the order of file names and places, those without a place first.
// Text that looks like a credential is masked, and what a terminal would act
// on is escaped.
func toSchema(files map[string]*hcl.File, diags hcl.Diagnostics) schema.Diagnostics {
	sorted := slices.Clone(diags)
	slices.SortStableFunc(sorted, func(a, b *hcl.Diagnostic) int {
		x, y := subject(a), subject(b)
		return cmp.Or(strings.Compare(x.Filename, y.Filename), cmp.Compare(x.Start.Byte, y.Start.Byte))
	})
	var out schema.Diagnostics
	for _, d := range sorted {
		out = append(out, toFinding(files, d))
	}
	return out
}

// subject is d's place, or the zero Range, which comes before any other.
func subject(d *hcl.Diagnostic) hcl.Range {
	if d.Subject == nil {
		return hcl.Range{}
	}
	return *d.Subject
}

func toFinding(files map[string]*hcl.File, d *hcl.Diagnostic) schema.Diagnostic {
	out := schema.Diagnostic{
		Severity: schema.SeverityError,
		Code:     string(codeOf(d)),
		Summary:  shown(d.Summary),
		Detail:   shown(d.Detail),
		Values:   valuesIn(d),
	}
	if e, ok := d.Extra.(extra); ok {
		out.Address = string(e.address)
	}
	if d.Severity == hcl.DiagWarning {
		out.Severity = schema.SeverityWarning
	}
	if d.Subject == nil {
		return out
	}
	at := schemaRange(*d.Subject)
	out.Range = &at
	if file := files[d.Subject.Filename]; file != nil && len(file.Bytes) > 0 {
		out.Snippet = excerpt(file, d)
	}
	return out
}

// excerpt is the lines of d's subject, with those around it that belong to it
// as long as they are few. It is nil when the file does not have the place.
func excerpt(file *hcl.File, d *hcl.Diagnostic) *schema.Excerpt {
	const most = 12
	at := *d.Subject
	if d.Context != nil && d.Context.Filename == at.Filename {
		if all := hcl.RangeOver(at, *d.Context); all.End.Line-all.Start.Line < most {
			at = all
		}
	}
	if !at.CanSliceBytes(file.Bytes) {
		return nil
	}
	var lines []string
	for line := range strings.Lines(wholeLines(file.Bytes, at.Start.Byte, at.End.Byte)) {
		lines = append(lines, schema.Printable(maskTokens(strings.TrimRight(line, "\r\n"))))
		if len(lines) == most {
			break
		}
	}
	return &schema.Excerpt{
		Context:   schema.Printable(contextOf(file, d.Subject.Start.Byte)),
		Code:      strings.Join(lines, "\n"),
		StartLine: at.Start.Line,
	}
}

// wholeLines is the lines that src[from:to] is in. Programs write JSON without
// line feeds, so no more than a stretch around from is shown; it is cut where
// no word and no credential is cut in two.
func wholeLines(src []byte, from, to int) string {
	const reach = 500
	if to > from && src[to-1] == '\n' {
		to-- // what ends with a line feed does not take in the line after it
	}
	start := bytes.LastIndexByte(src[:from], '\n') + 1
	end := len(src)
	if n := bytes.IndexByte(src[to:], '\n'); n >= 0 {
		end = to + n
	}
	before, after := src[start:from], src[from:end]
	text := ""
	if len(before) > reach {
		before = before[len(before)-reach:]
		before = before[bytes.IndexAny(before, wordEnds)+1:]
		text = "..."
	}
	text += string(before)
	if len(after) <= reach {
		return text + string(after)
	}
	after = after[:reach]
	return text + string(after[:bytes.LastIndexAny(after, wordEnds)+1]) + "..."
}

// wordEnds are the characters at which a line may be cut.
const wordEnds = " \t\",{}[]"

// contextOf names the block around a place, as far as the file's syntax knows.
func contextOf(file *hcl.File, offset int) string {
	if nav, ok := file.Nav.(interface{ ContextString(int) string }); ok {
		return nav.ContextString(offset)
	}
	return ""
}

// shown is text from anywhere, fit to be shown.
func shown(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = maskTokens(line)
	}
	return schema.PrintableText(strings.Join(lines, "\n"))
}
