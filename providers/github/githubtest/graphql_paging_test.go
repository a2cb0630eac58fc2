package githubtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// listed is a connection with the types and ids of its nodes.
type listed struct {
	TotalCount int
	Nodes      []struct {
		ID       string
		Typename string `json:"__typename"`
	}
	PageInfo struct {
		HasNextPage bool
		EndCursor   string
	}
}

// readAll reads a connection of lantern/beacon in pages of a size. The field has
// %s where the arguments of the page go.
func readAll(t *testing.T, s *Server, token, field string, size int) []string {
	t.Helper()
	query := `query($n: Int!, $after: String) { repository(owner: "lantern", name: "beacon") { ` +
		fmt.Sprintf(field, "first: $n, after: $after", "totalCount nodes { __typename ... on Node { id } } pageInfo { hasNextPage endCursor }") + ` } }`
	var ids []string
	var after any
	for {
		data := answer[map[string]any](t, s, token, query, "n", size, "after", after)
		page := connectionIn(t, data)
		for _, n := range page.Nodes {
			ids = append(ids, n.ID)
		}
		if !page.PageInfo.HasNextPage {
			if len(ids) != page.TotalCount {
				t.Errorf("%s in pages of %d: %d of %d", field, size, len(ids), page.TotalCount)
			}
			return ids
		}
		after = page.PageInfo.EndCursor
	}
}

// connectionIn finds the only connection of an answer.
func connectionIn(t *testing.T, data map[string]any) listed {
	t.Helper()
	var found []listed
	walk(data, func(m map[string]any) {
		if m["pageInfo"] == nil {
			return
		}
		var l listed
		text, err := json.Marshal(m)
		if err == nil {
			err = json.Unmarshal(text, &l)
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, l)
	})
	if len(found) != 1 {
		t.Fatalf("%d connections, want one", len(found))
	}
	return found[0]
}

// TestGraphQLPaging reads every connection of a repository in pages of one, two
// and a hundred: they all are what the model has, in its order.
func TestGraphQLPaging(t *testing.T) {
	s, token := sampleServer(t)
	r, _ := s.Model.Repository("lantern", "beacon")
	s.Model.AddDiscussion(r, Discussion{Title: "Dusk", Category: r.Categories[0], Content: Content{Author: s.Model.User("ada")}})
	var busy *Issue     // the issue with the most comments
	var reviewed *Issue // the pull request with the most threads
	for _, i := range r.Issues {
		if i.Pull == nil && (busy == nil || len(i.Comments) > len(busy.Comments)) {
			busy = i
		}
		if i.Pull != nil && (reviewed == nil || len(i.Pull.Threads) > len(reviewed.Pull.Threads)) {
			reviewed = i
		}
	}
	issues := func(pulls bool, order func(a, b *Issue) int) []string {
		of := filtered(r.Issues, func(i *Issue) bool { return (i.Pull != nil) == pulls })
		slices.SortStableFunc(of, order)
		return ids(of)
	}
	byNumber := func(a, b *Issue) int { return int(a.Number - b.Number) }
	byUpdate := func(a, b *Issue) int { return a.UpdatedAt.Compare(b.UpdatedAt) }
	backwardsOf := func(ids []string) []string { slices.Reverse(ids); return ids }
	discussions := ids(r.Discussions)
	slices.Reverse(discussions)
	for _, test := range []struct {
		field string
		want  []string
	}{
		{"issues(%s) { %s }", issues(false, byNumber)},
		{"pullRequests(%s) { %s }", issues(true, byNumber)},
		{"issues(%s, orderBy: {field: UPDATED_AT, direction: ASC}) { %s }", issues(false, byUpdate)},
		{"pullRequests(%s, orderBy: {field: UPDATED_AT, direction: DESC}) { %s }", backwardsOf(issues(true, byUpdate))},
		{"issues(%s, orderBy: {field: CREATED_AT, direction: DESC}) { %s }", backwardsOf(issues(false, byNumber))},
		{"discussions(%s, orderBy: {field: CREATED_AT, direction: DESC}) { %s }", discussions},
		{"labels(%s) { %s }", ids(r.Labels)},
		{"milestones(%s) { %s }", ids(r.Milestones)},
		{"releases(%s, orderBy: {field: CREATED_AT, direction: ASC}) { %s }", ids(r.Releases)},
		{"commitComments(%s) { %s }", ids(r.CommitComments)},
		{fmt.Sprintf("issue(number: %d) { comments(%%s) { %%s } }", busy.Number), ids(busy.Comments)},
		{fmt.Sprintf("pullRequest(number: %d) { reviewThreads(%%s) { %%s } }", reviewed.Number), ids(reviewed.Pull.Threads)},
		{fmt.Sprintf("pullRequest(number: %d) { reviews(%%s) { %%s } }", reviewed.Number), ids(reviewed.Pull.Reviews)},
	} {
		if len(test.want) < 2 {
			t.Errorf("%s: %d in the sample, too few to page through", test.field, len(test.want))
		}
		for _, size := range []int{1, 2, 100} {
			if diff := cmp.Diff(test.want, readAll(t, s, token, test.field, size)); diff != "" {
				t.Errorf("%s in pages of %d (-want +got):\n%s", test.field, size, diff)
			}
		}
	}
}

func ids[T interface{ NodeID() string }](of []T) []string {
	var all []string
	for _, o := range of {
		all = append(all, o.NodeID())
	}
	return all
}

// TestGraphQLPagingAfterEdits: a page goes on after the last one, whatever was
// added before it or deleted at its place.
func TestGraphQLPagingAfterEdits(t *testing.T) {
	s, token := sampleServer(t)
	ada := s.Model.User("ada")
	r, _ := s.Model.Repository("lantern", "beacon")
	i := r.Issue(1)
	for n := range 6 {
		s.Model.AddComment(i, Comment{Content: Content{Body: fmt.Sprint(n), Author: ada}})
	}
	const query = `query($after: String) { repository(owner: "lantern", name: "beacon") { issue(number: 1) {
		comments(first: 3, after: $after) { totalCount nodes { __typename id } pageInfo { hasNextPage endCursor } } } } }`
	first := connectionIn(t, answer[map[string]any](t, s, token, query))
	want := ids(i.Comments[3:6])
	s.Model.DeleteComment(i.Comments[2], ada) // the last one of the page
	s.Model.DeleteComment(i.Comments[0], ada)
	second := connectionIn(t, answer[map[string]any](t, s, token, query, "after", first.PageInfo.EndCursor))
	var got []string
	for _, n := range second.Nodes {
		got = append(got, n.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("second page (-want +got):\n%s", diff)
	}
}

// TestGraphQLTimeline: a timeline has the events, comments, reviews and commits
// of an issue by time, and can be narrowed to some.
func TestGraphQLTimeline(t *testing.T) {
	s, token := sampleServer(t)
	r, _ := s.Model.Repository("lantern", "beacon")
	for _, i := range r.Issues {
		query := fmt.Sprintf(`{ repository(owner: "lantern", name: "beacon") { issueOrPullRequest(number: %d) {
			... on Issue { timelineItems(first: 100) { totalCount nodes { __typename ... on Node { id } } pageInfo { hasNextPage endCursor } } }
			... on PullRequest { timelineItems(first: 100) { totalCount nodes { __typename ... on Node { id } } pageInfo { hasNextPage endCursor } } } } } }`, i.Number)
		got := map[string]int{}
		for _, n := range connectionIn(t, answer[map[string]any](t, s, token, query)).Nodes {
			got[n.Typename]++
		}
		want := map[string]int{}
		for _, e := range i.Events {
			if name := eventType(e.Name); name != "" {
				want[name]++
			}
		}
		if len(i.Comments) > 0 {
			want["IssueComment"] = len(i.Comments)
		}
		if i.Pull != nil && len(i.Pull.Commits) > 0 {
			want["PullRequestCommit"] = len(i.Pull.Commits)
		}
		if i.Pull != nil {
			for _, r := range i.Pull.Reviews {
				if r.State != "PENDING" { // which only its author sees
					want["PullRequestReview"]++
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("timeline of #%d (-want +got):\n%s", i.Number, diff)
		}
	}
	i := s.Model.AddIssue(r, Issue{Title: "Dim", Content: Content{Author: s.Model.User("ada")}})
	s.Model.EditIssue(i, s.Model.User("ada"), func(i *Issue) { i.Title, i.State = "Dimmer", "closed" })
	s.Model.AddComment(i, Comment{Content: Content{Body: "x", Author: s.Model.User("ada")}})
	query := fmt.Sprintf(`{ repository(owner: "lantern", name: "beacon") { issue(number: %d) {
		timelineItems(first: 10, itemTypes: [RENAMED_TITLE_EVENT, ISSUE_COMMENT]) { totalCount nodes { __typename ... on Node { id } } pageInfo { hasNextPage endCursor } } } } }`, i.Number)
	var got []string
	for _, n := range connectionIn(t, answer[map[string]any](t, s, token, query)).Nodes {
		got = append(got, n.Typename)
	}
	if diff := cmp.Diff([]string{"RenamedTitleEvent", "IssueComment"}, got); diff != "" {
		t.Errorf("narrowed (-want +got):\n%s", diff)
	}
}

// TestGraphQLFilters: what the arguments leave is what the model has of it.
func TestGraphQLFilters(t *testing.T) {
	s, token := sampleServer(t)
	r, _ := s.Model.Repository("lantern", "beacon")
	since := r.IssuesByUpdate()[len(r.Issues)/2].UpdatedAt
	label := r.Labels[0]
	for _, test := range []struct {
		field string
		keep  func(*Issue) bool
	}{
		{`issues(%s, states: [CLOSED]) { %s }`, func(i *Issue) bool { return i.Pull == nil && i.State == "closed" }},
		{`issues(%s, filterBy: {since: "` + since.Format(time.RFC3339) + `"}) { %s }`, func(i *Issue) bool { return i.Pull == nil && !i.UpdatedAt.Before(since) }},
		{`issues(%s, labels: ["` + label.Name + `"]) { %s }`, func(i *Issue) bool { return i.Pull == nil && slices.Contains(i.Labels, label) }},
		{`pullRequests(%s, states: [MERGED]) { %s }`, func(i *Issue) bool { return i.Pull != nil && !i.Pull.MergedAt.IsZero() }},
		{`pullRequests(%s, states: [CLOSED]) { %s }`, func(i *Issue) bool { return i.Pull != nil && i.Pull.MergedAt.IsZero() && i.State == "closed" }},
	} {
		want := ids(filtered(r.Issues, test.keep))
		if len(want) == 0 {
			t.Errorf("%s: none in the sample", test.field)
		}
		if diff := cmp.Diff(want, readAll(t, s, token, test.field, 3)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.field, diff)
		}
	}
}
