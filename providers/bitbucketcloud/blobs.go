package bitbucketcloud

import (
	"context"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgehttp"
	"github.com/drover-migrate/drover/schema"
)

// maxBlob bounds one file.
const maxBlob = 4 << 30

// OpenBlob opens a file of an issue, or a picture that a text shows. Where Bitbucket
// sends the reader on to a store of objects, the credentials stay behind.
func (s *source) OpenBlob(ctx context.Context, repo providers.Repo, blob schema.Blob) (io.ReadCloser, error) {
	c, err := readChoice(repo)
	if err != nil {
		return nil, err
	}
	options := forgehttp.OpenOptions{MaxBytes: maxBlob, Op: "download file", Subject: blob.ID}
	address, err := s.blobAddress(c.repo, blob.ID)
	if err != nil {
		return nil, err
	}
	if address == blob.ID { // on the pages, which git is at too
		if web, err := url.Parse(s.host.Web); err == nil {
			options.TrustedHosts = []string{web.Host}
		}
	}
	content, _, err := s.client.HTTP().Open(ctx, address, options)
	return content, err
}

// blobAddress is where the content with an id is: nowhere but where a text of
// Bitbucket could have led, for the credentials go along.
func (s *source) blobAddress(repo api.Repo, id string) (string, error) {
	if p, ok := threads.ParsePicture(s.host.Web, id); ok {
		return p.URL, nil
	}
	parts := strings.Split(id, "/")
	if len(parts) == 4 && parts[0] == "issues" && parts[2] == "attachments" {
		n, err := strconv.ParseInt(parts[1], 10, 64)
		name, uerr := url.PathUnescape(parts[3])
		if err == nil && uerr == nil && n > 0 && name != "" {
			return api.AttachmentPath(repo, n, name), nil
		}
	}
	return "", providers.Errorf(providers.CodeInvalid, "%q is not the id of a file of Bitbucket Cloud", schema.Printable(id))
}
