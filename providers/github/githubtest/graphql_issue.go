package githubtest

import (
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// issue is an Issue or a PullRequest.
type issue struct {
	*graph
	i *Issue
}

func (g *graph) issue(i *Issue) graphql.Object {
	if i == nil {
		return nil
	}
	return issue{g, i}
}

func (i issue) TypeName() string {
	if i.i.Pull != nil {
		return "PullRequest"
	}
	return "Issue"
}

func (i issue) path() string {
	kind := "issues"
	if i.i.Pull != nil {
		kind = "pull"
	}
	return "/" + i.i.Repo.FullName() + "/" + kind + "/" + strconv.FormatInt(i.i.Number, 10)
}

// databaseID is the id in the list that the object belongs to: a pull request
// has one as such and another as an issue.
func (i issue) databaseID() int64 {
	if i.i.Pull != nil {
		return i.i.Pull.ID
	}
	return i.i.ID
}

func (i issue) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(i.databaseID())
	case "fullDatabaseId":
		return i.databaseID()
	case "number":
		return i.i.Number
	case "title", "titleHTML":
		return i.i.Title
	case "state":
		return i.state()
	case "closed":
		return i.i.State == "closed"
	case "closedAt":
		return i.i.ClosedAt
	case "locked":
		return i.i.Locked
	case "activeLockReason":
		return enum(i.i.LockReason)
	case "repository":
		return i.repository(i.i.Repo)
	case "url", "resourcePath":
		return i.address(name, i.path())
	case "milestone":
		return i.milestone(i.i.Repo, i.i.Milestone)
	case "labels":
		return repository{i.graph, i.i.Repo}.labels(c, i.i.Labels)
	case "assignees":
		people := filtered(i.i.Assignees, func(u *User) bool { return u.Kind == KindUser })
		return fixed(c, people, i.account)
	case "participants":
		return fixed(c, i.participants(), i.account)
	case "comments":
		return i.comments(c)
	case "timelineItems":
		return i.timeline(c)
	case "isReadByViewer":
		return true
	case "viewerCanSubscribe", "viewerCanLabel", "viewerCanClose", "viewerCanReopen":
		return false
	case "viewerSubscription":
		return "UNSUBSCRIBED"
	}
	if i.i.Pull != nil {
		if v := i.pull(name, c); v != (graphql.NotServed{}) {
			return v
		}
		return i.text(i.i, name, c)
	}
	return i.only(name, c)
}

func (i issue) state() string {
	switch {
	case i.i.Pull != nil && !i.i.Pull.MergedAt.IsZero():
		return "MERGED"
	case i.i.State == "closed":
		return "CLOSED"
	}
	return "OPEN"
}

// only answers what issues have and pull requests have not.
func (i issue) only(name string, c *graphql.Call) any {
	switch name {
	case "stateReason":
		duplicates, _ := c.Bool("enableDuplicate")
		if i.i.StateReason == "duplicate" && !duplicates {
			return "NOT_PLANNED"
		}
		return enum(i.i.StateReason)
	case "isPinned":
		return !i.i.PinnedAt.IsZero()
	case "parent":
		return i.issue(i.i.Parent)
	case "subIssues":
		return fixed(c, i.i.SubIssues, i.issue)
	case "subIssuesSummary":
		return subIssues(i.i.SubIssues)
	case "trackedIssues", "trackedInIssues":
		return c.Page(graphql.List{})
	case "trackedIssuesCount":
		return 0
	case "closedByPullRequestsReferences":
		return fixed(c, i.closers(), i.issue)
	case "bodyUrl", "bodyResourcePath":
		path := i.path() + "#issue-" + strconv.FormatInt(i.i.ID, 10)
		if name == "bodyUrl" {
			return i.m.Base() + path
		}
		return path
	}
	return i.text(i.i, name, c)
}

// closers are the pull requests that will close the issue when they are
// merged, or have.
func (i issue) closers() []*Issue {
	var pulls []*Issue
	for _, e := range i.i.Events {
		if e.WillClose && e.Source != nil && e.Source.Pull != nil {
			pulls = append(pulls, e.Source)
		}
	}
	return pulls
}

func (i issue) participants() []*User {
	var people []*User
	add := func(u *User) {
		if u != nil && u.Kind == KindUser && len(filtered(people, func(o *User) bool { return o == u })) == 0 {
			people = append(people, u)
		}
	}
	add(i.i.Author)
	for _, c := range i.i.Comments {
		add(c.Author)
	}
	return people
}

func (i issue) comments(c *graphql.Call) any {
	object := func(n *Comment) graphql.Object { return comment{i.graph, n} }
	id := func(n *Comment) int64 { return n.ID }
	if !c.Has("orderBy") {
		return page(c, i.i.Comments, id, object)
	}
	l := byTime(i.i.Comments, func(n *Comment) time.Time { return n.UpdatedAt }, id, object)
	l.Backwards = backwards(c)
	return c.Page(l)
}

// issues lists the issues of a repository that satisfy the arguments and, if
// given, a condition.
func (g *graph) issues(c *graphql.Call, r *Repository, also func(*Issue) bool) any {
	by := c.Object("filterBy")
	for _, name := range []string{"mentioned", "milestone", "milestoneNumber"} {
		if by.Has(name) {
			return graphql.NotServed{}
		}
	}
	states := append(c.Strings("states"), by.Strings("states")...)
	labels := append(c.Strings("labels"), by.Strings("labels")...)
	since := by.Time("since")
	return g.threads(c, r, func(i *Issue) bool {
		return i.Pull == nil &&
			(len(states) == 0 || has(states, enum(i.State))) &&
			(len(labels) == 0 || labelled(i, labels)) &&
			!i.UpdatedAt.Before(since) &&
			(!by.Has("createdBy") || i.Author != nil && i.Author.Login == by.String("createdBy")) &&
			(!by.Has("assignee") || assigned(i, by.String("assignee"))) &&
			(also == nil || also(i))
	})
}

// pulls lists the pull requests of a repository in the same way.
func (g *graph) pulls(c *graphql.Call, r *Repository, also func(*Issue) bool) any {
	states, labels := c.Strings("states"), c.Strings("labels")
	return g.threads(c, r, func(i *Issue) bool {
		return i.Pull != nil &&
			(len(states) == 0 || has(states, issue{g, i}.state())) &&
			(len(labels) == 0 || labelled(i, labels)) &&
			(!c.Has("headRefName") || i.Pull.Head.Branch == c.String("headRefName")) &&
			(!c.Has("baseRefName") || i.Pull.Base.Branch == c.String("baseRefName")) &&
			(also == nil || also(i))
	})
}

// threads pages through the issues and pull requests that keep accepts, in the
// order that is asked for. Nothing is copied or sorted for a page, however
// many there are.
func (g *graph) threads(c *graphql.Call, r *Repository, keep func(*Issue) bool) any {
	all := r.Issues
	key := func(i *Issue) graphql.Key { return graphql.Key{Value: i.Number} }
	switch c.Object("orderBy").String("field") {
	case "UPDATED_AT":
		all = r.IssuesByUpdate()
		key = func(i *Issue) graphql.Key { return graphql.Key{Value: i.UpdatedAt.Unix(), ID: i.Number} }
	case "COMMENTS":
		return graphql.NotServed{}
	}
	l := keyed(all, key, g.issue)
	l.Keep = func(n int) bool { return keep(all[n]) }
	l.Backwards = backwards(c)
	return c.Page(l)
}

func labelled(i *Issue, names []string) bool {
	for _, l := range i.Labels {
		if has(names, l.Name) {
			return true
		}
	}
	return false
}

func assigned(i *Issue, login string) bool {
	for _, u := range i.Assignees {
		if u.Login == login {
			return true
		}
	}
	return login == "*" && len(i.Assignees) > 0
}

type subIssues []*Issue

func (subIssues) TypeName() string { return "SubIssuesSummary" }

func (s subIssues) Field(name string, _ *graphql.Call) any {
	completed := len(filtered(s, func(i *Issue) bool { return i.State == "closed" }))
	switch name {
	case "total":
		return len(s)
	case "completed":
		return completed
	case "percentCompleted":
		if len(s) == 0 {
			return 0
		}
		return 100 * completed / len(s)
	}
	return graphql.NotServed{}
}

type pinnedIssue struct {
	*graph
	i *Issue
}

func (pinnedIssue) TypeName() string { return "PinnedIssue" }

func (p pinnedIssue) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "PI_" + p.i.NodeID()
	case "databaseId", "fullDatabaseId":
		return p.i.Number
	case "issue":
		return p.issue(p.i)
	case "pinnedBy":
		if p.i.PinnedBy == nil {
			return p.actor(p.m.Ghost)
		}
		return p.actor(p.i.PinnedBy)
	case "repository":
		return p.repository(p.i.Repo)
	}
	return graphql.NotServed{}
}

type comment struct {
	*graph
	c *Comment
}

func (comment) TypeName() string { return "IssueComment" }

func (n comment) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(n.c.ID)
	case "fullDatabaseId":
		return n.c.ID
	case "issue":
		if n.c.Issue.Pull != nil {
			// GitHub shows the pull request as the issue that it also is, which
			// the model does not have as an object of its own.
			return graphql.NotServed{}
		}
		return n.issue(n.c.Issue)
	case "pullRequest":
		if n.c.Issue.Pull == nil {
			return nil
		}
		return n.issue(n.c.Issue)
	case "repository":
		return n.repository(n.c.Issue.Repo)
	case "url", "resourcePath":
		return n.address(name, issue{n.graph, n.c.Issue}.path()+"#issuecomment-"+strconv.FormatInt(n.c.ID, 10))
	case "isMinimized", "minimizedReason":
		return minimizable(n.c.Minimized, name)
	}
	return n.text(n.c, name, c)
}
