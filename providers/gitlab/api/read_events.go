package api

import (
	"context"
	"iter"
	"time"
)

// StateEvent says that an issue or merge request was closed, reopened or merged.
type StateEvent struct {
	ID        int64     `json:"id"`
	User      *User     `json:"user"`
	CreatedAt time.Time `json:"created_at"`
	State     string    `json:"state"` // closed, reopened, merged
}

// LabelEvent says that a label was added or removed.
type LabelEvent struct {
	ID        int64     `json:"id"`
	User      *User     `json:"user"`
	CreatedAt time.Time `json:"created_at"`
	Action    string    `json:"action"` // add, remove
	Label     *struct {
		Name string `json:"name"`
	} `json:"label"` // nil: it was deleted since
}

// MilestoneEvent says that a milestone was set or removed.
type MilestoneEvent struct {
	ID        int64     `json:"id"`
	User      *User     `json:"user"`
	CreatedAt time.Time `json:"created_at"`
	Action    string    `json:"action"` // add, remove
	Milestone *struct {
		Title string `json:"title"`
	} `json:"milestone"` // nil: it was deleted since
}

// StateEvents lists what happened to the state of an issue or merge request.
func (c *Client) StateEvents(ctx context.Context, id ID, on Noted) iter.Seq2[StateEvent, error] {
	return pages[StateEvent](ctx, c, call{To: on.to(id, "resource_state_events"), Op: "list state events", Subject: on.of(id)})
}

// LabelEvents lists what happened to the labels of an issue or merge request.
func (c *Client) LabelEvents(ctx context.Context, id ID, on Noted) iter.Seq2[LabelEvent, error] {
	return pages[LabelEvent](ctx, c, call{To: on.to(id, "resource_label_events"), Op: "list label events", Subject: on.of(id)})
}

// MilestoneEvents lists what happened to the milestone of an issue or merge request.
func (c *Client) MilestoneEvents(ctx context.Context, id ID, on Noted) iter.Seq2[MilestoneEvent, error] {
	return pages[MilestoneEvent](ctx, c, call{To: on.to(id, "resource_milestone_events"), Op: "list milestone events", Subject: on.of(id)})
}

// LinkedIssue is an issue that another one is linked to.
type LinkedIssue struct {
	LinkID        int64     `json:"issue_link_id"`
	LinkType      string    `json:"link_type"` // relates_to, blocks, is_blocked_by
	LinkCreatedAt time.Time `json:"link_created_at"`
	WebURL        string    `json:"web_url"`
}

// LinkedIssues lists the issues that an issue is linked to. The server gives them
// all at once.
func (c *Client) LinkedIssues(ctx context.Context, id ID, iid int64) ([]LinkedIssue, error) {
	return ask[[]LinkedIssue](ctx, c, call{To: project(id, "issues", iid, "links"), Op: "list linked issues", Subject: numbered(id, "#", iid)})
}

// Reviewer is somebody who was asked to review a merge request.
type Reviewer struct {
	User  *User  `json:"user"`
	State string `json:"state"` // unreviewed, reviewed, requested_changes, approved, unapproved, review_started
}

// Reviewers lists those who were asked to review a merge request. The server gives
// them all at once.
func (c *Client) Reviewers(ctx context.Context, id ID, iid int64) ([]Reviewer, error) {
	return ask[[]Reviewer](ctx, c, call{To: project(id, "merge_requests", iid, "reviewers"), Op: "list reviewers", Subject: numbered(id, "!", iid)})
}

// Approval is somebody's consent to a merge request.
type Approval struct {
	User *User      `json:"user"`
	At   *time.Time `json:"approved_at"` // nil: the server is too old to say
}

// Approvals returns who approved a merge request, and when.
func (c *Client) Approvals(ctx context.Context, id ID, iid int64) ([]Approval, error) {
	var said struct {
		By []Approval `json:"approved_by"`
	}
	err := c.do(ctx, call{To: project(id, "merge_requests", iid, "approvals"), Into: &said, Op: "list approvals", Subject: numbered(id, "!", iid)})
	return said.By, err
}
