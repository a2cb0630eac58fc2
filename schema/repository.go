package schema

// Repository is the body of the one record that holds a repository's own
// settings. Its record id is always "repository".
type Repository struct {
	Name          string   `json:"name"`
	FullName      string   `json:"full_name,omitempty"` // OWNER/NAME at the source
	Description   string   `json:"description,omitempty"`
	Homepage      string   `json:"homepage,omitempty"`
	Visibility    string   `json:"visibility,omitempty"` // public, internal, private
	DefaultBranch string   `json:"default_branch,omitempty"`
	Topics        []string `json:"topics,omitempty"`
	Archived      bool     `json:"archived,omitempty"`
	Fork          bool     `json:"fork,omitempty"`
	License       string   `json:"license,omitempty"` // SPDX identifier
	URL           string   `json:"url,omitempty"`     // web address at the source
	CreatedAt     Time     `json:"created_at,omitzero"`
	UpdatedAt     Time     `json:"updated_at,omitzero"`

	// Features says which parts are switched on: issues, wiki, changes,
	// discussions, projects, snippets.
	Features map[string]bool `json:"features,omitempty"`

	// Merge says which ways of merging are allowed: merge, squash, rebase,
	// fast_forward, delete_branch.
	Merge map[string]bool `json:"merge,omitempty"`
}
