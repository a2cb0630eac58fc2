package api

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// Window says which issues or merge requests a list holds, and in which order.
type Window struct {
	Created time.Time // made then or later; zero: whenever
	Updated time.Time // changed then or later; zero: whenever
	Order   string    // created_at, updated_at
	Newest  bool      // the newest first
}

func (w Window) query() url.Values {
	q := url.Values{"scope": {"all"}, "state": {"all"}, "order_by": {w.Order}, "sort": {"asc"}}
	if w.Newest {
		q.Set("sort", "desc")
	}
	for name, at := range map[string]time.Time{"created_after": w.Created, "updated_after": w.Updated} {
		if !at.IsZero() {
			q.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	return q
}

// IssuesPage reads one page of a project's issues; the first is 1.
func (c *Client) IssuesPage(ctx context.Context, id ID, w Window, number int) (Page[FullIssue], error) {
	return page[FullIssue](ctx, c, call{To: project(id, "issues"), Query: w.query(), Op: "list issues", Subject: id}, number)
}

// MergeRequestsPage reads one page of a project's merge requests; the first is 1.
func (c *Client) MergeRequestsPage(ctx context.Context, id ID, w Window, number int) (Page[FullMergeRequest], error) {
	return page[FullMergeRequest](ctx, c, call{To: project(id, "merge_requests"), Query: w.query(), Op: "list merge requests", Subject: id}, number)
}

// IssueCount counts a project's issues, however many there are.
func (c *Client) IssueCount(ctx context.Context, id ID) (int64, error) {
	var said struct {
		Statistics struct {
			Counts struct {
				All int64 `json:"all"`
			} `json:"counts"`
		} `json:"statistics"`
	}
	err := c.do(ctx, call{To: project(id, "issues_statistics"), Query: url.Values{"scope": {"all"}}, Into: &said,
		Op: "count issues", Subject: id})
	return said.Statistics.Counts.All, err
}

// List names a list of a group that the server counts.
type List string

// The lists.
const (
	ListProjects    List = "projects"
	ListDescendants List = "descendant_groups"
	ListMembers     List = "members"
	ListLabels      List = "labels"
	ListMilestones  List = "milestones"
)

// CountOfGroup returns how long a list of a group is; -1: the server does not say.
func (c *Client) CountOfGroup(ctx context.Context, id ID, list List) (int64, error) {
	query := url.Values{}
	switch list {
	case ListProjects:
		query.Set("include_subgroups", "true")
		query.Set("with_shared", "false")
	case ListLabels:
		query.Set("only_group_labels", "true")
		query.Set("include_ancestor_groups", "false")
	}
	return c.count(ctx, call{To: group(id, string(list)), Query: query, Op: "count " + string(list), Subject: id})
}

// Select says which projects a list holds.
type Select struct {
	Group     ID   // those of a group
	Subgroups bool // and of the groups in it
	User      ID   // those of a user
	Member    bool // those that the token's owner is a member of
}

// ProjectsPage reads a part of a list of projects, in the order of their ids. A
// group's list has pages; of the others the next part is what follows an id.
func (c *Client) ProjectsPage(ctx context.Context, s Select, after int64, number int) (Page[Project], error) {
	query := url.Values{"order_by": {"id"}, "sort": {"asc"}}
	k := call{To: []any{"projects"}, Query: query, Op: "list projects"}
	switch {
	case s.Group != "":
		k.To, k.Subject = group(s.Group, "projects"), s.Group
		query.Set("include_subgroups", strconv.FormatBool(s.Subgroups))
		query.Set("with_shared", "false")
		return page[Project](ctx, c, k, number)
	case s.User != "":
		k.To, k.Subject = []any{"users", s.User, "projects"}, s.User
	default:
		k.Subject = "the server"
		if s.Member {
			query.Set("membership", "true")
		}
	}
	if after > 0 {
		query.Set("id_after", strconv.FormatInt(after, 10))
	}
	return page[Project](ctx, c, k, 1)
}

// GroupsPage reads one page of the groups below a group, or of all that the token
// sees.
func (c *Client) GroupsPage(ctx context.Context, below ID, number int) (Page[Group], error) {
	query := url.Values{"order_by": {"id"}, "sort": {"asc"}}
	if below == "" {
		return page[Group](ctx, c, call{To: []any{"groups"}, Query: query, Op: "list groups", Subject: "the server"}, number)
	}
	return page[Group](ctx, c, call{To: group(below, "descendant_groups"), Query: query, Op: "list groups", Subject: below}, number)
}

// FullMilestone is a milestone with whose it is.
type FullMilestone struct {
	Milestone
	GroupID int64 `json:"group_id"` // 0: the project's own
}

// FullMilestones lists the milestones of a project and of the groups above it. Old
// says that the server is older than 16.7, and calls that differently.
func (c *Client) FullMilestones(ctx context.Context, id ID, old bool) iter.Seq2[FullMilestone, error] {
	query := url.Values{"include_ancestors": {"true"}}
	if old {
		query = url.Values{"include_parent_milestones": {"true"}}
	}
	return pages[FullMilestone](ctx, c, call{To: project(id, "milestones"), Query: query, Op: "list milestones", Subject: id})
}

// FullProject is a project with all that it says of its sizes, in bytes.
type FullProject struct {
	Project
	Sizes *Sizes `json:"statistics"` // nil: the token may not know
}

// Sizes are how much the parts of a project hold, in bytes.
type Sizes struct {
	Repository int64 `json:"repository_size"`
	Artifacts  int64 `json:"job_artifacts_size"`
	Packages   int64 `json:"packages_size"`
	Registry   int64 `json:"container_registry_size"`
}

// FullProject returns a project by its number or full path.
func (c *Client) FullProject(ctx context.Context, id ID) (FullProject, error) {
	var p FullProject
	query := url.Values{"statistics": {"true"}, "license": {"true"}}
	err := c.do(ctx, call{To: project(id), Query: query, Into: &p, Op: "look up project", Subject: id})
	return p, err
}
