package body

import (
	"encoding/json"
	"strings"

	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// Types of lines of a timeline that are records of their own.
const (
	TypeComment = "comment"
	typeCode    = "code"
	typeReview  = "review"
)

// Event is a line of a timeline. It is false for lines that are something else:
// comments and reviews. A type that this program does not know keeps its name.
func Event(e *api.TimelineEntry) (schema.Event, bool) {
	converted := schema.Event{Name: e.Type, Actor: Person(e.User), At: moment(&e.CreatedAt)}
	switch e.Type {
	case TypeComment, typeCode, typeReview:
		return schema.Event{}, false
	case "close":
		converted.Name = "closed"
	case "reopen":
		converted.Name = "reopened"
	case "issue_ref", "pull_ref", "comment_ref", "commit_ref":
		converted.Name, converted.Commit, converted.URL = "referenced", e.RefCommit, referrer(e)
	case "label":
		converted.Name = either(e.Body == "1", "labeled", "unlabeled")
		if e.Label != nil {
			converted.To = e.Label.Name
		}
	case "milestone":
		converted.Name = either(e.Milestone != nil, "milestoned", "demilestoned")
		converted.From, converted.To = title(e.OldMilestone), title(e.Milestone)
		if e.Milestone == nil {
			converted.From, converted.To = "", title(e.OldMilestone)
		}
	case "assignees":
		converted.Name, converted.Person = either(e.Removed, "unassigned", "assigned"), who(e.Assignee)
	case "change_title":
		converted.Name, converted.From, converted.To = "renamed", e.OldTitle, e.NewTitle
	case "delete_branch":
		converted.Name, converted.From = "head_ref_deleted", e.OldRef
	case "change_target_branch":
		converted.Name, converted.From, converted.To = "base_ref_changed", e.OldRef, e.NewRef
	case "change_issue_ref":
		converted.Name, converted.From, converted.To = "ref_changed", e.OldRef, e.NewRef
	case "lock", "unlock", "pin", "unpin":
		converted.Name = map[string]string{"lock": "locked", "unlock": "unlocked", "pin": "pinned", "unpin": "unpinned"}[e.Type]
		converted.To = e.Body // why it was locked
	case "review_request":
		converted.Name, converted.Person = either(e.Removed, "review_request_removed", "review_requested"), who(e.Assignee)
	case "dismiss_review":
		converted.Name, converted.To = "review_dismissed", e.Body
	case "merge_pull":
		converted.Name, converted.Commit = "merged", e.RefCommit
	case "pull_push":
		converted.Name, converted.From, converted.To = pushed(e.Body)
	case "pull_scheduled_merge":
		converted.Name = "auto_merge_enabled"
	case "pull_cancel_scheduled_merge":
		converted.Name = "auto_merge_disabled"
	case "add_dependency", "remove_dependency":
		converted.Name = either(e.Type == "add_dependency", "dependency_added", "dependency_removed")
		if e.Dependency != nil {
			converted.URL = e.Dependency.HTMLURL
		}
	case "added_deadline", "removed_deadline", "modified_deadline":
		converted.Name = "due_date_" + strings.TrimSuffix(e.Type, "_deadline")
		var was bool
		if converted.To, converted.From, was = strings.Cut(e.Body, "|"); !was && e.Type == "removed_deadline" {
			converted.From, converted.To = converted.To, ""
		}
	default:
		converted.To = e.Body
	}
	return converted, true
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func title(m *api.Milestone) string {
	if m == nil {
		return ""
	}
	return m.Title
}

func who(u *api.User) *schema.Person {
	if u == nil {
		return nil
	}
	p := Person(u)
	return &p
}

// referrer is what refers to the thread.
func referrer(e *api.TimelineEntry) string {
	switch {
	case e.RefComment != nil && e.RefComment.HTMLURL != "":
		return e.RefComment.HTMLURL
	case e.RefIssue != nil:
		return e.RefIssue.HTMLURL
	}
	return ""
}

// pushed reads what the server notes of a push: the old and the new head when
// history was replaced, else the new commits.
func pushed(note string) (name, from, to string) {
	var said struct {
		Forced  bool     `json:"is_force_push"`
		Commits []string `json:"commit_ids"`
	}
	// A note that is something else says that there was a push, and no more.
	_ = json.Unmarshal([]byte(note), &said)
	n := len(said.Commits)
	switch {
	case said.Forced && n == 2:
		return "head_force_pushed", said.Commits[0], said.Commits[1]
	case n > 0:
		return "pushed", "", said.Commits[n-1]
	}
	return "pushed", "", ""
}
