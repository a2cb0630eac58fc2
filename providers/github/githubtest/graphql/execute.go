package graphql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// Answer is the body of the answer to a request.
type Answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []Error         `json:"errors,omitempty"`
}

// Options are what an execution can be told.
type Options struct {
	// Report is told of each value that the schema does not allow and of each
	// field that is not served: mistakes of the resolvers, not of the client.
	Report func(problem string)
	// Fail is asked before an object is answered; an error takes its place.
	Fail func(o Object) *Error
	// MaxBytes bounds the answer. 0 means 32 MiB.
	MaxBytes int
}

const (
	defaultMaxBytes = 32 << 20
	maxErrors       = 1000
)

// Execute answers the operation from the root object. It is used once, in one
// goroutine.
func (op *Operation) Execute(ctx context.Context, root Object, o Options) Answer {
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	x := &execution{ctx: ctx, schema: op.schema, plan: planner{op}, options: o}
	top := newSelection()
	top.sets = []ast.SelectionSet{op.set}
	if !x.object(root, top) {
		x.out.Reset()
		x.out.WriteString("null")
	}
	if x.stopped != nil {
		x.errs = append(x.errs, *x.stopped)
	}
	return Answer{Data: x.out.Bytes(), Errors: x.errs}
}

// execution writes an answer as it goes. What turns out to be null after it
// was begun is cut off again.
type execution struct {
	ctx     context.Context
	schema  *Schema
	plan    planner
	options Options
	out     bytes.Buffer
	path    []pathStep
	errs    []Error
	stopped *Error // nothing more is answered
}

type pathStep struct {
	key   string
	index int // when key is empty
}

// object writes an object, or says that null must take its place.
func (x *execution) object(o Object, s *selection) bool {
	if x.stop() {
		return false
	}
	x.out.WriteByte('{')
	for i, f := range x.plan.fields(s, o.TypeName()) {
		if i > 0 {
			x.out.WriteByte(',')
		}
		x.out.WriteByte('"')
		x.out.WriteString(f.key) // a name of the language: no escapes
		x.out.WriteString(`":`)
		x.path = append(x.path, pathStep{key: f.key})
		ok := x.field(o, f)
		x.path = x.path[:len(x.path)-1]
		if !ok {
			return false
		}
	}
	x.out.WriteByte('}')
	return true
}

// stop says whether the answer has to end here.
func (x *execution) stop() bool {
	switch {
	case x.stopped != nil:
	case x.ctx.Err() != nil:
		x.stopped = Errorf(Internal, "The request was cancelled.")
	case x.out.Len() > x.options.MaxBytes, len(x.errs) > maxErrors:
		x.stopped = Errorf(ResourceLimitsExceeded, "Resource limits for this query exceeded.")
	}
	return x.stopped != nil
}

func (x *execution) field(o Object, f *planned) bool {
	def := f.field.Definition
	if f.field.Name == "__typename" {
		writeString(&x.out, o.TypeName())
		return true
	}
	var v any
	if f.err != nil {
		v = f.err
	} else {
		v = o.Field(f.field.Name, f.call)
	}
	return x.orNull(def.Type, v, f)
}

// orNull writes a value or, when it cannot be written, null. It fails when
// null is not allowed there.
func (x *execution) orNull(t *ast.Type, v any, f *planned) bool {
	start := x.out.Len()
	if x.value(t, v, f) {
		return true
	}
	x.out.Truncate(start)
	if t.NonNull {
		return false
	}
	x.out.WriteString("null")
	return true
}

// value writes a value of a type. When it fails, it has recorded why.
func (x *execution) value(t *ast.Type, v any, f *planned) bool {
	switch v := v.(type) {
	case *Error:
		return x.fail(f, *v)
	case NotServed:
		problem := fmt.Sprintf("%s.%s is not served: the stand-in has no resolver for it",
			f.field.ObjectDefinition.Name, f.field.Name)
		x.report(problem)
		return x.fail(f, *Errorf(Internal, "%s", problem))
	}
	if isNull(v) {
		if t.NonNull {
			return x.mistake(f, "null for %s", t)
		}
		x.out.WriteString("null")
		return true
	}
	if t.Elem != nil {
		return x.list(t.Elem, v, f)
	}
	def := x.schema.types.Types[t.NamedType]
	if def.IsLeafType() {
		if problem := writeLeaf(&x.out, def, v); problem != "" {
			return x.mistake(f, "%s", problem)
		}
		return true
	}
	o, ok := v.(Object)
	if !ok {
		return x.mistake(f, "%T for %s", v, t)
	}
	if !x.schema.isA(o.TypeName(), def.Name) {
		return x.mistake(f, "%s for %s", o.TypeName(), t)
	}
	if x.options.Fail != nil {
		if err := x.options.Fail(o); err != nil {
			return x.fail(f, *err)
		}
	}
	return x.object(o, f.sub)
}

func (x *execution) list(elem *ast.Type, v any, f *planned) bool {
	n, at := items(v)
	if at == nil {
		return x.mistake(f, "%T for a list of %s", v, elem)
	}
	x.out.WriteByte('[')
	for i := range n {
		if i > 0 {
			x.out.WriteByte(',')
		}
		x.path = append(x.path, pathStep{index: i})
		ok := x.orNull(elem, at(i), f)
		x.path = x.path[:len(x.path)-1]
		if !ok {
			return false
		}
	}
	x.out.WriteByte(']')
	return true
}

func items(v any) (int, func(int) any) {
	switch v := v.(type) {
	case []Object:
		return len(v), func(i int) any { return v[i] }
	case []string:
		return len(v), func(i int) any { return v[i] }
	case []any:
		return len(v), func(i int) any { return v[i] }
	}
	return 0, nil
}

// mistake records that a resolver returned what the schema does not allow.
func (x *execution) mistake(f *planned, format string, args ...any) bool {
	problem := fmt.Sprintf("%s.%s: %s", f.field.ObjectDefinition.Name, f.field.Name, fmt.Sprintf(format, args...))
	x.report(problem)
	return x.fail(f, *Errorf(Internal, "Something went wrong while executing your query: %s", problem))
}

func (x *execution) report(problem string) {
	if x.options.Report != nil {
		x.options.Report(problem)
	}
}

func (x *execution) fail(f *planned, e Error) bool {
	if x.stopped != nil {
		return false
	}
	e.Path = make([]any, len(x.path))
	for i, s := range x.path {
		e.Path[i] = s.key
		if s.key == "" {
			e.Path[i] = s.index
		}
	}
	e.Locations = []Location{location(f.field.Position)}
	x.errs = append(x.errs, e)
	return false
}
