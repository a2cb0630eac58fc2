package api

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// MergeRequest is a merge request, as far as a writer of merge requests needs it.
type MergeRequest struct {
	ID           int64      `json:"id"`
	IID          int64      `json:"iid"`
	Title        string     `json:"title"`
	Description  string     `json:"description"`
	State        string     `json:"state"` // opened, closed, locked, merged
	Author       *User      `json:"author"`
	Assignees    []User     `json:"assignees"`
	Reviewers    []User     `json:"reviewers"`
	Labels       []string   `json:"labels"`
	Milestone    *Under     `json:"milestone"`
	Draft        bool       `json:"draft"`
	Locked       bool       `json:"discussion_locked"`
	SourceBranch string     `json:"source_branch"`
	TargetBranch string     `json:"target_branch"`
	SHA          string     `json:"sha"` // of its head
	Refs         *DiffRefs  `json:"diff_refs"`
	PreparedAt   *time.Time `json:"prepared_at"`
	WebURL       string     `json:"web_url"`
	CreatedAt    time.Time  `json:"created_at"`
}

// DiffRefs are the commits that a diff was made from.
type DiffRefs struct {
	Base  string `json:"base_sha"`
	Start string `json:"start_sha"`
	Head  string `json:"head_sha"`
}

// NewMergeRequest is a merge request to be made. No date and no number can be
// given.
type NewMergeRequest struct {
	Title        string   `json:"title"`
	Description  string   `json:"description"`
	SourceBranch string   `json:"source_branch"`
	TargetBranch string   `json:"target_branch"`
	Labels       []string `json:"labels,omitempty"`
	MilestoneID  int64    `json:"milestone_id,omitempty"`
	AssigneeIDs  []int64  `json:"assignee_ids,omitempty"`
	ReviewerIDs  []int64  `json:"reviewer_ids,omitempty"`
}

// EditMergeRequest holds what a merge request is to be; nil leaves a thing as it
// is.
type EditMergeRequest struct {
	Title        *string   `json:"title,omitempty"`
	Description  *string   `json:"description,omitempty"`
	StateEvent   string    `json:"state_event,omitempty"` // close, reopen
	TargetBranch string    `json:"target_branch,omitempty"`
	Labels       *[]string `json:"labels,omitempty"` // all of them
	MilestoneID  *int64    `json:"milestone_id,omitempty"`
	AssigneeIDs  *[]int64  `json:"assignee_ids,omitempty"` // all of them; 0 alone: none
	ReviewerIDs  *[]int64  `json:"reviewer_ids,omitempty"` // likewise
	Locked       *bool     `json:"discussion_locked,omitempty"`
}

// MergeRequest returns a merge request by its number.
func (c *Client) MergeRequest(ctx context.Context, id ID, iid int64) (MergeRequest, error) {
	var m MergeRequest
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "merge_requests", iid), into: &m, op: "read merge request", of: numbered(id, "!", iid)})
	return m, err
}

// NewestMergeRequests returns the n merge requests that were made last.
func (c *Client) NewestMergeRequests(ctx context.Context, id ID, n int) ([]MergeRequest, error) {
	var all []MergeRequest
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "merge_requests"), query: newest(n), into: &all, op: "list merge requests", of: id})
	return all, err
}

// CreateMergeRequest makes a merge request. Its diff is made later: see Refs of
// [Client.MergeRequest].
func (c *Client) CreateMergeRequest(ctx context.Context, id ID, n NewMergeRequest) (MergeRequest, error) {
	var m MergeRequest
	err := c.do(ctx, call{method: http.MethodPost, to: project(id, "merge_requests"), body: n, into: &m, op: "create merge request", of: id})
	return m, err
}

// EditMergeRequest changes a merge request.
func (c *Client) EditMergeRequest(ctx context.Context, id ID, iid int64, e EditMergeRequest) (MergeRequest, error) {
	var m MergeRequest
	err := c.do(ctx, call{method: http.MethodPut, to: project(id, "merge_requests", iid), body: e, into: &m, op: "edit merge request", of: numbered(id, "!", iid)})
	return m, err
}

// DeleteMergeRequest deletes a merge request. Owners may.
func (c *Client) DeleteMergeRequest(ctx context.Context, id ID, iid int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: project(id, "merge_requests", iid), op: "delete merge request", of: numbered(id, "!", iid)})
}

// FileDiff is what a merge request does to one file.
type FileDiff struct {
	OldPath   string `json:"old_path"`
	NewPath   string `json:"new_path"`
	Diff      string `json:"diff"`
	Collapsed bool   `json:"collapsed"` // Diff is missing
	TooLarge  bool   `json:"too_large"` // likewise
}

// MergeRequestDiffs lists what a merge request changes.
func (c *Client) MergeRequestDiffs(ctx context.Context, id ID, iid int64) iter.Seq2[FileDiff, error] {
	return pages[FileDiff](ctx, c, call{to: project(id, "merge_requests", iid, "diffs"), op: "list diffs", of: numbered(id, "!", iid)})
}

// Approve approves a merge request.
func (c *Client) Approve(ctx context.Context, id ID, iid int64) error {
	return c.do(ctx, call{method: http.MethodPost, to: project(id, "merge_requests", iid, "approve"), body: struct{}{}, op: "approve merge request", of: numbered(id, "!", iid)})
}

// Approvers returns who approved a merge request.
func (c *Client) Approvers(ctx context.Context, id ID, iid int64) ([]User, error) {
	var a struct {
		By []struct {
			User User `json:"user"`
		} `json:"approved_by"`
	}
	err := c.do(ctx, call{method: http.MethodGet, to: project(id, "merge_requests", iid, "approvals"), into: &a, op: "list approvals", of: numbered(id, "!", iid)})
	users := make([]User, len(a.By))
	for i, by := range a.By {
		users[i] = by.User
	}
	return users, err
}
