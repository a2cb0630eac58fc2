package schema

// Discussion is the body of a forum thread of the repository. Its answers are
// comments.
type Discussion struct {
	Number    int64      `json:"number"`
	Title     string     `json:"title"`
	Text      string     `json:"text,omitempty"` // Markdown
	Category  string     `json:"category,omitempty"`
	State     string     `json:"state"` // open, closed
	Author    Person     `json:"author,omitzero"`
	Labels    []string   `json:"labels,omitempty"` // names
	Locked    bool       `json:"locked,omitempty"`
	Pinned    bool       `json:"pinned,omitempty"`
	Reactions []Reaction `json:"reactions,omitempty"`
	URL       string     `json:"url,omitempty"`
	CreatedAt Time       `json:"created_at,omitzero"`
	UpdatedAt Time       `json:"updated_at,omitzero"`
	ClosedAt  Time       `json:"closed_at,omitzero"`
}
