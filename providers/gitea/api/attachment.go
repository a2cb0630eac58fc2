package api

import (
	"context"
	"net/url"
	"time"
)

// Attachment is a file that belongs to an issue, a comment or a release.
type Attachment struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Size      int64     `json:"size"`
	Downloads int64     `json:"download_count"`
	CreatedAt time.Time `json:"created_at"`
	UUID      string    `json:"uuid"`
	URL       string    `json:"browser_download_url"`
	Type      string    `json:"type"` // Forgejo: external is a link to elsewhere
}

// upload sends the file at path, by name, to where k leads.
func (c *Client) upload(ctx context.Context, k call, name, mediaType, path string) (Attachment, error) {
	var a Attachment
	k.Into, k.Query = &a, url.Values{"name": {name}}
	_, err := c.http.Upload(ctx, c.ours(k), "attachment", name, mediaType, path)
	return a, err
}
