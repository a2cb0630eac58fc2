package threads

import (
	"context"
	"slices"
	"strings"
	"time"
)

// head is what is cheaply known of all threads at one moment.
type head struct {
	totals totals
	last   int64          // the highest number, as far as it shows
	newest time.Time      // when a thread was last updated
	owned  bool           // by a person; only organisations give their issues types
	pinned []int64        // numbers of pinned discussions and issues, in order
	forum  map[int64]bool // those that are discussions
}

// totals are numbers of threads: issues, changes, discussions.
type totals [3]int64

const (
	issues = iota
	changes
	discussions
)

const headQuery = `query($repo: ID!) { repository: node(id: $repo) { ... on Repository {
  isInOrganization
  issues(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  changes: pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  discussions(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  lastIssue: issues(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number updatedAt } }
  lastChange: pullRequests(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number updatedAt } }
  lastDiscussion: discussions(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number updatedAt } }
  pinnedIssues(first: 10) { nodes { issue { number } } }
  pinnedDiscussions(first: 10) { nodes { discussion { number } } }
} } }`

// numbered is a list of threads of which only the numbers are asked for.
type numbered struct {
	TotalCount int64 `json:"totalCount"`
	Nodes      []struct {
		Number    int64     `json:"number"`
		UpdatedAt time.Time `json:"updatedAt"`
	} `json:"nodes"`
	Page struct {
		More bool   `json:"hasNextPage"`
		End  string `json:"endCursor"`
	} `json:"pageInfo"`
}

// head asks how many threads there are and which changed last.
func (f *fetcher) head(ctx context.Context) (head, error) {
	var answer struct {
		Repository *struct {
			IsInOrganization bool

			Issues, Changes, Discussions, LastIssue, LastChange, LastDiscussion numbered

			PinnedIssues      struct{ Nodes []struct{ Issue object } }
			PinnedDiscussions struct{ Nodes []struct{ Discussion object } }
		} `json:"repository"`
	}
	const op = "count threads"
	faults, err := f.client.GraphQL(ctx, headQuery, map[string]any{"repo": f.repo.NodeID}, &answer, op, f.repo.fullName())
	if err != nil {
		return head{}, err
	}
	r := answer.Repository
	if r == nil {
		return head{}, f.gone(op, faults)
	}
	for name, about := range byFirst(faults, "repository") {
		if !strings.HasPrefix(name, "pinned") { // without them a pin is missed, and nothing else
			return head{}, f.gone(op, about)
		}
	}
	h := head{owned: !r.IsInOrganization, totals: totals{r.Issues.TotalCount, r.Changes.TotalCount, r.Discussions.TotalCount}, forum: map[int64]bool{}}
	for _, l := range []numbered{r.Issues, r.Changes, r.Discussions, r.LastIssue, r.LastChange, r.LastDiscussion} {
		for _, n := range l.Nodes {
			h.last = max(h.last, n.Number)
			if n.UpdatedAt.After(h.newest) {
				h.newest = n.UpdatedAt.UTC()
			}
		}
	}
	for _, p := range r.PinnedIssues.Nodes {
		h.pinned = append(h.pinned, p.Issue.Number)
	}
	for _, p := range r.PinnedDiscussions.Nodes {
		h.pinned = append(h.pinned, p.Discussion.Number)
		h.forum[p.Discussion.Number] = true
	}
	slices.Sort(h.pinned)
	return h, nil
}
