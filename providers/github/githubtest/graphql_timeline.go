package githubtest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// timelineItem is one line of a timeline: an event, a comment, a review or a
// commit.
type timelineItem struct {
	at     time.Time
	key    graphql.Key
	object graphql.Object
}

// The kinds of lines, in the order they have within one second. Their ids come
// from different sequences, so the kind goes before the id in a cursor.
const (
	lineCommit = iota
	lineEvent
	lineComment
	lineReview
)

func newLine(at time.Time, kind, id int64, o graphql.Object) timelineItem {
	return timelineItem{at: at, key: graphql.Key{Value: at.Unix(), ID: kind<<48 | id}, object: o}
}

// timeline answers timelineItems of an issue or a pull request.
func (i issue) timeline(c *graphql.Call) any {
	if c.Has("skip") {
		return graphql.NotServed{}
	}
	types, since := c.Strings("itemTypes"), c.Time("since")
	lines := filtered(i.lines(), func(l timelineItem) bool {
		return !l.at.Before(since) && (!c.Has("itemTypes") || slices.Contains(types, itemType(l.object.TypeName())))
	})
	l := keyed(lines, func(l timelineItem) graphql.Key { return l.key }, func(l timelineItem) graphql.Object { return l.object })
	l.Extra = func(name string) any {
		switch name {
		case "updatedAt":
			return i.i.UpdatedAt
		case "filteredCount":
			return len(lines)
		}
		return graphql.NotServed{}
	}
	return c.Page(l)
}

func (i issue) lines() []timelineItem {
	var lines []timelineItem
	for _, e := range i.i.Events {
		if o := i.event(e); o != nil {
			lines = append(lines, newLine(e.CreatedAt, lineEvent, e.ID, o))
		}
	}
	for _, n := range i.i.Comments {
		lines = append(lines, newLine(n.CreatedAt, lineComment, n.ID, comment{i.graph, n}))
	}
	if i.i.Pull != nil {
		for n, o := range i.i.Pull.Commits {
			lines = append(lines, newLine(o.CommittedAt, lineCommit, int64(n), pullCommit{i.graph, i.i, o}))
		}
		for _, r := range i.visibleReviews() {
			lines = append(lines, newLine(r.CreatedAt, lineReview, r.ID, review{i.graph, r}))
		}
	}
	slices.SortFunc(lines, func(a, b timelineItem) int {
		return cmp.Or(cmp.Compare(a.key.Value, b.key.Value), cmp.Compare(a.key.ID, b.key.ID))
	})
	return lines
}

// itemType is the enum's name for a type of timeline items: LabeledEvent is
// LABELED_EVENT.
func itemType(typeName string) string {
	var b strings.Builder
	for i, r := range typeName {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// event is a line of a timeline by the name that REST gives it. Those that
// GraphQL does not show are nil: changes of the issue type, and what happened in
// repositories that the viewer may not see.
type event struct {
	*graph
	e        *Event
	typeName string
}

func (g *graph) event(e *Event) graphql.Object {
	typeName := eventType(e.Name)
	if typeName == "" || e.Source != nil && !g.sees(e.Source.Repo) {
		return nil
	}
	return event{g, e, typeName}
}

func eventType(name string) string {
	switch name {
	case "renamed":
		return "RenamedTitleEvent"
	case "cross-referenced":
		return "CrossReferencedEvent"
	case "convert_to_draft", "converted_to_draft":
		return "ConvertToDraftEvent"
	case "closed", "reopened", "labeled", "unlabeled", "assigned", "unassigned", "milestoned", "demilestoned",
		"locked", "unlocked", "pinned", "unpinned", "merged", "referenced", "review_requested", "review_request_removed",
		"review_dismissed", "ready_for_review", "head_ref_deleted", "head_ref_restored", "head_ref_force_pushed",
		"base_ref_changed", "base_ref_force_pushed", "base_ref_deleted", "comment_deleted", "mentioned", "subscribed",
		"unsubscribed", "transferred", "connected", "disconnected", "marked_as_duplicate", "unmarked_as_duplicate",
		"converted_to_discussion", "sub_issue_added", "sub_issue_removed", "parent_issue_added", "parent_issue_removed":
		var b strings.Builder
		for word := range strings.SplitSeq(name, "_") {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		return b.String() + "Event"
	}
	return ""
}

func (e event) TypeName() string { return e.typeName }

func (e event) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return e.e.NodeID()
	case "databaseId":
		return small(e.e.ID)
	case "actor":
		return e.actor(e.e.Actor)
	case "createdAt", "referencedAt":
		return e.e.CreatedAt
	case "url", "resourcePath":
		return e.address(name, issue{e.graph, e.e.Issue}.path()+"#event-"+strconv.FormatInt(e.e.ID, 10))
	case "closable", "labelable", "assignable", "lockable", "pullRequest", "issue", "target", "subscribable":
		return e.issue(e.e.Issue)
	case "subject":
		if e.typeName == "ConnectedEvent" || e.typeName == "DisconnectedEvent" {
			return e.issue(e.e.Source)
		}
		return e.issue(e.e.Issue)
	case "source":
		if e.typeName == "ConnectedEvent" || e.typeName == "DisconnectedEvent" {
			return e.issue(e.e.Issue)
		}
		return e.issue(e.e.Source)
	case "isCrossRepository":
		return e.e.Source != nil && e.e.Source.Repo != e.e.Issue.Repo
	case "willCloseTarget":
		return e.e.WillClose
	case "subIssue", "parent", "canonical":
		return e.issue(e.e.Source)
	case "duplicate":
		return e.issue(e.e.Issue)
	}
	return e.detail(name)
}

// detail answers what only some events have.
func (e event) detail(name string) any {
	repo := e.e.Issue.Repo
	switch name {
	case "label":
		return e.label(repo, e.e.Label)
	case "milestoneTitle":
		return e.e.Milestone
	case "assignee":
		return e.actor(e.e.Assignee)
	case "user":
		return e.user(e.e.Assignee)
	case "deletedCommentAuthor":
		return e.actor(e.e.Assignee)
	case "previousTitle", "previousRefName":
		return e.e.From
	case "currentTitle", "currentRefName":
		return e.e.To
	case "lockReason":
		return enum(e.e.LockReason)
	case "stateReason":
		return enum(e.e.StateReason)
	case "closer":
		if e.e.Source != nil && e.e.Source.Pull != nil {
			return e.issue(e.e.Source)
		}
		return e.commit(repo, e.e.Commit)
	case "commit":
		return e.commit(repo, e.e.Commit)
	case "commitRepository":
		return e.repository(repo)
	case "isDirectReference":
		return true
	case "mergeRef":
		return e.ref(repo, "refs/heads/"+e.e.Issue.Pull.Base.Branch)
	case "mergeRefName":
		return e.e.Issue.Pull.Base.Branch
	case "requestedReviewer":
		if e.e.Team != nil {
			return e.team(e.e.Team)
		}
		return e.actor(e.e.Reviewer)
	case "review":
		if e.e.Review == nil {
			return nil
		}
		return review{e.graph, e.e.Review}
	case "dismissalMessage", "dismissalMessageHTML":
		return optional(e.e.Message)
	case "previousReviewState":
		return cmp.Or(strings.ToUpper(e.e.From), "COMMENTED")
	case "pullRequestCommit", "fromRepository", "discussion":
		return nil
	case "beforeCommit":
		return e.commit(repo, e.e.From)
	case "afterCommit":
		return e.commit(repo, e.e.To)
	case "headRefName":
		return e.e.Issue.Pull.Head.Branch
	case "ref", "headRef":
		return e.pullRefOf(name)
	}
	return graphql.NotServed{}
}

// pullRefOf is the branch that an event is about, if it still exists.
func (e event) pullRefOf(name string) any {
	tip := e.e.Issue.Pull.Head
	if strings.HasPrefix(e.typeName, "BaseRef") {
		tip = e.e.Issue.Pull.Base
	}
	if tip.Repo == nil || tip.Gone {
		return nil
	}
	return e.ref(tip.Repo, "refs/heads/"+tip.Branch)
}
