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
	return pages[Milestone](ctx, c, call{To: repo.to("milestones"), Query: url.Values{"state": {"all"}}, Op: "list milestones", Subject: repo})
}

// Milestone returns a milestone by its id.
func (c *Client) Milestone(ctx context.Context, repo Repo, id int64) (Milestone, error) {
	return ask[Milestone](ctx, c, call{To: repo.to("milestones", id), Op: "read milestone", Subject: repo})
}

// CreateMilestone makes a milestone. The server takes several of one title.
func (c *Client) CreateMilestone(ctx context.Context, repo Repo, e EditMilestone) (Milestone, error) {
	return ask[Milestone](ctx, c, call{Method: http.MethodPost, To: repo.to("milestones"), Body: e, Op: "create milestone", Subject: repo})
}

// EditMilestone changes a milestone and returns it as it is then.
func (c *Client) EditMilestone(ctx context.Context, repo Repo, id int64, e EditMilestone) (Milestone, error) {
	return ask[Milestone](ctx, c, call{Method: http.MethodPatch, To: repo.to("milestones", id), Body: e, Op: "change milestone", Subject: repo})
}
