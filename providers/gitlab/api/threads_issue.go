package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Issue is an issue, as far as a writer of issues needs it.
type Issue struct {
	ID           int64      `json:"id"`
	IID          int64      `json:"iid"`
	Title        string     `json:"title"`
	Description  string     `json:"description"`
	State        string     `json:"state"` // opened, closed
	Type         string     `json:"issue_type"`
	Author       *User      `json:"author"`
	Assignees    []User     `json:"assignees"`
	Labels       []string   `json:"labels"`
	Milestone    *Under     `json:"milestone"`
	DueDate      string     `json:"due_date"` // YYYY-MM-DD
	Confidential bool       `json:"confidential"`
	Locked       bool       `json:"discussion_locked"`
	WebURL       string     `json:"web_url"`
	CreatedAt    time.Time  `json:"created_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
	ClosedAt     *time.Time `json:"closed_at"`
}

// Under names something that an issue or merge request stands under.
type Under struct {
	ID int64 `json:"id"`
}

// NewIssue is an issue to be made. IID and CreatedAt count only when whoever
// makes it has the rights of an owner; labels, milestone, assignees and the day
// only when they may administrate issues. What does not count is passed over.
type NewIssue struct {
	Title        string     `json:"title"`
	Description  string     `json:"description"`
	IID          int64      `json:"iid,omitempty"`
	CreatedAt    *time.Time `json:"created_at,omitempty"`
	Type         string     `json:"issue_type,omitempty"`
	Labels       []string   `json:"labels,omitempty"`
	MilestoneID  int64      `json:"milestone_id,omitempty"`
	AssigneeIDs  []int64    `json:"assignee_ids,omitempty"`
	DueDate      string     `json:"due_date,omitempty"`
	Confidential bool       `json:"confidential,omitempty"`
}

// EditIssue holds what an issue is to be; nil leaves a thing as it is.
// UpdatedAt counts for owners only, and is then also when it was closed or
// reopened.
type EditIssue struct {
	Title        *string    `json:"title,omitempty"`
	Description  *string    `json:"description,omitempty"`
	StateEvent   string     `json:"state_event,omitempty"` // close, reopen
	Labels       *[]string  `json:"labels,omitempty"`      // all of them
	MilestoneID  *int64     `json:"milestone_id,omitempty"`
	AssigneeIDs  *[]int64   `json:"assignee_ids,omitempty"` // all of them; 0 alone: none
	DueDate      *string    `json:"due_date,omitempty"`     // empty: none
	Confidential *bool      `json:"confidential,omitempty"`
	Locked       *bool      `json:"discussion_locked,omitempty"`
	UpdatedAt    *time.Time `json:"updated_at,omitempty"`
}

// Issue returns an issue by its number.
func (c *Client) Issue(ctx context.Context, id ID, iid int64) (Issue, error) {
	return ask[Issue](ctx, c, call{To: project(id, "issues", iid), Op: "read issue", Subject: numbered(id, "#", iid)})
}

// NewestIssues returns the n issues that were made last, by their dates.
func (c *Client) NewestIssues(ctx context.Context, id ID, n int) ([]Issue, error) {
	return ask[[]Issue](ctx, c, call{To: project(id, "issues"), Query: newest(n), Op: "list issues", Subject: id})
}

// LatestIssues returns the n issues that changed last. An issue that was made
// with a date of the past is among them.
func (c *Client) LatestIssues(ctx context.Context, id ID, n int) ([]Issue, error) {
	query := newest(n)
	query.Set("order_by", "updated_at")
	return ask[[]Issue](ctx, c, call{To: project(id, "issues"), Query: query, Op: "list issues", Subject: id})
}

// newest asks for the n that were made last.
func newest(n int) url.Values {
	return url.Values{"order_by": {"created_at"}, "sort": {"desc"}, "per_page": {strconv.Itoa(n)}, "scope": {"all"}}
}

// CreateIssue makes an issue. A number that is taken is a conflict.
func (c *Client) CreateIssue(ctx context.Context, id ID, n NewIssue) (Issue, error) {
	return ask[Issue](ctx, c, call{Method: http.MethodPost, To: project(id, "issues"), Body: n, Op: "create issue", Subject: id})
}

// EditIssue changes an issue.
func (c *Client) EditIssue(ctx context.Context, id ID, iid int64, e EditIssue) (Issue, error) {
	return ask[Issue](ctx, c, call{Method: http.MethodPut, To: project(id, "issues", iid), Body: e, Op: "edit issue", Subject: numbered(id, "#", iid)})
}

// DeleteIssue deletes an issue. Owners may.
func (c *Client) DeleteIssue(ctx context.Context, id ID, iid int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id, "issues", iid), Op: "delete issue", Subject: numbered(id, "#", iid)})
}

// LinkIssue says that an issue has to do with another one of the project. That
// it was said before is a conflict.
func (c *Client) LinkIssue(ctx context.Context, id ID, iid, to int64) error {
	body := map[string]string{"target_project_id": string(id), "target_issue_iid": strconv.FormatInt(to, 10), "link_type": "relates_to"}
	return c.do(ctx, call{Method: http.MethodPost, To: project(id, "issues", iid, "links"), Body: body, Op: "link issue", Subject: numbered(id, "#", iid)})
}

// numbered names an issue or merge request in an error.
func numbered(id ID, sign string, iid int64) string { return fmt.Sprintf("%s%s%d", id, sign, iid) }
