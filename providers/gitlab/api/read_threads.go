package api

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"
)

// FullIssue is an issue with what only a reader asks for.
type FullIssue struct {
	Issue
	ClosedBy  *User      `json:"closed_by"`
	TimeStats *TimeStats `json:"time_stats"`
	Notes     int64      `json:"user_notes_count"`
	Upvotes   int64      `json:"upvotes"`
	Downvotes int64      `json:"downvotes"`
	Links     struct {
		DuplicateOf string `json:"closed_as_duplicate_of"`
	} `json:"_links"`

	// What editions with a licence have.
	Weight    *int64          `json:"weight"`
	Iteration json.RawMessage `json:"iteration"`
	Epic      json.RawMessage `json:"epic"`
	Health    string          `json:"health_status"`
}

// TimeStats is the time that was estimated and spent, in seconds.
type TimeStats struct {
	Estimate int64 `json:"time_estimate"`
	Spent    int64 `json:"total_time_spent"`
}

// FullMergeRequest is a merge request with what only a reader asks for. Lists leave
// Refs out.
type FullMergeRequest struct {
	MergeRequest
	SourceProjectID int64      `json:"source_project_id"` // 0: it is gone
	TargetProjectID int64      `json:"target_project_id"`
	MergeCommit     string     `json:"merge_commit_sha"`
	SquashCommit    string     `json:"squash_commit_sha"`
	MergedBy        *User      `json:"merge_user"`
	MergedByOld     *User      `json:"merged_by"` // of servers before 14.7
	MergedAt        *time.Time `json:"merged_at"`
	ClosedAt        *time.Time `json:"closed_at"`
	UpdatedAt       time.Time  `json:"updated_at"`
	TimeStats       *TimeStats `json:"time_stats"`
	Notes           int64      `json:"user_notes_count"`
	Upvotes         int64      `json:"upvotes"`
	Downvotes       int64      `json:"downvotes"`
}

// FullIssue returns an issue by its number.
func (c *Client) FullIssue(ctx context.Context, id ID, iid int64) (FullIssue, error) {
	return ask[FullIssue](ctx, c, call{To: project(id, "issues", iid), Op: "read issue", Subject: numbered(id, "#", iid)})
}

// FullMergeRequest returns a merge request by its number.
func (c *Client) FullMergeRequest(ctx context.Context, id ID, iid int64) (FullMergeRequest, error) {
	return ask[FullMergeRequest](ctx, c, call{To: project(id, "merge_requests", iid), Op: "read merge request", Subject: numbered(id, "!", iid)})
}

// FullNote is a note with what only a reader asks for.
type FullNote struct {
	Note
	Confidential bool   `json:"confidential"` // as servers before 15.3 call what is internal
	Place        *Place `json:"position"`
}

// Place is where a note stands in a diff.
type Place struct {
	Type    string `json:"position_type"` // text, image, file
	Base    string `json:"base_sha"`
	Head    string `json:"head_sha"`
	OldPath string `json:"old_path"`
	NewPath string `json:"new_path"`
	OldLine Line   `json:"old_line"`
	NewLine Line   `json:"new_line"`
	Range   *struct {
		Start struct {
			OldLine Line `json:"old_line"`
			NewLine Line `json:"new_line"`
		} `json:"start"`
	} `json:"line_range"`
}

// Line is the number of a line; 0: none. The server keeps what it was given, which
// is text for notes that were made through its API.
type Line int64

// UnmarshalJSON takes a number, text that is one, and null.
func (l *Line) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	if text == "" || text == "null" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not the number of a line", text)
	}
	*l = Line(n)
	return nil
}

// FullDiscussion is a thread of notes, or a note that stands alone.
type FullDiscussion struct {
	ID         string     `json:"id"`
	Individual bool       `json:"individual_note"`
	Notes      []FullNote `json:"notes"`
}

// FullDiscussions lists the threads under something, and the notes that stand alone.
func (c *Client) FullDiscussions(ctx context.Context, id ID, on Noted) iter.Seq2[FullDiscussion, error] {
	return pages[FullDiscussion](ctx, c, call{To: on.to(id, "discussions"), Op: "list discussions", Subject: on.of(id)})
}

// FullAward is an emoji and when it was put there.
type FullAward struct {
	Award
	CreatedAt time.Time `json:"created_at"`
}

// FullAwards lists the emoji under an issue, a merge request or a snippet, or under
// a note of one; note is 0 for the thing itself.
func (c *Client) FullAwards(ctx context.Context, id ID, on Noted, note int64) iter.Seq2[FullAward, error] {
	return pages[FullAward](ctx, c, call{To: on.awards(id, note), Op: "list emoji", Subject: on.of(id)})
}
