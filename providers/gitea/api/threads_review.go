package api

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// What a review says.
const (
	ReviewApproved       = "APPROVED"
	ReviewRequestChanges = "REQUEST_CHANGES"
	ReviewComment        = "COMMENT"
	ReviewPending        = "PENDING"
	ReviewRequested      = "REQUEST_REVIEW" // nobody reviewed yet
)

// Review is a review of a pull request.
type Review struct {
	ID        int64     `json:"id"`
	HTMLURL   string    `json:"html_url"`
	User      *User     `json:"user"`
	State     string    `json:"state"`
	Body      string    `json:"body"`
	Commit    string    `json:"commit_id"`
	Dismissed bool      `json:"dismissed"`
	Remarks   int       `json:"comments_count"`
	Submitted time.Time `json:"submitted_at"`
}

// ReviewRemark is a comment of a review, at a line of a file.
type ReviewRemark struct {
	ID       int64  `json:"id"`
	HTMLURL  string `json:"html_url"`
	User     *User  `json:"user"`
	Resolver *User  `json:"resolver"` // nil: not resolved
	Review   int64  `json:"pull_request_review_id"`
	Body     string `json:"body"`
	Path     string `json:"path"`
	NewLine  int64  `json:"position"`
	OldLine  int64  `json:"original_position"`
	Commit   string `json:"commit_id"`
	Hunk     string `json:"diff_hunk"`

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewReview is a review to be made with its comments.
type NewReview struct {
	Event    string      `json:"event"`
	Body     string      `json:"body"`
	Commit   string      `json:"commit_id,omitempty"` // empty: the head
	Comments []NewRemark `json:"comments,omitempty"`
}

// NewRemark is a comment of a review to be made. One of the lines is set.
type NewRemark struct {
	Path    string `json:"path"`
	Body    string `json:"body"`
	OldLine int64  `json:"old_position,omitempty"`
	NewLine int64  `json:"new_position,omitempty"`
}

// Reviews lists the reviews of a pull request.
func (c *Client) Reviews(ctx context.Context, repo Repo, number int64) iter.Seq2[Review, error] {
	return pages[Review](ctx, c, call{To: repo.to("pulls", number, "reviews"), Op: "list reviews", Subject: numbered(repo, number)})
}

// Review returns a review by its id.
func (c *Client) Review(ctx context.Context, repo Repo, number, id int64) (Review, error) {
	return ask[Review](ctx, c, call{To: repo.to("pulls", number, "reviews", id), Op: "read review", Subject: numbered(repo, number)})
}

// CreateReview makes a review with its comments.
func (c *Client) CreateReview(ctx context.Context, repo Repo, number int64, n NewReview) (Review, error) {
	return ask[Review](ctx, c, call{Method: http.MethodPost, To: repo.to("pulls", number, "reviews"), Body: n, Op: "create review", Subject: numbered(repo, number)})
}

// DismissReview takes the verdict of a review of an open pull request out of
// account.
func (c *Client) DismissReview(ctx context.Context, repo Repo, number, id int64, message string) error {
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("pulls", number, "reviews", id, "dismissals"),
		Body: map[string]string{"message": message}, Op: "dismiss review", Subject: numbered(repo, number)})
}

// DeleteReview removes a review.
func (c *Client) DeleteReview(ctx context.Context, repo Repo, number, id int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("pulls", number, "reviews", id), Op: "delete review", Subject: numbered(repo, number)})
}

// ReviewRemarks lists the comments of a review.
func (c *Client) ReviewRemarks(ctx context.Context, repo Repo, number, id int64) ([]ReviewRemark, error) {
	return ask[[]ReviewRemark](ctx, c, call{To: repo.to("pulls", number, "reviews", id, "comments"), Op: "list comments of a review", Subject: numbered(repo, number)})
}

// ResolveRemark marks the conversation of a review's comment as resolved, or as
// not. Servers before Gitea 1.26 do not offer it.
func (c *Client) ResolveRemark(ctx context.Context, repo Repo, id int64, resolved bool) error {
	verb := "unresolve"
	if resolved {
		verb = "resolve"
	}
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("pulls", "comments", id, verb), Op: verb + " conversation", Subject: repo})
}
