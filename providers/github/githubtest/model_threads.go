package githubtest

import "time"

// Content is what a text written by somebody has in common with others.
type Content struct {
	Body        string
	Author      *User  // nil: the account was deleted
	Association string // OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR, NONE
	CreatedAt   time.Time
	UpdatedAt   time.Time
	EditedAt    time.Time // zero: never
	Editor      *User
	Reactions   []*Reaction // oldest first
}

// content makes Content reachable from every type that embeds it.
func (c *Content) content() *Content { return c }

// Texted is an object with a text: *Issue, *Comment, *Review,
// *ReviewComment, *CommitComment, *Discussion, *DiscussionComment, *Release,
// *GistComment.
type Texted interface {
	NodeID() string
	content() *Content
}

// ContentOf returns the common part of t.
func ContentOf(t Texted) *Content { return t.content() }

// Reaction is one person's emoji. A person has each emoji once.
type Reaction struct {
	ID        int64
	Name      string // as in REST: +1, -1, laugh, confused, heart, hooray, rocket, eyes
	User      *User  // nil: deleted
	CreatedAt time.Time
}

// NodeID is the reaction's global id.
func (r *Reaction) NodeID() string { return nodeID(prefixReaction, r.ID) }

// Issue is an issue, or a pull request when Pull is set.
type Issue struct {
	Content
	ID          int64 // in the list of issues; a pull request has another one as such
	Number      int64
	Repo        *Repository
	Title       string
	State       string // open, closed
	StateReason string // completed, not_planned, duplicate, reopened; empty: none
	Assignees   []*User
	Labels      []*Label
	Milestone   *Milestone
	Locked      bool
	LockReason  string    // off-topic, too heated, resolved, spam
	PinnedAt    time.Time // zero: not pinned
	PinnedBy    *User
	Type        *IssueType
	Parent      *Issue
	SubIssues   []*Issue
	ClosedAt    time.Time
	ClosedBy    *User
	Comments    []*Comment // oldest first
	Events      []*Event   // oldest first; comments, reviews and commits are elsewhere
	Pull        *Pull
}

// NodeID is the global id of the issue or pull request.
func (i *Issue) NodeID() string {
	if i.Pull != nil {
		return nodeID(prefixPull, i.Pull.ID)
	}
	return nodeID(prefixIssue, i.ID)
}

// Pull is what only pull requests have.
type Pull struct {
	ID                 int64
	Draft              bool
	Head               Tip
	Base               Tip
	MergedAt           time.Time // zero: not merged
	MergedBy           *User
	MergeCommit        string
	Commits            []Commit // oldest first
	Files              []File
	Reviews            []*Review // oldest first, pending ones included
	Threads            []*Thread // oldest first
	RequestedReviewers []*User
	RequestedTeams     []*Team
	MaintainerCanEdit  bool
}

// Tip is one end of a pull request.
type Tip struct {
	Branch string
	Commit string
	Repo   *Repository // nil: the repository is gone
	Owner  *User       // nil: the account is gone
	Gone   bool        // the branch no longer exists
}

// Label is what GitHub calls the tip: OWNER:BRANCH.
func (t Tip) Label() string {
	if t.Owner == nil {
		return "unknown repository"
	}
	return t.Owner.Login + ":" + t.Branch
}

// Commit is a commit as a pull request lists it.
type Commit struct {
	OID         string
	Tree        string
	Parents     []string
	Message     string
	AuthorName  string
	AuthorEmail string
	AuthoredAt  time.Time
	CommittedAt time.Time
}

// File is a file that a pull request changes.
type File struct {
	Path, OldPath        string // OldPath only of renamed ones
	Status               string // added, removed, modified, renamed
	Blob                 string
	Additions, Deletions int64
	Patch                string
}

// Comment is a comment on an issue or pull request.
type Comment struct {
	Content
	ID        int64
	Issue     *Issue
	Minimized string // why it is folded away: abuse, off-topic, outdated, resolved, duplicate, spam; empty: it is not
	Pinned    bool
}

// NodeID is the comment's global id.
func (c *Comment) NodeID() string { return nodeID(prefixComment, c.ID) }

// Review is a review of a pull request.
type Review struct {
	Content
	ID          int64
	Issue       *Issue // the pull request
	State       string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING
	Commit      string
	SubmittedAt time.Time // zero: pending
	Comments    []*ReviewComment
}

// NodeID is the review's global id.
func (r *Review) NodeID() string { return nodeID(prefixReview, r.ID) }

// Thread is a conversation at one place of a pull request's diff.
type Thread struct {
	ID         int64
	Issue      *Issue // the pull request
	Resolved   bool
	ResolvedBy *User
	Outdated   bool
	Collapsed  bool
	Place      Place
	Comments   []*ReviewComment
}

// NodeID is the thread's global id.
func (t *Thread) NodeID() string { return nodeID(prefixThread, t.ID) }

// Place is a place in a diff. Lines are 0 where GitHub says null, which Line
// and StartLine are when the place is outdated.
type Place struct {
	Path              string
	Side              string // LEFT, RIGHT
	StartSide         string // of several lines
	Line              int64
	StartLine         int64
	OriginalLine      int64
	OriginalStartLine int64
	Position          int64 // counted in the diff; 0 when outdated
	OriginalPosition  int64
	File              bool // the whole file is meant
}

// ReviewComment is a comment in a thread.
type ReviewComment struct {
	Content
	ID             int64
	Thread         *Thread
	Review         *Review
	ReplyTo        *ReviewComment
	Place          Place
	Hunk           string
	Commit         string
	OriginalCommit string
	Minimized      string
}

// NodeID is the comment's global id.
func (c *ReviewComment) NodeID() string { return nodeID(prefixDiffNote, c.ID) }

// CommitComment is a comment on a commit.
type CommitComment struct {
	Content
	ID       int64
	Repo     *Repository
	Commit   string
	Path     string // empty: the commit as such
	Line     int64
	Position int64
}

// NodeID is the comment's global id.
func (c *CommitComment) NodeID() string { return nodeID(prefixCommitNote, c.ID) }

// Event is one line of a timeline that is neither a comment nor a review nor a
// commit.
type Event struct {
	ID          int64
	Issue       *Issue
	Name        string // as in REST: closed, labeled, cross-referenced, head_ref_force_pushed, ...
	Actor       *User  // nil: deleted
	CreatedAt   time.Time
	Label       *Label // as it was
	Milestone   string // title, as it was
	Assignee    *User
	Reviewer    *User
	Team        *Team
	From, To    string // renamed: titles; force pushed: commits; base_ref_changed: branches
	Commit      string // closed, merged, referenced
	LockReason  string
	StateReason string
	Source      *Issue  // cross-referenced: where; sub_issue_added, parent_issue_added: the other
	Review      *Review // review_dismissed
	Message     string  // review_dismissed
	Previous    *IssueType
	Type        *IssueType
	WillClose   bool // cross-referenced: the source closes the issue
}

// NodeID is the event's global id.
func (e *Event) NodeID() string { return nodeID(prefixEvent, e.ID) }
