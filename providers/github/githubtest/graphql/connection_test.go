package graphql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type pageOf struct {
	IDs      []string
	End      string
	Start    string
	Next     bool
	Previous bool
	Total    float64
}

func readPage(t *testing.T, root shelf, args string) (pageOf, []Error) {
	t.Helper()
	got, problems := run(t, root, `{viewer{books(`+args+`){nodes{id} totalCount pageInfo{endCursor startCursor hasNextPage hasPreviousPage}}}}`, "", Options{})
	if len(problems) > 0 {
		t.Fatalf("problems: %q", problems)
	}
	if len(got.Errors) > 0 {
		return pageOf{}, got.Errors
	}
	books := got.Data.(map[string]any)["viewer"].(map[string]any)["books"].(map[string]any)
	info := books["pageInfo"].(map[string]any)
	p := pageOf{Next: info["hasNextPage"].(bool), Previous: info["hasPreviousPage"].(bool), Total: books["totalCount"].(float64)}
	p.End, _ = info["endCursor"].(string)
	p.Start, _ = info["startCursor"].(string)
	for _, n := range books["nodes"].([]any) {
		p.IDs = append(p.IDs, n.(map[string]any)["id"].(string))
	}
	return p, nil
}

// Pages of every size, in both directions and both ways, lead through
// everything once and in order.
func TestPages(t *testing.T) {
	const n = 11
	for _, order := range []string{"", "orderBy:{direction:DESC},", "filterBy:{pages:1},", "orderBy:{direction:DESC},filterBy:{pages:1},"} {
		var want []string
		for i := 1; i <= n; i++ {
			switch {
			case strings.Contains(order, "filterBy") && i%2 == 1:
			case strings.Contains(order, "DESC"):
				want = append([]string{fmt.Sprintf("B%d", i)}, want...)
			default:
				want = append(want, fmt.Sprintf("B%d", i))
			}
		}
		for size := 1; size <= n+1; size++ {
			var forward, backward []string
			for after := ""; ; {
				p, errs := readPage(t, shelf{n: n}, fmt.Sprintf("%sfirst:%d%s", order, size, after))
				if errs != nil {
					t.Fatal(errs)
				}
				if p.Previous != (after != "") || p.Next != (len(forward)+len(p.IDs) < len(want)) || int(p.Total) != len(want) {
					t.Errorf("%sfirst:%d%s: %+v, want next and previous as they are", order, size, after, p)
				}
				forward = append(forward, p.IDs...)
				if !p.Next {
					break
				}
				after = fmt.Sprintf(",after:%q", p.End)
			}
			for before := ""; ; {
				p, errs := readPage(t, shelf{n: n}, fmt.Sprintf("%slast:%d%s", order, size, before))
				if errs != nil {
					t.Fatal(errs)
				}
				if p.Next != (before != "") {
					t.Errorf("%slast:%d%s: hasNextPage is %t", order, size, before, p.Next)
				}
				backward = append(p.IDs, backward...)
				if !p.Previous {
					break
				}
				before = fmt.Sprintf(",before:%q", p.Start)
			}
			if diff := cmp.Diff(want, forward); diff != "" {
				t.Errorf("%sfirst:%d (-want +got):\n%s", order, size, diff)
			}
			if diff := cmp.Diff(want, backward); diff != "" {
				t.Errorf("%slast:%d (-want +got):\n%s", order, size, diff)
			}
		}
	}
}

// A cursor stays where it was when items at its place have gone.
func TestCursorOfGoneItem(t *testing.T) {
	gone := cursor(Key{Value: 2, ID: 4}) // of the fifth of eleven
	p, errs := readPage(t, shelf{n: 3}, fmt.Sprintf("first:5,after:%q", gone))
	if errs != nil || p.IDs != nil || p.Next || !p.Previous {
		t.Errorf("after the last: %+v %v", p, errs)
	}
	p, errs = readPage(t, shelf{n: 11}, fmt.Sprintf("first:2,after:%q", cursor(Key{Value: 1, ID: 9})))
	if diff := cmp.Diff([]string{"B5", "B6"}, p.IDs); diff != "" || errs != nil {
		t.Errorf("between two (-want +got):\n%s%v", diff, errs)
	}
}

func TestPageErrors(t *testing.T) {
	for _, test := range []struct{ args, kind, message string }{
		{`orderBy:null`, MissingPaginationBoundaries, "You must provide a `first` or `last` value to properly paginate the `books` connection."},
		{`first:101`, ExcessivePagination, "Requesting 101 records on the `books` connection exceeds the `first` limit of 100 records."},
		{`last:200`, ExcessivePagination, "Requesting 200 records on the `books` connection exceeds the `last` limit of 100 records."},
		{`first:1,last:1`, Unprocessable, "Passing both `first` and `last` to paginate the `books` connection is not supported."},
		{`first:-1`, Unprocessable, "`first` on the `books` connection cannot be less than zero."},
		{`first:1,after:"x"`, InvalidCursorArguments, "`x` does not appear to be a valid cursor."},
		{`first:1,before:"Y3Vyc29yOnYyOg=="`, InvalidCursorArguments, "`Y3Vyc29yOnYyOg==` does not appear to be a valid cursor."},
	} {
		_, errs := readPage(t, shelf{n: 3}, test.args)
		if len(errs) == 0 || errs[0].Type != test.kind || errs[0].Message != test.message {
			t.Errorf("%s: %v, want %s: %s", test.args, errs, test.kind, test.message)
		}
	}
}

// The total alone needs no page size; edges know their place.
func TestConnectionFields(t *testing.T) {
	got, problems := run(t, shelf{n: 3}, `{viewer{books{totalCount} two:books(first:2){weight edges{cursor place node{id}}}}}`, "", Options{})
	if len(got.Errors) > 0 || len(problems) > 0 {
		t.Fatal(got.Errors, problems)
	}
	want := fmt.Sprintf(`{viewer:{books:{totalCount:3},two:{edges:[{cursor:%s,node:{id:B1},place:0},{cursor:%s,node:{id:B2},place:1}],weight:3}}}`,
		cursor(Key{0, 0}), cursor(Key{0, 1}))
	if diff := cmp.Diff(want, compact(t, got.Data)); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// Finding a page looks at few of the items, however many there are.
func TestPageOfMany(t *testing.T) {
	looked := 0
	call := callOf(t, `{viewer{books(first:10,after:"`+cursor(Key{Value: 900_000})+`"){totalCount}}}`)
	p := call.Page(List{
		Len: 1_000_000,
		At:  func(int) Object { return nil },
		Key: func(i int) Key { looked++; return Key{Value: int64(i)} },
		Keep: func(i int) bool {
			looked++
			return i%2 == 0
		},
	}).(*connection)
	if len(p.items) != 10 || p.items[0] != 900_002 || !p.next || !p.previous {
		t.Fatalf("page %+v", p)
	}
	if looked > 100 {
		t.Errorf("%d items were looked at for a page of 10", looked)
	}
}

// callOf is the call of the field books in a query for the viewer's books.
func callOf(t *testing.T, query string) *Call {
	t.Helper()
	op, errs := loadTest(t).Prepare(Request{Query: query})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	top := newSelection()
	top.sets = append(top.sets, op.set)
	p := planner{op}
	return p.fields(p.fields(top, "Query")[0].sub, "Person")[0].call
}
