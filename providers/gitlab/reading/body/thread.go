package body

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// Issue is an issue, without what is not in it: its reactions.
func Issue(i api.FullIssue) schema.Issue {
	converted := schema.Issue{
		Number: i.IID, Title: i.Title, Text: i.Description, State: "open", Author: Person(i.Author), Assignees: People(i.Assignees),
		Labels: i.Labels, Milestone: MilestoneOf(i.Milestone), Locked: i.Locked, Confidential: i.Confidential,
		DueOn: i.DueDate, URL: i.WebURL, CreatedAt: moment(&i.CreatedAt),
	}
	if i.Type != "issue" {
		converted.Type = i.Type
	}
	if i.State == "closed" {
		converted.State, converted.ClosedAt, converted.ClosedBy = "closed", moment(i.ClosedAt), who(i.ClosedBy)
		if i.Links.DuplicateOf != "" {
			converted.StateReason = "duplicate"
		}
	}
	return converted
}

// Change is a merge request, without its reactions. Head is the commit of the ref
// that the server keeps for it; empty: it keeps none any more. Fork is the full path
// of the project that it comes from, when that is another one; empty: it is gone.
func Change(m api.FullMergeRequest, head, fork string) schema.Change {
	converted := schema.Change{
		Number: m.IID, Title: m.Title, Text: m.Description, State: "open", Draft: m.Draft, Author: Person(m.Author), Assignees: People(m.Assignees),
		RequestedReviewers: People(m.Reviewers), Labels: m.Labels, Milestone: MilestoneOf(m.Milestone), Locked: m.Locked,
		URL: m.WebURL, CreatedAt: moment(&m.CreatedAt),
		Head: schema.Tip{Branch: m.SourceBranch, Commit: m.SHA},
		Base: schema.Tip{Branch: m.TargetBranch},
	}
	if m.Refs != nil {
		converted.Base.Commit = m.Refs.Base
		converted.Head.Commit = cmp.Or(converted.Head.Commit, m.Refs.Head)
	}
	if head != "" {
		converted.Head.Ref = HeadRef(m.IID)
		converted.Head.Commit = cmp.Or(converted.Head.Commit, head)
	}
	switch {
	case m.SourceProjectID == 0:
		converted.Head.Gone = true
	case m.SourceProjectID != m.TargetProjectID:
		converted.Head.Repository, converted.Head.Gone = fork, fork == ""
	}
	switch m.State {
	case "closed":
		converted.State, converted.ClosedAt = "closed", moment(m.ClosedAt)
	case "merged":
		converted.State, converted.MergedAt = "merged", moment(m.MergedAt)
		converted.MergeCommit = cmp.Or(m.MergeCommit, m.SquashCommit)
		converted.MergedBy = who(m.MergedBy)
		if converted.MergedBy == nil {
			converted.MergedBy = who(m.MergedByOld)
		}
		if converted.MergeCommit == "" { // fast-forward: the branch was moved
			converted.MergeCommit = converted.Head.Commit
		}
	}
	return converted
}

// HeadRef is the ref under which the server keeps the head of a merge request.
func HeadRef(iid int64) string { return "refs/merge-requests/" + ID(iid) + "/head" }

// MilestoneOf is the id of a milestone's record; empty for none.
func MilestoneOf(m *api.Under) string {
	if m == nil {
		return ""
	}
	return ID(m.ID)
}

// Note is a comment. Head is the newest commit of the merge request that it stands
// under, by which an outdated place is known; empty for others.
func Note(n api.FullNote, url, head string, reactions []api.FullAward) schema.Comment {
	converted := schema.Comment{
		Text: n.Body, Author: Person(n.Author), Internal: n.Internal || n.Confidential, Reactions: Reactions(reactions), URL: url,
		CreatedAt: moment(&n.CreatedAt), UpdatedAt: moment(&n.UpdatedAt),
	}
	if n.Place != nil {
		converted.Position = position(*n.Place)
		converted.Position.Outdated = head != "" && n.Place.Head != head
	}
	return converted
}

// position is a place in a diff. A line that did not change has a number on both
// sides; the new one is taken. A place in an image is the whole file.
func position(p api.Place) *schema.Position {
	converted := schema.Position{Path: cmp.Or(p.NewPath, p.OldPath), Side: "new", Line: int64(p.NewLine), Commit: p.Head, Base: p.Base}
	if p.OldPath != converted.Path {
		converted.OldPath = p.OldPath
	}
	if p.NewLine == 0 && p.OldLine > 0 {
		converted.Side, converted.Line = "old", int64(p.OldLine)
	}
	if p.Type != "" && p.Type != "text" {
		converted.Line = 0
	}
	if converted.WholeFile = converted.Line == 0; converted.WholeFile {
		converted.Side = ""
		return &converted
	}
	if p.Range != nil {
		start := int64(p.Range.Start.NewLine)
		if converted.Side == "old" {
			start = int64(p.Range.Start.OldLine)
		}
		if start > 0 && start < converted.Line {
			converted.StartLine = start
		}
	}
	return &converted
}

// Approval is somebody's consent to a merge request. Older servers do not tell when
// it was given.
func Approval(a api.Approval) schema.Review {
	return schema.Review{State: "approved", Author: Person(a.User), SubmittedAt: moment(a.At)}
}

// Refusal is the review of somebody who wants changes. When they said so is not
// told.
func Refusal(r api.Reviewer) schema.Review {
	return schema.Review{State: "changes_requested", Author: Person(r.User)}
}

// Times is the time that was estimated and spent, as words; empty for none.
func Times(t *api.TimeStats) string {
	if t == nil || t.Estimate == 0 && t.Spent == 0 {
		return ""
	}
	var parts []string
	if t.Estimate > 0 {
		parts = append(parts, "estimated "+duration(t.Estimate))
	}
	if t.Spent > 0 {
		parts = append(parts, "spent "+duration(t.Spent))
	}
	return strings.Join(parts, ", ")
}

// duration writes seconds as hours and minutes: the server's own days have eight
// hours, or what its administrator says.
func duration(seconds int64) string {
	d := time.Duration(seconds) * time.Second
	switch h, m := int64(d.Hours()), int64(d.Minutes())%60; {
	case h > 0 && m > 0:
		return fmt.Sprintf("%dh %dm", h, m)
	case h > 0:
		return fmt.Sprintf("%dh", h)
	case m > 0:
		return fmt.Sprintf("%dm", m)
	}
	return fmt.Sprintf("%ds", seconds)
}
