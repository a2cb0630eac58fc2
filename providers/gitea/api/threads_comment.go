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
	var all []Comment
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("issues", number, "comments"), into: &all, op: "list comments", of: numbered(repo, number)})
	return all, err
}

// Comment returns a comment by its id, also one of a review.
func (c *Client) Comment(ctx context.Context, repo Repo, id int64) (Comment, error) {
	var one Comment
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("issues", "comments", id), into: &one, op: "read comment", of: repo})
	return one, err
}

// CreateComment makes a comment.
func (c *Client) CreateComment(ctx context.Context, repo Repo, number int64, body string) (Comment, error) {
	var one Comment
	err := c.do(ctx, call{method: http.MethodPost, to: repo.to("issues", number, "comments"), body: commentBody{body}, into: &one,
		op: "create comment", of: numbered(repo, number)})
	return one, err
}

// EditComment changes a comment, also one of a review, or the text of a review,
// which is a comment of its own.
func (c *Client) EditComment(ctx context.Context, repo Repo, id int64, body string) (Comment, error) {
	var one Comment
	err := c.do(ctx, call{method: http.MethodPatch, to: repo.to("issues", "comments", id), body: commentBody{body}, into: &one,
		op: "change comment", of: repo})
	return one, err
}

// DeleteComment removes a comment, also one of a review.
func (c *Client) DeleteComment(ctx context.Context, repo Repo, id int64) error {
	return c.do(ctx, call{method: http.MethodDelete, to: repo.to("issues", "comments", id), op: "delete comment", of: repo})
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
	return Collect(pages[Reaction](ctx, c, call{to: repo.to("issues", number, "reactions"), op: "list reactions", of: numbered(repo, number)}))
}

// ReactToIssue adds a reaction in the name of the client's user. It may be there.
func (c *Client) ReactToIssue(ctx context.Context, repo Repo, number int64, content string) error {
	return c.do(ctx, call{method: http.MethodPost, to: repo.to("issues", number, "reactions"), body: reactionBody{content},
		op: "react", of: numbered(repo, number)})
}

// CommentReactions lists the reactions to a comment.
func (c *Client) CommentReactions(ctx context.Context, repo Repo, id int64) ([]Reaction, error) {
	var all []Reaction
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("issues", "comments", id, "reactions"), into: &all, op: "list reactions", of: repo})
	return all, err
}

// ReactToComment adds a reaction in the name of the client's user. It may be
// there.
func (c *Client) ReactToComment(ctx context.Context, repo Repo, id int64, content string) error {
	return c.do(ctx, call{method: http.MethodPost, to: repo.to("issues", "comments", id, "reactions"), body: reactionBody{content}, op: "react", of: repo})
}

// AllowedReactions lists the reactions that the server knows.
func (c *Client) AllowedReactions(ctx context.Context) ([]string, error) {
	var said struct {
		Reactions []string `json:"allowed_reactions"`
	}
	err := c.do(ctx, call{method: http.MethodGet, to: []any{"settings", "ui"}, into: &said, op: "read settings", of: c.base})
	return said.Reactions, err
}
