package api

// User is somebody with an account.
type User struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"` // what the account signs in with, and is mentioned by
	Slug        string `json:"slug"` // the name as addresses have it
	DisplayName string `json:"displayName"`
	Email       string `json:"emailAddress"`
	Type        string `json:"type"` // NORMAL, SERVICE
}

// Group is a group of accounts.
type Group struct {
	Name string `json:"name"`
}

// Project holds repositories. A person's own has the type PERSONAL.
type Project struct {
	ID     int64  `json:"id"`
	Key    string `json:"key"`
	Name   string `json:"name"`
	Public bool   `json:"public"`
	Type   string `json:"type"`
}

// Repository is a repository.
type Repository struct {
	ID            int64       `json:"id"`
	Slug          string      `json:"slug"`
	Name          string      `json:"name"`
	Description   string      `json:"description"`
	Public        bool        `json:"public"`
	Archived      bool        `json:"archived"`
	DefaultBranch string      `json:"defaultBranch"`
	SCM           string      `json:"scmId"`
	State         string      `json:"state"` // AVAILABLE, INITIALISING, INITIALISATION_FAILED, OFFLINE
	Origin        *Repository `json:"origin"`
	Project       Project     `json:"project"`

	Links struct {
		Self []struct {
			Href string `json:"href"`
		} `json:"self"`
	} `json:"links"`
}

// Repo names the repository.
func (r Repository) Repo() Repo { return Repo{Project: r.Project.Key, Slug: r.Slug} }

// Ref is one end of a pull request.
type Ref struct {
	ID           string      `json:"id"` // refs/heads/main
	DisplayID    string      `json:"displayId"`
	LatestCommit string      `json:"latestCommit"`
	Repository   *Repository `json:"repository"`
}

// Commit is a commit as far as pull requests name it.
type Commit struct {
	ID string `json:"id"`
}

// The status of a participant.
const (
	StatusUnapproved = "UNAPPROVED"
	StatusNeedsWork  = "NEEDS_WORK"
	StatusApproved   = "APPROVED"
)

// Participant is somebody's part in a pull request.
type Participant struct {
	User         User   `json:"user"`
	Status       string `json:"status"`
	LastReviewed string `json:"lastReviewedCommit"`
}

// The states of a pull request.
const (
	StateOpen     = "OPEN"
	StateMerged   = "MERGED"
	StateDeclined = "DECLINED"
)

// PullRequest is a pull request.
type PullRequest struct {
	ID           int64         `json:"id"`
	Version      int64         `json:"version"`
	Title        string        `json:"title"`
	Description  string        `json:"description"`
	State        string        `json:"state"`
	Draft        bool          `json:"draft"`
	CreatedDate  Millis        `json:"createdDate"`
	UpdatedDate  Millis        `json:"updatedDate"`
	ClosedDate   Millis        `json:"closedDate"`
	From         Ref           `json:"fromRef"`
	To           Ref           `json:"toRef"`
	Author       Participant   `json:"author"`
	Reviewers    []Participant `json:"reviewers"`
	Participants []Participant `json:"participants"`

	Properties struct {
		MergeCommit   *Commit `json:"mergeCommit"`
		Comments      int64   `json:"commentCount"`
		OpenTasks     int64   `json:"openTaskCount"`
		ResolvedTasks int64   `json:"resolvedTaskCount"`
	} `json:"properties"`
}

// The actions of activities that this program knows.
const (
	ActionOpened     = "OPENED"
	ActionCommented  = "COMMENTED"
	ActionApproved   = "APPROVED"
	ActionUnapproved = "UNAPPROVED"
	ActionReviewed   = "REVIEWED" // and found to need work
	ActionDeclined   = "DECLINED"
	ActionReopened   = "REOPENED"
	ActionMerged     = "MERGED"
	ActionRescoped   = "RESCOPED"
	ActionUpdated    = "UPDATED"
)

// Activity is a line in the history of a pull request.
type Activity struct {
	ID          int64  `json:"id"`
	CreatedDate Millis `json:"createdDate"`
	User        User   `json:"user"`
	Action      string `json:"action"`

	CommentAction string   `json:"commentAction"` // ADDED, UPDATED, DELETED
	Comment       *Comment `json:"comment"`
	CommentAnchor *Anchor  `json:"commentAnchor"`
	Diff          *Diff    `json:"diff"`

	Commit *Commit `json:"commit"` // of a merge

	// Of a change of either end.
	FromHash         string `json:"fromHash"`
	PreviousFromHash string `json:"previousFromHash"`
	Removed          struct {
		Total int64 `json:"total"`
	} `json:"removed"`

	AddedReviewers   []User `json:"addedReviewers"`
	RemovedReviewers []User `json:"removedReviewers"`
}

// SeverityTask marks comments that are tasks; the states say what became of a task,
// and that a comment was not published yet.
const (
	SeverityTask  = "BLOCKER"
	StateResolved = "RESOLVED"
	StatePending  = "PENDING"
)

// Comment is a comment with the replies to it.
type Comment struct {
	ID             int64     `json:"id"`
	Text           string    `json:"text"`
	Author         User      `json:"author"`
	CreatedDate    Millis    `json:"createdDate"`
	UpdatedDate    Millis    `json:"updatedDate"`
	Severity       string    `json:"severity"` // NORMAL, BLOCKER
	State          string    `json:"state"`    // OPEN, RESOLVED, PENDING
	Pending        bool      `json:"pending"`
	ThreadResolved bool      `json:"threadResolved"`
	Anchor         *Anchor   `json:"anchor"`
	Comments       []Comment `json:"comments"`
	Tasks          []Task    `json:"tasks"`

	Properties struct {
		LikedBy struct {
			Total  int64  `json:"total"`
			Likers []User `json:"likers"`
		} `json:"likedBy"`
		Reactions []Reaction `json:"reactions"`
	} `json:"properties"`
}

// Task is a task of a server before 7.2.
type Task struct {
	ID          int64  `json:"id"`
	Text        string `json:"text"`
	State       string `json:"state"` // OPEN, RESOLVED
	Author      User   `json:"author"`
	CreatedDate Millis `json:"createdDate"`
}

// Reaction is an emoji with those who chose it.
type Reaction struct {
	Emoticon struct {
		Shortcut string `json:"shortcut"`
	} `json:"emoticon"`
	Users []User `json:"users"`
}

// Anchor is where in a diff a comment stands.
type Anchor struct {
	FromHash  string `json:"fromHash"`
	ToHash    string `json:"toHash"`
	Line      int64  `json:"line"`     // 0: the file as a whole
	LineType  string `json:"lineType"` // ADDED, CONTEXT, REMOVED
	FileType  string `json:"fileType"` // FROM: the line is counted in the old file; TO: in the new one
	Path      Path   `json:"path"`
	SrcPath   Path   `json:"srcPath"`
	Orphaned  bool   `json:"orphaned"`
	Multiline *struct {
		StartLine int64 `json:"startLine"`
	} `json:"multilineMarker"`
}

// Diff is the part of a diff around a comment.
type Diff struct {
	Hunks []Hunk `json:"hunks"`
}

// Hunk is lines that stand together.
type Hunk struct {
	Segments []Segment `json:"segments"`
}

// Segment is lines of one type that follow each other.
type Segment struct {
	Type  string `json:"type"` // ADDED, CONTEXT, REMOVED
	Lines []Line `json:"lines"`
}

// Line is a line of a diff with its numbers in both files.
type Line struct {
	Source      int64  `json:"source"`
	Destination int64  `json:"destination"`
	Text        string `json:"line"`
}

// Label is a label of a repository.
type Label struct {
	Name string `json:"name"`
}

// PermittedUser is somebody's access to a repository or project.
type PermittedUser struct {
	User       User   `json:"user"`
	Permission string `json:"permission"` // REPO_READ, REPO_WRITE, REPO_ADMIN; PROJECT_READ, ...
}

// PermittedGroup is a group's access to a repository or project.
type PermittedGroup struct {
	Group      Group  `json:"group"`
	Permission string `json:"permission"`
}

// Matcher says which refs are meant.
type Matcher struct {
	ID        string `json:"id"`
	DisplayID string `json:"displayId"`
	Type      struct {
		ID string `json:"id"` // ANY_REF, BRANCH, PATTERN, MODEL_CATEGORY, MODEL_BRANCH
	} `json:"type"`
}

// The types of a Restriction.
const (
	ReadOnly        = "read-only"
	NoDeletes       = "no-deletes"
	FastForwardOnly = "fast-forward-only"
	PullRequestOnly = "pull-request-only"
	NoCreates       = "no-creates"
)

// Restriction is one thing that is forbidden with some refs, and who may do it all
// the same.
type Restriction struct {
	ID         int64      `json:"id"`
	Type       string     `json:"type"`
	Matcher    Matcher    `json:"matcher"`
	Users      []User     `json:"users"`
	Groups     []string   `json:"groups"`
	AccessKeys []struct{} `json:"accessKeys"`
}

// Condition says who is asked for a review by default.
type Condition struct {
	ID                int64   `json:"id"`
	SourceMatcher     Matcher `json:"sourceRefMatcher"`
	TargetMatcher     Matcher `json:"targetRefMatcher"`
	Reviewers         []User  `json:"reviewers"`
	RequiredApprovals int64   `json:"requiredApprovals"`
}

// PullRequestSettings are what a repository asks of a merge.
type PullRequestSettings struct {
	AllApprovers bool `json:"requiredAllApprovers"`
	AllTasks     bool `json:"requiredAllTasksComplete"`
	MergeConfig  struct {
		Strategies []struct {
			ID      string `json:"id"` // no-ff, ff, ff-only, squash, squash-ff-only, rebase-no-ff, rebase-ff-only
			Enabled bool   `json:"enabled"`
		} `json:"strategies"`
	} `json:"mergeConfig"`
}

// Webhook is an address that is told what happens.
type Webhook struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// AccessKey is an SSH key that may use the repository.
type AccessKey struct {
	Key struct {
		ID    int64  `json:"id"`
		Label string `json:"label"`
	} `json:"key"`
}

// AccessToken is a token of the repository.
type AccessToken struct {
	Name string `json:"name"`
}

// Hook is a program that runs when something is pushed.
type Hook struct {
	Enabled bool `json:"enabled"`
	Details struct {
		Name string `json:"name"`
	} `json:"details"`
}
