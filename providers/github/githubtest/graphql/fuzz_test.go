package graphql

import (
	"context"
	"encoding/json"
	"testing"
)

// FuzzExecute: no document makes the executor panic, write something that is
// no JSON, or answer beyond its bounds.
func FuzzExecute(f *testing.F) {
	for _, query := range []string{
		`{viewer{login books(first:2){nodes{id sequel{sequel{title}} similar{tags}} edges{cursor} pageInfo{endCursor}}}}`,
		`query Q($n:Int=3,$o:Order){viewer{books(last:$n,orderBy:$o){totalCount nodes{...b}}}} fragment b on Book{author{id} editor{login}}`,
		`{node(id:"B1"){...on Book{url} ...on Actor{login}} nodes(ids:["B2","X"]){__typename} items{...on Node{id}}}`,
		`{echo(text:"a\u0000",number:2147483647,flag:true,at:"2024-01-01T00:00:00Z",list:[1,2],ratio:1e9,big:"1",order:{direction:ASC})}`,
		`{viewer{...a}} fragment a on Person{books(first:1){nodes{editor{...b}}}} fragment b on Person{...c ...c} fragment c on Person{id}`,
		`query($s:Boolean!){viewer @skip(if:$s){id} x:viewer @include(if:$s){id}}`,
		`{__schema{types{name}} __type(name:"Book"){fields{name}}}`,
		`mutation{a} subscription{b}`, `{echo(flag:true,list:null,order:{direction:DESC,field:null})}`, "{\"\"\"\n\"\"\"}", `{viewer{books(first:1,after:"Y3Vyc29yOnYyOjE6MQ=="){totalCount}}}`,
	} {
		f.Add(query, `{"n":2,"s":true,"o":{"direction":"DESC"}}`)
		f.Add(query, `[`)
	}
	s := loadTest(f)
	f.Fuzz(func(t *testing.T, query, variables string) {
		op, errs := s.Prepare(Request{Query: query, Variables: json.RawMessage(variables)})
		if len(errs) > 0 {
			for _, e := range errs {
				if _, err := json.Marshal(e); err != nil {
					t.Fatalf("error %+v cannot be told: %v", e, err)
				}
			}
			return
		}
		if op.Nodes > maxNodes || op.Cost < 1 {
			t.Fatalf("accepted with %d nodes and cost %d", op.Nodes, op.Cost)
		}
		const bound = 1 << 16
		answer := op.Execute(context.Background(), shelf{n: 20}, Options{MaxBytes: bound})
		if !json.Valid(answer.Data) {
			t.Fatalf("no JSON: %s", answer.Data)
		}
		if len(answer.Data) > 2*bound+len(query)*8 {
			t.Fatalf("%d bytes for a bound of %d", len(answer.Data), bound)
		}
	})
}
