package githubtest

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// graph is the model as GraphQL shows it to one viewer, during one query. Its
// methods make the objects of the schema from those of the model; nil stays
// null.
type graph struct {
	m      *Model
	token  *Token
	viewer *User              // the token's; nil: nobody in particular
	price  *graphql.Operation // what the query costs
	left   budget             // of the rate limit

	refs map[*Repository][]gitRef // listed once a query
}

// sees says whether the viewer may see a repository.
func (g *graph) sees(r *Repository) bool { return g.m.May(g.token, r, "read") }

// The values of enums are those of the model in another spelling: too heated
// is TOO_HEATED.
func enum(text string) any {
	if text == "" {
		return nil
	}
	return strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(text))
}

// small is a number for Int fields, which have 32 bits: the ids of issues and
// comments have long been larger, and GitHub answers null for those.
func small(id int64) any {
	if id > math.MaxInt32 {
		return nil
	}
	return id
}

// optional is null for an empty text.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// lineNumber is null for a line number that is not known.
func lineNumber(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// address makes fields url and resourcePath of a path below the web address.
func (g *graph) address(name, path string) any {
	if name == "url" {
		return g.m.Base() + path
	}
	return path
}

// page answers a connection over a slice whose items have increasing ids, which
// stay what they are when others come and go.
func page[T any](c *graphql.Call, items []T, id func(T) int64, object func(T) graphql.Object) any {
	return c.Page(keyed(items, func(t T) graphql.Key { return graphql.Key{Value: id(t)} }, object))
}

// fixed answers a connection over a slice that is not edited.
func fixed[T any](c *graphql.Call, items []T, object func(T) graphql.Object) any {
	return c.Page(graphql.Of(items, object))
}

func keyed[T any](items []T, key func(T) graphql.Key, object func(T) graphql.Object) graphql.List {
	l := graphql.Of(items, object)
	l.Key = func(i int) graphql.Key { return key(items[i]) }
	return l
}

// byTime is a list ordered by a time of its items, and by id where those are
// equal.
func byTime[T any](items []T, at func(T) time.Time, id func(T) int64, object func(T) graphql.Object) graphql.List {
	key := func(t T) graphql.Key { return graphql.Key{Value: at(t).Unix(), ID: id(t)} }
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(a, b T) int {
		x, y := key(a), key(b)
		return cmp.Or(cmp.Compare(x.Value, y.Value), cmp.Compare(x.ID, y.ID))
	})
	return keyed(sorted, key, object)
}

// byText is a list ordered by a text. It is for short lists: a cursor is a
// place in it.
func byText[T any](items []T, text func(T) string, object func(T) graphql.Object) graphql.List {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b T) int {
		return cmp.Compare(strings.ToLower(text(a)), strings.ToLower(text(b)))
	})
	return graphql.Of(sorted, object)
}

// backwards says whether the argument orderBy asks for descending order.
func backwards(c *graphql.Call) bool {
	return c.Object("orderBy").String("direction") == "DESC"
}

// filtered keeps the items of a slice that a condition holds for.
func filtered[T any](items []T, keep func(T) bool) []T {
	var kept []T
	for _, i := range items {
		if keep(i) {
			kept = append(kept, i)
		}
	}
	return kept
}
