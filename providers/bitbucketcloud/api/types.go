package api

import (
	"encoding/json"
	"time"
)

// The shapes in which Bitbucket answers, as far as they are asked for.

// Account is a person, or an app. Who left is told without most of it, or not at all.
type Account struct {
	UUID        string `json:"uuid"`
	AccountID   string `json:"account_id"`
	Nickname    string `json:"nickname"`
	DisplayName string `json:"display_name"`
}

// Content is a text that somebody wrote.
type Content struct {
	Raw    string `json:"raw"`
	Markup string `json:"markup"` // markdown, creole, plaintext
}

// Links are addresses of pages.
type Links struct {
	HTML Link `json:"html"`
	Code Link `json:"code"` // of a comment on a diff: the diff
}

// Link is one address.
type Link struct {
	Href string `json:"href"`
}

// Repository is a repository.
type Repository struct {
	UUID        string      `json:"uuid"`
	FullName    string      `json:"full_name"`
	Name        string      `json:"name"`
	Slug        string      `json:"slug"`
	Description string      `json:"description"`
	Website     string      `json:"website"`
	Private     bool        `json:"is_private"`
	HasIssues   bool        `json:"has_issues"`
	HasWiki     bool        `json:"has_wiki"`
	Size        int64       `json:"size"` // bytes
	Language    string      `json:"language"`
	CreatedOn   time.Time   `json:"created_on"`
	UpdatedOn   time.Time   `json:"updated_on"`
	Main        *Named      `json:"mainbranch"`
	Parent      *Repository `json:"parent"`
	Project     *Project    `json:"project"`
	Links       Links       `json:"links"`
}

// Project groups repositories of a workspace.
type Project struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// Named is what has a name: a milestone, a component, a version, a branch.
type Named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Issue is an issue.
type Issue struct {
	ID        int64     `json:"id"`
	Title     string    `json:"title"`
	Content   Content   `json:"content"`
	Reporter  *Account  `json:"reporter"`
	Assignee  *Account  `json:"assignee"`
	State     string    `json:"state"`
	Kind      string    `json:"kind"`
	Priority  string    `json:"priority"`
	Milestone *Named    `json:"milestone"`
	Component *Named    `json:"component"`
	Version   *Named    `json:"version"`
	Votes     int64     `json:"votes"`
	Watches   int64     `json:"watches"`
	CreatedOn time.Time `json:"created_on"`
	UpdatedOn time.Time `json:"updated_on"`
	EditedOn  time.Time `json:"edited_on"`
	Links     Links     `json:"links"`
}

// Comment is a comment on an issue or a pull request. A change of an issue is a
// comment without text.
type Comment struct {
	ID         int64       `json:"id"`
	Content    Content     `json:"content"`
	User       *Account    `json:"user"`
	CreatedOn  time.Time   `json:"created_on"`
	UpdatedOn  time.Time   `json:"updated_on"`
	Deleted    bool        `json:"deleted"`
	Pending    bool        `json:"pending"` // seen by nobody but who wrote it
	Parent     *Named      `json:"parent"`
	Inline     *Inline     `json:"inline"`
	Resolution *Resolution `json:"resolution"`
	Links      Links       `json:"links"`
}

// Inline is a place in a diff.
type Inline struct {
	Path      string `json:"path"`
	From      int64  `json:"from"` // line of the old file
	To        int64  `json:"to"`   // line of the new file
	StartFrom int64  `json:"start_from"`
	StartTo   int64  `json:"start_to"`
	Outdated  bool   `json:"outdated"`
}

// Resolution says that a conversation is over.
type Resolution struct {
	User      *Account  `json:"user"`
	CreatedOn time.Time `json:"created_on"`
}

// IssueChange is a change of fields of an issue. Its id is that of a comment.
type IssueChange struct {
	ID        int64                 `json:"id"`
	CreatedOn time.Time             `json:"created_on"`
	User      *Account              `json:"user"`
	Changes   map[string]FieldValue `json:"changes"`
	Message   Content               `json:"message"`
}

// FieldValue is what a field was, and what it became.
type FieldValue struct {
	Old Text `json:"old"`
	New Text `json:"new"`
}

// Text takes text, and anything else for none.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		s = ""
	}
	*t = Text(s)
	return nil
}

// Attachment is a file of an issue, known by its name.
type Attachment struct {
	Name string `json:"name"`
}

// PullRequest is a pull request.
type PullRequest struct {
	ID           int64         `json:"id"`
	Title        string        `json:"title"`
	Summary      Content       `json:"summary"`
	State        string        `json:"state"` // OPEN, MERGED, DECLINED, SUPERSEDED
	Draft        bool          `json:"draft"`
	Author       *Account      `json:"author"`
	Source       Endpoint      `json:"source"`
	Destination  Endpoint      `json:"destination"`
	MergeCommit  *Commit       `json:"merge_commit"`
	ClosedBy     *Account      `json:"closed_by"`
	Reason       string        `json:"reason"` // why it was declined
	CommentCount int64         `json:"comment_count"`
	TaskCount    int64         `json:"task_count"`
	CreatedOn    time.Time     `json:"created_on"`
	UpdatedOn    time.Time     `json:"updated_on"`
	ClosedOn     time.Time     `json:"closed_on"`
	Reviewers    []Account     `json:"reviewers"`
	Participants []Participant `json:"participants"`
	Links        Links         `json:"links"`
}

// The states of a pull request.
const (
	StateOpen       = "OPEN"
	StateMerged     = "MERGED"
	StateDeclined   = "DECLINED"
	StateSuperseded = "SUPERSEDED"
)

// Endpoint is one end of a pull request.
type Endpoint struct {
	Repository *Repository `json:"repository"` // nil when it is gone
	Branch     Named       `json:"branch"`
	Commit     *Commit     `json:"commit"`
}

// Hash is the abbreviated id of the commit; empty when there is none.
func (e Endpoint) Hash() string {
	if e.Commit == nil {
		return ""
	}
	return e.Commit.Hash
}

// Commit is a commit. What pull requests tell of one is an abbreviated id.
type Commit struct {
	Hash    string   `json:"hash"`
	Parents []Commit `json:"parents"`
}

// Participant is somebody who had to do with a pull request.
type Participant struct {
	User         *Account  `json:"user"`
	Role         string    `json:"role"`  // PARTICIPANT, REVIEWER
	State        string    `json:"state"` // approved, changes_requested
	Approved     bool      `json:"approved"`
	Participated time.Time `json:"participated_on"`
}

// Task is something to do before a pull request may be merged.
type Task struct {
	ID        int64     `json:"id"`
	State     string    `json:"state"` // RESOLVED, UNRESOLVED
	Content   Content   `json:"content"`
	Creator   *Account  `json:"creator"`
	CreatedOn time.Time `json:"created_on"`
	Pending   bool      `json:"pending"`
	Comment   *Named    `json:"comment"` // nil: it belongs to the pull request
}

// Restriction is a rule over branches.
type Restriction struct {
	ID         int64     `json:"id"`
	Kind       string    `json:"kind"`
	Match      string    `json:"branch_match_kind"` // glob, branching_model
	BranchType string    `json:"branch_type"`       // for branching_model
	Pattern    string    `json:"pattern"`           // for glob
	Value      int64     `json:"value"`
	Users      []Account `json:"users"`
	Groups     []Group   `json:"groups"`
}

// Group is a group of people of a workspace.
type Group struct {
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// BranchingModel says which branches a type means.
type BranchingModel struct {
	Types []struct {
		Kind   string `json:"kind"`
		Prefix string `json:"prefix"`
	} `json:"branch_types"`
	Development *ModelBranch `json:"development"`
	Production  *ModelBranch `json:"production"`
}

// ModelBranch is the one branch of a type.
type ModelBranch struct {
	Name   string `json:"name"`
	Branch *Named `json:"branch"`
}

// Permission is what somebody, or a group, was given on a repository.
type Permission struct {
	Permission string   `json:"permission"` // read, write, admin, none
	User       *Account `json:"user"`
	Group      *Group   `json:"group"`
}

// Hook is a webhook.
type Hook struct {
	URL         string `json:"url"`
	Description string `json:"description"`
}

// Key is a deploy key.
type Key struct {
	Label string `json:"label"`
}

// Download is a file that people put beside the repository.
type Download struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}
