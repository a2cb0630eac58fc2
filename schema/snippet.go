package schema

// Snippet is the body of a snippet or gist.
type Snippet struct {
	Title       string        `json:"title"`
	Description string        `json:"description,omitempty"`
	Visibility  string        `json:"visibility,omitempty"` // public, internal, private
	Author      Person        `json:"author,omitzero"`
	Files       []SnippetFile `json:"files"`
	URL         string        `json:"url,omitempty"`
	CreatedAt   Time          `json:"created_at,omitzero"`
	UpdatedAt   Time          `json:"updated_at,omitzero"`
}

// SnippetFile is one file of a snippet.
type SnippetFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}
