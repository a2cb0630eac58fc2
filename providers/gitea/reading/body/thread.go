package body

import (
	"strings"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// Issue is an issue, without what is not in it: its reactions, and who closed it.
func Issue(i api.Issue) schema.Issue {
	return schema.Issue{
		Number: i.Number, Title: i.Title, Text: i.Body, State: i.State, Author: Author(i.User, i.Original), Assignees: People(i.Assignees),
		Labels: labels(i.Labels), Milestone: MilestoneOf(i), Locked: i.Locked, Pinned: i.PinOrder > 0, DueOn: day(i.DueDate), URL: i.HTMLURL,
		CreatedAt: moment(&i.CreatedAt), ClosedAt: moment(i.ClosedAt),
	}
}

// Change is a pull request. Head is the commit that the server keeps for it, or
// empty when there is none: the branch may have moved on since.
func Change(i api.Issue, p api.Pull, repositoryID int64, head string) schema.Change {
	converted := schema.Change{
		Number: i.Number, Title: i.Title, Text: i.Body, State: i.State, Draft: p.Draft, Author: Author(i.User, i.Original), Assignees: People(i.Assignees),
		RequestedReviewers: People(p.Reviewers), Labels: labels(i.Labels), Milestone: MilestoneOf(i), Locked: i.Locked, URL: i.HTMLURL,
		CreatedAt: moment(&i.CreatedAt), ClosedAt: moment(i.ClosedAt),
		Head: schema.Tip{Branch: p.Head.Label, Commit: p.Head.SHA, Ref: PullRef(i.Number)},
		Base: schema.Tip{Branch: p.Base.Label, Commit: p.MergeBase},
	}
	if converted.Base.Branch == "" {
		converted.Base.Branch = p.Base.Ref
	}
	if head != "" {
		converted.Head.Commit = head
	}
	switch {
	case p.Head.Repo != nil && p.Head.Repo.ID != repositoryID:
		converted.Head.Repository = p.Head.Repo.FullName
	case p.Head.Repo == nil:
		converted.Head.Gone = true
	}
	if strings.HasPrefix(p.Head.Ref, "refs/pull/") { // the branch does not exist any more, or never did
		converted.Head.Gone = true
	}
	if p.Merged {
		converted.State, converted.MergeCommit, converted.MergedAt = "merged", p.MergeCommit, moment(p.MergedAt)
		if p.MergedBy != nil {
			by := Person(p.MergedBy)
			converted.MergedBy = &by
		}
	}
	return converted
}

// PullRef is the ref under which the server keeps the head of a pull request.
func PullRef(number int64) string { return "refs/pull/" + ID(number) + "/head" }

// MilestoneOf is the id of an issue's milestone.
func MilestoneOf(i api.Issue) string {
	if i.Milestone == nil {
		return ""
	}
	return ID(i.Milestone.ID)
}

func labels(all []api.Label) []string {
	var names []string
	for _, l := range all {
		names = append(names, l.Name)
	}
	return names
}

// Comment is a comment on an issue or pull request.
func Comment(c api.Comment, reactions []api.Reaction) schema.Comment {
	return schema.Comment{
		Text: c.Body, Author: Author(c.User, c.Original), Reactions: Reactions(reactions), URL: c.HTMLURL,
		CreatedAt: moment(&c.CreatedAt), UpdatedAt: moment(&c.UpdatedAt),
	}
}

// Remark is a comment of a review.
func Remark(c api.ReviewRemark, reactions []api.Reaction) schema.Comment {
	converted := schema.Comment{
		Text: c.Body, Author: Person(c.User), Resolved: c.Resolver != nil, Reactions: Reactions(reactions), URL: c.HTMLURL,
		CreatedAt: moment(&c.CreatedAt), UpdatedAt: moment(&c.UpdatedAt),
		Position: &schema.Position{Path: c.Path, Side: "new", Line: c.NewLine, Commit: c.Commit, Hunk: c.Hunk},
	}
	if c.OldLine > 0 {
		converted.Position.Side, converted.Position.Line = "old", c.OldLine
	}
	converted.Position.WholeFile = converted.Position.Line == 0
	return converted
}

// Review is a review. It is false for what is none: that somebody was asked.
func Review(r api.Review) (schema.Review, bool) {
	state := map[string]string{
		api.ReviewApproved: "approved", api.ReviewRequestChanges: "changes_requested", api.ReviewComment: "commented", api.ReviewPending: "pending",
	}[r.State]
	if r.Dismissed && state != "" {
		state = "dismissed"
	}
	return schema.Review{State: state, Text: r.Body, Author: Person(r.User), Commit: r.Commit, URL: r.HTMLURL, SubmittedAt: moment(&r.Submitted)}, state != ""
}
