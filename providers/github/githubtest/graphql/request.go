package graphql

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Request is the body of a GraphQL request.
type Request struct {
	Query         string          `json:"query"`
	OperationName string          `json:"operationName,omitempty"`
	Variables     json.RawMessage `json:"variables,omitempty"`
}

// Operation is a request that was found valid, with its price.
type Operation struct {
	// Cost is what the query counts against the rate limit, in points.
	Cost int64
	// Nodes is how many nodes the query may return at most.
	Nodes int64

	schema    *Schema
	doc       *ast.QueryDocument
	set       ast.SelectionSet
	variables map[string]any
}

// The longest document and the most tokens of one that are looked at.
const (
	maxDocumentBytes  = 512 << 10
	maxDocumentTokens = 100_000
)

// Prepare parses and validates a request and works out what it costs. The
// errors are complete: with any, nothing may be executed.
func (s *Schema) Prepare(r Request) (*Operation, []Error) {
	doc, errs := s.document(r.Query)
	if errs != nil {
		return nil, errs
	}
	op, err := pick(doc, r.OperationName)
	if err != nil {
		return nil, []Error{*err}
	}
	variables, errs := s.variables(op, r.Variables)
	if errs != nil {
		return nil, errs
	}
	set := op.SelectionSet
	c := newCoster(doc, variables)
	price := c.selection(set)
	if c.tooMany != nil {
		return nil, []Error{*c.tooMany}
	}
	if price.nodes > maxNodes {
		return nil, []Error{*Errorf(MaxNodeLimitExceeded,
			"This query requests up to %s possible nodes which exceeds the maximum limit of %s.",
			thousands(price.nodes), thousands(maxNodes))}
	}
	return &Operation{
		Cost:      price.points(),
		Nodes:     price.nodes,
		schema:    s,
		doc:       doc,
		set:       set,
		variables: variables,
	}, nil
}

func (s *Schema) document(text string) (*ast.QueryDocument, []Error) {
	if text == "" {
		return nil, []Error{{Message: "A query attribute must be specified and must be a string."}}
	}
	if len(text) > maxDocumentBytes {
		return nil, []Error{{Message: fmt.Sprintf("The query is longer than %d bytes.", maxDocumentBytes)}}
	}
	if doc := s.remembered(text); doc != nil {
		return doc, nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxDocumentTokens)
	if err != nil {
		return nil, []Error{parseError(err)}
	}
	if found := validator.ValidateWithRules(s.types, doc, rules.NewDefaultRules()); len(found) > 0 {
		return nil, validationErrors(doc, found)
	}
	s.remember(text, doc)
	return doc, nil
}

func pick(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *Error) {
	switch {
	case name == "" && len(doc.Operations) > 1:
		return nil, &Error{Message: "An operation name is required"}
	case name == "" && len(doc.Operations) == 0:
		return nil, &Error{Message: "A query attribute must be specified and must be a string."}
	}
	i := slices.IndexFunc(doc.Operations, func(o *ast.OperationDefinition) bool { return name == "" || o.Name == name })
	if i < 0 {
		return nil, &Error{Message: fmt.Sprintf("No operation named %q", name)}
	}
	op := doc.Operations[i]
	if op.Operation != ast.Query {
		return nil, Errorf(Forbidden, "This server answers queries only, not a %s.", op.Operation)
	}
	return op, nil
}

func parseError(err error) Error {
	out := Error{Message: "Parse error: " + err.Error()}
	var g *gqlerror.Error
	if errors.As(err, &g) {
		out.Message = "Parse error: " + g.Message
		out.Locations = locations(g)
	}
	return out
}

func locations(g *gqlerror.Error) []Location {
	var out []Location
	for _, l := range g.Locations {
		out = append(out, Location{Line: l.Line, Column: l.Column})
	}
	return out
}

// thousands writes a number with separators, as GitHub's messages do.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	var out bytes.Buffer
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(d)
	}
	return out.String()
}
