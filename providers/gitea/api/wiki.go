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
	var some []WikiPage
	err := c.do(ctx, call{method: http.MethodGet, to: repo.to("wiki", "pages"), query: url.Values{"limit": {most}, "page": {"1"}}, into: &some, op: "list wiki pages", of: repo})
	return some, err
}

// CreateWikiPage makes a page, and the wiki when there is none.
func (c *Client) CreateWikiPage(ctx context.Context, repo Repo, title, text, message string) error {
	body := struct {
		Title   string `json:"title"`
		Content string `json:"content_base64"`
		Message string `json:"message"`
	}{title, base64.StdEncoding.EncodeToString([]byte(text)), message}
	return c.do(ctx, call{method: http.MethodPost, to: repo.to("wiki", "new"), body: body, op: "create wiki", of: repo})
}
