package api

import (
	"context"
	"net/url"
	"time"
)

// Updated asks for what was changed at a moment or later. The zero Updated asks
// for everything.
type Updated struct {
	Since time.Time
	Type  string // issues, pulls; empty: both
}

func (u Updated) query() url.Values {
	query := url.Values{"state": {"all"}}
	if u.Type != "" {
		query.Set("type", u.Type)
	}
	return since(query, u.Since)
}

func since(query url.Values, at time.Time) url.Values {
	if !at.IsZero() {
		query.Set("since", at.UTC().Format(time.RFC3339))
	}
	return query
}

// IssuesPage returns a part of the list of issues and pull requests, those made
// last first; the first part is 1. A repository in which they are switched off is
// not found.
func (c *Client) IssuesPage(ctx context.Context, repo Repo, u Updated, n int) (Page[Issue], error) {
	return counted[Issue](ctx, c, call{To: repo.to("issues"), Query: u.query(), Op: "list issues", Subject: repo}, n)
}

// CommentsPage returns a part of the list of comments on all issues and pull
// requests that were changed at a moment or later, those made first first; the
// first part is 1. Those of reviews are not among them.
func (c *Client) CommentsPage(ctx context.Context, repo Repo, changed time.Time, n int) (Page[Comment], error) {
	return counted[Comment](ctx, c, call{To: repo.to("issues", "comments"), Query: since(url.Values{}, changed), Op: "list comments", Subject: repo}, n)
}
