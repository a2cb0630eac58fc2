package threads

import "github.com/drover-migrate/drover/providers/bitbucketcloud/api"

// The beginnings of labels that stand for what Bitbucket has fields for.
const (
	LabelKind      = "kind:"
	LabelPriority  = "priority:"
	LabelComponent = "component:"
	LabelVersion   = "version:"
	LabelState     = "state:"
)

// What an issue can be.
const (
	stateOpen   = "open"
	stateClosed = "closed"
)

// Kinds of issues, priorities, and the states that open and closed do not say.
func IssueKinds() []string { return []string{"bug", "enhancement", "proposal", "task"} }

// Priorities are those of issues, the lowest first.
func Priorities() []string { return []string{"trivial", "minor", "major", "critical", "blocker"} }

// States are those of issues of which open and closed alone would lose something.
func States() []string {
	return []string{"new", "on hold", "submitted", "resolved", "invalid", "duplicate", "wontfix"}
}

// isOpen reports whether an issue in a state is still to be worked on.
func isOpen(state string) bool {
	switch state {
	case "new", "open", "on hold", "submitted":
		return true
	}
	return false
}

// stateReason is why an issue in a state is closed, in the words that all forges
// share.
func stateReason(state string) string {
	switch state {
	case "resolved":
		return "completed"
	case "invalid", "wontfix":
		return "not_planned"
	case "duplicate":
		return "duplicate"
	}
	return ""
}

// stateLabel is the label of a state; empty for open and closed.
func stateLabel(state string) string {
	if state == "" || state == stateOpen || state == stateClosed {
		return ""
	}
	return LabelState + state
}

// labels are those that stand for the fields of an issue.
func labels(i api.Issue) []string {
	var all []string
	add := func(prefix, value string) {
		if value != "" {
			all = append(all, prefix+value)
		}
	}
	add(LabelKind, i.Kind)
	add(LabelPriority, i.Priority)
	if i.Component != nil {
		add(LabelComponent, i.Component.Name)
	}
	if i.Version != nil {
		add(LabelVersion, i.Version.Name)
	}
	if l := stateLabel(i.State); l != "" {
		all = append(all, l)
	}
	return all
}
