package schema

// Milestone is the body of a milestone.
type Milestone struct {
	Number      int64  `json:"number,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	State       string `json:"state"`              // open, closed
	StartOn     string `json:"start_on,omitempty"` // YYYY-MM-DD
	DueOn       string `json:"due_on,omitempty"`   // YYYY-MM-DD
	CreatedAt   Time   `json:"created_at,omitzero"`
	UpdatedAt   Time   `json:"updated_at,omitzero"`
	ClosedAt    Time   `json:"closed_at,omitzero"`
}
