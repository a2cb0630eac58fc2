package graphql

import (
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Object is a value of an object type.
type Object interface {
	// TypeName is the name of its concrete type in the schema.
	TypeName() string
	// Field resolves one field of the type. It returns
	//
	//   - nil for null; an Object; a string, bool, int, int64, float64 or
	//     time.Time for a leaf; a []string, []Object or []any for a list;
	//   - an *Error for a field that cannot be answered, which becomes null
	//     and an entry in the answer's errors;
	//   - NotServed for a field that has no resolver.
	Field(name string, c *Call) any
}

// NotServed is returned by Object.Field for fields that have no resolver.
type NotServed struct{}

// Call is one field being asked for.
type Call struct {
	Args
	schema *Schema
	field  *ast.Field
	plan   planner
	sub    *selection
}

// asks says whether one of the fields is asked of the value.
func (c *Call) asks(names ...string) bool {
	for _, f := range c.plan.fields(c.sub, c.field.Definition.Type.Name()) {
		if slices.Contains(names, f.field.Name) {
			return true
		}
	}
	return false
}

// Args are the arguments of a field, or the fields of an input object, coerced
// to their types and with defaults filled in.
type Args struct {
	values map[string]any
}

// Has says whether an argument was given and is not null.
func (a Args) Has(name string) bool { return a.values[name] != nil }

// String returns a string, an id or the name of an enum; empty when absent.
func (a Args) String(name string) string {
	s, _ := a.values[name].(string)
	return s
}

// Int returns a number, 0 when absent.
func (a Args) Int(name string) int64 {
	n, _ := a.values[name].(int64)
	return n
}

// Bool returns a boolean and whether it was given.
func (a Args) Bool(name string) (value, given bool) {
	value, given = a.values[name].(bool)
	return value, given
}

// Time returns a point in time, zero when absent.
func (a Args) Time(name string) time.Time {
	t, _ := a.values[name].(time.Time)
	return t
}

// Strings returns a list of strings, ids or enums; nil when absent.
func (a Args) Strings(name string) []string {
	items, _ := a.values[name].([]any)
	var out []string
	for _, item := range items {
		s, _ := item.(string)
		out = append(out, s)
	}
	return out
}

// Object returns an input object, one without fields when absent.
func (a Args) Object(name string) Args {
	o, _ := a.values[name].(map[string]any)
	return Args{o}
}
