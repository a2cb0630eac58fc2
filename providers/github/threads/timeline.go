package threads

import (
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// place says in which timelines a line can stand.
type place int

const (
	onIssue place = 1 << iota
	onChange
	onBoth = onIssue | onChange
)

// line is a sort of line in a timeline: its type, the name of its events, what
// is asked for beside time and actor, and how it fills an event.
type line struct {
	typename string
	name     string
	on       place
	fields   string
	fill     func(e *schema.Event, l *timelineItem)
}

// lines are the sorts that are carried. Comments, reviews and commits of a
// timeline come otherwise; those of classic projects have gone from GitHub.
func lines() []line {
	return []line{
		{"ClosedEvent", "closed", onBoth, " closer { ... on Commit { oid } ... on PullRequest { url } } stateReason", func(e *schema.Event, l *timelineItem) {
			e.To = strings.ToLower(l.StateReason)
			if l.Closer != nil {
				e.Commit, e.URL = l.Closer.OID, l.Closer.URL
			}
		}},
		{"ReopenedEvent", "reopened", onBoth, "", nil},
		{"LabeledEvent", "labeled", onBoth, " label { name }", toLabel},
		{"UnlabeledEvent", "unlabeled", onBoth, " label { name }", toLabel},
		{"AssignedEvent", "assigned", onBoth, " assignee { ...Who }", toAssignee},
		{"UnassignedEvent", "unassigned", onBoth, " assignee { ...Who }", toAssignee},
		{"MilestonedEvent", "milestoned", onBoth, " milestoneTitle", toMilestone},
		{"DemilestonedEvent", "demilestoned", onBoth, " milestoneTitle", toMilestone},
		{"RenamedTitleEvent", "renamed", onBoth, " previousTitle currentTitle", func(e *schema.Event, l *timelineItem) { e.From, e.To = l.PreviousTitle, l.CurrentTitle }},
		{"LockedEvent", "locked", onBoth, " lockReason", func(e *schema.Event, l *timelineItem) { e.To = lockReason(l.LockReason) }},
		{"UnlockedEvent", "unlocked", onBoth, "", nil},
		{"PinnedEvent", "pinned", onBoth, "", nil},
		{"UnpinnedEvent", "unpinned", onBoth, "", nil},
		{"ReferencedEvent", "referenced", onBoth, " commit { oid url }", func(e *schema.Event, l *timelineItem) { toCommit(e, l); toURL(e, l.Commit) }},
		{"CrossReferencedEvent", "cross_referenced", onBoth, " source { ... on Issue { url } ... on PullRequest { url } }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Source) }},
		{"ConnectedEvent", "connected", onBoth, " subject { ... on Issue { url } ... on PullRequest { url } }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Subject) }},
		{"DisconnectedEvent", "disconnected", onBoth, " subject { ... on Issue { url } ... on PullRequest { url } }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Subject) }},
		{"MarkedAsDuplicateEvent", "marked_as_duplicate", onBoth, " canonical { ... on Issue { url } ... on PullRequest { url } }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Canonical) }},
		{"UnmarkedAsDuplicateEvent", "unmarked_as_duplicate", onBoth, " canonical { ... on Issue { url } ... on PullRequest { url } }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Canonical) }},
		{"SubIssueAddedEvent", "sub_issue_added", onBoth, " subIssue { url }", func(e *schema.Event, l *timelineItem) { toURL(e, l.SubIssue) }},
		{"SubIssueRemovedEvent", "sub_issue_removed", onBoth, " subIssue { url }", func(e *schema.Event, l *timelineItem) { toURL(e, l.SubIssue) }},
		{"ParentIssueAddedEvent", "parent_issue_added", onBoth, " parent { url }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Parent) }},
		{"ParentIssueRemovedEvent", "parent_issue_removed", onBoth, " parent { url }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Parent) }},
		{"TransferredEvent", "transferred", onBoth, " fromRepository { nameWithOwner }", func(e *schema.Event, l *timelineItem) {
			if l.FromRepository != nil {
				e.From = l.FromRepository.NameWithOwner
			}
		}},
		{"ConvertedToDiscussionEvent", "converted_to_discussion", onBoth, " discussion { url }", func(e *schema.Event, l *timelineItem) { toURL(e, l.Discussion) }},
		{"CommentDeletedEvent", "comment_deleted", onBoth, " deletedCommentAuthor { ...Who }", func(e *schema.Event, l *timelineItem) { e.Person = ifAny(l.DeletedCommentAuthor) }},
		{"UserBlockedEvent", "user_blocked", onBoth, " blocked: subject { ...Who }", func(e *schema.Event, l *timelineItem) { e.Person = ifAny(l.Blocked) }},
		{"MergedEvent", "merged", onChange, " commit { oid url } mergeRefName", func(e *schema.Event, l *timelineItem) { toCommit(e, l); e.To = l.MergeRefName }},
		{"ReviewRequestedEvent", "review_requested", onChange, " requestedReviewer { ...Who ... on Team { combinedSlug } }", toReviewer},
		{"ReviewRequestRemovedEvent", "review_request_removed", onChange, " requestedReviewer { ...Who ... on Team { combinedSlug } }", toReviewer},
		{"ReviewDismissedEvent", "review_dismissed", onChange, " previousReviewState dismissalMessage", func(e *schema.Event, l *timelineItem) {
			e.From, e.To = strings.ToLower(l.PreviousReviewState), l.DismissalMessage
		}},
		{"ReadyForReviewEvent", "ready_for_review", onChange, "", nil},
		{"ConvertToDraftEvent", "converted_to_draft", onChange, "", nil},
		{"HeadRefForcePushedEvent", "head_force_pushed", onChange, " beforeCommit { oid } afterCommit { oid }", fromCommits},
		{"BaseRefForcePushedEvent", "base_force_pushed", onChange, " beforeCommit { oid } afterCommit { oid }", fromCommits},
		{"HeadRefDeletedEvent", "head_deleted", onChange, " headRefName", func(e *schema.Event, l *timelineItem) { e.From = l.HeadRefName }},
		{"HeadRefRestoredEvent", "head_restored", onChange, "", nil},
		{"BaseRefChangedEvent", "base_changed", onChange, " previousRefName currentRefName", func(e *schema.Event, l *timelineItem) { e.From, e.To = l.PreviousRefName, l.CurrentRefName }},
		{"BaseRefDeletedEvent", "base_deleted", onChange, " baseRefName", func(e *schema.Event, l *timelineItem) { e.From = l.BaseRefName }},
		{"AutomaticBaseChangeSucceededEvent", "base_changed_automatically", onChange, " oldBase newBase", func(e *schema.Event, l *timelineItem) { e.From, e.To = l.OldBase, l.NewBase }},
		{"AutomaticBaseChangeFailedEvent", "base_change_failed", onChange, " oldBase newBase", func(e *schema.Event, l *timelineItem) { e.From, e.To = l.OldBase, l.NewBase }},
		{"AutoMergeEnabledEvent", "auto_merge_enabled", onChange, "", nil},
		{"AutoMergeDisabledEvent", "auto_merge_disabled", onChange, "", nil},
		{"AutoRebaseEnabledEvent", "auto_rebase_enabled", onChange, "", nil},
		{"AutoSquashEnabledEvent", "auto_squash_enabled", onChange, "", nil},
		{"AddedToMergeQueueEvent", "added_to_merge_queue", onChange, "", nil},
		{"RemovedFromMergeQueueEvent", "removed_from_merge_queue", onChange, "", nil},
		{"DeployedEvent", "deployed", onChange, "", nil},
		{"DeploymentEnvironmentChangedEvent", "deployment_environment_changed", onChange, "", nil},
	}
}

// event is the body of one line.
func event(l *timelineItem) schema.Event {
	e := schema.Event{Actor: person(l.Actor), At: l.CreatedAt.UTC()}
	for _, sort := range lines() {
		if sort.typename == l.Typename {
			e.Name = sort.name
			if sort.fill != nil {
				sort.fill(&e, l)
			}
		}
	}
	return e
}

func toLabel(e *schema.Event, l *timelineItem) {
	if l.Label != nil {
		e.To = l.Label.Name
	}
}

// toAssignee names the one who was assigned: the ghost, when the account is gone.
func toAssignee(e *schema.Event, l *timelineItem) {
	p := person(l.Assignee)
	e.Person = &p
}

func toMilestone(e *schema.Event, l *timelineItem) { e.To = l.MilestoneTitle }

func toCommit(e *schema.Event, l *timelineItem) {
	if l.Commit != nil {
		e.Commit = l.Commit.OID
	}
}

func toURL(e *schema.Event, o *object) {
	if o != nil {
		e.URL = o.URL
	}
}

func toReviewer(e *schema.Event, l *timelineItem) {
	if l.RequestedReviewer != nil && l.RequestedReviewer.Slug != "" {
		e.To = l.RequestedReviewer.Slug
		return
	}
	p := person(l.RequestedReviewer)
	e.Person = &p
}

func fromCommits(e *schema.Event, l *timelineItem) {
	if l.BeforeCommit != nil {
		e.From = l.BeforeCommit.OID
	}
	if l.AfterCommit != nil {
		e.To = l.AfterCommit.OID
	}
}
