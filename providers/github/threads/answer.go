package threads

import (
	"encoding/json"
	"time"
)

// The shapes in which GitHub answers. Fields that a type on GitHub does not have
// stay empty.

// actor is an account. A nil one was deleted.
type actor struct {
	Typename   string `json:"__typename"`
	Login      string `json:"login"`
	DatabaseID int64  `json:"databaseId"`
	Name       string `json:"name"`
	Slug       string `json:"combinedSlug"` // of a team, which is none
}

// object is whatever else is named.
type object struct {
	URL           string `json:"url"`
	OID           string `json:"oid"`
	Name          string `json:"name"`
	NameWithOwner string `json:"nameWithOwner"`
	ID            string `json:"id"`
	Number        int64  `json:"number"`
}

// databaseIDs are the two fields in which GitHub tells a permanent id; the older
// one has not room for the newest.
type databaseIDs struct {
	Short int64       `json:"databaseId"`
	Full  json.Number `json:"fullDatabaseId"` // travels as text
}

// text is what everything that somebody wrote has in common.
type text struct {
	databaseIDs
	problem

	ID           string     `json:"id"`
	Body         string     `json:"body"`
	URL          string     `json:"url"`
	Author       *actor     `json:"author"`
	CreatedAt    time.Time  `json:"createdAt"`
	LastEditedAt *time.Time `json:"lastEditedAt"`
	Minimized    bool       `json:"isMinimized"`
	Reason       string     `json:"minimizedReason"`

	Reactions list[reaction] `json:"reactions"`
}

// thread is an issue, a pull request or a discussion.
type thread struct {
	text

	Typename   string        `json:"__typename"`
	Number     int64         `json:"number"`
	Repository object        `json:"repository"`
	Title      string        `json:"title"`
	ClosedAt   *time.Time    `json:"closedAt"`
	Locked     bool          `json:"locked"`
	LockReason string        `json:"activeLockReason"`
	Milestone  *object       `json:"milestone"`
	Assignees  list[actor]   `json:"assignees"`
	Labels     list[object]  `json:"labels"`
	Comments   list[comment] `json:"comments"`

	Timeline list[timelineItem] `json:"timelineItems"`

	IssueState  string       `json:"issueState"`
	StateReason string       `json:"stateReason"`
	Pinned      bool         `json:"isPinned"`
	SubIssues   list[subOne] `json:"subIssues"`

	ChangeState      string             `json:"changeState"`
	Draft            bool               `json:"isDraft"`
	MergedAt         *time.Time         `json:"mergedAt"`
	MergedBy         *actor             `json:"mergedBy"`
	MergeCommit      *object            `json:"mergeCommit"`
	HeadRefName      string             `json:"headRefName"`
	HeadRefOID       string             `json:"headRefOid"`
	HeadRef          *object            `json:"headRef"`
	CrossRepository  bool               `json:"isCrossRepository"`
	HeadRepository   *object            `json:"headRepository"`
	BaseRefName      string             `json:"baseRefName"`
	BaseRefOID       string             `json:"baseRefOid"`
	BaseRef          *object            `json:"baseRef"`
	ReviewRequests   list[request]      `json:"reviewRequests"`
	Reviews          list[review]       `json:"reviews"`
	ReviewThreads    list[conversation] `json:"reviewThreads"`
	Category         object             `json:"category"`
	DiscussionClosed bool               `json:"closed"`

	troubles int // errors of answers about it or what belongs to it
}

// The names of GitHub's types of threads.
const (
	typeIssue      = "Issue"
	typeChange     = "PullRequest"
	typeDiscussion = "Discussion"
)

type subOne struct {
	problem
	Number     int64  `json:"number"`
	Repository object `json:"repository"`
}

type request struct {
	problem
	Reviewer *actor `json:"requestedReviewer"`
}

type reaction struct {
	problem
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"createdAt"`
	User      *actor    `json:"user"`
}

// comment is a comment on an issue or pull request, on a diff, or in a
// discussion.
type comment struct {
	text

	Path              string  `json:"path"`
	Hunk              string  `json:"diffHunk"`
	Outdated          bool    `json:"outdated"`
	Line              int64   `json:"line"`
	StartLine         int64   `json:"startLine"`
	OriginalLine      int64   `json:"originalLine"`
	OriginalStartLine int64   `json:"originalStartLine"`
	Commit            *object `json:"commit"`
	OriginalCommit    *object `json:"originalCommit"`
	Review            *text   `json:"pullRequestReview"`
	ReplyTo           *text   `json:"replyTo"`

	DeletedAt *time.Time    `json:"deletedAt"`
	Answer    bool          `json:"isAnswer"`
	Replies   list[comment] `json:"replies"`
}

type review struct {
	text
	SubmittedAt *time.Time `json:"submittedAt"`
	State       string     `json:"reviewState"`
	Commit      *object    `json:"commit"`
}

// conversation is the comments at one place of a diff.
type conversation struct {
	problem
	ID          string        `json:"id"`
	Side        string        `json:"diffSide"`
	Resolved    bool          `json:"isResolved"`
	Outdated    bool          `json:"isOutdated"`
	Path        string        `json:"path"`
	SubjectType string        `json:"subjectType"`
	Comments    list[comment] `json:"comments"`
}

// timelineItem is one line of a timeline, of any sort.
type timelineItem struct {
	problem
	Typename  string    `json:"__typename"`
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
	Actor     *actor    `json:"actor"`

	Assignee             *actor  `json:"assignee"`
	Blocked              *actor  `json:"blocked"`
	DeletedCommentAuthor *actor  `json:"deletedCommentAuthor"`
	RequestedReviewer    *actor  `json:"requestedReviewer"`
	Closer               *object `json:"closer"`
	Commit               *object `json:"commit"`
	BeforeCommit         *object `json:"beforeCommit"`
	AfterCommit          *object `json:"afterCommit"`
	Canonical            *object `json:"canonical"`
	Discussion           *object `json:"discussion"`
	FromRepository       *object `json:"fromRepository"`
	Label                *object `json:"label"`
	Parent               *object `json:"parent"`
	Source               *object `json:"source"`
	SubIssue             *object `json:"subIssue"`
	Subject              *object `json:"subject"`
	BaseRefName          string  `json:"baseRefName"`
	CurrentRefName       string  `json:"currentRefName"`
	CurrentTitle         string  `json:"currentTitle"`
	DismissalMessage     string  `json:"dismissalMessage"`
	HeadRefName          string  `json:"headRefName"`
	LockReason           string  `json:"lockReason"`
	MergeRefName         string  `json:"mergeRefName"`
	MilestoneTitle       string  `json:"milestoneTitle"`
	NewBase              string  `json:"newBase"`
	OldBase              string  `json:"oldBase"`
	PreviousRefName      string  `json:"previousRefName"`
	PreviousReviewState  string  `json:"previousReviewState"`
	PreviousTitle        string  `json:"previousTitle"`
	StateReason          string  `json:"stateReason"`
}
