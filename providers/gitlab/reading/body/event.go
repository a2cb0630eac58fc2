package body

import (
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// State is what happened to the state of a thread.
func State(e api.StateEvent) schema.Event {
	return schema.Event{Name: e.State, Actor: Person(e.User), At: e.CreatedAt.UTC()}
}

// Labeled is what happened to the labels of a thread. It is false when the label
// was deleted since: nobody knows which it was.
func Labeled(e api.LabelEvent) (schema.Event, bool) {
	if e.Label == nil {
		return schema.Event{}, false
	}
	return schema.Event{Name: either(e.Action == "add", "labeled", "unlabeled"), Actor: Person(e.User), To: e.Label.Name, At: e.CreatedAt.UTC()}, true
}

// Milestoned is what happened to the milestone of a thread. It is false when the
// milestone was deleted since.
func Milestoned(e api.MilestoneEvent) (schema.Event, bool) {
	if e.Milestone == nil {
		return schema.Event{}, false
	}
	return schema.Event{Name: either(e.Action == "add", "milestoned", "demilestoned"), Actor: Person(e.User), To: e.Milestone.Title, At: e.CreatedAt.UTC()}, true
}

// Linked says that an issue was linked to another one.
func Linked(l api.LinkedIssue) schema.Event {
	name := "linked"
	switch l.LinkType {
	case "blocks", "is_blocked_by":
		name = l.LinkType
	}
	return schema.Event{Name: name, URL: l.WebURL, At: l.LinkCreatedAt.UTC()}
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
