package schema

// Attachment is the body of a file that a text links to, or of a release's
// asset. The bytes are the record's blob.
type Attachment struct {
	Name      string `json:"name"`           // file name as people see it; a label, never a path
	Role      string `json:"role,omitempty"` // asset, or empty for a file linked from a text
	MediaType string `json:"media_type,omitempty"`
	URL       string `json:"url,omitempty"`  // where texts of the source link to
	Link      string `json:"link,omitempty"` // an asset that is only a link to elsewhere; there is no blob
	Downloads int64  `json:"downloads,omitempty"`
	Author    Person `json:"author,omitzero"`
	CreatedAt Time   `json:"created_at,omitzero"`
}
