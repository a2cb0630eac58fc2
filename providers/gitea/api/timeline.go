package api

import (
	"context"
	"time"
)

// TimelineEntry is a line of the timeline of an issue or pull request. Which of
// its fields mean something depends on its type.
type TimelineEntry struct {
	ID        int64     `json:"id"`
	Type      string    `json:"type"`
	HTMLURL   string    `json:"html_url"`
	User      *User     `json:"user"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	OldMilestone *Milestone `json:"old_milestone"`
	Milestone    *Milestone `json:"milestone"`
	OldTitle     string     `json:"old_title"`
	NewTitle     string     `json:"new_title"`
	OldRef       string     `json:"old_ref"`
	NewRef       string     `json:"new_ref"`
	RefIssue     *Issue     `json:"ref_issue"`
	RefComment   *Comment   `json:"ref_comment"`
	RefCommit    string     `json:"ref_commit_sha"`
	Review       int64      `json:"review_id"`
	Label        *Label     `json:"label"`
	Assignee     *User      `json:"assignee"`
	Removed      bool       `json:"removed_assignee"`
	Dependency   *Issue     `json:"dependent_issue"`
}

// TimelinePage returns a part of the timeline of an issue or pull request; the
// first is 1. What the server leaves out of a page, such as the comments of
// reviews, makes it shorter, so that a short page is not the last one. An entry
// that it cannot show is nil.
func (c *Client) TimelinePage(ctx context.Context, repo Repo, number int64, n int) ([]*TimelineEntry, error) {
	p, _, err := page[*TimelineEntry](ctx, c, call{To: repo.to("issues", number, "timeline"), Op: "read timeline", Subject: numbered(repo, number)}, n)
	return p.Items, err
}
