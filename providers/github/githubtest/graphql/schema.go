package graphql

import (
	"fmt"
	"slices"
	"strings"
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

// Everything is a selection of all that can be asked of an object type without
// knowing more: its leaves and, while depth lasts, everything of its objects and
// of the first nodes of its connections, whatever types they have. Fields that
// skip names are left out. Tests ask for it.
func (s *Schema) Everything(typeName string, depth int, skip func(typeName, field string) bool) string {
	var b strings.Builder
	b.WriteString("{ __typename")
	for _, f := range s.types.Types[typeName].Fields {
		if needsArguments(f) || skip(typeName, f.Name) {
			continue
		}
		of := s.types.Types[f.Type.Name()]
		// Types that share a parent may have fields of one name and different
		// types, so each has its own name in the answer.
		fmt.Fprintf(&b, " %s_%s: %s", typeName, f.Name, f.Name)
		switch {
		case of.IsLeafType():
		case isConnection(f):
			nodes := s.types.Types[of.Fields.ForName("nodes").Type.Name()]
			fmt.Fprintf(&b, "(first: 20) { totalCount pageInfo { endCursor hasNextPage } edges { cursor } nodes %s }", s.everythingOf(nodes, depth, skip))
		default:
			b.WriteString(" " + s.everythingOf(of, depth, skip))
		}
	}
	b.WriteString(" }")
	return b.String()
}

func (s *Schema) everythingOf(def *ast.Definition, depth int, skip func(typeName, field string) bool) string {
	if depth == 0 {
		return "{ __typename }"
	}
	var b strings.Builder
	b.WriteString("{ __typename")
	for _, t := range s.types.GetPossibleTypes(def) {
		fmt.Fprintf(&b, " ... on %s %s", t.Name, s.Everything(t.Name, depth-1, skip))
	}
	b.WriteString(" }")
	return b.String()
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
