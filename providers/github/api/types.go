package api

import "time"

// User is an account, as REST tells it. The zero User is that of somebody who
// left.
type User struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"` // User, Organization, Bot, Mannequin
}

// Repository is a repository as lists tell it.
type Repository struct {
	ID            int64     `json:"id"`
	NodeID        string    `json:"node_id"`
	Name          string    `json:"name"`
	FullName      string    `json:"full_name"`
	Owner         User      `json:"owner"`
	URL           string    `json:"html_url"`
	Private       bool      `json:"private"`
	Visibility    string    `json:"visibility"` // empty from old servers
	Archived      bool      `json:"archived"`
	Fork          bool      `json:"fork"`
	Size          int64     `json:"size"` // in KiB
	DefaultBranch string    `json:"default_branch"`
	Topics        []string  `json:"topics"`
	PushedAt      time.Time `json:"pushed_at"`
	License       *struct {
		SPDX string `json:"spdx_id"`
	} `json:"license"`
}

// Label is a label.
type Label struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Color       string `json:"color"`
	Description string `json:"description"`
}

// Milestone is a milestone.
type Milestone struct {
	Number      int64      `json:"number"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	State       string     `json:"state"` // open, closed
	DueOn       *time.Time `json:"due_on"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	ClosedAt    *time.Time `json:"closed_at"`
}

// Collaborator is somebody who was given access to a repository.
type Collaborator struct {
	User
	Role        string `json:"role_name"` // of the organisation's own roles too; empty from old servers
	Permissions struct {
		Admin    bool `json:"admin"`
		Maintain bool `json:"maintain"`
		Push     bool `json:"push"`
		Triage   bool `json:"triage"`
		Pull     bool `json:"pull"`
	} `json:"permissions"`
}

// Release is a release with its assets.
type Release struct {
	ID          int64      `json:"id"`
	NodeID      string     `json:"node_id"`
	Tag         string     `json:"tag_name"`
	Target      string     `json:"target_commitish"`
	Name        string     `json:"name"`
	Body        string     `json:"body"`
	Draft       bool       `json:"draft"`
	Prerelease  bool       `json:"prerelease"`
	Author      *User      `json:"author"`
	URL         string     `json:"html_url"`
	CreatedAt   time.Time  `json:"created_at"`
	PublishedAt *time.Time `json:"published_at"`
	Assets      []Asset    `json:"assets"`
	Reactions   struct {
		Total int64 `json:"total_count"`
	} `json:"reactions"`
}

// Asset is a file of a release.
type Asset struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	State     string    `json:"state"` // uploaded, open
	MediaType string    `json:"content_type"`
	Size      int64     `json:"size"`
	Digest    string    `json:"digest"` // sha256:HEX, from newer servers
	URL       string    `json:"browser_download_url"`
	Uploader  *User     `json:"uploader"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// CommitComment is a comment on a commit.
type CommitComment struct {
	ID        int64     `json:"id"`
	NodeID    string    `json:"node_id"`
	Commit    string    `json:"commit_id"`
	Path      string    `json:"path"`
	Line      int64     `json:"line"`
	Position  int64     `json:"position"` // in the diff; 0: on the commit as a whole
	Body      string    `json:"body"`
	User      *User     `json:"user"`
	URL       string    `json:"html_url"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Reactions struct {
		Total int64 `json:"total_count"`
	} `json:"reactions"`
}

// Gist is a gist; lists leave the contents of its files out.
type Gist struct {
	ID          string              `json:"id"`
	Description string              `json:"description"`
	Public      bool                `json:"public"`
	Owner       *User               `json:"owner"`
	URL         string              `json:"html_url"`
	GitURL      string              `json:"git_pull_url"`
	Files       map[string]GistFile `json:"files"`
	Truncated   bool                `json:"truncated"` // there are more files
	Comments    int64               `json:"comments"`
	CreatedAt   time.Time           `json:"created_at"`
	UpdatedAt   time.Time           `json:"updated_at"`
}

// GistFile is one file of a gist.
type GistFile struct {
	Name      string `json:"filename"`
	Size      int64  `json:"size"`
	RawURL    string `json:"raw_url"`
	Truncated bool   `json:"truncated"` // Content is only the beginning
	Content   string `json:"content"`
}

// GistComment is a comment on a gist.
type GistComment struct {
	ID        int64     `json:"id"`
	Body      string    `json:"body"`
	User      *User     `json:"user"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Hook is a webhook; its secret is never told.
type Hook struct {
	ID     int64    `json:"id"`
	Events []string `json:"events"`
	Config struct {
		URL string `json:"url"`
	} `json:"config"`
}

// Key is a deploy key.
type Key struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	ReadOnly bool   `json:"read_only"`
}

// Named is something of which only the name is read: a secret, a variable, an
// environment.
type Named struct {
	Name string `json:"name"`
}

// Package is a package of an account.
type Package struct {
	Name       string      `json:"name"`
	Type       string      `json:"package_type"`
	Repository *Repository `json:"repository"`
}

// Autolink turns a prefix in texts into links.
type Autolink struct {
	ID     int64  `json:"id"`
	Prefix string `json:"key_prefix"`
}
