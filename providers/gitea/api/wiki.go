package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
)

// WikiPage is a page of a wiki, without its text.
type WikiPage struct {
	Title   string `json:"title"`
	URL     string `json:"html_url"`
	SubPath string `json:"sub_url"`
}

// WikiPages returns the first pages of a wiki, at most so many. A repository
// without a wiki is not found.
func (c *Client) WikiPages(ctx context.Context, repo Repo, most string) ([]WikiPage, error) {
	return ask[[]WikiPage](ctx, c, call{To: repo.to("wiki", "pages"), Query: url.Values{"limit": {most}, "page": {"1"}}, Op: "list wiki pages", Subject: repo})
}

// CreateWikiPage makes a page, and the wiki when there is none.
func (c *Client) CreateWikiPage(ctx context.Context, repo Repo, title, text, message string) error {
	body := struct {
		Title   string `json:"title"`
		Content string `json:"content_base64"`
		Message string `json:"message"`
	}{title, base64.StdEncoding.EncodeToString([]byte(text)), message}
	return c.do(ctx, call{Method: http.MethodPost, To: repo.to("wiki", "new"), Body: body, Op: "create wiki", Subject: repo})
}
