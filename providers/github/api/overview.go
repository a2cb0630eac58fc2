package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// Wanted names a repository: by its node id, or by owner and name.
type Wanted struct {
	NodeID      string
	Owner, Name string
}

// Overview is what one request tells of each of many repositories: what it is,
// and enough of what it holds to see whether something changed.
type Overview struct {
	Settings

	Labels     Few[struct{ ID, Name, Color, Description string }] `json:"labels"`
	Milestones Few[struct {
		Number    int64
		UpdatedAt time.Time
	}] `json:"milestones"`
	Protections    Few[Protection] `json:"branchProtectionRules"`
	Rulesets       *Few[Ruleset]   `json:"rulesets"`
	CommitComments Few[Touched]    `json:"commitComments"`
	Releases       Few[Released]   `json:"releases"`
	Collaborators  *Few[struct {
		Permission string
		Node       struct{ DatabaseID int64 }
	}] `json:"collaborators"` // nil: the token may not see them, or was not asked

	Issues      Newest `json:"issues"`
	Changes     Newest `json:"pullRequests"`
	Discussions Newest `json:"discussions"`

	LastIssue      Newest `json:"lastIssue"`
	LastChange     Newest `json:"lastChange"`
	LastDiscussion Newest `json:"lastDiscussion"`

	PinnedIssues struct {
		Nodes []struct{ Issue struct{ Number int64 } }
	} `json:"pinnedIssues"`
	PinnedDiscussions struct {
		Nodes []struct{ Discussion struct{ Number int64 } }
	} `json:"pinnedDiscussions"`
}

// Few are the first items of a list, and how many there are altogether.
type Few[T any] struct {
	TotalCount int64 `json:"totalCount"`
	Nodes      []T   `json:"nodes"`
	Edges      []T   `json:"edges"`
}

// All reports whether the first items are all of them.
func (f Few[T]) All() bool { return int64(len(f.Nodes)+len(f.Edges)) >= f.TotalCount }

// Touched is when something changed, and how many reactions it has, which do
// not count as a change.
type Touched struct {
	ID        string    `json:"id"`
	UpdatedAt time.Time `json:"updatedAt"`
	Reactions struct {
		TotalCount int64 `json:"totalCount"`
	} `json:"reactions"`
}

// Released is a release and when its assets changed.
type Released struct {
	Touched
	Assets Few[struct {
		ID        string
		UpdatedAt time.Time
	}] `json:"releaseAssets"`
}

// Newest is the one item of a list that comes first in its order.
type Newest struct {
	TotalCount int64 `json:"totalCount"`
	Nodes      []struct {
		Number    int64     `json:"number"`
		UpdatedAt time.Time `json:"updatedAt"`
	} `json:"nodes"`
}

// Number is that of the item; 0 when there is none.
func (n Newest) Number() int64 {
	if len(n.Nodes) == 0 {
		return 0
	}
	return n.Nodes[0].Number
}

// overviewFields are the fields of an Overview. GitHub counts each list inside
// a list as many times as its parent may have items, which the small pages here
// keep low: one repository costs less than a point.
const overviewFields = `fragment Overview on Repository {
  ...Settings
  labels(first: 100) { totalCount nodes { id name color description } }
  milestones(first: 100, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  branchProtectionRules(first: 20) { totalCount nodes { ...Protection } }
  rulesets(first: 100, includeParents: true) { totalCount nodes { id databaseId updatedAt } }
  commitComments(last: 20) { totalCount nodes { id updatedAt reactions { totalCount } } }
  releases(first: 20, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { ...Released } }
  collaborators(first: 100, affiliation: DIRECT) @include(if: $members) { totalCount edges { permission node { databaseId } } }
  issues(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  pullRequests(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  discussions(first: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  lastIssue: issues(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  lastChange: pullRequests(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  lastDiscussion: discussions(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount nodes { number updatedAt } }
  pinnedIssues(first: 10) { nodes { issue { number } } }
  pinnedDiscussions(first: 10) { nodes { discussion { number } } }
}
` + releasedFields + settingsFields + protectionFields

const releasedFields = `fragment Released on Release { id updatedAt reactions { totalCount } releaseAssets(first: 20) { totalCount nodes { id updatedAt } } }
`

// Overviews tells about many repositories in one request. Answers stand where
// their questions do; one without an answer has a problem.
func (c *Client) Overviews(ctx context.Context, wanted []Wanted, members bool) ([]Overview, []*providers.Error, error) {
	query, variables := overviewQuery(wanted)
	variables["members"] = members
	var answer map[string]json.RawMessage
	faults, err := c.GraphQL(ctx, query, variables, &answer, "look at repositories", "")
	if err != nil {
		return nil, nil, err
	}
	found, problems := make([]Overview, len(wanted)), make([]*providers.Error, len(wanted))
	for i, w := range wanted {
		alias := fmt.Sprintf("r%d", i)
		raw := answer[alias]
		switch {
		case len(raw) == 0 || string(raw) == "null" || string(raw) == "{}":
			problems[i] = missing(w, faults.At(alias))
		default:
			if err := json.Unmarshal(raw, &found[i]); err != nil {
				problems[i] = providers.Errorf(providers.CodeInvalid, "the answer is not what GitHub describes: %w", err)
			}
		}
	}
	return found, problems, nil
}

func overviewQuery(wanted []Wanted) (string, map[string]any) {
	variables := map[string]any{}
	var head, body strings.Builder
	for i, w := range wanted {
		// What is asked for travels as variables: names are hostile.
		if w.NodeID != "" {
			fmt.Fprintf(&head, ", $i%d: ID!", i)
			fmt.Fprintf(&body, "  r%d: node(id: $i%d) { ...Overview }\n", i, i)
			variables[fmt.Sprintf("i%d", i)] = w.NodeID
			continue
		}
		fmt.Fprintf(&head, ", $o%d: String!, $n%d: String!", i, i)
		fmt.Fprintf(&body, "  r%d: repository(owner: $o%d, name: $n%d) { ...Overview }\n", i, i, i)
		variables[fmt.Sprintf("o%d", i)], variables[fmt.Sprintf("n%d", i)] = w.Owner, w.Name
	}
	return "query($members: Boolean!" + head.String() + ") {\n" + body.String() + "}\n" + overviewFields, variables
}

// missing is the problem of a repository that was not answered.
func missing(w Wanted, said *forgehttp.GraphError) *providers.Error {
	e := &providers.Error{Code: providers.CodeNotFound, Op: "look up repository", Subject: schema.Printable(orElse(w.NodeID, w.Owner+"/"+w.Name)),
		Message: "there is no such repository, or the token may not see it",
		Hint:    "correct the name, or give the token access; a private repository needs the scope repo, and with single sign-on an authorised token"}
	if said != nil && said.Type != "NOT_FOUND" {
		e.Code, e.Message = providers.CodeDenied, said.Message
	}
	return e
}

// ReleasesTouched tells when the releases of one repository changed, all of them, up
// to a number; it reports whether that was enough.
func (c *Client) ReleasesTouched(ctx context.Context, nodeID string, most int) ([]Released, bool, error) {
	const query = `query($id: ID!, $after: String) {
  node(id: $id) { ... on Repository { releases(first: 100, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
    nodes { id updatedAt reactions { totalCount } releaseAssets(first: 100) { totalCount nodes { id updatedAt } } } pageInfo { hasNextPage endCursor } } } }
}`
	return touched[Released](ctx, c, query, nodeID, "releases", most)
}

// CommitCommentsTouched is ReleasesTouched for the comments on commits.
func (c *Client) CommitCommentsTouched(ctx context.Context, nodeID string, most int) ([]Touched, bool, error) {
	const query = `query($id: ID!, $after: String) {
  node(id: $id) { ... on Repository { commitComments(first: 100, after: $after) {
    nodes { id updatedAt reactions { totalCount } } pageInfo { hasNextPage endCursor } } } }
}`
	return touched[Touched](ctx, c, query, nodeID, "commitComments", most)
}

func touched[T any](ctx context.Context, c *Client, query, nodeID, list string, most int) ([]T, bool, error) {
	var all []T
	for page, err := range pages[T](ctx, c, query, nodeID, list) {
		if err != nil {
			return nil, false, err
		}
		all = append(all, page...)
		if len(all) > most {
			return nil, false, nil
		}
	}
	return all, true, nil
}
