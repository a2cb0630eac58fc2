package schema

// Comment is the body of a comment. Its record's parent is the issue, change,
// discussion, release or snippet it stands under; a comment on a commit has
// none.
type Comment struct {
	Text      string     `json:"text"` // Markdown
	Author    Person     `json:"author,omitzero"`
	Commit    string     `json:"commit,omitempty"`   // the commit that is commented on
	Review    string     `json:"review,omitempty"`   // id of the review's record
	ReplyTo   string     `json:"reply_to,omitempty"` // id of the comment's record
	Position  *Position  `json:"position,omitempty"` // place in a diff; nil for an ordinary comment
	Resolved  bool       `json:"resolved,omitempty"`
	Answer    bool       `json:"answer,omitempty"`   // the chosen answer of a discussion
	Internal  bool       `json:"internal,omitempty"` // not visible to everyone who sees the parent
	Hidden    string     `json:"hidden,omitempty"`   // why it is folded away: spam, abuse, off_topic, outdated, resolved
	Reactions []Reaction `json:"reactions,omitempty"`
	URL       string     `json:"url,omitempty"`
	CreatedAt Time       `json:"created_at,omitzero"`
	UpdatedAt Time       `json:"updated_at,omitzero"`
}

// Position is a place in a diff.
type Position struct {
	Path      string `json:"path"`
	OldPath   string `json:"old_path,omitempty"`
	Side      string `json:"side,omitempty"` // old, new
	Line      int64  `json:"line,omitempty"`
	StartLine int64  `json:"start_line,omitempty"` // first line of a range; 0 for one line
	Commit    string `json:"commit,omitempty"`
	Base      string `json:"base,omitempty"`
	Outdated  bool   `json:"outdated,omitempty"` // the diff has moved on
	Hunk      string `json:"hunk,omitempty"`     // the diff around the place, as it was
	WholeFile bool   `json:"whole_file,omitempty"`
}
