package schema

// Event is the body of one line of a timeline. Its record's parent is the
// issue or change.
type Event struct {
	Name   string  `json:"name"` // closed, reopened, labeled, unlabeled, assigned, unassigned, milestoned, demilestoned, renamed, locked, unlocked, merged, referenced, review_requested, head_force_pushed, ...
	Actor  Person  `json:"actor,omitzero"`
	Person *Person `json:"person,omitempty"` // the assignee or reviewer
	From   string  `json:"from,omitempty"`   // the old title, branch or commit
	To     string  `json:"to,omitempty"`     // the new title, branch or commit; the label or milestone
	Commit string  `json:"commit,omitempty"`
	URL    string  `json:"url,omitempty"` // what refers to the parent
	At     Time    `json:"at,omitzero"`
}
