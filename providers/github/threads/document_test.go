package threads

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// documents are all that the package sends, by what they are for.
func documents() map[string]graphql.Request {
	n := sizes{page: firstPage, few: firstFew}
	docs := map[string]graphql.Request{}
	add := func(name, query string, variables map[string]any) {
		if strings.Contains(query, "$repo") {
			variables["repo"] = "R_kgDOAA"
		}
		data, err := json.Marshal(variables)
		if err != nil {
			panic(err)
		}
		docs[name] = graphql.Request{Query: query, Variables: data}
	}
	add("head", headQuery, map[string]any{})
	ask := func(name string, numbers []int64, discussions bool, n sizes) {
		query, variables := threadsQuery(numbers, discussions, n)
		add(name, query, variables)
	}
	ask("issues", span(1, 50)(50), false, n)
	ask("discussions", []int64{4}, true, n)
	ask("one of everything", []int64{7}, false, sizes{1, 1})
	for _, kind := range []string{typeIssue, typeChange, typeDiscussion} {
		jobs := openThread(kind).jobs(sizes{page: 100})
		for _, after := range []string{"", "Y3Vyc29yOnYyOpHO"} {
			for i := range jobs {
				jobs[i].after = after
			}
			query, variables := jobsQuery(jobs, n)
			add("more of "+kind+after, query, variables)
		}
	}
	return docs
}

// openThread is a thread none of whose lists is at its end.
func openThread(kind string) *thread {
	t := &thread{
		text: text{ID: "T", Reactions: open[reaction]()}, Typename: kind,
		Labels: open[object](), Comments: open(&comment{text: text{ID: "C", Reactions: open[reaction]()}}),
	}
	if kind == typeDiscussion {
		t.Comments.Nodes[0].Replies = open(&comment{text: text{ID: "R", Reactions: open[reaction]()}})
		return t
	}
	t.Assignees, t.Timeline = open[actor](), open[timelineItem]()
	if kind == typeIssue {
		t.SubIssues = open[subOne]()
		return t
	}
	t.ReviewRequests, t.Reviews = open[request](), open[review]()
	t.ReviewThreads = open(&conversation{ID: "V", Comments: open(&comment{text: text{ID: "N", Reactions: open[reaction]()}})})
	return t
}

func open[T any](items ...*T) list[T] {
	l := list[T]{Nodes: items, Total: 500}
	l.Page.More = true
	return l
}

func TestDocumentsAreValid(t *testing.T) {
	for name, r := range documents() {
		t.Run(name, func(t *testing.T) {
			cost, errs := githubtest.CheckGraphQL(r)
			if len(errs) > 0 {
				t.Errorf("%v\n%s", errs, r.Query)
			}
			t.Logf("%d points", cost)
		})
	}
	bad := documents()["head"]
	bad.Query = strings.Replace(bad.Query, "updatedAt", "updateAt", 1)
	if _, errs := githubtest.CheckGraphQL(bad); len(errs) == 0 {
		t.Error("a misspelt field is not noticed")
	}
}

// TestTimelineIsCovered names what of GitHub's timelines is left out, so that a
// new type is noticed when the schema is renewed.
func TestTimelineIsCovered(t *testing.T) {
	leftOut := map[string]string{
		"IssueComment": "comes as a comment", "PullRequestReview": "comes as a review", "PullRequestReviewThread": "comes with the reviews",
		"PullRequestCommit": "is in the history", "PullRequestRevisionMarker": "is in the history", "PullRequestCommitCommentThread": "comes as comments on commits",
		"SubscribedEvent": "is about notifications", "UnsubscribedEvent": "is about notifications", "MentionedEvent": "is about notifications",
		"AddedToProjectEvent": "is of a classic project", "RemovedFromProjectEvent": "is of a classic project",
		"MovedColumnsInProjectEvent": "is of a classic project", "ConvertedNoteToIssueEvent": "is of a classic project",
	}
	text, err := githubtest.GraphQLSchema()
	if err != nil {
		t.Fatal(err)
	}
	for union, on := range map[string]place{"IssueTimelineItems": onIssue, "PullRequestTimelineItems": onChange} {
		_, members, ok := strings.Cut(text, "\nunion "+union+" =")
		if !ok {
			t.Fatalf("the schema has no %s", union)
		}
		members, _, _ = strings.Cut(members, "\n\n")
		carried := map[string]bool{}
		for _, l := range lines() {
			carried[l.typename] = l.on&on != 0
		}
		n := 0
		for _, name := range strings.FieldsFunc(members, func(r rune) bool { return r == '|' || r == ' ' || r == '\n' }) {
			n++
			if _, out := leftOut[name]; !out && !carried[name] {
				t.Errorf("%s of %s is neither carried nor left out", name, union)
			}
		}
		if n < 30 {
			t.Errorf("%s has %d members only", union, n)
		}
	}
}

// FuzzTake feeds pages of any shape to a list.
func FuzzTake(f *testing.F) {
	f.Add(`{"nodes":[{"id":"a","body":"x"},null],"pageInfo":{"hasNextPage":true,"endCursor":"c"}}`, 1.0, "body")
	f.Add(`{"nodes":null}`, -1.0, "nodes")
	f.Add(`null`, 9e99, "")
	f.Fuzz(func(t *testing.T, page string, index float64, field string) {
		th := openThread(typeChange)
		for _, j := range th.jobs(sizes{page: 100}) {
			j.take(json.RawMessage(page), forgehttp.GraphErrors{
				{Message: "x", Path: []any{"nodes", index, field}}, {Message: "y", Path: []any{field, index}}, {Message: "z"},
			})
		}
		r := &reading{fetcher: newFetcher(nil, Repository{})}
		for _, e := range r.entries(th) {
			if _, err := e.Told().Message(); err != nil {
				t.Error(err)
			}
		}
	})
}
