package planfile

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// Output is a named result of a plan.
type Output struct {
	Name string

	// Value is its JSON. Pending tells that a part of it is only known after an
	// apply; the text AfterApply stands in its place.
	Value   json.RawMessage
	Pending bool

	// File is where the value is to be written, relative to the plan's folder
	// and within it, with slashes; empty: nowhere. It ends in one of .csv, .json
	// and .txt.
	File string
}

// AfterApply stands for what is only known after an apply.
const AfterApply = "(after apply)"

// Outputs evaluates the outputs of the plan from what is known of its resources,
// in the order of their names. What cannot be evaluated is among the diagnostics
// and not among the outputs.
func (p *Plan) Outputs(results []Result) ([]Output, schema.Diagnostics) {
	l := p.l
	l.know(results)
	defer func() { l.results = nil }()
	var outputs []Output
	diags := l.judged(func() {
		for _, b := range l.byKind["output"] {
			if o, ok := l.output(b); ok {
				outputs = append(outputs, o)
			}
		}
	})
	slices.SortFunc(outputs, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
	return outputs, diags
}

// outputs looks for mistakes in the output blocks, before there are results.
func (l *loader) outputs() {
	files := make(map[string]*block)
	for _, b := range l.byKind["output"] {
		o, ok := l.output(b)
		if !ok || o.File == "" {
			continue
		}
		if first := files[o.File]; first != nil {
			l.problem("plan.output.file", b.rng, "Two outputs in one file",
				fmt.Sprintf("%s and %s would both be written to %s. Give one of them another file.", b.address(), first.address(), o.File))
		}
		files[o.File] = b
	}
}

func (l *loader) output(b *block) (Output, bool) {
	o := Output{Name: b.name()}
	c := l.read(b.body, shape{attributes: []string{"value", "file"}})
	value, file := c.find("value"), c.find("file")
	if value == nil {
		l.problem("plan.attribute.missing", b.rng, "Missing argument", "An output has a value.")
		return o, false
	}
	if file != nil {
		var ok bool
		if o.File, ok = l.outputFile(file); !ok {
			return o, false
		}
	}
	mistakes := len(l.findings.list)
	r, ctx := l.evaluateIn(value.expr, scope{results: true})
	if len(l.findings.list) > mistakes {
		return o, false
	}
	if gaps := unanswered(r.gaps); len(gaps) > 0 && l.results != nil {
		l.add(&hcl.Diagnostic{
			Severity: hcl.DiagWarning, Extra: code("plan.output.unknown"), Summary: "Unknown output",
			Detail:  fmt.Sprintf("%s depends on a discovery: %s. Only plan and an apply without a changeset ask.", b.address(), sentenceStart(gaps[0].problem)),
			Subject: value.expr.Range().Ptr(),
		})
		return o, false
	}
	v, err := cty.Transform(r.value, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if !v.IsKnown() {
			o.Pending = true
			return cty.StringVal(AfterApply), nil
		}
		return v, nil
	})
	if err == nil {
		o.Value, err = toJSON(v)
	}
	if err != nil {
		l.unsuitable("value", value.expr.Range(), err.Error(), value.expr, ctx)
		return o, false
	}
	return o, true
}

// outputFile reads where an output is to be written. Plans come with pull
// requests, so it is a data file within the plan's folder and nothing that a
// program would act on.
func (l *loader) outputFile(s *setting) (string, bool) {
	r, ctx := l.evaluateIn(s.expr, scope{})
	w := &word{Attribute: schema.Attribute{Name: "file", Type: schema.TypeString}, ty: cty.String}
	v := l.check(w, false, given{s, r.value, ctx})
	if !v.IsKnown() || v.IsNull() {
		return "", v.IsNull()
	}
	name, why := v.AsString(), ""
	switch clean := path.Clean(name); {
	case !slices.Contains([]string{".csv", ".json", ".txt"}, path.Ext(clean)):
		why = "it must end in .csv, .json or .txt"
	case strings.HasSuffix(clean, ".plan.hcl.json"):
		why = "it must not be a plan file"
	case path.IsAbs(clean), strings.Contains(name, `\`), strings.Contains(name, ":"), schema.Printable(name) != name:
		why = "a path relative to the plan's folder is required, with slashes"
	case slices.ContainsFunc(strings.Split(clean, "/"), func(part string) bool { return strings.HasPrefix(part, ".") }):
		why = "it must not lead out of the plan's folder, nor to a hidden file"
	default:
		return clean, true
	}
	l.unsuitable(s.name, s.expr.Range(), why, s.expr, ctx)
	return "", false
}
