package api

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// Noted is something that notes stand under: an issue, a merge request, a
// snippet of a project, a commit.
type Noted struct {
	kind string // in paths
	id   string
}

// NotedIssue, NotedMergeRequest, NotedSnippet and NotedCommit name what notes
// stand under.
func NotedIssue(iid int64) Noted        { return Noted{"issues", strconv.FormatInt(iid, 10)} }
func NotedMergeRequest(iid int64) Noted { return Noted{"merge_requests", strconv.FormatInt(iid, 10)} }
func NotedSnippet(id int64) Noted       { return Noted{"snippets", strconv.FormatInt(id, 10)} }
func NotedCommit(sha string) Noted      { return Noted{"commits", sha} }

func (n Noted) to(id ID, parts ...any) []any {
	if n.kind == "commits" {
		return project(id, append([]any{"repository", n.kind, n.id}, parts...)...)
	}
	return project(id, append([]any{n.kind, n.id}, parts...)...)
}

func (n Noted) of(id ID) string { return fmt.Sprintf("%s/%s/%s", id, n.kind, n.id) }

// Note is a comment, or what the system says happened.
type Note struct {
	ID         int64     `json:"id"`
	Type       string    `json:"type"` // DiffNote, DiscussionNote; empty: an ordinary one
	Body       string    `json:"body"`
	Author     *User     `json:"author"`
	System     bool      `json:"system"`
	Internal   bool      `json:"internal"`
	Resolvable bool      `json:"resolvable"`
	Resolved   bool      `json:"resolved"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Discussion is a thread of notes, or a note that stands alone.
type Discussion struct {
	ID         string `json:"id"`
	Individual bool   `json:"individual_note"`
	Notes      []Note `json:"notes"`
}

// NewNote is a note to be made. The date counts only when whoever makes it has
// the rights of an owner; else it is passed over.
type NewNote struct {
	Body      string     `json:"body"`
	CreatedAt *time.Time `json:"created_at,omitempty"`
	Internal  bool       `json:"internal,omitempty"` // for [Client.CreateNote]
	Position  *Position  `json:"position,omitempty"` // for [Client.StartDiscussion]
}

// Position is a place in a diff. A line that was there before and still is has
// both numbers, others have one.
type Position struct {
	Type    string     `json:"position_type"` // text
	Base    string     `json:"base_sha"`
	Start   string     `json:"start_sha"`
	Head    string     `json:"head_sha"`
	OldPath string     `json:"old_path"`
	NewPath string     `json:"new_path"`
	OldLine int64      `json:"old_line,omitempty"`
	NewLine int64      `json:"new_line,omitempty"`
	Range   *LineRange `json:"line_range,omitempty"`
}

// LineRange are several lines of a diff.
type LineRange struct {
	Start LineEnd `json:"start"`
	End   LineEnd `json:"end"`
}

// LineEnd is the first or the last of several lines.
type LineEnd struct {
	Code    string `json:"line_code"`
	Type    string `json:"type,omitempty"` // new, old; empty: a line that did not change
	OldLine int64  `json:"old_line,omitempty"`
	NewLine int64  `json:"new_line,omitempty"`
}

// Note returns a note of an issue, a merge request or a snippet.
func (c *Client) Note(ctx context.Context, id ID, on Noted, note int64) (Note, error) {
	return ask[Note](ctx, c, call{To: on.to(id, "notes", note), Op: "read note", Subject: on.of(id)})
}

// NewestNotes returns the n notes that were made last, by their dates.
func (c *Client) NewestNotes(ctx context.Context, id ID, on Noted, n int) ([]Note, error) {
	query := newest(n)
	query.Del("scope")
	return ask[[]Note](ctx, c, call{To: on.to(id, "notes"), Query: query, Op: "list notes", Subject: on.of(id)})
}

// CreateNote makes a note that stands alone. A text that the server takes for
// nothing but commands makes none: the note has no ID then.
func (c *Client) CreateNote(ctx context.Context, id ID, on Noted, n NewNote) (Note, error) {
	return ask[Note](ctx, c, call{Method: http.MethodPost, To: on.to(id, "notes"), Body: n, Op: "create note", Subject: on.of(id)})
}

// EditNote changes the text of a note of an issue, a merge request or a snippet,
// in a thread or not.
func (c *Client) EditNote(ctx context.Context, id ID, on Noted, note int64, body string) (Note, error) {
	return ask[Note](ctx, c, call{Method: http.MethodPut, To: on.to(id, "notes", note), Body: map[string]string{"body": body}, Op: "edit note", Subject: on.of(id)})
}

// DeleteNote deletes a note of an issue, a merge request or a snippet.
func (c *Client) DeleteNote(ctx context.Context, id ID, on Noted, note int64) error {
	return c.do(ctx, call{Method: http.MethodDelete, To: on.to(id, "notes", note), Op: "delete note", Subject: on.of(id)})
}

// Discussions lists the threads under something, and the notes that stand alone.
func (c *Client) Discussions(ctx context.Context, id ID, on Noted) iter.Seq2[Discussion, error] {
	return pages[Discussion](ctx, c, call{To: on.to(id, "discussions"), Op: "list discussions", Subject: on.of(id)})
}

// Discussion returns a thread.
func (c *Client) Discussion(ctx context.Context, id ID, on Noted, discussion string) (Discussion, error) {
	return ask[Discussion](ctx, c, call{To: on.to(id, "discussions", discussion), Op: "read discussion", Subject: on.of(id)})
}

// StartDiscussion begins a thread with a note.
func (c *Client) StartDiscussion(ctx context.Context, id ID, on Noted, n NewNote) (Discussion, error) {
	return ask[Discussion](ctx, c, call{Method: http.MethodPost, To: on.to(id, "discussions"), Body: n, Op: "create discussion", Subject: on.of(id)})
}

// Reply adds a note to a thread. A note that stood alone becomes one.
func (c *Client) Reply(ctx context.Context, id ID, on Noted, discussion string, n NewNote) (Note, error) {
	return ask[Note](ctx, c, call{Method: http.MethodPost, To: on.to(id, "discussions", discussion, "notes"), Body: n, Op: "reply", Subject: on.of(id)})
}

// EditReply changes the text of a note of a commit, which can be named by its
// thread only.
func (c *Client) EditReply(ctx context.Context, id ID, on Noted, discussion string, note int64, body string) (Note, error) {
	return ask[Note](ctx, c, call{Method: http.MethodPut, To: on.to(id, "discussions", discussion, "notes", note), Body: map[string]string{"body": body}, Op: "edit note", Subject: on.of(id)})
}

// Resolve says whether a thread of a merge request is resolved.
func (c *Client) Resolve(ctx context.Context, id ID, on Noted, discussion string, resolved bool) error {
	return c.do(ctx, call{Method: http.MethodPut, To: on.to(id, "discussions", discussion), Body: map[string]bool{"resolved": resolved}, Op: "resolve discussion", Subject: on.of(id)})
}

// Award is an emoji that somebody put under something.
type Award struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	User *User  `json:"user"`
}

// Awards lists the emoji under an issue, a merge request or a snippet, or under
// a note of one; note is 0 for the thing itself.
func (c *Client) Awards(ctx context.Context, id ID, on Noted, note int64) iter.Seq2[Award, error] {
	return pages[Award](ctx, c, call{To: on.awards(id, note), Op: "list emoji", Subject: on.of(id)})
}

// AddAward puts an emoji there, under the name without colons. Somebody's second
// of a name is refused, as one that it does not know is, as not found.
func (c *Client) AddAward(ctx context.Context, id ID, on Noted, note int64, name string) error {
	return c.do(ctx, call{Method: http.MethodPost, To: on.awards(id, note), Body: map[string]string{"name": name}, Op: "add emoji", Subject: on.of(id)})
}

func (n Noted) awards(id ID, note int64) []any {
	if note == 0 {
		return n.to(id, "award_emoji")
	}
	return n.to(id, "notes", note, "award_emoji")
}
