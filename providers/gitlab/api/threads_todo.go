package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// Todo is an entry in somebody's list of things to do.
type Todo struct {
	ID     int64  `json:"id"`
	Action string `json:"action_name"`
	Type   string `json:"target_type"` // Issue, MergeRequest
	Target struct {
		IID int64 `json:"iid"`
	} `json:"target"`
}

// Todos lists what somebody has to do in a project.
func (c *Client) Todos(ctx context.Context, id ID) iter.Seq2[Todo, error] {
	return pages[Todo](ctx, c, call{To: []any{"todos"}, Query: url.Values{"project_id": {string(id)}, "state": {"pending"}}, Op: "list todos", Subject: id})
}

// FinishTodo marks something as done.
func (c *Client) FinishTodo(ctx context.Context, todo int64) error {
	return c.do(ctx, call{Method: http.MethodPost, To: []any{"todos", todo, "mark_as_done"}, Op: "finish todo", Subject: todo})
}
