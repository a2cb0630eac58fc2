package graphql

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExecute(t *testing.T) {
	for _, test := range []struct{ name, query, variables, want string }{
		{"fields", `{viewer{login id}}`, ``, `{viewer:{id:P,login:ada}}`},
		{"aliases", `{a:viewer{login} b:viewer{x:login}}`, ``, `{a:{login:ada},b:{x:ada}}`},
		{"merged", `{viewer{login} viewer{id}}`, ``, `{viewer:{id:P,login:ada}}`},
		{"typename", `{__typename viewer{__typename}}`, ``, `{__typename:Query,viewer:{__typename:Person}}`},
		{"interface", `{node(id:"B2"){id __typename ...on Book{pages} ...on Person{login} ...on Actor{login}}}`, ``,
			`{node:{__typename:Book,id:B2,pages:102}}`},
		{"union", `{items{...on Node{id} ...on Actor{login}}}`, ``, `{items:[{id:B1},{id:P,login:ada}]}`},
		{"fragments", `query{viewer{...p}} fragment p on Person{...q login} fragment q on Node{id}`, ``, `{viewer:{id:P,login:ada}}`},
		{"fragment in itself twice", `{viewer{...p ...p}} fragment p on Person{login}`, ``, `{viewer:{login:ada}}`},
		{"skip", `query($y:Boolean!,$n:Boolean!){viewer{login @skip(if:$y) id @include(if:$y) ...@include(if:$n){x:login}}}`,
			`{"y":true,"n":false}`, `{viewer:{id:P}}`},
		{"null object", `{book(id:"B1"){author{login}}}`, ``, `{book:{author:null}}`},
		{"lists", `{book(id:"B1"){tags similar{id}}}`, ``, `{book:{similar:[{id:B1}],tags:[a,b]}}`},
		{"leaves", `{book(id:"B1"){title genre price large url oid publishedAt precise day}}`, ``,
			`{book:{day:2024-02-01,genre:NOVEL,large:1099511627776,oid:` + strings.Repeat("a1", 20) +
				`,precise:2024-02-01T09:00:00.000Z,price:1.5,publishedAt:2024-02-01T09:00:00Z,title:Book <1>,url:https://example.org/books}}`},
		{"defaults and nothing", `{echo(flag:true)}`, ``, `{echo:,7,true,true,0,,,,<nil>,<nil>,<nil>}`},
		{"arguments", `query($at:DateTime,$o:Order,$l:[Int!]=[9],$b:BigInt){echo(text:"t",number:1,flag:false,at:$at,id:5,order:$o,list:$l,ratio:2,big:$b)}`,
			`{"at":"2024-01-01T00:00:00Z","o":{"direction":"DESC"},"b":"12345678901"}`,
			`{echo:t,1,false,true,1704067200,5,DESC,TITLE,[9],2,12345678901}`},
		{"one for a list", `query($l:[Int!]){echo(flag:true,list:$l)}`, `{"l":3}`, `{echo:,7,true,true,0,,,,[3],<nil>,<nil>}`},
		{"null variable", `query($t:String){echo(flag:true,text:$t)}`, `{"t":null}`, `{echo:,7,true,true,0,,,,<nil>,<nil>,<nil>}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, problems := run(t, shelf{n: 3}, test.query, test.variables, Options{})
			if len(got.Errors) > 0 || len(problems) > 0 {
				t.Fatalf("errors %v, problems %v", got.Errors, problems)
			}
			if diff := cmp.Diff(test.want, compact(t, got.Data)); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
}

// The order of the answer is that of the document.
func TestExecuteOrder(t *testing.T) {
	op, errs := loadTest(t).Prepare(Request{Query: `{viewer{login} a:__typename b:viewer{id login}}`})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	got := string(op.Execute(context.Background(), shelf{}, Options{}).Data)
	if want := `{"viewer":{"login":"ada"},"a":"Query","b":{"id":"P","login":"ada"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExecuteErrors(t *testing.T) {
	broken := func(o Object) *Error {
		if b, ok := o.(book); ok && b.n == 2 {
			return Errorf(Internal, "broken")
		}
		return nil
	}
	for _, test := range []struct {
		name, query string
		wrong       map[string]any
		data        string
		paths       [][]any
		problems    int
	}{
		{"not found", `{a:book(id:"B9"){id} viewer{login}}`, nil, `{a:null,viewer:{login:ada}}`, [][]any{{"a"}}, 0},
		{"one of a list", `{nodes(ids:["B1","B9","P"]){id}}`, nil, `{nodes:[{id:B1},null,{id:P}]}`, [][]any{{"nodes", 1}}, 0},
		{"a broken node", `{viewer{books(first:3){nodes{id}}}}`, nil, `{viewer:{books:{nodes:[{id:B1},null,{id:B3}]}}}`,
			[][]any{{"viewer", "books", "nodes", 1}}, 0},
		{"null bubbles to the object", `{book(id:"B1"){id title}}`, map[string]any{"title": nil}, `{book:null}`, [][]any{{"book", "title"}}, 1},
		{"null bubbles through lists", `{viewer{books(first:1){nodes{similar{title}}}}}`, map[string]any{"title": nil},
			`{viewer:{books:{nodes:[{similar:null}]}}}`, [][]any{{"viewer", "books", "nodes", 0, "similar", 0, "title"}}, 1},
		{"null bubbles to the root", `{items{...on Book{pages}}}`, map[string]any{"pages": nil}, `null`, [][]any{{"items", 0, "pages"}}, 1},
		{"no such enum", `{book(id:"B1"){genre}}`, map[string]any{"genre": "novel"}, `{book:{genre:null}}`, [][]any{{"book", "genre"}}, 1},
		{"wrong scalar", `{book(id:"B1"){price}}`, map[string]any{"price": "1"}, `{book:{price:null}}`, [][]any{{"book", "price"}}, 1},
		{"too large", `{book(id:"B1"){pages}}`, map[string]any{"pages": 1 << 33}, `{book:null}`, [][]any{{"book", "pages"}}, 1},
		{"bad address", `{book(id:"B1"){url}}`, map[string]any{"url": "%zz"}, `{book:null}`, [][]any{{"book", "url"}}, 1},
		{"bad object id", `{book(id:"B1"){oid}}`, map[string]any{"oid": "main"}, `{book:{oid:null}}`, [][]any{{"book", "oid"}}, 1},
		{"wrong type", `{book(id:"B1"){sequel{id}}}`, map[string]any{"sequel": person{}}, `{book:{sequel:null}}`, [][]any{{"book", "sequel"}}, 1},
		{"no object", `{book(id:"B1"){sequel{id}}}`, map[string]any{"sequel": 3}, `{book:{sequel:null}}`, [][]any{{"book", "sequel"}}, 1},
		{"no list", `{book(id:"B1"){tags}}`, map[string]any{"tags": "x"}, `{book:{tags:null}}`, [][]any{{"book", "tags"}}, 1},
		{"not served", `{book(id:"B1"){id missing}}`, nil, `{book:{id:B1,missing:null}}`, [][]any{{"book", "missing"}}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, problems := run(t, shelf{n: 3, wrong: test.wrong}, test.query, "", Options{Fail: broken})
			if diff := cmp.Diff(test.data, compact(t, got.Data)); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
			var paths [][]any
			for _, e := range got.Errors {
				paths = append(paths, e.Path)
				if len(e.Locations) != 1 || e.Locations[0].Line != 1 || e.Message == "" {
					t.Errorf("error %+v, want a message and one location in line 1", e)
				}
			}
			if diff := cmp.Diff(test.paths, paths); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
			if len(problems) != test.problems {
				t.Errorf("problems %q, want %d", problems, test.problems)
			}
		})
	}
}

// What is too long is cut where it gets too long, not collected first.
func TestExecuteLimits(t *testing.T) {
	got, _ := run(t, shelf{n: 1000}, `{viewer{books(first:100){nodes{title url oid}}}}`, "", Options{MaxBytes: 1000})
	if len(got.Errors) != 1 || got.Errors[0].Type != ResourceLimitsExceeded {
		t.Errorf("errors %v, want one %s", got.Errors, ResourceLimitsExceeded)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	op, errs := loadTest(t).Prepare(Request{Query: `{viewer{login}}`})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if answer := op.Execute(ctx, shelf{}, Options{}); len(answer.Errors) != 1 || string(answer.Data) != "null" {
		t.Errorf("cancelled: %s %v", answer.Data, answer.Errors)
	}
}

func TestPrepareErrors(t *testing.T) {
	for _, test := range []struct {
		name, query, variables string
		want                   Error
	}{
		{"empty", ``, ``, Error{Message: "A query attribute must be specified and must be a string."}},
		{"syntax", `{viewer{`, ``, Error{Message: "Parse error: Expected Name, found <EOF>", Locations: []Location{{1, 9}}}},
		{"field", `query Q {viewer{ age }}`, ``, Error{
			Path: []any{"query Q", "viewer", "age"}, Locations: []Location{{1, 18}}, Message: "Field 'age' doesn't exist on type 'Person'",
			Extensions: map[string]any{"code": "undefinedField", "typeName": "Person", "fieldName": "age"},
		}},
		{"field of a fragment", `{viewer{...p}} fragment p on Person{age}`, ``, Error{
			Path: []any{"fragment p", "age"}, Locations: []Location{{1, 37}}, Message: "Field 'age' doesn't exist on type 'Person'",
			Extensions: map[string]any{"code": "undefinedField", "typeName": "Person", "fieldName": "age"},
		}},
		{"argument", `{viewer{books(size:1){totalCount}}}`, ``, Error{
			Path: []any{"query", "viewer", "books", "size"}, Locations: []Location{{1, 15}}, Message: "Field 'books' doesn't accept argument 'size'",
			Extensions: map[string]any{"code": "argumentNotAccepted", "typeName": "Field", "name": "books", "argumentName": "size"},
		}},
		{"operation", `query a{viewer{id}} query b{viewer{id}}`, ``, Error{Message: "An operation name is required"}},
		{"variables", `query($a:Int){echo(flag:true,number:$a)}`, `[]`, Error{Message: "Variables are invalid JSON: they must be one object."}},
		{"text for a number", `query($a:Int){echo(flag:true,number:$a)}`, `{"a":"1"}`, variableError("a", "Int", "1", `Could not coerce value "1" to Int`)},
		{"fraction", `query($a:Int){echo(flag:true,number:$a)}`, `{"a":1.5}`, variableError("a", "Int", json.Number("1.5"), `Could not coerce value 1.5 to Int`)},
		{"beyond 32 bits", `query($a:Int){echo(flag:true,number:$a)}`, `{"a":4294967296}`, variableError("a", "Int", json.Number("4294967296"), `Could not coerce value 4294967296 to Int`)},
		{"missing", `query($a:Boolean!){echo(flag:$a)}`, `{}`, variableError("a", "Boolean!", nil, "Expected value to not be null")},
		{"no time", `query($a:DateTime){echo(flag:true,at:$a)}`, `{"a":"today"}`, variableError("a", "DateTime", "today", `Could not coerce value "today" to DateTime`)},
		{"enum in lower case", `query($a:Order){echo(flag:true,order:$a)}`, `{"a":{"direction":"desc"}}`,
			variableError("a", "Order", map[string]any{"direction": "desc"}, `Expected "desc" to be one of: ASC, DESC`, "direction")},
		{"unknown field", `query($a:Order){echo(flag:true,order:$a)}`, `{"a":{"direction":"DESC","by":1}}`,
			variableError("a", "Order", map[string]any{"direction": "DESC", "by": json.Number("1")}, `Field is not defined on Order`, "by")},
		{"item of a list", `query($a:[Int!]){echo(flag:true,list:$a)}`, `{"a":[1,null]}`,
			variableError("a", "[Int!]", []any{json.Number("1"), nil}, "Expected value to not be null", 1)},
		{"too many ids", `query($a:[ID!]!){nodes(ids:$a){id}}`, `{"a":["` + strings.Repeat(`P","`, 100) + `P"]}`, Error{
			Type: ArgumentLimit, Path: []any{"nodes"}, Locations: []Location{{1, 18}}, Message: "You may not provide more than 100 node ids; you provided 101.",
		}},
		{"too many nodes", `{viewer{books(first:100){nodes{editor{books(first:100){nodes{editor{books(first:100){totalCount}}}}}}}}}`, ``, Error{
			Type: MaxNodeLimitExceeded, Message: "This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000.",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, errs := loadTest(t).Prepare(Request{Query: test.query, Variables: json.RawMessage(test.variables)})
			if len(errs) == 0 {
				t.Fatal("it was accepted")
			}
			if diff := cmp.Diff(test.want, errs[0]); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func variableError(name, typeName string, value any, explanation string, path ...any) Error {
	if path == nil {
		path = []any{}
	}
	return Error{
		Message:   "Variable $" + name + " of type " + typeName + " was provided invalid value",
		Locations: []Location{{1, 7}},
		Extensions: map[string]any{
			"value":    value,
			"problems": []map[string]any{{"path": path, "explanation": explanation}},
		},
	}
}

func TestOperationName(t *testing.T) {
	s := loadTest(t)
	two := `query a{viewer{id}} query b{viewer{login}}`
	if op, errs := s.Prepare(Request{Query: two, OperationName: "b"}); len(errs) > 0 {
		t.Errorf("b: %v", errs)
	} else if got := string(op.Execute(context.Background(), shelf{}, Options{}).Data); got != `{"viewer":{"login":"ada"}}` {
		t.Errorf("b answered %s", got)
	}
	if _, errs := s.Prepare(Request{Query: two, OperationName: "c"}); len(errs) != 1 || errs[0].Message != `No operation named "c"` {
		t.Errorf("c: %v", errs)
	}
}
