package graphql

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// planned is a field of a selection as it is answered: everything that is the
// same for each object of the type is worked out once.
type planned struct {
	field *ast.Field
	key   string // in the answer
	call  *Call
	err   *Error // the arguments do not suit
	sub   *selection
}

// selection is what is asked of an object: the selection sets of all fields
// that answer under one key.
type selection struct {
	sets   []ast.SelectionSet
	byType map[string][]*planned
}

func newSelection() *selection { return &selection{byType: map[string][]*planned{}} }

// planner merges selections.
type planner struct {
	op *Operation
}

// fields returns the fields asked of objects of a concrete type, in the order
// of the document.
func (p planner) fields(s *selection, typeName string) []*planned {
	if fields, ok := s.byType[typeName]; ok {
		return fields
	}
	g := gathering{planner: p, typeName: typeName, at: map[string]*planned{}, spread: map[string]bool{}}
	for _, set := range s.sets {
		g.add(set)
	}
	s.byType[typeName] = g.fields
	return g.fields
}

// gathering collects the fields of one concrete type.
type gathering struct {
	planner
	typeName string
	fields   []*planned
	at       map[string]*planned
	spread   map[string]bool // fragments that were added
}

func (g *gathering) add(set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if included(s.Directives, g.op.variables) {
				g.addField(s)
			}
		case *ast.InlineFragment:
			if included(s.Directives, g.op.variables) && g.applies(s.TypeCondition) {
				g.add(s.SelectionSet)
			}
		case *ast.FragmentSpread:
			f := g.op.doc.Fragments.ForName(s.Name)
			if f != nil && !g.spread[s.Name] && included(s.Directives, g.op.variables) && g.applies(f.TypeCondition) {
				g.spread[s.Name] = true
				g.add(f.SelectionSet)
			}
		}
	}
}

func (g *gathering) applies(condition string) bool {
	return condition == "" || g.op.schema.isA(g.typeName, condition)
}

func (g *gathering) addField(f *ast.Field) {
	if known := g.at[f.Alias]; known != nil {
		known.sub.sets = append(known.sub.sets, f.SelectionSet)
		return
	}
	p := &planned{field: f, key: f.Alias, sub: newSelection()}
	p.sub.sets = append(p.sub.sets, f.SelectionSet)
	args, err := g.op.schema.arguments(f, g.op.variables)
	p.err = err
	p.call = &Call{Args: args, schema: g.op.schema, field: f, plan: g.planner, sub: p.sub}
	g.at[f.Alias] = p
	g.fields = append(g.fields, p)
}
