package graphql

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The schema of the tests is a small GitHub: people who own books, in pages.
const testSchema = `
scalar DateTime
scalar URI
scalar GitObjectID
scalar BigInt
scalar Date
scalar PreciseDateTime
enum Genre { NOVEL SHORT_STORY }
enum OrderDirection { ASC DESC }
input Order { direction: OrderDirection!, field: String = "TITLE" }
input Filter { genres: [Genre!], since: DateTime, pages: Int }
interface Node { id: ID! }
interface Actor { login: String! }
union Item = Book | Person
type PageInfo { endCursor: String, hasNextPage: Boolean!, hasPreviousPage: Boolean!, startCursor: String }
type BookEdge { cursor: String!, node: Book, place: Int }
type BookConnection { edges: [BookEdge], nodes: [Book], pageInfo: PageInfo!, totalCount: Int!, weight: Int }
type Book implements Node {
  id: ID!
  title: String!
  genre: Genre
  author: Person
  editor: Person!
  sequel: Book
  similar: [Book!]
  tags: [String]
  pages: Int!
  price: Float
  large: BigInt
  url: URI!
  oid: GitObjectID
  publishedAt: DateTime
  missing: String
  precise: PreciseDateTime
  day: Date
}
type Person implements Node & Actor {
  id: ID!
  login: String!
  books(first: Int, last: Int, after: String, before: String, orderBy: Order, filterBy: Filter): BookConnection!
}
type Query {
  viewer: Person!
  book(id: ID!): Book
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  items: [Item!]!
  echo(text: String, number: Int = 7, flag: Boolean!, at: DateTime, id: ID, order: Order, list: [Int!], ratio: Float, big: BigInt): String!
}
`

func loadTest(t testing.TB) *Schema {
	t.Helper()
	s, err := Load(testSchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type book struct {
	n     int
	shelf *shelf
}

// shelf is all there is: a person and n books. Fields named in wrong return
// what the schema does not allow.
type shelf struct {
	n     int
	wrong map[string]any
}

func (shelf) TypeName() string { return "Query" }

func (s shelf) Field(name string, c *Call) any {
	switch name {
	case "viewer":
		return person{&s}
	case "book":
		return s.node(c.String("id"))
	case "node":
		return s.node(c.String("id"))
	case "nodes":
		out := []any{}
		for _, id := range c.Strings("ids") {
			out = append(out, s.node(id))
		}
		return out
	case "items":
		return []Object{book{1, &s}, person{&s}}
	case "echo":
		flag, given := c.Bool("flag")
		order := c.Object("order")
		return fmt.Sprintf("%s,%d,%t,%t,%d,%s,%s,%s,%v,%v,%v", c.String("text"), c.Int("number"), flag, given, max(0, c.Time("at").Unix()),
			c.String("id"), order.String("direction"), order.String("field"), c.values["list"], c.values["ratio"], c.values["big"])
	}
	return NotServed{}
}

func (s shelf) node(id string) any {
	var n int
	if _, err := fmt.Sscanf(id, "B%d", &n); err != nil || n < 1 || n > s.n {
		if id == "P" {
			return person{&s}
		}
		return Errorf(NotFound, "Could not resolve to a node with the global id of '%s'", id)
	}
	return book{n, &s}
}

func (book) TypeName() string { return "Book" }

func (b book) Field(name string, _ *Call) any {
	if v, ok := b.shelf.wrong[name]; ok {
		return v
	}
	switch name {
	case "id":
		return fmt.Sprintf("B%d", b.n)
	case "title":
		return fmt.Sprintf("Book <%d>", b.n)
	case "genre":
		return "NOVEL"
	case "author":
		return nil
	case "editor":
		return person{b.shelf}
	case "sequel":
		if b.n >= b.shelf.n {
			return nil
		}
		return book{b.n + 1, b.shelf}
	case "similar":
		return []Object{book{b.n, b.shelf}}
	case "tags":
		return []string{"a", "b"}
	case "pages":
		return 100 + b.n
	case "price":
		return 1.5
	case "large":
		return int64(1) << 40
	case "url":
		return "https://example.org/books"
	case "oid":
		return strings.Repeat("a1", 20)
	case "publishedAt", "precise", "day":
		return time.Date(2024, 2, 1, 9, 0, 0, 0, time.UTC)
	}
	return NotServed{}
}

type person struct{ shelf *shelf }

func (person) TypeName() string { return "Person" }

func (p person) Field(name string, c *Call) any {
	switch name {
	case "id":
		return "P"
	case "login":
		return "ada"
	case "books":
		return c.Page(p.books(c))
	}
	return NotServed{}
}

// books have the ids 1 to n; a filter by pages leaves the even ones.
func (p person) books(c *Call) List {
	l := List{
		Len: p.shelf.n,
		At:  func(i int) Object { return book{i + 1, p.shelf} },
		Key: func(i int) Key { return Key{Value: int64(i / 2), ID: int64(i)} },
		Edge: func(i int, name string) any {
			return map[string]any{"place": i}[name]
		},
		Extra:     func(string) any { return 3 },
		Backwards: c.Object("orderBy").String("direction") == "DESC",
	}
	if c.Object("filterBy").Has("pages") {
		l.Keep = func(i int) bool { return i%2 == 1 }
	}
	return l
}

// result is an answer as a client sees it.
type result struct {
	Data   any
	Errors []Error
}

// run answers a query over n books; problems are what was reported.
func run(t testing.TB, root shelf, query, variables string, options Options) (result, []string) {
	t.Helper()
	op, errs := loadTest(t).Prepare(Request{Query: query, Variables: json.RawMessage(variables)})
	if len(errs) > 0 {
		return result{Errors: errs}, nil
	}
	var problems []string
	options.Report = func(problem string) { problems = append(problems, problem) }
	answer := op.Execute(context.Background(), root, options)
	r := result{Errors: answer.Errors}
	if err := json.Unmarshal(answer.Data, &r.Data); err != nil {
		t.Fatalf("answer is no JSON: %v\n%s", err, answer.Data)
	}
	return r, problems
}

// compact is the data of a result on one line.
func compact(t testing.TB, data any) string {
	t.Helper()
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(data); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(text.String()), `"`, "")
}
