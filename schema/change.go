package schema

// Change is the body of a pull or merge request.
type Change struct {
	Number             int64      `json:"number"`
	Title              string     `json:"title"`
	Text               string     `json:"text,omitempty"` // Markdown
	State              string     `json:"state"`          // open, closed, merged
	Draft              bool       `json:"draft,omitempty"`
	Author             Person     `json:"author,omitzero"`
	Assignees          []Person   `json:"assignees,omitempty"`
	RequestedReviewers []Person   `json:"requested_reviewers,omitempty"`
	Labels             []string   `json:"labels,omitempty"`    // names
	Milestone          string     `json:"milestone,omitempty"` // id of the milestone's record
	Locked             bool       `json:"locked,omitempty"`
	Head               Tip        `json:"head"`
	Base               Tip        `json:"base"`
	MergeCommit        string     `json:"merge_commit,omitempty"`
	Reactions          []Reaction `json:"reactions,omitempty"`
	URL                string     `json:"url,omitempty"`
	CreatedAt          Time       `json:"created_at,omitzero"`
	UpdatedAt          Time       `json:"updated_at,omitzero"`
	ClosedAt           Time       `json:"closed_at,omitzero"`
	MergedAt           Time       `json:"merged_at,omitzero"`
	MergedBy           *Person    `json:"merged_by,omitempty"`
}

// Tip is one end of a change.
type Tip struct {
	Branch     string `json:"branch,omitempty"`
	Commit     string `json:"commit,omitempty"`
	Repository string `json:"repository,omitempty"` // OWNER/NAME when it is a fork; empty for the repository itself or when the fork is gone
	Gone       bool   `json:"gone,omitempty"`       // the repository or branch no longer exists at the source
	Ref        string `json:"ref,omitempty"`        // the ref that keeps Commit reachable, such as refs/pull/7/head
}
