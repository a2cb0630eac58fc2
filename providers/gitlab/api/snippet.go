package api

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Snippet is a snippet of a project.
type Snippet struct {
	ID          int64     `json:"id"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Visibility  string    `json:"visibility"`
	Author      User      `json:"author"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	ProjectID   int64     `json:"project_id"`
	WebURL      string    `json:"web_url"`
	CloneURL    string    `json:"http_url_to_repo"`
	Files       []struct {
		Path   string `json:"path"`
		RawURL string `json:"raw_url"`
	} `json:"files"`
}

// Snippets lists the snippets of a project.
func (c *Client) Snippets(ctx context.Context, id ID) iter.Seq2[Snippet, error] {
	return pages[Snippet](ctx, c, call{To: project(id, "snippets"), Op: "list snippets", Subject: id})
}

// Snippet returns a snippet.
func (c *Client) Snippet(ctx context.Context, id ID, snippet int64) (Snippet, error) {
	return ask[Snippet](ctx, c, call{To: project(id, "snippets", snippet), Op: "look up snippet", Subject: id})
}

// SnippetFile is a file to be written. Only a change takes an action: create,
// update, delete, move.
type SnippetFile struct {
	Action  string `json:"action,omitempty"`
	Path    string `json:"file_path"`
	Content string `json:"content,omitempty"`
}

// EditSnippet is what a snippet is to be.
type EditSnippet struct {
	Title       string        `json:"title"`
	Description string        `json:"description"`
	Visibility  string        `json:"visibility"`
	Files       []SnippetFile `json:"files,omitempty"`
}

// CreateSnippet makes a snippet.
func (c *Client) CreateSnippet(ctx context.Context, id ID, e EditSnippet) (Snippet, error) {
	return ask[Snippet](ctx, c, call{Method: http.MethodPost, To: project(id, "snippets"), Body: e, Op: "create snippet", Subject: e.Title})
}

// EditSnippet changes a snippet. Files that it does not name are left alone.
func (c *Client) EditSnippet(ctx context.Context, id ID, snippet int64, e EditSnippet) (Snippet, error) {
	return ask[Snippet](ctx, c, call{Method: http.MethodPut, To: project(id, "snippets", snippet), Body: e, Op: "change snippet", Subject: e.Title})
}
