package graphql

import (
	"fmt"
	"slices"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// Schema is a parsed schema. It is safe for concurrent use.
type Schema struct {
	types *ast.Schema

	mu        sync.Mutex
	validated map[string]*ast.QueryDocument
}

// maxValidated bounds the documents whose validation is remembered. A client
// sends the same few again and again, and validating one costs more than
// answering it.
const maxValidated = 64

// Load parses a schema in the schema definition language. A field that is
// defined twice in the same way counts once: GitHub publishes one like that.
func Load(text string) (*Schema, error) {
	doc, err := parser.ParseSchemas(validator.Prelude, &ast.Source{Name: "schema.graphql", Input: text})
	if err != nil {
		return nil, fmt.Errorf("parse GraphQL schema: %w", err)
	}
	for _, def := range doc.Definitions {
		def.Fields = withoutRepeats(def.Fields)
	}
	types, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		return nil, fmt.Errorf("parse GraphQL schema: %w", err)
	}
	if types.Query == nil {
		return nil, fmt.Errorf("parse GraphQL schema: it has no query type")
	}
	return &Schema{types: types, validated: map[string]*ast.QueryDocument{}}, nil
}

// withoutRepeats leaves out fields that were defined before with the same type
// and arguments. Any other repetition stays, and is refused.
func withoutRepeats(fields ast.FieldList) ast.FieldList {
	var kept ast.FieldList
	for _, f := range fields {
		if first := kept.ForName(f.Name); first == nil || !sameField(first, f) {
			kept = append(kept, f)
		}
	}
	return kept
}

func sameField(a, b *ast.FieldDefinition) bool {
	return a.Type.String() == b.Type.String() && slices.EqualFunc(a.Arguments, b.Arguments, func(a, b *ast.ArgumentDefinition) bool {
		return a.Name == b.Name && a.Type.String() == b.Type.String()
	})
}

// Fields returns the names of the fields of an object type that can be asked
// for with no arguments or with optional ones only, and whether such a type
// exists. Tests use it to ask for everything there is.
func (s *Schema) Fields(typeName string) ([]string, bool) {
	def := s.types.Types[typeName]
	if def == nil || def.Kind != ast.Object {
		return nil, false
	}
	var names []string
	for _, f := range def.Fields {
		if !needsArguments(f) && f.Name != "__schema" && f.Name != "__type" {
			names = append(names, f.Name)
		}
	}
	return names, true
}

func needsArguments(f *ast.FieldDefinition) bool {
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			return true
		}
	}
	return false
}

func (s *Schema) remembered(text string) *ast.QueryDocument {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.validated[text]
}

func (s *Schema) remember(text string, doc *ast.QueryDocument) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.validated) >= maxValidated {
		clear(s.validated)
	}
	s.validated[text] = doc
}

// isA says whether an object of the concrete type may stand where the other
// type, an object, interface or union, is expected.
func (s *Schema) isA(concrete, expected string) bool {
	if concrete == expected {
		return true
	}
	for _, t := range s.types.PossibleTypes[expected] {
		if t.Name == concrete {
			return true
		}
	}
	return false
}
