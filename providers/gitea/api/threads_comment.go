package api

import (
	"context"
	"net/http"
	"time"
)

// Comment is a comment on an issue or pull request.
type Comment struct {
	ID        int64        `json:"id"`
	HTMLURL   string       `json:"html_url"`
	IssueURL  string       `json:"issue_url"`        // of its issue
	PullURL   string       `json:"pull_request_url"` // of its pull request
	User      *User        `json:"user"`
	Original  string       `json:"original_author"` // on another server, from which it was imported
	Body      string       `json:"body"`
	Assets    []Attachment `json:"assets"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

type commentBody struct {
	Body string `json:"body"`
}

// Comments lists the comments of an issue or pull request, in one answer. Those
// of reviews are not among them.
func (c *Client) Comments(ctx context.Context, repo Repo, number int64) ([]Comment, error) {
	return ask[[]Comment](ctx, c, call{To: repo.to("issues", number, "comments"), Op: "list comments", Subject: numbered(repo, number)})
}

// Comment returns a comment by its id, also one of a review.
func (c *Client) Comment(ctx context.Context, repo Repo, id int64) (Comment, error) {
	return ask[Comment](ctx, c, call{To: repo.to("issues", "comments", id), Op: "read comment", Subject: repo})
}

// CreateComment makes a comment.
func (c *Client) CreateComment(ctx context.Context, repo Repo, number int64, body string) (Comment, error) {
	return ask[Comment](ctx, c, call{Method: http.MethodPost, To: repo.to("issues", number, "comments"), Body: commentBody{body}, Op: "create comment", Subject: numbered(repo, number)})
}

// EditComment changes a comment, also one of a review, or the text of a review,
// which is a comment of its own.
func (c *Client) EditComment(ctx context.Context, repo Repo, id int64, body string) (Comment, error) {
	return ask[Comment](ctx, c, call{Method: http.MethodPatch, To: repo.to("issues", "comments", id), Body: commentBody{body}, Op: "change comment", Subject: repo})
}

// DeleteComment removes a comment, also one of a review.
func (c *Client) DeleteComment(ctx context.Context, repo Repo, id int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: repo.to("issues", "comments", id), Op: "delete comment", Subject: repo})
}

// Reaction is what somebody said to an issue or comment with one emoji.
type Reaction struct {
	User      *User     `json:"user"`
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"created_at"`
}

type reactionBody struct {
	Content string `json:"content"`
}

// IssueReactions lists the reactions to an issue or pull request.
func (c *Client) IssueReactions(ctx context.Context, repo Repo, number int64) ([]Reaction, error) {
	return Collect(pages[Reaction](ctx, c, call{To: repo.to("issues", number, "reactions"), Op: "list reactions", Subject: numbered(repo, number)}))
}

// ReactToIssue adds a reaction in the name of the client's user. It may be there.
func (c *Client) ReactToIssue(ctx context.Context, repo Repo, number int64, content string) error {
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("issues", number, "reactions"), Body: reactionBody{content},
		Op: "react", Subject: numbered(repo, number)})
}

// CommentReactions lists the reactions to a comment.
func (c *Client) CommentReactions(ctx context.Context, repo Repo, id int64) ([]Reaction, error) {
	return ask[[]Reaction](ctx, c, call{To: repo.to("issues", "comments", id, "reactions"), Op: "list reactions", Subject: repo})
}

// ReactToComment adds a reaction in the name of the client's user. It may be
// there.
func (c *Client) ReactToComment(ctx context.Context, repo Repo, id int64, content string) error {
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("issues", "comments", id, "reactions"), Body: reactionBody{content}, Op: "react", Subject: repo})
}

// AllowedReactions lists the reactions that the server knows.
func (c *Client) AllowedReactions(ctx context.Context) ([]string, error) {
	var said struct {
		Reactions []string `json:"allowed_reactions"`
	}
	err := c.do(ctx, call{To: []any{"settings", "ui"}, Into: &said, Op: "read settings", Subject: c.base})
	return said.Reactions, err
}
