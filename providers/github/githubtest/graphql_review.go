package githubtest

import (
	"strconv"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

type review struct {
	*graph
	r *Review
}

func (review) TypeName() string { return "PullRequestReview" }

func (r review) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(r.r.ID)
	case "fullDatabaseId":
		return r.r.ID
	case "state":
		return r.r.State
	case "submittedAt", "publishedAt":
		return r.r.SubmittedAt
	case "commit":
		return r.commit(r.r.Issue.Repo, r.r.Commit)
	case "comments":
		return page(c, r.r.Comments, func(n *ReviewComment) int64 { return n.ID },
			func(n *ReviewComment) graphql.Object { return reviewComment{r.graph, n} })
	case "pullRequest":
		return r.issue(r.r.Issue)
	case "repository":
		return r.repository(r.r.Issue.Repo)
	case "url", "resourcePath":
		return r.address(name, issue{r.graph, r.r.Issue}.path()+"#pullrequestreview-"+strconv.FormatInt(r.r.ID, 10))
	case "isMinimized", "minimizedReason":
		return minimizable("", name)
	case "authorCanPushToRepository":
		return ContentOf(r.r).Association == "OWNER" || ContentOf(r.r).Association == "MEMBER"
	case "onBehalfOf":
		return c.Page(graphql.List{})
	}
	return r.text(r.r, name, c)
}

type thread struct {
	*graph
	t *Thread
}

func (thread) TypeName() string { return "PullRequestReviewThread" }

// visible are the comments of the thread that were submitted, or are the
// viewer's.
func (t thread) visible() []*ReviewComment {
	return filtered(t.t.Comments, func(c *ReviewComment) bool { return t.seesReview(c.Review) })
}

func (t thread) Field(name string, c *graphql.Call) any {
	place := t.t.Place
	switch name {
	case "id":
		return t.t.NodeID()
	case "isResolved":
		return t.t.Resolved
	case "resolvedBy":
		return t.user(t.t.ResolvedBy)
	case "isOutdated":
		return t.t.Outdated
	case "isCollapsed":
		return t.t.Collapsed || t.t.Resolved
	case "diffSide":
		return place.Side
	case "startDiffSide":
		return optional(place.StartSide)
	case "path", "line", "startLine", "originalLine", "originalStartLine", "subjectType":
		return placeField(place, name)
	case "comments":
		if c.Has("skip") {
			return graphql.NotServed{}
		}
		return page(c, t.visible(), func(n *ReviewComment) int64 { return n.ID },
			func(n *ReviewComment) graphql.Object { return reviewComment{t.graph, n} })
	case "pullRequest":
		return t.issue(t.t.Issue)
	case "repository":
		return t.repository(t.t.Issue.Repo)
	case "viewerCanReply", "viewerCanResolve", "viewerCanUnresolve":
		return false
	}
	return graphql.NotServed{}
}

func placeField(p Place, name string) any {
	switch name {
	case "path":
		return p.Path
	case "line":
		return lineNumber(p.Line)
	case "startLine":
		return lineNumber(p.StartLine)
	case "originalLine":
		return lineNumber(p.OriginalLine)
	case "originalStartLine":
		return lineNumber(p.OriginalStartLine)
	case "position":
		return lineNumber(p.Position)
	case "originalPosition":
		return p.OriginalPosition
	case "subjectType":
		if p.File {
			return "FILE"
		}
		return "LINE"
	}
	return graphql.NotServed{}
}

type reviewComment struct {
	*graph
	c *ReviewComment
}

func (reviewComment) TypeName() string { return "PullRequestReviewComment" }

func (n reviewComment) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(n.c.ID)
	case "fullDatabaseId":
		return n.c.ID
	case "path", "line", "startLine", "originalLine", "originalStartLine", "subjectType", "position", "originalPosition":
		return placeField(n.c.Place, name)
	case "diffHunk":
		return n.c.Hunk
	case "outdated":
		return n.c.Thread.Outdated
	case "commit":
		return n.commit(n.c.Thread.Issue.Repo, n.c.Commit)
	case "originalCommit":
		return n.commit(n.c.Thread.Issue.Repo, n.c.OriginalCommit)
	case "pullRequest":
		return n.issue(n.c.Thread.Issue)
	case "pullRequestReview":
		return review{n.graph, n.c.Review}
	case "replyTo":
		if n.c.ReplyTo == nil {
			return nil
		}
		return reviewComment{n.graph, n.c.ReplyTo}
	case "repository":
		return n.repository(n.c.Thread.Issue.Repo)
	case "state":
		if n.c.Review.State == "PENDING" {
			return "PENDING"
		}
		return "SUBMITTED"
	case "draftedAt":
		return n.c.CreatedAt
	case "publishedAt":
		if n.c.Review.State == "PENDING" {
			return time.Time{}
		}
		return n.c.CreatedAt
	case "url", "resourcePath":
		return n.address(name, issue{n.graph, n.c.Thread.Issue}.path()+"#discussion_r"+strconv.FormatInt(n.c.ID, 10))
	case "isMinimized", "minimizedReason":
		return minimizable(n.c.Minimized, name)
	}
	return n.text(n.c, name, c)
}
