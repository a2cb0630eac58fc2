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
	return ask[MergeRequest](ctx, c, call{To: project(id, "merge_requests", iid), Op: "read merge request", Subject: numbered(id, "!", iid)})
}

// NewestMergeRequests returns the n merge requests that were made last.
func (c *Client) NewestMergeRequests(ctx context.Context, id ID, n int) ([]MergeRequest, error) {
	return ask[[]MergeRequest](ctx, c, call{To: project(id, "merge_requests"), Query: newest(n), Op: "list merge requests", Subject: id})
}

// CreateMergeRequest makes a merge request. Its diff is made later: see Refs of
// [Client.MergeRequest].
func (c *Client) CreateMergeRequest(ctx context.Context, id ID, n NewMergeRequest) (MergeRequest, error) {
	return ask[MergeRequest](ctx, c, call{Method: http.MethodPost, To: project(id, "merge_requests"), Body: n, Op: "create merge request", Subject: id})
}

// EditMergeRequest changes a merge request.
func (c *Client) EditMergeRequest(ctx context.Context, id ID, iid int64, e EditMergeRequest) (MergeRequest, error) {
	return ask[MergeRequest](ctx, c, call{Method: http.MethodPut, To: project(id, "merge_requests", iid), Body: e, Op: "edit merge request", Subject: numbered(id, "!", iid)})
}

// DeleteMergeRequest deletes a merge request. Owners may.
func (c *Client) DeleteMergeRequest(ctx context.Context, id ID, iid int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: project(id, "merge_requests", iid), Op: "delete merge request", Subject: numbered(id, "!", iid)})
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
	return pages[FileDiff](ctx, c, call{To: project(id, "merge_requests", iid, "diffs"), Op: "list diffs", Subject: numbered(id, "!", iid)})
}

// Approve approves a merge request.
func (c *Client) Approve(ctx context.Context, id ID, iid int64) error {
	return c.do(ctx, call{Method: http.MethodPost, To: project(id, "merge_requests", iid, "approve"), Body: struct{}{}, Op: "approve merge request", Subject: numbered(id, "!", iid)})
}

// Approvers returns who approved a merge request.
func (c *Client) Approvers(ctx context.Context, id ID, iid int64) ([]User, error) {
	var a struct {
		By []struct {
			User User `json:"user"`
		} `json:"approved_by"`
	}
	err := c.do(ctx, call{To: project(id, "merge_requests", iid, "approvals"), Into: &a, Op: "list approvals", Subject: numbered(id, "!", iid)})
	users := make([]User, len(a.By))
	for i, by := range a.By {
		users[i] = by.User
	}
	return users, err
}
