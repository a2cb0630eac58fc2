package graphql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// variables reads the variables of an operation and coerces them to their
// types. It is as strict as the language asks: no string passes for a number,
// and no name of an enum in the wrong case.
func (s *Schema) variables(op *ast.OperationDefinition, raw json.RawMessage) (map[string]any, []Error) {
	given := map[string]any{}
	if len(raw) > 0 && string(raw) != "null" {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&given); err != nil {
			return nil, []Error{{Message: "Variables are invalid JSON: they must be one object."}}
		}
	}
	values := map[string]any{}
	var errs []Error
	for _, v := range op.VariableDefinitions {
		value, ok := given[v.Variable]
		if !ok && v.DefaultValue != nil {
			value, ok = literal(v.DefaultValue), true
		}
		if !ok && !v.Type.NonNull {
			continue
		}
		coerced, problem := s.coerce(v.Type, value)
		if problem != nil {
			errs = append(errs, Error{
				Message:   fmt.Sprintf("Variable $%s of type %s was provided invalid value", v.Variable, v.Type),
				Locations: []Location{location(v.Position)},
				Extensions: map[string]any{
					"value":    value,
					"problems": []map[string]any{{"path": problem.path, "explanation": problem.text}},
				},
			})
			continue
		}
		values[v.Variable] = coerced
	}
	return values, errs
}

// arguments works out the arguments of a field: literals and variables are
// coerced to the types the schema names, defaults are filled in.
func (s *Schema) arguments(f *ast.Field, variables map[string]any) (Args, *Error) {
	if len(f.Definition.Arguments) == 0 {
		return Args{}, nil
	}
	values := f.ArgumentMap(variables)
	for _, def := range f.Definition.Arguments {
		value, ok := values[def.Name]
		if !ok {
			if def.Type.NonNull {
				return Args{}, Errorf("", "Field '%s' is missing required arguments: %s", f.Name, def.Name)
			}
			continue
		}
		coerced, problem := s.coerce(def.Type, value)
		if problem != nil {
			return Args{}, Errorf("", "Argument '%s' on Field '%s' has an invalid value: %s", def.Name, f.Name, problem.text)
		}
		values[def.Name] = coerced
	}
	return Args{values}, nil
}

// literal is the value of a constant in the document; a number keeps its text.
func literal(v *ast.Value) any {
	value, err := v.Value(nil)
	if err != nil {
		return json.Number(v.Raw)
	}
	return value
}

// problem is why a value does not suit a type.
type problem struct {
	path []any
	text string
}

func unsuitable(format string, args ...any) *problem {
	return &problem{path: []any{}, text: fmt.Sprintf(format, args...)}
}

func (p *problem) under(step any) *problem {
	return &problem{path: append([]any{step}, p.path...), text: p.text}
}

func (s *Schema) coerce(t *ast.Type, v any) (any, *problem) {
	if v == nil {
		if t.NonNull {
			return nil, unsuitable("Expected value to not be null")
		}
		return nil, nil
	}
	if t.Elem != nil {
		return s.coerceList(t.Elem, v)
	}
	def := s.types.Types[t.NamedType]
	if def == nil {
		return nil, unsuitable("%s isn't a defined input type", t.NamedType)
	}
	switch def.Kind {
	case ast.Enum:
		name, ok := v.(string)
		if !ok || def.EnumValues.ForName(name) == nil {
			return nil, unsuitable("Expected %q to be one of: %s", fmt.Sprint(v), enumNames(def))
		}
		return name, nil
	case ast.InputObject:
		return s.coerceObject(def, v)
	}
	return coerceScalar(def.Name, v)
}

// coerceList accepts a single value for a list of one, as the language does.
func (s *Schema) coerceList(elem *ast.Type, v any) (any, *problem) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	out := make([]any, len(items))
	for i, item := range items {
		coerced, problem := s.coerce(elem, item)
		if problem != nil {
			return nil, problem.under(i)
		}
		out[i] = coerced
	}
	return out, nil
}

func (s *Schema) coerceObject(def *ast.Definition, v any) (any, *problem) {
	given, ok := v.(map[string]any)
	if !ok {
		return nil, unsuitable("Expected %s to be an object", def.Name)
	}
	for name := range given {
		if def.Fields.ForName(name) == nil {
			return nil, unsuitable("Field is not defined on %s", def.Name).under(name)
		}
	}
	out := map[string]any{}
	for _, f := range def.Fields {
		value, ok := given[f.Name]
		if !ok && f.DefaultValue != nil {
			value, ok = literal(f.DefaultValue), true
		}
		if !ok && !f.Type.NonNull {
			continue
		}
		coerced, problem := s.coerce(f.Type, value)
		if problem != nil {
			return nil, problem.under(f.Name)
		}
		out[f.Name] = coerced
	}
	return out, nil
}

func coerceScalar(name string, v any) (any, *problem) {
	switch name {
	case "Int":
		n, ok := integer(v)
		if !ok || n < math.MinInt32 || n > math.MaxInt32 {
			return nil, unsuitable("Could not coerce value %v to Int", quoted(v))
		}
		return n, nil
	case "Float":
		if f, err := strconv.ParseFloat(fmt.Sprint(v), 64); err == nil && !isString(v) {
			return f, nil
		}
	case "Boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "ID":
		if n, ok := integer(v); ok {
			return strconv.FormatInt(n, 10), nil
		}
		if isString(v) {
			return v, nil
		}
	case "DateTime", "PreciseDateTime", "GitTimestamp":
		if at, ok := v.(time.Time); ok { // a variable, coerced before
			return at, nil
		}
		if text, ok := v.(string); ok {
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				return at, nil
			}
		}
	case "BigInt":
		if n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64); err == nil {
			return n, nil
		}
	default:
		if isString(v) {
			return v, nil
		}
	}
	return nil, unsuitable("Could not coerce value %v to %s", quoted(v), name)
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}

func isString(v any) bool {
	_, ok := v.(string)
	return ok
}

func quoted(v any) string {
	if text, ok := v.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprint(v)
}

func enumNames(def *ast.Definition) string {
	var names []string
	for _, v := range def.EnumValues {
		names = append(names, v.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
