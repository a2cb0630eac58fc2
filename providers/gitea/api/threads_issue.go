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
	return pages[Issue](ctx, c, call{To: repo.to("issues"), Query: url.Values{"state": {"all"}}, Op: "list issues", Subject: repo})
}

// NewestIssues returns the n issues and pull requests that were made last.
func (c *Client) NewestIssues(ctx context.Context, repo Repo, n int) ([]Issue, error) {
	return ask[[]Issue](ctx, c, call{To: repo.to("issues"), Op: "list issues", Subject: repo,
		Query: url.Values{"state": {"all"}, "limit": {strconv.Itoa(n)}, "page": {"1"}}})
}

// Issue returns an issue or pull request by its number.
func (c *Client) Issue(ctx context.Context, repo Repo, number int64) (Issue, error) {
	return ask[Issue](ctx, c, call{To: repo.to("issues", number), Op: "read issue", Subject: numbered(repo, number)})
}

// CreateIssue makes an issue.
func (c *Client) CreateIssue(ctx context.Context, repo Repo, n NewIssue) (Issue, error) {
	return ask[Issue](ctx, c, call{Method: http.MethodPost, To: repo.to("issues"), Body: n, Op: "create issue", Subject: repo})
}

// EditIssue changes an issue or pull request and returns it as it is then.
func (c *Client) EditIssue(ctx context.Context, repo Repo, number int64, e EditIssue) (Issue, error) {
	return ask[Issue](ctx, c, call{Method: http.MethodPatch, To: repo.to("issues", number), Body: e, Op: "change issue", Subject: numbered(repo, number)})
}

// DeleteIssue removes an issue or pull request. Its number is not given again.
func (c *Client) DeleteIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("issues", number), Op: "delete issue", Subject: numbered(repo, number)})
}

// SetIssueLabels makes labels the labels of an issue or pull request, and returns
// those that it has then.
func (c *Client) SetIssueLabels(ctx context.Context, repo Repo, number int64, labels []int64) ([]Label, error) {
	body := struct {
		Labels []int64 `json:"labels"`
	}{append([]int64{}, labels...)}
	return ask[[]Label](ctx, c, call{Method: http.MethodPut, To: repo.to("issues", number, "labels"), Body: body, Op: "set labels", Subject: numbered(repo, number)})
}

// LockIssue keeps those who may not write from taking part.
func (c *Client) LockIssue(ctx context.Context, repo Repo, number int64, reason string) error {
	body := struct {
		Reason string `json:"lock_reason,omitempty"`
	}{reason}
	return c.do(ctx, call{Method: http.MethodPut, To: repo.to("issues", number, "lock"), Body: body, Op: "lock issue", Subject: numbered(repo, number)})
}

// UnlockIssue takes back LockIssue.
func (c *Client) UnlockIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("issues", number, "lock"), Op: "unlock issue", Subject: numbered(repo, number)})
}

// PinIssue shows an issue above the others.
func (c *Client) PinIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("issues", number, "pin"), Op: "pin issue", Subject: numbered(repo, number)})
}

// UnpinIssue takes back PinIssue.
func (c *Client) UnpinIssue(ctx context.Context, repo Repo, number int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("issues", number, "pin"), Op: "unpin issue", Subject: numbered(repo, number)})
}

// Unsubscribe keeps a user from being notified of an issue or pull request. Only
// administrators may do that for others. The server notes nothing when the user
// would not be notified as things stand.
func (c *Client) Unsubscribe(ctx context.Context, repo Repo, number int64, user string) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("issues", number, "subscriptions", user), Op: "unsubscribe " + user, Subject: numbered(repo, number)})
}

// Subscribe makes a user be notified of an issue or pull request.
func (c *Client) Subscribe(ctx context.Context, repo Repo, number int64, user string) error {
	return c.do(ctx, call{Method: http.MethodPut, To: repo.to("issues", number, "subscriptions", user), Op: "subscribe " + user, Subject: numbered(repo, number)})
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
	return pages[Notification](ctx, c, call{To: repo.to("notifications"), Op: "list notifications", Subject: repo})
}

// ReadNotification marks a notification of the client's user as read.
func (c *Client) ReadNotification(ctx context.Context, id int64) error {
	return c.do(ctx, call{Method: http.MethodPatch, To: []any{"notifications", "threads", id}, Op: "mark notification as read", Subject: id})
}

// IssueAssets lists the files that belong to an issue or pull request itself.
func (c *Client) IssueAssets(ctx context.Context, repo Repo, number int64) ([]Attachment, error) {
	return ask[[]Attachment](ctx, c, call{To: repo.to("issues", number, "assets"), Op: "list attachments", Subject: numbered(repo, number)})
}

// UploadIssueAsset adds the file at path to an issue or pull request.
func (c *Client) UploadIssueAsset(ctx context.Context, repo Repo, number int64, name, mediaType, path string) (Attachment, error) {
	return c.upload(ctx, call{To: repo.to("issues", number, "assets"), Op: "upload attachment", Subject: numbered(repo, number)}, name, mediaType, path)
}

func numbered(repo Repo, number int64) string {
	return repo.String() + "#" + strconv.FormatInt(number, 10)
}
