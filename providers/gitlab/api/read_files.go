package api

import (
	"context"
	"io"
)

// OpenSnippetFile opens a file of a project's snippet, as it stands now. The caller
// closes what it gets, here and below.
func (c *Client) OpenSnippetFile(ctx context.Context, id ID, snippet int64, path string, maxBytes int64) (io.ReadCloser, error) {
	return c.open(ctx, call{To: project(id, "snippets", snippet, "files", "HEAD", path, "raw"), Op: "read a file of a snippet", Subject: path}, maxBytes)
}

// OpenSnippet opens the only file of a project's snippet, on a server that does not
// tell its name.
func (c *Client) OpenSnippet(ctx context.Context, id ID, snippet int64, maxBytes int64) (io.ReadCloser, error) {
	return c.open(ctx, call{To: project(id, "snippets", snippet, "raw"), Op: "read a snippet", Subject: snippet}, maxBytes)
}

// OpenUpload opens a file that was uploaded to a project, by the secret and the name
// in its address. Servers before 17.4 have it in no way that takes a token, and say
// that it is not found.
func (c *Client) OpenUpload(ctx context.Context, id ID, secret, name string, maxBytes int64) (io.ReadCloser, error) {
	return c.open(ctx, call{To: project(id, "uploads", secret, name), Op: "download a file", Subject: name}, maxBytes)
}

// OpenPackageFile opens a file of a generic package of a project.
func (c *Client) OpenPackageFile(ctx context.Context, id ID, name, version, file string, maxBytes int64) (io.ReadCloser, error) {
	return c.open(ctx, call{To: project(id, "packages", "generic", name, version, file), Op: "download a file", Subject: file}, maxBytes)
}

func (c *Client) open(ctx context.Context, k call, maxBytes int64) (io.ReadCloser, error) {
	k.MaxBytes = maxBytes
	return c.http.Download(ctx, c.ours(k))
}
