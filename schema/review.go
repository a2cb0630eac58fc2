package schema

// Review is the body of one review of a change, its record's parent.
type Review struct {
	State       string `json:"state"`          // approved, changes_requested, commented, dismissed, pending
	Text        string `json:"text,omitempty"` // Markdown
	Author      Person `json:"author,omitzero"`
	Commit      string `json:"commit,omitempty"`
	URL         string `json:"url,omitempty"`
	SubmittedAt Time   `json:"submitted_at,omitzero"`
}
