package api

import (
	"context"
	"iter"
)

// CommitMessage returns what the message of a commit says, whichever ref keeps it.
func (c *Client) CommitMessage(ctx context.Context, id ID, commit string) (string, error) {
	var said struct {
		Message string `json:"message"`
	}
	err := c.do(ctx, call{To: project(id, "repository", "commits", commit), Into: &said, Op: "read commit", Subject: commit})
	return said.Message, err
}

// Tag is a tag of a project.
type Tag struct {
	Name   string `json:"name"`
	Target string `json:"target"`
}

// Tags lists the tags of a project.
func (c *Client) Tags(ctx context.Context, id ID) iter.Seq2[Tag, error] {
	return pages[Tag](ctx, c, call{To: project(id, "repository", "tags"), Op: "list tags", Subject: id})
}
