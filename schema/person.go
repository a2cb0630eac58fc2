package schema

// Person is someone a source knows: the author of a comment, an assignee.
// Whichever fields the source has are set. Texts mention people as @LOGIN or,
// where the source knows them by their ids, as @{ID} or @{ID NAME}.
type Person struct {
	ID    string `json:"id,omitempty"`    // permanent id at the source
	Login string `json:"login,omitempty"` // user name at the source
	Name  string `json:"name,omitempty"`  // display name
	Email string `json:"email,omitempty"`

	// User is the person's user name at the target, where the plan's authors
	// name one. Sources leave it empty.
	User string `json:"user,omitempty"`
}

// Author is a person whom a migration meets, with the number of commits and tags
// of the history that name them, and of records of the forge.
type Author struct {
	// RemoteID is what author files match first: the e-mail for git,
	// LOGIN@REPOSITORY-UUID for Subversion, the permanent id of a forge's user.
	RemoteID   string `json:"remote_id"`
	RemoteName string `json:"remote_name"`
	Name       string `json:"name,omitempty"`
	Email      string `json:"email,omitempty"`
	Commits    int64  `json:"commits"`
	Records    int64  `json:"records,omitempty"`
}
