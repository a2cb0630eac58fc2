package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Issue is an issue, or the part of a pull request that it shares with issues.
type Issue struct {
	ID          int64        `json:"id"`
	Number      int64        `json:"number"`
	HTMLURL     string       `json:"html_url"`
	User        *User        `json:"user"`
	Original    string       `json:"original_author"` // on another server, from which it was imported
	Title       string       `json:"title"`
	Body        string       `json:"body"`
	Labels      []Label      `json:"labels"`
	Milestone   *Milestone   `json:"milestone"`
	Assignees   []User       `json:"assignees"`
	State       string       `json:"state"` // open, closed
	Locked      bool         `json:"is_locked"`
	PinOrder    int          `json:"pin_order"` // 0: not pinned
	Comments    int          `json:"comments"`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
	ClosedAt    *time.Time   `json:"closed_at"`
	DueDate     *time.Time   `json:"due_date"`
	Assets      []Attachment `json:"assets"`
	PullRequest *struct {
		Merged bool `json:"merged"`
	} `json:"pull_request"`
}

// NewIssue is an issue to be made. Someone who may not write to issues can set
// the title and the body only; the server ignores the rest.
type NewIssue struct {
	Title     string   `json:"title"`
	Body      string   `json:"body"`
	Labels    []int64  `json:"labels,omitempty"`
	Milestone int64    `json:"milestone,omitempty"`
	Assignees []string `json:"assignees,omitempty"`
	DueDate   string   `json:"due_date,omitempty"` // RFC 3339
	Closed    bool     `json:"closed,omitempty"`
}

// EditIssue holds what an issue is to be; nil leaves a thing as it is.
type EditIssue struct {
	Title     *string   `json:"title,omitempty"`
	Body      *string   `json:"body,omitempty"`
	State     *string   `json:"state,omitempty"`
	Milestone *int64    `json:"milestone,omitempty"` // 0: none
	Assignees *[]string `json:"assignees,omitempty"` // all of them
	DueDate   *string   `json:"due_date,omitempty"`  // RFC 3339; the server keeps the day
	NoDueDate *bool     `json:"unset_due_date,omitempty"`
}

// Issues lists issues and pull requests, open and closed, the newest first.
func (c *Client) Issues(ctx context.Context, repo Repo) iter.Seq2[Issue, error] {
	return pages[Issue](ctx, c, call{to: repo.to("issues"), query: url.Values{"state": {"all"}}, op: "list issues", of: repo})
}

// NewestIssues returns the n issues and pull requests that were made last.
func (c *Client) NewestIssues(ctx context.Context, repo Repo, n int) ([]Issue, error) {
	var issues []Issue
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("issues"), into: &issues, op: "list issues", of: repo,
		query: url.Values{"state": {"all"}, "limit": {strconv.Itoa(n)}, "page": {"1"}}})
	return issues, err
}

// Issue returns an issue or pull request by its number.
func (c *Client) Issue(ctx context.Context, repo Repo, number int64) (Issue, error) {
	var i Issue
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("issues", number), into: &i, op: "read issue", of: numbered(repo, number)})
	return i, err
}

// CreateIssue makes an issue.
func (c *Client) CreateIssue(ctx context.Context, repo Repo, n NewIssue) (Issue, error) {
	var i Issue
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("issues"), body: n, into: &i, op: "create issue", of: repo})
	return i, err
}

// EditIssue changes an issue or pull request and returns it as it is then.
func (c *Client) EditIssue(ctx context.Context, repo Repo, number int64, e EditIssue) (Issue, error) {
	var i Issue
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("issues", number), body: e, into: &i, op: "change issue", of: numbered(repo, number)})
	return i, err
}

// DeleteIssue removes an issue or pull request. Its number is not given again.
func (c *Client) DeleteIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("issues", number), op: "delete issue", of: numbered(repo, number)})
}

// SetIssueLabels makes labels the labels of an issue or pull request, and returns
// those that it has then.
func (c *Client) SetIssueLabels(ctx context.Context, repo Repo, number int64, labels []int64) ([]Label, error) {
	body := struct {
		Labels []int64 `json:"labels"`
	}{append([]int64{}, labels...)}
	var now []Label
	err := c.do(ctx, call{method: http.MethodPut, to: repo.to("issues", number, "labels"), body: body, into: &now, op: "set labels", of: numbered(repo, number)})
	return now, err
}

// LockIssue keeps those who may not write from taking part.
func (c *Client) LockIssue(ctx context.Context, repo Repo, number int64, reason string) error {
	body := struct {
		Reason string `json:"lock_reason,omitempty"`
	}{reason}
	return c.do(ctx, call{method: http.MethodPut, to: repo.to("issues", number, "lock"), body: body, op: "lock issue", of: numbered(repo, number)})
}

// UnlockIssue takes back LockIssue.
func (c *Client) UnlockIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("issues", number, "lock"), op: "unlock issue", of: numbered(repo, number)})
}

// PinIssue shows an issue above the others.
func (c *Client) PinIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{method: http.MethodPost, to: repo.to("issues", number, "pin"), op: "pin issue", of: numbered(repo, number)})
}

// UnpinIssue takes back PinIssue.
func (c *Client) UnpinIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("issues", number, "pin"), op: "unpin issue", of: numbered(repo, number)})
}

// Unsubscribe keeps a user from being notified of an issue or pull request. Only
// administrators may do that for others. The server notes nothing when the user
// would not be notified as things stand.
func (c *Client) Unsubscribe(ctx context.Context, repo Repo, number int64, user string) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("issues", number, "subscriptions", user), op: "unsubscribe " + user, of: numbered(repo, number)})
}

// Subscribe makes a user be notified of an issue or pull request.
func (c *Client) Subscribe(ctx context.Context, repo Repo, number int64, user string) error {
	return c.do(ctx, call{method: http.MethodPut, to: repo.to("issues", number, "subscriptions", user), op: "subscribe " + user, of: numbered(repo, number)})
}

// Notification is what a user was told of, and has not read.
type Notification struct {
	ID      int64 `json:"id"`
	Subject struct {
		URL string `json:"url"` // ends with the number of the issue
	} `json:"subject"`
}

// Notifications lists what the client's user was told of a repository and has
// not read.
func (c *Client) Notifications(ctx context.Context, repo Repo) iter.Seq2[Notification, error] {
	return pages[Notification](ctx, c, call{to: repo.to("notifications"), op: "list notifications", of: repo})
}

// ReadNotification marks a notification of the client's user as read.
func (c *Client) ReadNotification(ctx context.Context, id int64) error {
	return c.do(ctx, call{method: http.MethodPatch, to: []any{"notifications", "threads", id}, op: "mark notification as read", of: id})
}

// IssueAssets lists the files that belong to an issue or pull request itself.
func (c *Client) IssueAssets(ctx context.Context, repo Repo, number int64) ([]Attachment, error) {
	var a []Attachment
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("issues", number, "assets"), into: &a, op: "list attachments", of: numbered(repo, number)})
	return a, err
}

// UploadIssueAsset adds the file at path to an issue or pull request.
func (c *Client) UploadIssueAsset(ctx context.Context, repo Repo, number int64, name, mediaType, path string) (Attachment, error) {
	return c.upload(ctx, call{to: repo.to("issues", number, "assets"), op: "upload attachment", of: numbered(repo, number)}, name, mediaType, path)
}

func numbered(repo Repo, number int64) string {
	return repo.String() + "#" + strconv.FormatInt(number, 10)
}
