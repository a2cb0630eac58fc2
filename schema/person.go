package schema

// Person is someone a source knows: the author of a comment, an assignee.
// Whichever fields the source has are set.
type Person struct {
	ID    string `json:"id,omitempty"`    // permanent id at the source
	Login string `json:"login,omitempty"` // user name at the source
	Name  string `json:"name,omitempty"`  // display name
	Email string `json:"email,omitempty"`
}

// Author is a person found in a history, with the number of commits and tags
// that name them.
type Author struct {
	// RemoteID is what author files match first: the e-mail for git,
	// LOGIN@REPOSITORY-UUID for Subversion.
	RemoteID   string `json:"remote_id"`
	RemoteName string `json:"remote_name"`
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	Commits    int64  `json:"commits"`
}
