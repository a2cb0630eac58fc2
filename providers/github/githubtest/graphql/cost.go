package graphql

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// GitHub's limits.
const (
	maxNodes    = 500_000 // that one query may ask for
	maxPageSize = 100     // of first and last
	maxIDs      = 100     // of nodes(ids:)
)

// price is what a selection costs for one parent object. All of it is linear
// in the number of parents.
type price struct {
	requests int64 // lookups of connections
	nodes    int64
}

// ceiling keeps products of nested pages from overflowing.
const ceiling = 1 << 40

func (p price) plus(q price) price {
	return price{min(p.requests+q.requests, ceiling), min(p.nodes+q.nodes, ceiling)}
}

func (p price) times(n int64) price {
	return price{product(p.requests, n), product(p.nodes, n)}
}

func product(a, b int64) int64 {
	if a != 0 && b > ceiling/a {
		return ceiling
	}
	return a * b
}

// points is the cost as the documentation works it out: the requests divided
// by 100, rounded, at least 1.
func (p price) points() int64 {
	return max(1, (p.requests+50)/100)
}

// coster works out the price of selections. Fragments are priced once, so that
// a document that spreads them again and again costs no more than its length.
type coster struct {
	doc       *ast.QueryDocument
	variables map[string]any
	fragments map[string]price
	tooMany   *Error
}

func newCoster(doc *ast.QueryDocument, variables map[string]any) *coster {
	return &coster{doc: doc, variables: variables, fragments: map[string]price{}}
}

func (c *coster) selection(set ast.SelectionSet) price {
	var sum price
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if included(s.Directives, c.variables) {
				sum = sum.plus(c.field(s))
			}
		case *ast.InlineFragment:
			if included(s.Directives, c.variables) {
				sum = sum.plus(c.selection(s.SelectionSet))
			}
		case *ast.FragmentSpread:
			if included(s.Directives, c.variables) {
				sum = sum.plus(c.fragment(s.Name))
			}
		}
	}
	return sum
}

func (c *coster) fragment(name string) price {
	if p, ok := c.fragments[name]; ok {
		return p
	}
	var p price
	if f := c.doc.Fragments.ForName(name); f != nil {
		p = c.selection(f.SelectionSet)
	}
	c.fragments[name] = p
	return p
}

func (c *coster) field(f *ast.Field) price {
	if f.Definition == nil || len(f.SelectionSet) == 0 {
		return price{}
	}
	below := c.selection(f.SelectionSet)
	if f.Name == "nodes" && f.Definition.Arguments.ForName("ids") != nil {
		n := c.count(f)
		if n > maxIDs && c.tooMany == nil {
			c.tooMany = &Error{
				Type: ArgumentLimit, Path: []any{f.Alias}, Locations: []Location{location(f.Position)},
				Message: Errorf("", "You may not provide more than %d node ids; you provided %d.", maxIDs, n).Message,
			}
		}
		return below.times(n).plus(price{requests: 1, nodes: n})
	}
	if !isConnection(f.Definition) {
		return below
	}
	n := c.pageSize(f)
	return below.times(n).plus(price{requests: 1, nodes: n})
}

// isConnection recognises a list that is read in pages, by the convention of
// its type's name and arguments.
func isConnection(def *ast.FieldDefinition) bool {
	return strings.HasSuffix(def.Type.Name(), "Connection") && def.Arguments.ForName("first") != nil
}

// pageSize is how many nodes a connection may return. Without a size it
// returns none, and executing it says so.
func (c *coster) pageSize(f *ast.Field) int64 {
	for _, name := range []string{"first", "last"} {
		if v := c.value(f, name); v != nil {
			n, _ := integer(v)
			return max(0, n)
		}
	}
	return 0
}

func (c *coster) count(f *ast.Field) int64 {
	ids, ok := c.value(f, "ids").([]any)
	if !ok {
		return 1
	}
	return int64(len(ids))
}

func (c *coster) value(f *ast.Field, name string) any {
	a := f.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	v, err := a.Value.Value(c.variables)
	if err != nil {
		return nil
	}
	return v
}

// included applies @skip and @include.
func included(directives ast.DirectiveList, variables map[string]any) bool {
	return !condition(directives, "skip", variables, false) && condition(directives, "include", variables, true)
}

func condition(directives ast.DirectiveList, name string, variables map[string]any, otherwise bool) bool {
	d := directives.ForName(name)
	if d == nil {
		return otherwise
	}
	a := d.Arguments.ForName("if")
	if a == nil {
		return otherwise
	}
	v, err := a.Value.Value(variables)
	if err != nil {
		return otherwise
	}
	b, ok := v.(bool)
	if !ok {
		return otherwise
	}
	return b
}
