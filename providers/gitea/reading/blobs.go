package reading

import (
	"context"
	"io"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/providers/gitea/reading/body"
	"github.com/drover-migrate/drover/schema"
)

// maxBlob bounds one file.
const maxBlob = 4 << 30

// OpenBlob opens a file. All files of the server are at one place, by their ids;
// where it sends the reader on to a store of objects, the token stays behind.
func (s *source) OpenBlob(ctx context.Context, _ providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	if !body.IsUUID(blob.ID) {
		return nil, providers.Errorf(providers.CodeInvalid, "%q is not the id of a file of this server", schema.Printable(blob.ID))
	}
	content, _, err := s.api.HTTP().Open(ctx, s.url+"/attachments/"+strings.ToLower(blob.ID), forgehttp.OpenOptions{
		MaxBytes: maxBlob, Op: "download file", Subject: blob.ID,
	})
	return content, err
}
