package api

import "context"

// Upload is a file that was uploaded to a project. Texts of the project link to
// it by its URL, which is relative: /uploads/SECRET/NAME.
type Upload struct {
	ID       int64  `json:"id"` // 0: the server is too old to say
	Alt      string `json:"alt"`
	URL      string `json:"url"`
	FullPath string `json:"full_path"` // below the address of the server
}

// UploadFile uploads a file for texts of a project.
func (c *Client) UploadFile(ctx context.Context, id ID, name, mediaType, path string) (Upload, error) {
	var u Upload
	k := call{To: project(id, "uploads"), Into: &u, Op: "upload file", Subject: id}
	_, err := c.http.Upload(ctx, c.ours(k), "file", name, mediaType, path)
	return u, err
}
