package graphql

import (
	"encoding/json"
	"testing"
)

const costSchema = `
type PageInfo { hasNextPage: Boolean! }
type RepositoryEdge { node: Repository }
type RepositoryConnection { edges: [RepositoryEdge] nodes: [Repository] totalCount: Int! }
type IssueEdge { node: Issue }
type IssueConnection { edges: [IssueEdge] nodes: [Issue] totalCount: Int! }
type CommentEdge { node: Comment }
type CommentConnection { edges: [CommentEdge] nodes: [Comment] }
type LabelEdge { node: Label }
type LabelConnection { edges: [LabelEdge] nodes: [Label] }
type UserEdge { node: User }
type FollowerConnection { edges: [UserEdge] nodes: [User] }
type Comment { bodyHTML: String! }
type Label { id: ID! name: String! }
type Issue { id: ID! title: String! bodyHTML: String! comments(first: Int, last: Int): CommentConnection! labels(first: Int, last: Int): LabelConnection }
type Repository { id: ID! name: String! issues(first: Int, last: Int): IssueConnection! pullRequests(first: Int, last: Int): IssueConnection! }
type User { login: String! repositories(first: Int, last: Int): RepositoryConnection! followers(first: Int, last: Int): FollowerConnection! }
type Query { viewer: User! repository(name: String!): Repository nodes(ids: [ID!]!): [Repository]! }
`

func TestCost(t *testing.T) {
	s, err := Load(costSchema)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, query, variables string
		cost, nodes            int64
	}{
		{"no connection", `{viewer{login}}`, ``, 1, 0},
		{"documentation: 51 points", `query {
			viewer { login repositories(first: 100) { edges { node { id
				issues(first: 50) { edges { node { id
					labels(first: 60) { edges { node { id name } } } } } } } } } } }`, ``, 51, 100 + 5_000 + 300_000},
		{"documentation: 550 nodes", `query { viewer { repositories(first: 50) { edges { repository:node { name
			issues(first: 10) { totalCount edges { node { title bodyHTML } } } } } } } }`, ``, 1, 550},
		{"documentation: 22,060 nodes", `query { viewer {
			repositories(first: 50) { edges { repository:node { name
				pullRequests(first: 20) { edges { pullRequest:node { title comments(first: 10) { edges { comment:node { bodyHTML } } } } } }
				issues(first: 20) { totalCount edges { issue:node { title bodyHTML comments(first: 10) { edges { comment:node { bodyHTML } } } } } } } } }
			followers(first: 10) { edges { follower:node { login } } } } }`, ``, 21, 22_060},
		{"variables and last", `query($n:Int!){viewer{repositories(last:$n){nodes{issues(first:$n){nodes{id}}}}}}`, `{"n":10}`, 1, 110},
		{"fragments, twice", `{a:repository(name:"a"){...r} b:repository(name:"b"){...r}} fragment r on Repository{issues(first:100){nodes{id}}}`, ``, 1, 200},
		{"nodes by id", `{nodes(ids:["a","b","c"]){issues(first:100){nodes{comments(first:1){nodes{bodyHTML}}}}}}`, ``, 3, 3 + 300 + 300},
		{"left out", `query($y:Boolean!){viewer{repositories(first:100)@skip(if:$y){nodes{id}} ...@include(if:$y){login}}}`, `{"y":true}`, 1, 0},
		{"half a point rounds up", `{viewer{repositories(first:100){nodes{issues(first:1){nodes{comments(first:1){nodes{bodyHTML}}}} pullRequests(first:1){nodes{id}}}}
			x:repositories(first:48){nodes{issues(first:1){nodes{id}}}}}}`, ``, 4, 100*(1+1+1) + 100 + 48*2 - 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			op, errs := s.Prepare(Request{Query: test.query, Variables: json.RawMessage(test.variables)})
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if op.Cost != test.cost || op.Nodes != test.nodes {
				t.Errorf("cost %d and %d nodes, want %d and %d", op.Cost, op.Nodes, test.cost, test.nodes)
			}
		})
	}
}

// Fragments that double at each step have a price beyond all numbers, which is
// found without walking all of them.
func TestCostOfBomb(t *testing.T) {
	query := `{viewer{repositories(first:100){nodes{...f0}}}}`
	for i := range 60 {
		next := string(rune('a'+i%26)) + string(rune('a'+i/26))
		name := "f0"
		if i > 0 {
			name = "f" + string(rune('a'+(i-1)%26)) + string(rune('a'+(i-1)/26))
		}
		query += " fragment " + name + " on Repository{"
		if i == 59 {
			query += "issues(first:1){nodes{id}}}"
		} else {
			query += "...f" + next + " ...on Repository{...f" + next + "}}"
		}
	}
	s, err := Load(costSchema)
	if err != nil {
		t.Fatal(err)
	}
	if _, errs := s.Prepare(Request{Query: query}); len(errs) != 1 || errs[0].Type != MaxNodeLimitExceeded {
		t.Errorf("got %v, want %s", errs, MaxNodeLimitExceeded)
	}
}
