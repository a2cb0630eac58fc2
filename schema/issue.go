package schema

// Issue is the body of an issue.
type Issue struct {
	Number       int64      `json:"number"`
	Title        string     `json:"title"`
	Text         string     `json:"text,omitempty"` // Markdown
	State        string     `json:"state"`          // open, closed
	StateReason  string     `json:"state_reason,omitempty"`
	Type         string     `json:"type,omitempty"`
	Author       Person     `json:"author,omitzero"`
	Assignees    []Person   `json:"assignees,omitempty"`
	Labels       []string   `json:"labels,omitempty"`    // names
	Milestone    string     `json:"milestone,omitempty"` // id of the milestone's record
	Locked       bool       `json:"locked,omitempty"`
	LockReason   string     `json:"lock_reason,omitempty"`
	Pinned       bool       `json:"pinned,omitempty"`
	Confidential bool       `json:"confidential,omitempty"`
	DueOn        string     `json:"due_on,omitempty"`     // YYYY-MM-DD
	SubIssues    []string   `json:"sub_issues,omitempty"` // ids of issue records
	Reactions    []Reaction `json:"reactions,omitempty"`
	URL          string     `json:"url,omitempty"`
	CreatedAt    Time       `json:"created_at,omitzero"`
	UpdatedAt    Time       `json:"updated_at,omitzero"`
	ClosedAt     Time       `json:"closed_at,omitzero"`
	ClosedBy     *Person    `json:"closed_by,omitempty"`
}

// Reaction is one person's emoji on an issue, change, comment, release or
// discussion.
type Reaction struct {
	Name   string `json:"name"` // the emoji's short name, such as "+1" or "heart"
	Person Person `json:"person"`
	At     Time   `json:"at,omitzero"`
}
