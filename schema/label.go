package schema

// Label is the body of a label.
type Label struct {
	Name        string `json:"name"`
	Color       string `json:"color,omitempty"` // six hex digits, no #
	Description string `json:"description,omitempty"`
	Exclusive   bool   `json:"exclusive,omitempty"` // one of its scope at a time
	Priority    *int64 `json:"priority,omitempty"`
}
