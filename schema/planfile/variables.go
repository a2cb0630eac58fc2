package planfile

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// Assignment gives a variable its value.
type Assignment struct {
	Name string

	// Value is the value as text. For a variable of type string, number or
	// bool, and for one that declares no type, it is the text itself; for any
	// other, and always when Expr is set, it is an expression of the plan
	// language without references.
	Value string
	Expr  bool

	// From is where the value was given, for messages: --var,
	// prod.vars.hcl:3, DROVER_VAR_wave.
	From string
}

// ParseVariables reads a file of values for variables: attributes in HCL, or
// one object when the file's name ends in .json.
func ParseVariables(file string, src []byte) ([]Assignment, schema.Diagnostics) {
	l := &loader{files: make(map[string]*hcl.File)}
	out := l.parseVariables(file, src)
	return out, l.diagnostics()
}

func (l *loader) parseVariables(file string, src []byte) []Assignment {
	parse, check := hclsyntax.ParseConfig, checkSource(hclsyntax.LexConfig, src)
	if strings.HasSuffix(file, ".json") {
		parse = func(src []byte, name string, _ hcl.Pos) (*hcl.File, hcl.Diagnostics) { return json.Parse(src, name) }
		check = checkJSON(src)
	}
	if !l.bounded(check, file) {
		return nil
	}
	f, diags := parse(src, file, hcl.InitialPos)
	l.report("plan.syntax", diags)
	if diags.HasErrors() {
		return nil
	}
	l.files[file] = f
	attrs, diags := f.Body.JustAttributes()
	l.report("plan.syntax", diags)
	var out []Assignment
	for _, name := range sortedKeys(attrs) {
		value := string(attrs[name].Expr.Range().SliceBytes(src))
		// JSON is written as the plan language writes it, except for escapes
		// that only JSON has and templates, which are text here.
		if !isNative(f.Body) {
			v, diags := attrs[name].Expr.Value(nil)
			l.report("plan.syntax", diags)
			value = string(hclText(v))
		}
		out = append(out, Assignment{Name: name, Value: value, Expr: true, From: place(attrs[name].Range)})
	}
	return out
}

// variable is a variable block.
type variable struct {
	block       *block
	constraint  cty.Type
	literal     bool // text given by --var is the value, not an expression
	contents    *contents
	validations []*hcl.Block
}

// declareVariables reads the headers of variable blocks, so that expressions
// know what exists.
func (l *loader) declareVariables() {
	s := shape{
		attributes: []string{"type", "default", "description"},
		repeated:   []hcl.BlockHeaderSchema{{Type: "validation"}},
	}
	for _, b := range l.byKind["variable"] {
		c := l.read(b.body, s)
		v := &variable{block: b, constraint: cty.DynamicPseudoType, literal: true, contents: c, validations: c.repeated}
		if t := c.find("type"); t != nil {
			v.constraint, v.literal = l.typeConstraint(t)
		}
		l.variables[b.name()] = v
	}
}

// typeConstraint reads the type of a variable, and tells whether text that is
// given for it is taken as it is.
func (l *loader) typeConstraint(s *setting) (cty.Type, bool) {
	// A JSON string was parsed as a template; a type is an expression.
	expr := s.expr
	if v, diags := expr.Value(nil); !diags.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() {
		parsed, diags := parseExpression(v.AsString(), s.rng.Filename, expr.Range().Start)
		l.report("plan.syntax", diags)
		if parsed == nil {
			return cty.DynamicPseudoType, true
		}
		expr = parsed
	}
	t, diags := typeexpr.TypeConstraint(expr)
	l.report("plan.variable.type", diags)
	if diags.HasErrors() {
		return cty.DynamicPseudoType, true
	}
	return t, t.IsPrimitiveType()
}

// assignVariables gives every variable its value: its default, overridden by
// the environment, overridden by the assignments in their order.
func (l *loader) assignVariables() {
	given := make(map[string]Assignment)
	if l.env.Environ != nil {
		for name := range l.variables {
			if text, ok := l.env.Environ("DROVER_VAR_" + name); ok {
				given[name] = Assignment{Name: name, Value: text, From: "DROVER_VAR_" + name}
			}
		}
	}
	for _, a := range l.env.Variables {
		if l.variables[a.Name] == nil {
			if l.incomplete {
				continue
			}
			detail := fmt.Sprintf("%s gives a value to %q, which the plan does not declare.", schema.Printable(a.From), schema.Printable(a.Name))
			if near := schema.Nearest(a.Name, sortedKeys(l.variables)); near != "" {
				detail += fmt.Sprintf(" Did you mean %q?", near)
			} else {
				detail += " Declare it with a variable block, or remove the value."
			}
			l.placeless("plan.variable.unknown", "Unknown variable", detail)
			continue
		}
		given[a.Name] = a
	}
	for _, name := range sortedKeys(l.variables) {
		v := l.variables[name]
		if a, ok := given[name]; ok {
			l.values[name] = l.assigned(v, a)
		} else {
			l.values[name] = l.defaulted(v)
		}
	}
	for _, b := range l.byKind["variable"] {
		for _, validation := range l.variables[b.name()].validations {
			l.validate(b.name(), validation)
		}
	}
}

func (l *loader) defaulted(v *variable) cty.Value {
	s := v.contents.find("default")
	if s == nil {
		name := v.block.name()
		l.problem("plan.variable.missing", v.block.rng, "Variable without a value",
			fmt.Sprintf("The variable %q has no default and was given no value. Write --var %s=VALUE, or set DROVER_VAR_%s.", name, name, name))
		return cty.DynamicVal
	}
	value := l.constant(s.expr)
	converted, err := ctyconvert.Convert(value, v.constraint)
	if err != nil {
		l.problem("plan.variable.type", s.expr.Range(), "Unsuitable default",
			fmt.Sprintf("The default does not have the type of the variable: %s.", err))
		return cty.UnknownVal(v.constraint)
	}
	return converted
}

// constant is the value of an expression that may neither name nor call
// anything.
func (l *loader) constant(expr hcl.Expression) cty.Value {
	for _, t := range expr.Variables() {
		l.problem("plan.variable.constant", t.SourceRange(), "Constant required",
			"The value of a variable cannot refer to anything. Put what is computed into a local value.")
		return cty.DynamicVal
	}
	value, diags := expr.Value(&hcl.EvalContext{})
	l.report("plan.expression", diags)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	return value
}

// assigned is the value that an assignment gives.
func (l *loader) assigned(v *variable, a Assignment) cty.Value {
	refuse := func(why string) cty.Value {
		l.placeless("plan.variable.type", "Unsuitable value for a variable",
			fmt.Sprintf("%s gives %q a value that does not have its type: %s. The variable is declared at %s.",
				schema.Printable(a.From), a.Name, why, place(v.block.rng)))
		return cty.UnknownVal(v.constraint)
	}
	value := cty.StringVal(a.Value)
	if a.Expr || !v.literal {
		expr, diags := parseExpression(a.Value, a.From, hcl.InitialPos)
		if expr == nil {
			return refuse(diags[0].Detail)
		}
		if len(expr.Variables()) > 0 {
			return refuse("it refers to something; write a constant, with texts in quotes")
		}
		if value, diags = expr.Value(&hcl.EvalContext{}); diags.HasErrors() {
			return refuse(diags[0].Detail)
		}
	}
	converted, err := ctyconvert.Convert(value, v.constraint)
	if err != nil {
		return refuse(err.Error())
	}
	return converted
}

// validate checks one validation block.
func (l *loader) validate(name string, b *hcl.Block) {
	c := l.read(b.Body, shape{attributes: []string{"condition", "error_message"}})
	condition, message := c.find("condition"), c.find("error_message")
	if condition == nil || message == nil {
		l.problem("plan.attribute.missing", b.DefRange, "Missing argument", "A validation has a condition and an error_message.")
		return
	}
	r, ctx := l.evaluateIn(condition.expr, scope{only: "var"})
	holds, ok := l.holds(r.value, condition.expr, ctx)
	if !ok || holds {
		return
	}
	text := l.evaluate(message.expr, scope{only: "var"}).value
	l.add(&hcl.Diagnostic{
		Severity: hcl.DiagError, Extra: code("plan.variable.invalid"),
		Summary:     fmt.Sprintf("Invalid value for the variable %q", name),
		Detail:      messageText(text),
		Subject:     condition.expr.Range().Ptr(),
		Expression:  condition.expr,
		EvalContext: ctx,
	})
}

// holds is the truth of a condition. Unknown ones are neither.
func (l *loader) holds(v cty.Value, expr hcl.Expression, ctx *hcl.EvalContext) (holds, ok bool) {
	b, err := ctyconvert.Convert(v, cty.Bool)
	if err != nil || b.IsNull() {
		l.add(&hcl.Diagnostic{
			Severity: hcl.DiagError, Extra: code("plan.condition.type"),
			Summary:     "Unsuitable condition",
			Detail:      "A condition must be true or false; this is " + v.Type().FriendlyName() + ".",
			Subject:     expr.Range().Ptr(),
			Expression:  expr,
			EvalContext: ctx,
		})
		return false, false
	}
	if !b.IsKnown() {
		return false, false
	}
	return b.True(), true
}

// messageText is the text of an error_message.
func messageText(v cty.Value) string {
	s, err := ctyconvert.Convert(v, cty.String)
	if err != nil || s.IsNull() || !s.IsKnown() {
		return "The condition does not hold."
	}
	return schema.Printable(strings.TrimSpace(s.AsString()))
}
