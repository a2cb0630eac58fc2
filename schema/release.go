package schema

// Release is the body of a release. Its assets are attachments with the role
// "asset".
type Release struct {
	Tag         string     `json:"tag"`
	Target      string     `json:"target,omitempty"` // the commit or branch of a tag that does not exist yet
	Name        string     `json:"name,omitempty"`
	Text        string     `json:"text,omitempty"` // Markdown
	Draft       bool       `json:"draft,omitempty"`
	Prerelease  bool       `json:"prerelease,omitempty"`
	Author      Person     `json:"author,omitzero"`
	Reactions   []Reaction `json:"reactions,omitempty"`
	URL         string     `json:"url,omitempty"`
	CreatedAt   Time       `json:"created_at,omitzero"`
	PublishedAt Time       `json:"published_at,omitzero"`
}
