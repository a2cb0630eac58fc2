package graphql

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// validationErrors gives the validator's findings the shape GitHub's have: a
// path into the document that begins with the operation, and a code. The
// commonest mistakes get GitHub's own words, because clients match on them.
func validationErrors(doc *ast.QueryDocument, found gqlerror.List) []Error {
	places := findPlaces(doc)
	var out []Error
	for _, g := range found {
		e := Error{Message: g.Message, Locations: locations(g), Extensions: map[string]any{"code": code(g.Rule)}}
		if len(g.Locations) > 0 {
			if at, ok := places[Location{Line: g.Locations[0].Line, Column: g.Locations[0].Column}]; ok {
				e.Path = at.path
				describe(&e, g.Rule, at)
			}
		}
		out = append(out, e)
	}
	return out
}

func code(rule string) string {
	switch rule {
	case "FieldsOnCorrectType":
		return "undefinedField"
	case "KnownArgumentNames":
		return "argumentNotAccepted"
	case "KnownTypeNames", "FragmentsOnCompositeTypes":
		return "undefinedType"
	case "ProvidedRequiredArguments":
		return "missingRequiredArguments"
	case "ScalarLeafs":
		return "selectionMismatch"
	case "ValuesOfCorrectType":
		return "argumentLiteralsIncompatible"
	case "VariablesInAllowedPosition":
		return "variableMismatch"
	case "NoUndefinedVariables":
		return "variableNotDefined"
	case "NoUnusedVariables":
		return "variableNotUsed"
	case "NoUnusedFragments":
		return "useAndDefineFragment"
	}
	return rule
}

// describe replaces the message for the mistakes whose wording is known.
func describe(e *Error, rule string, at place) {
	switch {
	case rule == "FieldsOnCorrectType" && at.field != nil && at.field.ObjectDefinition != nil:
		e.Extensions["typeName"] = at.field.ObjectDefinition.Name
		e.Extensions["fieldName"] = at.field.Name
		e.Message = fmt.Sprintf("Field '%s' doesn't exist on type '%s'", at.field.Name, at.field.ObjectDefinition.Name)
	case rule == "KnownArgumentNames" && at.field != nil && at.field.Definition != nil:
		describeArgument(e, at)
	}
}

// describeArgument looks for the argument that the message names: the validator
// gives the place of its field.
func describeArgument(e *Error, at place) {
	for _, a := range at.field.Arguments {
		if at.field.Definition.Arguments.ForName(a.Name) != nil || !strings.Contains(e.Message, strconv.Quote(a.Name)) {
			continue
		}
		e.Path = append(at.path[:len(at.path):len(at.path)], a.Name)
		e.Locations = []Location{location(a.Position)}
		e.Extensions["typeName"] = "Field"
		e.Extensions["name"] = at.field.Name
		e.Extensions["argumentName"] = a.Name
		e.Message = fmt.Sprintf("Field '%s' doesn't accept argument '%s'", at.field.Name, a.Name)
		return
	}
}

// place is what stands at one location of a document.
type place struct {
	path  []any
	field *ast.Field // nil: a fragment
}

func findPlaces(doc *ast.QueryDocument) map[Location]place {
	places := map[Location]place{}
	for _, op := range doc.Operations {
		name := string(op.Operation)
		if op.Name != "" {
			name += " " + op.Name
		}
		addPlaces(places, op.SelectionSet, []any{name})
	}
	for _, f := range doc.Fragments {
		addPlaces(places, f.SelectionSet, []any{"fragment " + f.Name})
	}
	return places
}

func addPlaces(places map[Location]place, set ast.SelectionSet, path []any) {
	for _, s := range set {
		at := place{path: append(path[:len(path):len(path)], step(s))}
		position := s.GetPosition()
		if f, ok := s.(*ast.Field); ok {
			at.field = f
			addPlaces(places, f.SelectionSet, at.path)
		}
		if f, ok := s.(*ast.InlineFragment); ok {
			addPlaces(places, f.SelectionSet, at.path)
		}
		places[location(position)] = at
	}
}

func step(s ast.Selection) any {
	switch s := s.(type) {
	case *ast.Field:
		return s.Alias
	case *ast.InlineFragment:
		return "... on " + s.TypeCondition
	case *ast.FragmentSpread:
		return "..." + s.Name
	}
	return ""
}

func location(p *ast.Position) Location {
	if p == nil {
		return Location{}
	}
	return Location{Line: p.Line, Column: p.Column}
}
