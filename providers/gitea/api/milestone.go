package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Milestone is a milestone of a repository.
type Milestone struct {
	ID          int64      `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	State       string     `json:"state"` // open, closed
	DueOn       *time.Time `json:"due_on"`
	ClosedAt    *time.Time `json:"closed_at"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   *time.Time `json:"updated_at"`
}

// EditMilestone holds what a milestone is to be. All of it is to be set: without
// a date, the server takes away the one that a milestone has.
type EditMilestone struct {
	Title       string  `json:"title"`
	Description *string `json:"description,omitempty"`
	State       *string `json:"state,omitempty"`
	DueOn       *string `json:"due_on"` // RFC 3339; the server keeps the day
}

// Milestones lists the milestones of a repository, open and closed.
func (c *Client) Milestones(ctx context.Context, repo Repo) iter.Seq2[Milestone, error] {
	return pages[Milestone](ctx, c, call{to: repo.to("milestones"), query: url.Values{"state": {"all"}}, op: "list milestones", of: repo})
}

// Milestone returns a milestone by its id.
func (c *Client) Milestone(ctx context.Context, repo Repo, id int64) (Milestone, error) {
	var m Milestone
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("milestones", id), into: &m, op: "read milestone", of: repo})
	return m, err
}

// CreateMilestone makes a milestone. The server takes several of one title.
func (c *Client) CreateMilestone(ctx context.Context, repo Repo, e EditMilestone) (Milestone, error) {
	var m Milestone
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("milestones"), body: e, into: &m, op: "create milestone", of: repo})
	return m, err
}

// EditMilestone changes a milestone and returns it as it is then.
func (c *Client) EditMilestone(ctx context.Context, repo Repo, id int64, e EditMilestone) (Milestone, error) {
	var m Milestone
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("milestones", id), body: e, into: &m, op: "change milestone", of: repo})
	return m, err
}
