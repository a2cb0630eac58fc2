package body

import (
	"strings"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/schema"
)

// Review is what an activity says of the change as a whole. It is false for
// activities that are something else.
func Review(a api.Activity) (schema.Review, bool) {
	r := schema.Review{Author: Person(a.User), SubmittedAt: a.CreatedDate.Time()}
	switch a.Action {
	case api.ActionApproved:
		r.State = "approved"
	case api.ActionReviewed:
		r.State = "changes_requested"
	default:
		return schema.Review{}, false
	}
	return r, true
}

// Standing is the review that a participant's status stands for. It is false when
// there is none.
func Standing(p api.Participant) (schema.Review, bool) {
	switch p.Status {
	case api.StatusApproved:
		return schema.Review{State: "approved", Author: Person(p.User), Commit: p.LastReviewed}, true
	case api.StatusNeedsWork:
		return schema.Review{State: "changes_requested", Author: Person(p.User), Commit: p.LastReviewed}, true
	}
	return schema.Review{}, false
}

// Events are the lines of a timeline that an activity amounts to: none for comments,
// reviews and the opening, several when several reviewers were asked at once. Known
// is false for actions that this program has no words for.
func Events(a api.Activity) (events []schema.Event, known bool) {
	e := schema.Event{Actor: Person(a.User), At: a.CreatedDate.Time()}
	switch a.Action {
	case api.ActionOpened, api.ActionCommented, api.ActionApproved, api.ActionReviewed, "REVIEW_DISCARDED":
		return nil, true
	case api.ActionUnapproved:
		e.Name = "review_dismissed"
	case api.ActionDeclined:
		e.Name = "closed"
	case api.ActionReopened:
		e.Name = "reopened"
	case api.ActionMerged:
		e.Name = "merged"
		if a.Commit != nil {
			e.Commit = a.Commit.ID
		}
	case api.ActionRescoped:
		return rescoped(a, e), true
	case api.ActionUpdated:
		return append(each(e, "review_requested", a.AddedReviewers), each(e, "review_request_removed", a.RemovedReviewers)...), true
	case "AUTO_MERGE_REQUESTED":
		e.Name = "auto_merge_enabled"
	case "AUTO_MERGE_CANCELLED":
		e.Name = "auto_merge_disabled"
	case "MERGE_QUEUE_ADDED", "MERGE_QUEUE_EJECTED":
		e.Name = strings.ToLower(a.Action)
	default:
		return nil, false
	}
	return []schema.Event{e}, true
}

// rescoped is a push to the branch that is to be merged. One to the other branch is
// an event of that branch, and of all that is open against it.
func rescoped(a api.Activity, e schema.Event) []schema.Event {
	if a.FromHash == a.PreviousFromHash {
		return nil
	}
	e.Name, e.To = "pushed", a.FromHash
	if a.Removed.Total > 0 {
		e.Name, e.From = "head_force_pushed", a.PreviousFromHash
	}
	return []schema.Event{e}
}

func each(e schema.Event, name string, users []api.User) []schema.Event {
	var all []schema.Event
	for _, u := range users {
		one, p := e, Person(u)
		one.Name, one.Person = name, &p
		all = append(all, one)
	}
	return all
}
