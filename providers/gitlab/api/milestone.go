package api

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Milestone is a milestone of a project.
type Milestone struct {
	ID          int64     `json:"id"`
	IID         int64     `json:"iid"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	State       string    `json:"state"` // active, closed
	StartDate   string    `json:"start_date"`
	DueDate     string    `json:"due_date"`
	WebURL      string    `json:"web_url"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Milestones lists the milestones of the project itself.
func (c *Client) Milestones(ctx context.Context, id ID) iter.Seq2[Milestone, error] {
	return pages[Milestone](ctx, c, call{To: project(id, "milestones"), Op: "list milestones", Subject: id})
}

// Milestone returns a milestone by its number among all of the server.
func (c *Client) Milestone(ctx context.Context, id ID, milestone int64) (Milestone, error) {
	return ask[Milestone](ctx, c, call{To: project(id, "milestones", milestone), Op: "look up milestone", Subject: id})
}

// EditMilestone is what a milestone is to be. StateEvent is close, activate or
// nothing; only a change takes it.
type EditMilestone struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	StartDate   *string `json:"start_date"` // a day; nil: none
	DueDate     *string `json:"due_date"`
	StateEvent  string  `json:"state_event,omitempty"`
}

// CreateMilestone makes a milestone, which is open.
func (c *Client) CreateMilestone(ctx context.Context, id ID, e EditMilestone) (Milestone, error) {
	var m Milestone
	e.StateEvent = ""
	err := c.do(ctx, call{Method: http.MethodPost, To: project(id, "milestones"), Body: e, Into: &m, Op: "create milestone", Subject: id})
	return m, err
}

// EditMilestone changes a milestone.
func (c *Client) EditMilestone(ctx context.Context, id ID, milestone int64, e EditMilestone) (Milestone, error) {
	return ask[Milestone](ctx, c, call{Method: http.MethodPut, To: project(id, "milestones", milestone), Body: e, Op: "change milestone", Subject: id})
}
